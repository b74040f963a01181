"""Step 7: the record says yes, and nothing that came later says otherwise."""

from __future__ import annotations

from medseg.model import Finding
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.log.entry import Entry
from medseg.signoff.log.kinds import SIGNED_KINDS
from medseg.signoff.statement import APPROVALS
from medseg.signoff.verdicts.dossier import Dossier


def superseded(one: OpenedEnvelope) -> Finding:
    """The note on a record that a later one in the file follows."""
    text = f"A later record takes the place of the sign-off by {one.record.title}."
    return Finding("SUPERSEDED", "note", text)


def judge_currency(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """REJECTED, UNLOCKED, HISTORY_INCOMPLETE, REVOKED_DECISION and SUPERSEDED."""
    record, findings = one.record, []
    if record.decision not in APPROVALS:
        findings.append(_no_approval(one))
    if record.previous - dossier.known.keys():
        text = (
            f"The record by {record.title} follows earlier ones that are not in the file; "
            "what they said cannot be seen here."
        )
        findings.append(Finding("HISTORY_INCOMPLETE", "warning", text))
    return findings + _later(dossier, one)


def _no_approval(one: OpenedEnvelope) -> Finding:
    """A sound signature under a no is not a yes."""
    record = one.record
    if record.decision == "reject":
        text = f"The mask was rejected by {record.title}: {record.predicate['reason']}"
        return Finding("REJECTED", "error", text)
    text = (
        f"The mask was opened for changes by {record.title}: {record.predicate['reason']} "
        "It holds no approval until it is signed anew."
    )
    return Finding("UNLOCKED", "undecided", text)


def _later(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """What the log tells of the reading after the record."""
    log, mine = dossier.log_of(one), dossier.entry_of(one)
    if log is None or mine is None:
        return []
    entries = [entry for entry in log.by_case.get(mine.case or "", ()) if entry.seq > mine.seq]
    same = [entry for entry in entries if entry.reading == mine.reading]
    findings = [_set_aside(entry) for entry in entries if _chose_another(entry, mine)]
    revoked = next((entry for entry in same if _revokes(entry)), None)
    submitted = next((entry for entry in same if entry.kind == "submit"), None)
    signed = next((entry for entry in same if entry.kind in SIGNED_KINDS), None)
    if revoked is not None:
        text = (
            f"The decision by {one.record.title} was taken back: entry {revoked.seq} of the log, "
            f"at {revoked.at}, says {revoked.data.get('reason') or revoked.kind!r}."
        )
        findings.append(Finding("REVOKED_DECISION", "error", text))
    elif submitted is not None:
        text = (
            f"The record by {one.record.title} is about an earlier version: version "
            f"{submitted.data['version']} was handed in at {submitted.at}. Verify that one."
        )
        findings.append(Finding("SUPERSEDED", "error", text))
    elif signed is not None:
        text = (
            f"The log holds a later record about the same reading (entry {signed.seq}), which is "
            "not in the file."
        )
        findings.append(Finding("SUPERSEDED", "note", text))
    return findings


def _revokes(entry: Entry) -> bool:
    is_no = entry.kind == "review" and entry.data["decision"] == "reject"
    return entry.kind == "unlock" or is_no


def _chose_another(entry: Entry, mine: Entry) -> bool:
    if entry.kind != "adjudicate" or mine.reading not in entry.data["from"]:
        return False
    return entry.data["chosen"] not in (None, mine.reading)


def _set_aside(entry: Entry) -> Finding:
    text = f"Another reading of the case was chosen in its place (entry {entry.seq} of the log)."
    return Finding("SUPERSEDED", "error", text)
