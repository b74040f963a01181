"""A reading's sign-offs as its own file holds them: envelopes, each with its place in the log.

Beside the envelope a line holds the log's entry (without the envelope, which stands there already),
the proof that the entry is in the log, and the checkpoint that the signer left: enough to check the
place without the log.
"""

from __future__ import annotations

from typing import Any

from medseg.project.store import LogView
from medseg.signoff.canonical import canonical
from medseg.signoff.log.entry import Entry
from medseg.signoff.log.kinds import SIGNED_KINDS
from medseg.signoff.log.receipt import receipt_keys
from medseg.signoff.log.tree import Tree


def signoff_lines(view: LogView, case: str, reading: str) -> bytes:
    """The content of a reading's `.signoff.jsonl`, one line per signed act, in order."""
    signed = signed_entries(view.case_entries(case), reading)
    if not signed:
        return b""
    notes: dict[int, dict[str, str]] = {}
    for one in view.checkpoints():
        notes.setdefault(one.size, {})[one.keyid] = one.note
    tree = Tree(view.leaves(signed[-1].seq + 1))
    return b"".join(_line(entry, tree, notes.get(entry.seq + 1, {})) for entry in signed)


def signed_entries(entries: list[Entry], reading: str) -> list[Entry]:
    """Those of the entries that hold a signed record about the reading."""
    return [one for one in entries if one.reading == reading and one.kind in SIGNED_KINDS]


def _line(entry: Entry, tree: Tree, notes: dict[str, str]) -> bytes:
    envelope = entry.data["envelope"]
    keyid = envelope["signatures"][0]["keyid"]
    line: dict[str, Any] = dict(envelope)
    if keyid in notes:
        proof = tree.inclusion_proof(entry.seq, entry.seq + 1)
        line |= receipt_keys(entry, proof, notes[keyid])
    return canonical(line) + b"\n"
