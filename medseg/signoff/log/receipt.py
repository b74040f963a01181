"""A record's receipt: that its entry is in the log, to be checked where there is no log.

It stands as further keys in the record's line of `<stem>.signoff.jsonl`: `logEntry` is the entry
without its envelope, which is the line itself; `inclusionProof` leads from it to the root of
`checkpoint`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medseg.errors import SignoffError
from medseg.signoff.canonical import canonical
from medseg.signoff.log.checkpoint import Checkpoint, parse_checkpoint
from medseg.signoff.log.entry import Entry, read_entry
from medseg.signoff.log.tree import check_inclusion
from medseg.signoff.refusal import malformed
from medseg.signoff.schema import HEX_256, check

_ENVELOPE_KEYS = ("payload", "payloadType", "signatures")
_ANY_OBJECT: dict[str, Any] = {}
_RECEIPT = {"logEntry": {"data": _ANY_OBJECT}, "inclusionProof": [HEX_256], "checkpoint": str}


@dataclass(frozen=True, eq=False)
class Receipt:
    """A record's place in the log.

    Args:
        entry: the whole entry, its envelope put back.
        checkpoint: the state of the log that holds it; its signatures are not checked yet.
        note: the checkpoint's text, to check them.
    """

    entry: Entry
    checkpoint: Checkpoint
    note: str


def receipt_keys(entry: Entry, proof: Sequence[bytes], note: str) -> dict[str, Any]:
    """The further keys of a record's line.

    Args:
        entry: the record's entry.
        proof: the path from it to the root of the checkpoint.
        note: the checkpoint's text.
    """
    about = {"actor": entry.actor, "case": entry.case, "reading": entry.reading}
    data = {name: value for name, value in entry.data.items() if name != "envelope"}
    place = {"v": 1, "seq": entry.seq, "prev": entry.prev, "at": entry.at, "kind": entry.kind}
    return {
        "logEntry": {**place, **about, "data": data},
        "inclusionProof": [one.hex() for one in proof],
        "checkpoint": note,
    }


def read_receipt(line: Mapping[str, Any]) -> Receipt | None:
    """The receipt in a record's line, with its proof checked; None if the line holds no checkpoint.

    Raises:
        RecordError: MALFORMED or UNSUPPORTED_VERSION; MALFORMED too if the proof does not lead
            from this record to the checkpoint.
    """
    if "checkpoint" not in line:
        return None
    check(dict(line), _RECEIPT, "receipt")
    said = dict(line["logEntry"])
    envelope = {name: line[name] for name in _ENVELOPE_KEYS}
    try:
        entry = read_entry(canonical({**said, "data": {**said["data"], "envelope": envelope}}))
    except SignoffError as error:
        raise malformed(f"A record's receipt holds its entry in the log. {error}") from error
    checkpoint, _ = parse_checkpoint(line["checkpoint"])
    proof = [bytes.fromhex(one) for one in line["inclusionProof"]]
    if not check_inclusion(entry.leaf, entry.seq, checkpoint.size, proof, checkpoint.root):
        raise malformed(
            f"A record's receipt leads from its entry to a checkpoint; that of entry {entry.seq} "
            "does not. The log itself can tell: verify with it."
        )
    return Receipt(entry, checkpoint, line["checkpoint"])
