"""Step 3, duties: nobody approves their own work, and enough distinct persons approved."""

from __future__ import annotations

from medseg.model import Finding, Stage, StageName
from medseg.model.finding import Severity
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.log.entry import Entry
from medseg.signoff.statement import APPROVALS
from medseg.signoff.verdicts.dispute import Dispute, was_disputed
from medseg.signoff.verdicts.dossier import Dossier
from medseg.signoff.verdicts.people import signer_troubles

_JUDGING = frozenset({"review", "adjudicate", "sign"})
_FINAL = frozenset({"sign", "lock"})
_NOBODY = frozenset({"UNKNOWN_KEY", "SIGNER_NOT_ESTABLISHED"})
_SEVERITIES: tuple[Severity, ...] = ("error", "undecided")


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
    """Whose work the record judges, by its own word and by the log.

    Who handed the version in or changed a voxel of it; for an adjudicator also those of each
    disputed reading, and those alone where they drew one of their own from them.
    """
    log, entry = dossier.log_of(one), dossier.entry_of(one)
    makers = set(one.record.annotators)
    if log is None or entry is None:
        return frozenset(makers)
    entries = log.by_case.get(entry.case or "", [])
    for other in entries:
        is_it = other.reading == entry.reading and other.kind == "submit"
        if is_it and other.data["version"] == entry.data["version"]:
            makers |= _hands(other)
    if one.record.stage != "adjudicate":
        return frozenset(makers)
    policy = dossier.policy_of(one.record)
    draws_anew = policy is not None and policy.double.adjudication == "edit"
    dispute = Dispute.before(entries, entry.seq)
    others = frozenset[str]().union(*map(_hands, dispute.hand_ins))
    return others if draws_anew and dispute.drawn.get(str(entry.reading)) else others | makers


def _hands(entry: Entry) -> frozenset[str]:
    """Who handed a version in, and who drew in it."""
    actor = {entry.actor} if entry.actor is not None else set[str]()
    return frozenset(actor.union(entry.data["annotators"]))


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
    adjudicated = adjudicate is not None and any(
        other.record.stage == adjudicate.name
        and was_disputed(dossier, other) is not False
        and _counts(dossier, other, adjudicate, one)
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
        dossier.person_of(other.record) for other in at_stage if _counts(dossier, other, stage, one)
    }
    if len(persons) >= stage.persons:
        return []
    text = (
        f"The project's rules ask for {stage.persons} persons at the stage {stage.name}; for "
        f"this version there are {len(persons)}"
    )
    everybody_known = not any(_doubts(dossier, other, one) == "undecided" for other in at_stage)
    is_whole = one.record.previous <= dossier.known.keys() and everybody_known
    if not everybody_known:
        text += " of whom that can be told; of others it cannot, with what is at hand."
    else:
        text += "." if is_whole else ", as far as is at hand; earlier records are missing."
    severity: Severity = "error" if is_whole else "undecided"
    return [Finding("INSUFFICIENT_SIGNATURES", severity, text)]


def _counts(dossier: Dossier, one: OpenedEnvelope, stage: Stage, judged: OpenedEnvelope) -> bool:
    """Whether a record is the word of somebody who might give it at this stage."""
    if _doubts(dossier, one, judged) is not None:
        return False
    if dossier.is_self_attested(one.record):
        return True
    if one.record.predicate["role"] not in stage.roles:
        return False
    return dossier.person_of(one.record) not in _makers(dossier, one)


def _doubts(dossier: Dossier, one: OpenedEnvelope, judged: OpenedEnvelope) -> Severity | None:
    """Whether a record's signer might not sign it, or that cannot be told; None: they might.

    What else speaks against the record that is judged is told of it by itself.
    """
    told = signer_troubles(dossier, one)
    is_judged = one.digest == judged.digest
    found = {each.severity for each in told if not is_judged or each.code in _NOBODY}
    return next((severity for severity in _SEVERITIES if severity in found), None)
