"""The log cut, changed, forked and rewritten; receipts that prove something else."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from medseg.signoff.canonical import canonical
from medseg.signoff.log.checkpoint import sign_checkpoint
from medseg.signoff.log.entry import START, leaf_hash, next_head
from medseg.signoff.log.tree import Tree
from tests.conformance.attacks import LINES, Evidence, add, attack, on_last_line, told
from tests.conformance.attacks_on_people import remembered
from tests.conformance.story import EVE, KEYS, ORIGIN, Story

Line = dict[str, Any]
Raw = list[bytes]


def _log(change: Callable[[Raw], Raw]) -> Callable[[], dict[str, bytes]]:
    """The good case with the lines of its log changed."""

    def make() -> dict[str, bytes]:
        files = told()
        return files | {"log.jsonl": b"".join(change(files["log.jsonl"].splitlines(keepends=True)))}

    return make


def _rehashed(change: Callable[[list[Line]], object], start: int = 0) -> Callable[[], Any]:
    """The log with entries changed, and everything after hashed anew: what its keeper can do."""

    def rewrite(raws: Raw) -> Raw:
        entries = [json.loads(raw) for raw in raws]
        change(entries)
        made, head = [], START
        for seq, entry in enumerate(entries):
            if seq >= start:
                entry.update(seq=seq, prev=head)
            made.append(canonical(entry))
            head = next_head(head, leaf_hash(made[-1]))
        return [one + b"\n" for one in made]

    return _log(rewrite)


def _word(raws: Raw) -> Raw:
    return [raws[0], *[one.replace(b'"chest"', b'"brain"') for one in raws[1:]]]


def _last(change: Callable[[Line], object]) -> Callable[[], dict[str, bytes]]:
    """The last entry of a log that goes on after the lock, written otherwise."""

    def make() -> dict[str, bytes]:
        story = Story().told()
        data = {"id": "k-1", "text": "seen", "point": None, "lesion": None, "severity": "note"}
        story.note("comment", data, **story.about("rob"))
        files = story.files()
        *before, last = files["log.jsonl"].splitlines(keepends=True)
        entry = json.loads(last)
        new = change(entry)
        line = new if isinstance(new, bytes) else canonical(entry)
        return files | {"log.jsonl": b"".join(before) + line + b"\n"}

    return make


def _not_open(entries: list[Line]) -> None:
    entries[0].update(kind="trail-review", data={"upTo": 0, "text": "none"})


def _envelope_swapped(entries: list[Line]) -> None:
    entries[8]["data"]["envelope"] = entries[7]["data"]["envelope"]


_BROKEN: list[tuple[str, str, str, Callable[[], Any]]] = [
    ("log-word", "A word of an entry changed.", "LOG_CHAIN_BROKEN LOG_TRUNCATED", _log(_word)),
    ("log-entry-deleted", "An entry taken out.", "LOG_CHAIN_BROKEN LOG_TRUNCATED", _log(lambda raws: raws[:4] + raws[5:])),
    ("log-entry-inserted", "An entry told twice.", "LOG_CHAIN_BROKEN LOG_TRUNCATED", _log(lambda raws: raws[:5] + raws[4:])),
    ("log-reordered", "Two entries exchanged.", "LOG_CHAIN_BROKEN LOG_TRUNCATED", _log(lambda raws: [*raws[:3], raws[4], raws[3], *raws[5:]])),
    ("log-spaces", "The last entry written with spaces.", "LOG_CHAIN_BROKEN", _last(lambda entry: json.dumps(entry).encode())),
    ("log-name-added", "A tenth name in the last entry.", "LOG_CHAIN_BROKEN", _last(lambda entry: entry.update(more=1))),
    ("log-number-skipped", "The last entry's number one too high.", "LOG_CHAIN_BROKEN", _last(lambda entry: entry.update(seq=10))),
    ("log-head-false", "The last entry on another head.", "LOG_CHAIN_BROKEN LOG_TRUNCATED", _last(lambda entry: entry.update(prev="0" * 64))),
    ("log-time-without-offset", "The last entry's time without an offset.", "LOG_CHAIN_BROKEN", _last(lambda entry: entry.update(at="2026-03-02T09:50:00"))),
    ("log-data-missing", "The last entry without its data.", "LOG_CHAIN_BROKEN", _last(lambda entry: entry.update(kind="sign", data={}))),
    ("log-actor-false", "The last entry by no person's id.", "LOG_CHAIN_BROKEN", _last(lambda entry: entry.update(actor="Rob"))),
    ("log-version-a-truth", "The last entry's version `true`.", "LOG_CHAIN_BROKEN", _last(lambda entry: entry.update(v=True))),
    ("log-torn", "A piece of an entry at the end.", "LOG_CHAIN_BROKEN", _log(lambda raws: [*raws, b'{"actor":'])),
    ("log-end-missing", "The last entry without the end of its line.", "LOG_CHAIN_BROKEN LOG_TRUNCATED", _log(lambda raws: [*raws[:-1], raws[-1].rstrip()])),
    ("log-blank-line", "A blank line at the end.", "LOG_CHAIN_BROKEN", _log(lambda raws: [*raws, b"\n"])),
    ("log-not-opened", "Another first entry than `open`, all hashed anew.", "LOG_CHAIN_BROKEN", _rehashed(_not_open)),
    ("log-envelope-swapped", "The lock's entry given the sign-off's envelope, all hashed anew.", "LOG_CHAIN_BROKEN LOG_FORKED", _rehashed(_envelope_swapped)),
    ("log-cut-before-the-lock", "The entry of the lock cut off.", "LOG_TRUNCATED", _log(lambda raws: raws[:-1])),
    ("log-cut-far", "The log cut before the review.", "LOG_TRUNCATED", _log(lambda raws: raws[:6])),
    ("log-rewritten", "An early entry changed, all hashed anew.", "LOG_FORKED", _rehashed(lambda entries: entries[3]["data"].update(specialty="brain"))),
    ("log-entry-hidden", "An early entry taken out, all hashed anew.", "LOG_FORKED", _rehashed(lambda entries: entries.pop(4))),
    ("log-entry-slipped-in", "An early entry told twice, all hashed anew.", "LOG_FORKED", _rehashed(lambda entries: entries.insert(4, dict(entries[4])))),
    ("policy-swapped", "Laxer rules under the digest of the signed ones, all hashed anew.", "LOG_CHAIN_BROKEN LOG_FORKED", _rehashed(lambda entries: entries[1]["data"]["policy"]["stages"]["review"].update(persons=0))),
    ("log-lock-redated", "The lock's entry given another time, all hashed anew.", "LOG_FORKED", _rehashed(lambda entries: entries[8].update(at="2026-03-02T09:45:30.000+00:00"))),
]  # fmt: skip
for _name, _what, _codes, _make in _BROKEN:
    add("log", _name, _what, 11, _codes, _make)

_LATER: list[tuple[str, str, Callable[[Line], object]]] = [
    ("log-version-unknown", "A last entry of a later version.", lambda entry: entry.update(v=2)),
    (
        "log-kind-unknown",
        "A last entry of an unknown kind.",
        lambda entry: entry.update(kind="merge"),
    ),
]
for _name, _what, _change in _LATER:
    add("log", _name, _what, 12, "UNSUPPORTED_VERSION", _last(_change))


def _seen(size: int, root: bytes) -> dict[str, bytes]:
    return {"remembered.json": remembered({ORIGIN: {"size": size, "root": root.hex()}})}


@attack("log", 11, "LOG_TRUNCATED")
def log_tail_cut() -> Evidence:
    """What came after the lock cut off; this machine remembers a longer log."""
    story = Story().told()
    files = story.files()
    files |= _seen(len(story.entries) + 1, bytes(32))
    return Evidence(files, remembered="remembered.json")


@attack("log", 11, "LOG_FORKED")
def log_tail_exchanged() -> Evidence:
    """What came after the lock exchanged; this machine remembers another root."""
    story = Story().told()
    data = {"id": "k-1", "text": "seen", "point": None, "lesion": None, "severity": "note"}
    story.note("comment", data, **story.about("rob"))
    files = story.files() | _seen(len(story.entries), bytes(32))
    return Evidence(files, remembered="remembered.json")


@attack("log", 0)
def log_grown() -> Evidence:
    """The log is longer than what this machine remembers of it."""
    story = Story().told()
    root = Tree(one.leaf for one in story.entries).root(7)
    return Evidence(story.files() | _seen(7, root), remembered="remembered.json")


@attack("log", 12, "NOT_IN_LOG")
def log_of_another_project() -> dict[str, bytes]:
    """Another project's log handed in."""
    other = Story()
    other.origin = "example.org/medseg/brain"
    return told() | {"log.jsonl": other.begin().log()}


