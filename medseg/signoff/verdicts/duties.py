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
    """ROLE_NOT_AUTHORISED, SEPARATION_VIOLATED and INSUFFICIENT_SIGNATURES."""
    return [*_stage_role(dossier, one), *_separation(dossier, one), *_persons(dossier, one)]


def _stage_role(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """Whether the rules let that role act at that stage; whether it is theirs is told elsewhere."""
    record, policy = one.record, dossier.policy_of(one.record)
    stages = policy.stages if policy is not None else ()
    stage = next((stage for stage in stages if stage.name == record.stage), None)
    if stage is None or dossier.is_self_attested(record):
        return []
    role = record.predicate["role"]
    if role in stage.roles:
        return []
    text = (
        f"The project's rules let {' or '.join(sorted(stage.roles))} act at the stage "
        f"{stage.name}; {record.title} acted as {role}."
    )
    return [Finding("ROLE_NOT_AUTHORISED", "error", text)]


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
    adjudicate = policy.stage(StageName.ADJUDICATE)
    draws_anew = policy.double.adjudication == "edit"
    adjudicated = adjudicate is not None and any(
        other.record.stage == adjudicate.name
        and _counts(dossier, other, adjudicate, own_work=draws_anew)
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
        dossier.person_of(other.record) for other in at_stage if _counts(dossier, other, stage)
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


def _counts(dossier: Dossier, one: OpenedEnvelope, stage: Stage, *, own_work: bool = False) -> bool:
    """Whether a record is the word of somebody who might give it at this stage."""
    if not dossier.is_established(one.record):
        return False
    if dossier.is_self_attested(one.record):
        return True
    role = str(one.record.predicate["role"])
    if role not in stage.roles or not dossier.has_held(one.record, role):
        return False
    return own_work or dossier.person_of(one.record) not in _makers(dossier, one)
