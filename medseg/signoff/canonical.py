"""One JSON text for one value: RFC 8785 going out, a strict reader coming in.

A signature holds for bytes, so a record that two readers could understand differently is
refused.
"""

from __future__ import annotations

import json
from typing import Any

import rfc8785

from medseg.errors import SignoffError
from medseg.strict_json import MAX_DEPTH, strict_json

MAX_BYTES = 4 * 1024 * 1024
_MAX_INTEGER = 2**53 - 1


def canonical(value: Any) -> bytes:
    """The value as canonical JSON (RFC 8785, "JCS"), UTF-8.

    Raises:
        SignoffError: it has no such form, as NaN, 2**60 or half a surrogate pair.
    """
    try:
        return _plain_text(value) or rfc8785.dumps(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise SignoffError(f"What is signed has one canonical JSON text; {error}.") from error


def strict_object(data: bytes, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """The value of a JSON text that is one object and can be read in one way only.

    Raises:
        SignoffError: over `max_bytes`, not strict JSON, or no object.
    """
    plain = _plain_object(data) if len(data) <= max_bytes else None
    return _strict_object(data, max_bytes) if plain is None else plain


def _strict_object(data: bytes, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    if len(data) > max_bytes:
        raise SignoffError(f"A record is at most {max_bytes} bytes; found {len(data)}.")
    try:
        value = strict_json(data)
    except ValueError as error:
        raise SignoffError(f"A record is strict JSON: {error}.") from error
    if not isinstance(value, dict):
        raise SignoffError(f"A record is a JSON object; found {type(value).__name__}.")
    return value


def canonical_object(data: bytes, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """The value of a JSON text that is one object and written canonically (RFC 8785).

    Raises:
        SignoffError: as `strict_object`, or the value has another canonical text.
    """
    plain = _plain_object(data) if len(data) <= max_bytes else None
    if plain is not None:
        return plain
    value = _strict_object(data, max_bytes)
    if canonical(value) != data:
        raise SignoffError("A record has one canonical JSON text (RFC 8785); this is another one.")
    return value


class _NotPlainError(Exception):
    """What only the thorough reader can judge."""


def _plain_whole(text: str) -> int:
    value = int(text) if len(text) <= 16 else _MAX_INTEGER + 1
    if abs(value) > _MAX_INTEGER:
        raise _NotPlainError
    return value


def _not_plain(_: str) -> Any:
    raise _NotPlainError


_PLAIN_READER = json.JSONDecoder(
    parse_float=_not_plain, parse_int=_plain_whole, parse_constant=_not_plain
)
_PLAIN_WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_ALL_BUT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))


def _plain_object(data: bytes) -> dict[str, Any] | None:
    """The value of a canonical text of one object, many times faster; None if it might be none.

    A text that the standard library writes back as the very same bytes is canonical where
    `_plain_text` is: a name that stands twice, half a surrogate pair or other spacing would not
    come back. Logs are long, and nearly all their entries are such texts; whatever is not goes
    to the thorough reader, which also has the words. A test compares the two.
    """
    try:
        text = data.decode("utf-8")
        if text[:1] != "{" or not (text.isascii() or max(text) < "\ud800") or _is_deep(data):
            return None
        value = _PLAIN_READER.decode(text)
        written = _PLAIN_WRITER.encode(value)
    except (_NotPlainError, ValueError, RecursionError):
        return None
    return value if written == text and isinstance(value, dict) else None


def _is_deep(data: bytes) -> bool:
    """Whether it is nested deeper than `MAX_DEPTH`, or that is not seen at once."""
    if data.count(b"{") + data.count(b"[") <= MAX_DEPTH:
        return False
    if b"\\" in data:
        return True
    brackets = b"".join(data.split(b'"')[::2]).translate(None, _ALL_BUT_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not brackets:
            return False
    return True


def _plain_text(value: Any) -> bytes | None:
    """The canonical text by the standard library, many times faster; None if it might differ.

    It is the same as long as there are no fractions (written otherwise by JavaScript) and no
    characters beyond the basic plane (names sort otherwise by UTF-16); a test compares the two.
    """
    if not _is_plain(value):
        return None
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() if text.isascii() or max(text) < "\ud800" else None


def _is_plain(value: Any) -> bool:
    """Whether it holds nothing but objects, lists, text, exact whole numbers, true, false, null."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        inner: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is dict:
                if item and set(map(type, item)) != {str}:
                    return False
                inner += item.values()
            elif kind is list:
                inner += item
            elif kind is int:
                if not -_MAX_INTEGER <= item <= _MAX_INTEGER:
                    return False
            elif kind is not str and kind is not bool and item is not None:
                return False
        level, depth = inner, depth + 1
    return not level