@attack("log", 12, "NOT_IN_LOG")
def log_emptied() -> dict[str, bytes]:
    """The log's file emptied."""
    return told() | {"log.jsonl": b""}


@attack("log", 11, "CONFLICT")
def locked_in_two_logs() -> dict[str, bytes]:
    """Another site's log handed in, which holds a lock of the same case."""
    other = Story()
    other.origin = "example.org/medseg/brain"
    return told() | {"log.jsonl": other.told().log()}


@attack("log", 11, "NOT_IN_LOG")
def record_never_logged() -> dict[str, bytes]:
    """A lock that was signed and never told to the log."""
    story = Story().begin().submit()
    story.act("rob", "review", "approve")
    story.act("sue", "sign", "approve")
    before = list(story.entries)
    story.act("lea", "lock", "lock")
    for one in ("logEntry", "inclusionProof", "checkpoint"):
        del story.lines[-1][one]
    story.entries = before
    return story.files()


@attack("log", 11, "LOG_FORKED")
def anchor_of_another_log() -> Story:
    """The record's anchor has another root than the log had."""
    story = Story().begin().submit()
    anchor = {"origin": ORIGIN, "size": len(story.entries), "root": "00" * 32}
    story.act("rob", "review", "approve", log_anchor=anchor)
    return story


