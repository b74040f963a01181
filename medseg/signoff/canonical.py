"""One JSON text for one value: RFC 8785 going out, a strict reader coming in.

A signature holds for bytes. Whoever reads them must not see another value than the signer
did, so whatever two readers could understand differently is refused.
"""

from __future__ import annotations

import json
import math
from typing import Any

import rfc8785

from medseg.errors import SignoffError

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
# Whole numbers that every reader holds exactly (RFC 8785 appendix D).
_MAX_INTEGER = 2**53 - 1
_LONGEST_NUMBER = 40


def canonical(value: Any) -> bytes:
    """The value as canonical JSON (RFC 8785, "JCS"), UTF-8.

    Raises:
        SignoffError: it has no such form, as NaN, 2**60 or half a surrogate pair.
    """
    try:
        return rfc8785.dumps(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise SignoffError(f"What is signed has one canonical JSON text; {error}.") from error


def strict_json(data: bytes, *, max_bytes: int = MAX_BYTES) -> Any:
    """The value of a JSON text, if there is no second way to read it.

    Raises:
        SignoffError: over `max_bytes`, nested deeper than 32, not UTF-8, not JSON, a name twice in
            one object, a number that is not finite or not exact, or half a surrogate pair.
    """
    if len(data) > max_bytes:
        raise SignoffError(f"A record is at most {max_bytes} bytes; found {len(data)}.")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except SignoffError:
        raise
    except (ValueError, RecursionError) as error:
        raise SignoffError(f"A record is well-formed JSON; {type(error).__name__}.") from error
    _check_depth_and_text(value)
    return value


def strict_object(data: bytes, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """The value of a JSON text that is one object.

    Raises:
        SignoffError: as `strict_json`, or it is no object.
    """
    value = strict_json(data, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise SignoffError(f"A record is a JSON object; found {type(value).__name__}.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise SignoffError("A name stands once in a JSON object; found one twice.")
    return value


def _constant(name: str) -> Any:
    raise SignoffError(f"JSON has finite numbers only; found {name}.")


def _float(text: str) -> float:
    value = float(text) if len(text) <= _LONGEST_NUMBER else math.inf
    if not math.isfinite(value):
        raise SignoffError(f"A number is finite and of sensible length; found {text[:20]}.")
    return value


def _integer(text: str) -> int:
    value = int(text) if len(text) <= _LONGEST_NUMBER else _MAX_INTEGER + 1
    if abs(value) > _MAX_INTEGER:
        raise SignoffError(f"A whole number is exact up to 2**53; found {text[:20]}.")
    return value


def _check_depth_and_text(value: Any) -> None:
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise SignoffError(f"A record is nested at most {MAX_DEPTH} deep; found more.")
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str) and not _is_text(item):
                raise SignoffError("Text is whole Unicode; found half a surrogate pair.")
        level, depth = inner, depth + 1


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
