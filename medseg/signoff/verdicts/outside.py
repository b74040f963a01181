"""Step 4, outside: what a record is worth that no project's log stands behind."""

from __future__ import annotations

from medseg.model import DEFAULT_ROLES, Finding
from medseg.signoff.envelope import OpenedEnvelope
from medseg.signoff.record import Record
from medseg.signoff.verdicts.dossier import Dossier


def is_outside(dossier: Dossier, record: Record) -> bool:
    """Whether a record belongs to no log, and none is at hand that it could be missing from."""
    return record.anchor is None and not dossier.exhibits.logs


def judge_outside(dossier: Dossier, one: OpenedEnvelope) -> list[Finding]:
    """OUTSIDE_PROJECT, and ROLE_NOT_AUTHORISED of a stage that the signer gave themselves.

    Only where a registry tells of several persons: among them others would have reviewed, and
    here none did. With a log at hand such a record is NOT_IN_LOG.
    """
    record = one.record
    if not is_outside(dossier, record) or not _is_of_a_team(dossier, record):
        return []
    text = (
        f"The record by {record.title} was made outside of any project: it is the signer's own "
        "statement, with nobody's review, no project's rules and no order of events behind it. "
        "If a project's judgement was meant, have the reading signed there."
    )
    return [Finding("OUTSIDE_PROJECT", "warning", text), *_stage_role(dossier, record)]


def _is_of_a_team(dossier: Dossier, record: Record) -> bool:
    return (
        dossier.registry is not None
        and not dossier.registry.self_attested
        and record.keyid not in dossier.exhibits.trust
    )


def _stage_role(dossier: Dossier, record: Record) -> list[Finding]:
    """Without a project's rules at hand, a stage belongs to the role that is named after it."""
    wanted = next((DEFAULT_ROLES[name] for name in DEFAULT_ROLES if name == record.stage), None)
    role = record.predicate["role"]
    if wanted is None or dossier.policy_of(record) is not None or role in wanted:
        return []
    text = (
        f"Where no project's rules are at hand, {' or '.join(sorted(wanted))} acts at the stage "
        f"{record.stage}; {record.title} acted as {role}. Have the reading signed in its project."
    )
    return [Finding("ROLE_NOT_AUTHORISED", "error", text)]
