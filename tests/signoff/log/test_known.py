"""A log that was found sound before is only glanced at, and says the same."""

from __future__ import annotations

from typing import Any

import pytest

from medseg.signoff.log.checkpoint import Checkpoint
from medseg.signoff.log.entry import START, Entry, make_entry, read_entry
from medseg.signoff.log.known import known_entry, record_of
from medseg.signoff.log.tree import Tree
from medseg.signoff.verdicts.log_exhibit import LogExhibit

AT = "2026-03-01T09:00:00.000+01:00"
_NASTY = '"}},"kind":"lock","prev":"' + "0" * 64 + '","reading":null,"seq":0,"v":1}\n\\"é😀'
_FALSE_RECORD = {"record": "f" * 64, "version": 1}
_ENVELOPE = {"payload": "", "payloadType": "", "signatures": []}
DRAFTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("open", {"origin": "site/log", "project": _NASTY, "site": None}, {}),
    ("query", {"id": "q-1", "text": _NASTY}, {"actor": "p-a", "case": "c-1"}),
    (
        "sign",
        {"version": 1, "record": "a" * 64, "envelope": _ENVELOPE, "z": _FALSE_RECORD},
        {"actor": "p-a", "case": "c-1", "reading": "r-1"},
    ),
    (
        "lock",
        {"version": 12, "record": "b" * 64, "envelope": {**_ENVELOPE, "note": _FALSE_RECORD}},
        {"actor": "p-b", "case": "c-1", "reading": "r-1"},
    ),
    ("trail-review", {"upTo": 3, "text": '"record":"' + "c" * 64 + '","version":1}'}, {}),
]


def entries() -> list[Entry]:
    made: list[Entry] = []
    for kind, data, about in DRAFTS:
        prev = made[-1].head if made else START
        made.append(make_entry(kind, data, seq=len(made), prev=prev, at=AT, **about))
    return made


ENTRIES = entries()
RAWS = [entry.raw for entry in ENTRIES]
PARTS = ("raw", "seq", "prev", "at", "actor", "kind", "case", "reading", "data", "leaf", "head")


@pytest.mark.parametrize("raw", RAWS)
def test_a_glance_sees_what_reading_sees(raw: bytes) -> None:
    glanced, read = known_entry(raw), read_entry(raw)
    assert {name: getattr(glanced, name) for name in PARTS} == {
        name: getattr(read, name) for name in PARTS
    }


def test_the_record_that_an_entry_holds() -> None:
    wanted = [None, None, "a" * 64, "b" * 64, None]
    assert [record_of(known_entry(raw)) for raw in RAWS] == wanted
    assert [record_of(read_entry(raw)) for raw in RAWS] == wanted


def checkpoint(size: int) -> Checkpoint:
    return Checkpoint("site/log", size, Tree(entry.leaf for entry in ENTRIES[:size]).root())


@pytest.mark.parametrize("size", range(1, len(RAWS) + 1))
def test_an_exhibit_tells_the_same(size: int) -> None:
    sure, plain = LogExhibit(RAWS, found_sound=checkpoint(size)), LogExhibit(RAWS)
    assert [one.raw for one in sure.chain.entries] == RAWS
    assert sure.chain.head == plain.chain.head
    assert sure.tree.root() == plain.tree.root()
    assert sure.by_record.keys() == plain.by_record.keys()
    assert sure.by_case.keys() == plain.by_case.keys()


@pytest.mark.parametrize("at", range(len(RAWS)))
def test_a_changed_byte_is_found_all_the_same(at: int) -> None:
    changed = [*RAWS[:at], RAWS[at].replace(b"2026", b"2025"), *RAWS[at + 1 :]]
    remembered = checkpoint(len(RAWS))
    exhibit = LogExhibit(changed, (remembered,), found_sound=remembered)
    found = {one.code for one in exhibit.findings}
    assert found & {"LOG_CHAIN_BROKEN", "LOG_FORKED"}


def test_who_trusts_the_number_alone_misses_it() -> None:
    """The broken control: glancing at as many entries as were sound, whatever they are."""
    changed = [*RAWS[:1], RAWS[1].replace(b"2026", b"2025"), *RAWS[2:]]
    assert [known_entry(raw).seq for raw in changed] == list(range(len(RAWS)))
