"""The chain of a log: each entry holds the head of all before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from medseg.model import Finding
from medseg.signoff.log.entry import START, Entry, read_entry
from medseg.signoff.log.tree import Frontier
from medseg.signoff.refusal import RecordError


@dataclass(frozen=True, eq=False)
class Chain:
    """The longest sound beginning of a log.

    Args:
        entries: the sound entries, in order.
        start: the head before the first of them.
        problem: why the next entry is none, LOG_CHAIN_BROKEN or UNSUPPORTED_VERSION; None if
            all are sound.
    """

    entries: tuple[Entry, ...]
    start: str = START
    problem: Finding | None = None

    @property
    def head(self) -> str:
        """The head after the last sound entry."""
        return self.entries[-1].head if self.entries else self.start

    @property
    def frontier(self) -> Frontier:
        """The tree's frontier over the sound entries; right for a chain that starts at 0."""
        frontier = Frontier()
        for entry in self.entries:
            frontier = frontier.append(entry.leaf)
        return frontier


def check_chain(
    raws: Iterable[bytes],
    *,
    seq: int = 0,
    head: str = START,
    known: Sequence[Entry] = (),
) -> Chain:
    """The longest sound beginning of the entries: each readable, in its place, on its head.

    An entry that the next one does not stand on is not sound either: one of the two was changed,
    and nothing tells which.

    Args:
        raws: bytes of the entries, in order.
        seq: sequence number of the first.
        head: the log's head before the first.
        known: entries that stand before them and are known to be sound; they come back as well.
    """
    entries: list[Entry] = list(known)
    at = entries[-1].head if entries else head
    for number, raw in enumerate(raws, start=seq + len(entries)):
        try:
            entry = read_entry(raw)
        except RecordError as error:
            return Chain(tuple(entries), head, _unreadable(number, error))
        if entry.seq != number:
            return Chain(tuple(entries), head, _broken(number, entry))
        if entry.prev != at:
            return Chain(tuple(entries[:-1]), head, _broken(number, entry))
        entries.append(entry)
        at = entry.head
    return Chain(tuple(entries), head)


def follows(entries: Sequence[Entry]) -> bool:
    """Whether each of the entries stands on the one before it."""
    return all(
        later.prev == earlier.head and later.seq == earlier.seq + 1
        for earlier, later in pairwise(entries)
    )


def _unreadable(number: int, error: RecordError) -> Finding:
    if error.code == "UNSUPPORTED_VERSION":
        text = f"Entry {number} of the log cannot be judged. {error}"
        return Finding("UNSUPPORTED_VERSION", "undecided", text)
    text = f"Entry {number} of the log is damaged: {error} What stands before it is sound."
    return Finding("LOG_CHAIN_BROKEN", "error", text)


def _broken(number: int, entry: Entry) -> Finding:
    found = "it does not stand on the entry before it"
    if entry.seq != number:
        found = f"it is numbered {entry.seq}"
    text = (
        f"Each entry of a log stands on all before it; at entry {number} {found}. An entry was "
        "changed, added, moved or taken away. Restore the log from a copy, and find out who did."
    )
    return Finding("LOG_CHAIN_BROKEN", "error", text)
