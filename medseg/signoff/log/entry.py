"""One entry of the log: the canonical JSON text of one act, and what it hashes to.

What is hashed and kept are the very bytes; they are never written anew from their values.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from medseg.errors import SignoffError
from medseg.signoff.canonical import canonical, canonical_object
from medseg.signoff.log.kinds import CASE_ID, KINDS, PERSON_ID, READING_ID
from medseg.signoff.refusal import malformed, unsupported
from medseg.signoff.schema import HEX_256, Maybe, check

VERSION = 1
#: The head before the first entry.
START = "0" * 64
_HEAD = b"medseg-log\x01"
_ANY_OBJECT: dict[str, Any] = {}
_ENTRY = {
    "v": int,
    "seq": int,
    "prev": HEX_256,
    "at": str,
    "actor": Maybe(PERSON_ID),
    "kind": str,
    "case": Maybe(CASE_ID),
    "reading": Maybe(READING_ID),
    "data": _ANY_OBJECT,
}

_NAMED = ("seq", "prev", "at", "actor", "kind", "case", "reading")


@dataclass(frozen=True, eq=False)
class Entry:
    """An act as the log tells it.

    Args:
        raw: the entry's bytes, canonical JSON.
        seq: counts the log's entries from 0.
        prev: head of the log before it, hexadecimal.
        at: ISO 8601 with an offset from UTC, to the millisecond.
        actor: id of the person who acted; None for the program itself.
        kind: one of `KINDS`.
        case: id of the case it is about, if about one.
        reading: id of the reading it is about, if about one.
    """

    raw: bytes
    seq: int
    prev: str
    at: str
    actor: str | None
    kind: str
    case: str | None
    reading: str | None

    @cached_property
    def data(self) -> dict[str, Any]:
        """What happened, as `KINDS` shapes it."""
        found: dict[str, Any] = canonical_object(self.raw)["data"]
        return found

    @cached_property
    def leaf(self) -> bytes:
        """The entry's hash in the tree, 32 bytes."""
        return leaf_hash(self.raw)

    @cached_property
    def head(self) -> str:
        """The log's head with this entry as its last one, hexadecimal."""
        return next_head(self.prev, self.leaf)

    @property
    def time(self) -> datetime:
        """When it was made, as the machine claimed."""
        return datetime.fromisoformat(self.at)


def leaf_hash(raw: bytes) -> bytes:
    """The hash of an entry's bytes, 32 bytes.

    Reference:
        RFC 6962 section 2.1.
    """
    return hashlib.sha256(b"\x00" + raw).digest()


def next_head(prev: str, leaf: bytes) -> str:
    """The head of a log whose head was `prev` after one more entry of that leaf, hexadecimal."""
    return hashlib.sha256(_HEAD + bytes.fromhex(prev) + leaf).hexdigest()


def make_entry(  # noqa: PLR0913 - each option is a field of the entry
    kind: str,
    data: dict[str, Any],
    *,
    seq: int,
    prev: str,
    at: str,
    actor: str | None = None,
    case: str | None = None,
    reading: str | None = None,
) -> Entry:
    """The entry of an act, checked as strictly as one that is found.

    Raises:
        SignoffError: the kind is unknown, or a part has not the shape that `KINDS` gives.
    """
    about = {"actor": actor, "case": case, "reading": reading}
    body = {"v": VERSION, "seq": seq, "prev": prev, "at": at, "kind": kind, "data": data, **about}
    return read_entry(canonical(body))


def read_entry(raw: bytes) -> Entry:
    """The entry in its bytes.

    Raises:
        RecordError: MALFORMED or UNSUPPORTED_VERSION.
    """
    try:
        body = canonical_object(raw)
    except SignoffError as error:
        raise malformed(f"An entry of the log is canonical JSON. {error}") from error
    check({"v": body.get("v")}, {"v": int}, "entry")
    if body["v"] != VERSION:
        raise unsupported(
            f"Entries of version {VERSION} are read; this one is of version {body['v']}. "
            "Check with the medseg that wrote it."
        )
    check(body, _ENTRY, "entry")
    if len(body) != len(_ENTRY):
        raise malformed(f"An entry has these names alone: {', '.join(sorted(_ENTRY))}.")
    _check_said(body)
    entry = Entry(raw, *(body[name] for name in _NAMED))
    entry.__dict__["data"] = body["data"]  # it was read just now
    return entry


def _check_said(body: dict[str, Any]) -> None:
    """Time, sequence number and data."""
    shape = KINDS.get(body["kind"])
    if shape is None:
        raise unsupported(
            f"This version of medseg does not know entries of the kind {body['kind'][:40]!r}; "
            "check with the version that wrote it."
        )
    check(body["data"], shape, f"{body['kind']} entry")
    if not _is_point(body["data"].get("point")):
        raise malformed("A comment's point is three numbers, in LPS mm.")
    if body["seq"] < 0:
        raise malformed("Entries are counted from 0.")
    try:
        has_offset = datetime.fromisoformat(body["at"]).utcoffset() is not None
    except ValueError:
        has_offset = False
    if not has_offset:
        raise malformed(f"An entry's time is ISO 8601 with an offset; found {body['at'][:40]!r}.")


def _is_point(value: Any) -> bool:
    """Whether it is no point at all, or one: canonical JSON writes 12.0 as the whole number 12."""
    return value is None or (
        type(value) is list and len(value) == 3 and all(type(one) in (int, float) for one in value)
    )
