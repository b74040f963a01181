"""Tampering with the log, up to a whole chain rewritten by whoever has the database."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from medseg.signoff import LogExhibit
from medseg.signoff.log.checkpoint import Checkpoint
from medseg.signoff.log.entry import START, Entry, make_entry
from tests.reliability.tampering import Attack, Parts, Random
from tests.signoff.verdicts.stories import Story


def entry_bit(case: Story, rng: Random) -> Parts:
    raws = _raws(case)
    at = int(rng.integers(len(raws)))
    raw = bytearray(raws[at])
    raw[int(rng.integers(len(raw)))] ^= 1 << int(rng.integers(8))
    raws[at] = bytes(raw)
    return _held(raws)


def entry_taken(case: Story, rng: Random) -> Parts:
    raws = _raws(case)
    del raws[int(rng.integers(len(raws) - 1))]
    return _held(raws)


def entry_doubled(case: Story, rng: Random) -> Parts:
    raws = _raws(case)
    at = int(rng.integers(len(raws)))
    raws.insert(at, raws[at])
    return _held(raws)


def entries_swapped(case: Story, rng: Random) -> Parts:
    raws = _raws(case)
    a, b = rng.choice(len(raws), 2, replace=False)
    raws[a], raws[b] = raws[b], raws[a]
    return _held(raws)


def cut(case: Story, rng: Random) -> Parts:
    """The last entries cut off: the receipts beside the mask know of them."""
    return _held(_raws(case)[: int(rng.integers(1, len(case.entries)))])


def cut_behind(case: Story, rng: Random) -> Parts:
    """An unlocking cut off, which no receipt knows of but this machine once saw."""
    size = len(case.entries)
    seen = Checkpoint(case.origin, size + int(rng.integers(1, 9)), rng.bytes(32))
    return {"logs": (case.log(seen),)}


def chain_rewritten(case: Story, rng: Random) -> Parts:
    """An entry changed, put in or taken away, and all after it chained anew."""
    entries = list(case.entries)
    at = int(rng.integers(1, len(entries) - 1))
    kind = int(rng.integers(3))
    if kind == 0:
        entries.insert(at, _remark(int(rng.integers(10**6))))
    elif kind == 1:
        entries[at] = _remark(int(rng.integers(10**6)))
    else:
        del entries[at]
        entries.append(_remark(int(rng.integers(10**6))))  # as long as it was
    return _held(_chained(entries))


def time_rewritten(case: Story, rng: Random) -> Parts:
    """Every entry as it was, only that one of them is dated back; all chained anew."""
    at = int(rng.integers(len(case.entries)))
    when = f"2026-05-{rng.integers(10, 30)}T12:00:00.000+02:00"
    return _held(_chained(list(case.entries), {at: when}))


def _remark(number: int) -> Entry:
    data = {"id": f"m-{number}", "text": "x", "point": None, "lesion": None, "severity": "note"}
    at = "2026-06-01T12:03:30.000+02:00"
    return make_entry(
        "comment", data, seq=0, prev=START, at=at, actor="p-2", case="c-1", reading="r-1"
    )


def _chained(entries: list[Entry], dated: Mapping[int, str] | None = None) -> list[bytes]:
    raws: list[bytes] = []
    prev = START
    for seq, entry in enumerate(entries):
        at = (dated or {}).get(seq, entry.at)
        about = {"actor": entry.actor, "case": entry.case, "reading": entry.reading}
        new = make_entry(entry.kind, entry.data, seq=seq, prev=prev, at=at, **about)
        raws.append(new.raw)
        prev = new.head
    return raws


def _raws(case: Story) -> list[bytes]:
    return [entry.raw for entry in case.entries]


def _held(raws: list[bytes]) -> Parts:
    return {"logs": (LogExhibit(raws),)}


# A log that breaks at an entry is besides too short for whoever remembers it longer.
_BROKEN = frozenset({"LOG_CHAIN_BROKEN", "UNSUPPORTED_VERSION", "LOG_TRUNCATED", "LOG_FORKED"})
_WITHOUT_BEGINNING = _BROKEN | {"NOT_IN_LOG"}
LOG_ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        "entry bit": Attack(entry_bit, _WITHOUT_BEGINNING),
        "entry taken": Attack(entry_taken, _WITHOUT_BEGINNING),
        "entry doubled": Attack(entry_doubled, _WITHOUT_BEGINNING),
        "entries swapped": Attack(entries_swapped, _WITHOUT_BEGINNING),
        "log cut": Attack(cut, frozenset({"LOG_TRUNCATED", "NOT_IN_LOG"})),
        "log cut behind the records": Attack(cut_behind, frozenset({"LOG_TRUNCATED"})),
        "chain rewritten": Attack(chain_rewritten, frozenset({"LOG_FORKED"})),
        "chain rewritten with another time": Attack(
            time_rewritten, frozenset({"LOG_FORKED", "CLOCK_SUSPECT"})
        ),
    }
)
