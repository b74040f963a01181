"""Step 4, proofs: who handed in what is judged, and who made the rules that it is judged by.

Who writes the log can write any name into it. Where the rules are `proven`, names count by the
signature in the entry itself.
"""

from __future__ import annotations

from medseg.model import Finding
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.log.entry import Entry
from medseg.signoff.verdicts.dispute import newest
from medseg.signoff.verdicts.dossier import Dossier
from medseg.signoff.verdicts.proven import NO_POLICY, NO_SUBMITTER, Proofs


def judge_proofs(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """POLICY_NOT_ESTABLISHED, SUBMITTER_NOT_ESTABLISHED, and the BAD_SIGNATURE of a proof."""
    log, entry = dossier.log_of(one), dossier.entry_of(one)
    if log is None or entry is None:
        return []
    proofs = Proofs(dossier.registry, log.policies)
    before = [other for other in log.by_case.get(entry.case or "", ()) if other.seq < entry.seq]
    findings = _of_rules(proofs, one, entry)
    mine = newest(before, entry.reading)
    asks = proofs.rules_before(mine.seq if mine else entry.seq).ask_proof
    if asks and not _is_version(mine, entry, one):
        return [*findings, _another_version(one)]
    decides = entry.kind == "adjudicate"
    return findings + proofs.of_hand_ins(before, entry.reading, entry.seq, decides=decides)


def _of_rules(proofs: Proofs, one: OpenedEnvelope, entry: Entry) -> list[Finding]:
    """What is to be said of the rules in force at the record, and of those that it names."""
    rules = proofs.rules_before(entry.seq)
    is_told = any(finding.code == NO_POLICY for finding in rules.findings)
    is_named = one.record.predicate["policyDigest"] == rules.digest
    if is_named or is_told or not rules.ask_proof:
        return list(rules.findings)
    text = (
        f"A record names the rules in force when it was made; that by {one.record.title} names "
        "others, or none. Have it signed anew."
    )
    return [*rules.findings, Finding(NO_POLICY, "undecided", text)]


def _is_version(mine: Entry | None, entry: Entry, one: OpenedEnvelope) -> bool:
    """Whether a hand-in is that of the version, and the mask, that the record is about."""
    return (
        mine is not None
        and mine.data.get("version") == entry.data.get("version")
        and mine.data["mask"] == one.record.mask_digest
    )


def _another_version(one: OpenedEnvelope) -> Finding:
    text = (
        f"What is judged was handed in; the mask that {one.record.title} judged is not what the "
        "log tells of that version. Have it handed in, and signed anew."
    )
    return Finding(NO_SUBMITTER, "undecided", text)
