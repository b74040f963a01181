"""A signed record in words: printed name, role, meaning, and the time in UTC and where it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medseg.errors import ReviewError
from medseg.report.case_history import Moment
from medseg.review import coverage_from_json
from medseg.signoff.canonical import canonical
from medseg.signoff.envelope import open_envelope
from medseg.signoff.log.entry import Entry

_NO_DISPLAY = "no display was recorded"


@dataclass(frozen=True)
class Signature:
    """What one person said under their signature.

    Args:
        seq: of the log's entry.
        name: as printed.
        role: in which they signed.
        decision: as "approve".
        version: of which version of the reading.
        meaning: the sentence they signed.
        reason: theirs; empty if none was needed.
        at: when, by the signer's clock.
        keyid: of their key.
        displayed: what their screen displayed: evidence of display, and of nothing more.
        is_self_attested: whether one person does everything in the project.
        record: digest of the signed record.
    """

    seq: int
    name: str
    role: str
    decision: str
    version: int
    meaning: str
    reason: str
    at: Moment
    keyid: str
    displayed: str
    is_self_attested: bool
    record: str


def signature_of(entry: Entry) -> Signature:
    """The signature in an entry of a signed kind; its own signature is checked, nothing else.

    Raises:
        SignoffError: the envelope in it is not sound.
    """
    opened = open_envelope(canonical(entry.data["envelope"]))
    record, said = opened.record, opened.record.predicate
    return Signature(
        entry.seq,
        said["signer"]["printedName"],
        said["role"],
        said["decision"],
        int(entry.data["version"]),
        said["meaning"]["text"],
        said["reason"] or "",
        Moment.of(said["signedAt"]),
        record.keyid,
        _displayed(said["viewed"]),
        record.is_self_attested,
        opened.digest,
    )


def _displayed(viewed: Mapping[str, Any] | None) -> str:
    if not viewed:
        return _NO_DISPLAY
    try:
        return coverage_from_json(viewed).in_words()
    except ReviewError:
        return "a record of display that cannot be read"
