"""Entries that were read strictly before: their bytes are the same, so a glance is enough.

A log of many years is read at each verdict. Where the tree's root over its beginning is the one
that was remembered when all of it was found sound, every byte of it is as it was then.
"""

from __future__ import annotations

import re

from medseg.signoff.log.entry import Entry, read_entry
from medseg.signoff.log.kinds import SIGNED_KINDS

# Canonical JSON sorts the nine names, and holds no quotation mark inside a text without a
# backslash before it: what stands before and after the data can be told by its place.
_PLACES = re.compile(
    rb'\{"actor":(?:null|"([^"]*)"),"at":"([^"]*)","case":(?:null|"([^"]*)"),"data":\{.*\},'
    rb'"kind":"([^"]*)","prev":"([0-9a-f]{64})","reading":(?:null|"([^"]*)"),"seq":(\d+),"v":1\}',
    re.DOTALL,
)
# One bracket ends the data: what stands right before it is the data's own, of no object within.
_RECORD = re.compile(
    rb'[{,]"record":"([0-9a-f]{64})","version":\d+\},"kind":"[^"]*","prev":"[^{}]*\}\Z'
)


def known_entry(raw: bytes) -> Entry:
    """The entry in bytes that `read_entry` has taken before; its data are read when asked for.

    Raises:
        RecordError: it is no entry after all.
    """
    match = _PLACES.fullmatch(raw)
    if match is None:
        return read_entry(raw)
    actor, at, case, kind, prev, reading, seq = match.groups()
    return Entry(
        raw,
        int(seq),
        prev.decode(),
        at.decode(),
        _text(actor),
        kind.decode(),
        _text(case),
        _text(reading),
    )


def record_of(entry: Entry) -> str | None:
    """The digest of the record that a signed entry holds; None for another kind."""
    if entry.kind not in SIGNED_KINDS:
        return None
    match = _RECORD.search(entry.raw, max(0, len(entry.raw) - 400))
    return match[1].decode() if match else str(entry.data["record"])


def _text(found: bytes | None) -> str | None:
    return None if found is None else found.decode()