@attack("log", 11, "LOG_FORKED")
def anchor_after_its_entry() -> dict[str, bytes]:
    """The record's anchor is later than the entry that should follow it."""
    story = Story().begin().submit()
    data = {"id": "k-1", "text": "seen", "point": None, "lesion": None, "severity": "note"}
    ahead = Story().begin().submit()
    ahead.at = story.at
    anchor = {
        "origin": ORIGIN,
        "size": len(story.entries),
        "root": story.checkpoint(6).to_anchor()["root"],
    }
    story.entries.pop()
    story.act("rob", "review", "approve", log_anchor=anchor)
    story.note("comment", data, **story.about("rob"))
    return story.files()


def _receipt(change: Callable[[Line], object]) -> Callable[[], dict[str, bytes]]:
    return lambda: on_last_line(lambda line: change(line) and None)


def _of_another(line: Line) -> None:
    other = json.loads(told()[LINES].splitlines()[1])
    line["inclusionProof"] = other["inclusionProof"]


def _whole_of_another(line: Line) -> None:
    other = json.loads(told()[LINES].splitlines()[1])
    line.update({one: other[one] for one in ("logEntry", "inclusionProof", "checkpoint")})


def _note(key: Any, origin: str = ORIGIN) -> str:
    story = Story()
    story.told()
    checkpoint = story.checkpoint(9)
    return sign_checkpoint(type(checkpoint)(origin, 9, checkpoint.root), key)


def _note_bit(line: Line, place: int) -> None:
    head, _, text = line["checkpoint"].rpartition(" ")
    data = bytearray(base64.b64decode(text))
    data[place] ^= 1
    line["checkpoint"] = f"{head} {base64.b64encode(bytes(data)).decode()}\n"


_RECEIPTS: list[tuple[str, str, str, Callable[[Line], object]]] = [
    ("proof-of-another", "The inclusion proof of another entry.", "MALFORMED", _of_another),
    ("proof-bit", "A hash of the inclusion proof changed.", "MALFORMED", lambda line: line["inclusionProof"].__setitem__(0, "00" * 32)),
    ("proof-longer", "A hash too many in the inclusion proof.", "MALFORMED", lambda line: line["inclusionProof"].append("00" * 32)),
    ("proof-absent", "No inclusion proof beside a checkpoint.", "MALFORMED", lambda line: line.pop("inclusionProof")),
    ("receipt-of-another", "Entry, proof and checkpoint of another record.", "MALFORMED", _whole_of_another),
    ("receipt-number", "The entry's number in the receipt changed.", "MALFORMED", lambda line: line["logEntry"].update(seq=7)),
    ("receipt-word", "The entry in the receipt changed.", "MALFORMED", lambda line: line["logEntry"]["data"].update(version=2)),
    ("checkpoint-size", "The size in the checkpoint changed.", "MALFORMED", lambda line: line.update(checkpoint=line["checkpoint"].replace("\n9\n", "\n10\n"))),
    ("checkpoint-form", "A checkpoint without its empty line.", "MALFORMED", lambda line: line.update(checkpoint=line["checkpoint"].replace("\n\n", "\n"))),
    ("checkpoint-zeros", "The size in the checkpoint with a zero before it.", "MALFORMED", lambda line: line.update(checkpoint=line["checkpoint"].replace("\n9\n", "\n09\n"))),
    ("checkpoint-origin", "The origin in the checkpoint changed.", "BAD_SIGNATURE", lambda line: line.update(checkpoint=line["checkpoint"].replace("chest", "brain"))),
    ("checkpoint-hint", "The hint of the checkpoint's signature changed.", "BAD_SIGNATURE", lambda line: _note_bit(line, 0)),
    ("checkpoint-bit", "One bit of the checkpoint's signature turned.", "BAD_SIGNATURE", lambda line: _note_bit(line, 20)),
]  # fmt: skip
for _name, _what, _code, _change in _RECEIPTS:
    add("receipt", _name, _what, 11, _code, _receipt(_change))


@attack("receipt", 11, "MALFORMED")
def receipt_for_another_record() -> Evidence:
    """The entry names another record than the one it holds; no log is at hand."""
    story = Story().begin().submit()
    story.act("rob", "review", "approve", data={"record": "00" * 32})
    return Evidence(story.files(), log=None)


@attack("receipt", 0)
def checkpoint_of_a_stranger() -> dict[str, bytes]:
    """The checkpoint signed by a stranger alone: nobody's word, and nothing against the record."""
    return on_last_line(lambda line: line.update(checkpoint=_note(EVE)))


@attack("receipt", 0)
def checkpoint_by_another_person() -> dict[str, bytes]:
    """The checkpoint signed by another person of the registry too."""
    mine, other = _note(KEYS["lea"]), _note(KEYS["rob"])
    both = mine + other.rpartition("\n\n")[2]
    return on_last_line(lambda line: line.update(checkpoint=both))
