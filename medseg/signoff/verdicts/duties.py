"""Step 3, duties: nobody approves their own work, and enough distinct persons approved."""

from __future__ import annotations

from medseg.model import Finding, Stage, StageName
from medseg.model.finding import Severity
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.statement import APPROVALS
from medseg.signoff.verdicts.dossier import Dossier

_JUDGING = frozenset({"review", "adjudicate", "sign"})
_FINAL = frozenset({"sign", "lock"})


def judge_duties(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """SEPARATION_VIOLATED and INSUFFICIENT_SIGNATURES."""
    return [*_separation(dossier, one), *_persons(dossier, one)]


def _separation(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    record = one.record
    judges = record.stage in _JUDGING and record.decision in ("approve", "adjudicate")
    if not judges or dossier.is_self_attested(record):
        return []
    if dossier.person_of(record) not in _makers(dossier, one):
        return []
    text = (
        f"Nobody approves what they drew themselves; {record.title} judged a version in which "
        "they had changed voxels. Have another person review it."
    )
    return [Finding("SEPARATION_VIOLATED", "error", text)]


def _makers(dossier: Dossier, one: OpenedEnvelope) -> frozenset[str]:
    """Whoever changed a voxel of the version, as the record says and as the log says."""
    record, log, entry = one.record, dossier.log_of(one), dossier.entry_of(one)
    makers = set(record.annotators)
    if log is not None and entry is not None:
        for other in log.by_case.get(entry.case or "", ()):
            is_it = other.reading == entry.reading and other.kind == "submit"
            if is_it and other.data["version"] == entry.data["version"]:
                makers |= set(other.data["annotators"])
    return frozenset(makers)


def _persons(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    policy = dossier.policy_of(one.record)
    if policy is None or one.record.stage not in _FINAL:
        return []
    approving = [
        other
        for other in dossier.known.values()
        if other.record.mask_digest == one.record.mask_digest and other.record.decision in APPROVALS
    ]
    adjudicated = any(
        other.record.stage == "adjudicate" and dossier.is_established(other.record)
        for other in approving
    )
    findings = []
    for name in (StageName.REVIEW, StageName.SIGN):
        stage = policy.stage(name)
        if stage is not None and not (name is StageName.REVIEW and adjudicated):
            findings += _enough(dossier, one, stage, approving)
    return findings


def _enough(
    dossier: Dossier, one: OpenedEnvelope, stage: Stage, approving: list[OpenedEnvelope]
) -> list[Finding]:
    at_stage = [other for other in approving if other.record.stage == stage.name]
    persons = {
        dossier.person_of(other.record)
        for other in at_stage
        if dossier.is_established(other.record)
        and (
            dossier.is_self_attested(other.record)
            or dossier.person_of(other.record) not in _makers(dossier, other)
        )
    }
    if len(persons) >= stage.persons:
        return []
    text = (
        f"The project's rules ask for {stage.persons} persons at the stage {stage.name}; for "
        f"this version there are {len(persons)}"
    )
    everybody_known = dossier.registry is not None or all(
        dossier.is_established(other.record) for other in at_stage
    )
    is_whole = one.record.previous <= dossier.known.keys() and everybody_known
    if not everybody_known:
        text += " whose keys are known; no registry tells of the others."
    else:
        text += "." if is_whole else ", as far as is at hand; earlier records are missing."
    severity: Severity = "error" if is_whole else "undecided"
    return [Finding("INSUFFICIENT_SIGNATURES", severity, text)]
