"""A log's file cut at every byte, or a bit flipped in each, and what a reader makes of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from medseg.signoff.log.chain import Chain
from medseg.signoff.log.entry import START, Entry, make_entry, read_entry
from medseg.signoff.log.jsonl import split_log, write_log
from medseg.signoff.log.tree import Tree
from medseg.signoff.refusal import RecordError

Reader = Callable[[bytes], Chain]
_AT = "2026-11-22T12:00:00.000+01:00"


def log_of(size: int) -> list[Entry]:
    """Entries whose file is of at least `size` bytes."""
    entries: list[Entry] = []
    chance = random.Random(16)  # noqa: S311 - a test's own
    written = 0
    while written < size:
        text = "".join(chance.choices("abcdefghij \u00fc\u20ac", k=chance.randrange(1200, 2200)))
        data = {"id": "m-1", "text": text, "point": None, "lesion": None, "severity": "note"}
        prev = entries[-1].head if entries else START
        seq = len(entries)
        entry = make_entry("comment", data, seq=seq, prev=prev, at=_AT, actor="p-1", case="c-1")
        entries.append(entry)
        written += len(entry.raw) + 1
    return entries


def wrong_after_cuts(entries: Sequence[Entry], read: Reader) -> list[int]:
    """Places of the file where a cut gives anything but the whole entries before it, and a word."""
    data = write_log(entries)
    ends = [0]
    for entry in entries:
        ends.append(ends[-1] + len(entry.raw) + 1)
    wrong, whole = [], 0
    for cut in range(len(data) + 1):
        whole += whole < len(entries) and ends[whole + 1] <= cut
        chain = read(data[:cut])
        is_told = chain.problem is not None or cut == ends[whole]
        if not is_told or [one.raw for one in chain.entries] != _raws(entries, whole):
            wrong.append(cut)
    return wrong


def wrong_after_flips(entries: Sequence[Entry], read: Reader, *, seed: int = 1) -> list[int]:
    """Places of the file where a flipped bit is not told, or anything behind it is believed.

    A flipped bit in the last entry can leave another last entry that chains as well: there the
    root of the tree, which checkpoints and records remember, must be another one.
    """
    data = write_log(entries)
    root = Tree(one.leaf for one in entries).root()
    chance = random.Random(seed)  # noqa: S311 - a test's own
    wrong = []
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << chance.randrange(8)
        chain = read(bytes(changed))
        before = data.count(b"\n", 0, at)  # entries before the one that was hit
        sound = [one.raw for one in chain.entries]
        is_prefix = sound[:before] == _raws(entries, before)[: len(sound)]
        is_last = before == len(entries) - 1
        ends_there = len(sound) <= before + is_last
        is_told = chain.problem is not None or chain.frontier.root != root
        if not (is_prefix and ends_there and is_told):
            wrong.append(at)
    return wrong


def _raws(entries: Sequence[Entry], count: int) -> list[bytes]:
    return [one.raw for one in entries[:count]]


def careless(data: bytes) -> Chain:
    """The broken control: takes each line that can be read, whatever it stands on."""
    entries = []
    for line in split_log(data):
        try:
            entries.append(read_entry(line))
        except RecordError:
            continue
    return Chain(tuple(entries))
