"""Step 4: the log is the one that the record was made in, and holds it."""

from __future__ import annotations

from medseg.model import Finding
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.verdicts.dossier import Dossier


def judge_place(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """LOG_TRUNCATED, LOG_FORKED and NOT_IN_LOG of one record; LOG_ABSENT without a log."""
    anchor = one.record.anchor
    if not dossier.exhibits.logs:
        return [_absent(dossier, one)] if anchor is not None else []
    log = dossier.log_of(one)
    if log is None:
        return [_not_in_any(one)]
    receipt = dossier.receipts.get(one.digest)
    findings = log.against(anchor, f"was signed over by {one.record.title}") if anchor else []
    if receipt is not None and receipt.checkpoint.origin == log.origin and not findings:
        findings = log.against(receipt.checkpoint, f"was left by {one.record.title}")
    entry = log.by_record.get(one.digest)
    if entry is not None and anchor is not None and entry.seq < anchor.size:
        text = (
            f"A record stands after the log that it names; that by {one.record.title} is entry "
            f"{entry.seq}, and names {anchor.size} entries before it."
        )
        findings.append(Finding("LOG_FORKED", "error", text))
    if entry is None and not findings and log.chain.problem is None:
        text = (
            f"The log does not hold the record by {one.record.title}: it was made beside the log, "
            "or the log was cut before it. Restore the log from a copy, or have it signed anew."
        )
        findings.append(Finding("NOT_IN_LOG", "error", text))
    return findings


def _absent(dossier: Dossier, one: OpenedEnvelope) -> Finding:
    receipt = dossier.receipts.get(one.digest)
    text = "The log is not at hand, so nothing that came later is known."
    if receipt is not None:
        text = (
            f"The log is not at hand, so nothing that came later is known; by its receipt the "
            f"record is entry {receipt.entry.seq} of {receipt.checkpoint.origin}."
        )
    return Finding("LOG_ABSENT", "note", text)


def _not_in_any(one: OpenedEnvelope) -> Finding:
    anchor = one.record.anchor
    if anchor is None:
        text = f"The record by {one.record.title} was made outside of any log, and is in none."
        return Finding("NOT_IN_LOG", "error", text)
    text = (
        f"The record by {one.record.title} belongs to the log {anchor.origin}, which is not at "
        "hand. Verify with that log."
    )
    return Finding("NOT_IN_LOG", "undecided", text)
