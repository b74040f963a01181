"""Steps 1 and 2: each line is read in one way only, and signed by the key that it names."""

from __future__ import annotations

from collections.abc import Mapping

from medseg.model import Finding
from medseg.model.finding import Severity
from medseg.signoff.envelope import OpenedEnvelope, open_envelope
from medseg.signoff.log.checkpoint import open_checkpoint
from medseg.signoff.log.receipt import Receipt, read_receipt
from medseg.signoff.refusal import RecordError, malformed

_MAX_RECORDS = 1000
# A record of a later version may be quite right, so it is not called invalid.
_SEVERITIES: dict[str, Severity] = {"UNSUPPORTED_VERSION": "undecided"}


def refused(error: RecordError, before: str = "") -> Finding:
    """The finding for a refusal, as it is called."""
    return Finding(error.code, _SEVERITIES.get(error.code, "error"), f"{before}{error}")


def open_lines(lines: bytes) -> tuple[dict[str, OpenedEnvelope], list[Finding]]:
    """The sound records by digest, and a finding for each line that is not sound."""
    opened: dict[str, OpenedEnvelope] = {}
    findings: list[Finding] = []
    records = [line for line in lines.split(b"\n") if line.strip(b" \t\r")]
    if len(records) > _MAX_RECORDS:
        text = f"A mask has at most {_MAX_RECORDS} sign-offs; found {len(records)}."
        return {}, [Finding("MALFORMED", "error", text)]
    for number, line in enumerate(records, start=1):
        try:
            one = open_envelope(line)
        except RecordError as error:
            findings.append(refused(error, f"Sign-off {number}: "))
        else:
            opened[one.digest] = one
    return opened, findings


def open_receipts(
    opened: Mapping[str, OpenedEnvelope], keys: Mapping[str, bytes]
) -> tuple[dict[str, Receipt], list[Finding]]:
    """The sound receipts by the record's digest, and a finding for each that is not.

    Args:
        opened: the records.
        keys: key id -> public key of the registry's people.
    """
    receipts: dict[str, Receipt] = {}
    findings: list[Finding] = []
    for digest, one in opened.items():
        try:
            receipt = _receipt(one, keys)
        except RecordError as error:
            findings.append(refused(error, f"The record by {one.record.title}: "))
        else:
            if receipt is not None:
                receipts[digest] = receipt
    return receipts, findings


def _receipt(one: OpenedEnvelope, keys: Mapping[str, bytes]) -> Receipt | None:
    receipt = read_receipt(one.envelope)
    if receipt is None:
        return None
    if receipt.entry.data.get("record") != one.digest:
        raise malformed("A record's receipt is about that record; this one is about another.")
    try:
        open_checkpoint(receipt.note, {**keys, one.record.keyid: one.record.public_key})
    except RecordError as error:
        if error.code != "UNKNOWN_KEY":
            raise
        return None  # somebody we do not know vouches: worth nothing, and no fault
    return receipt
