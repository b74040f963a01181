"""Where a case stands under a policy, and who has to do something next."""

from __future__ import annotations

from typing import NamedTuple

from medseg.model import (
    Case,
    CaseState,
    Policy,
    Reading,
    ReadingState,
    Role,
    Stage,
    StageName,
)
from medseg.review.workflow import facts


class Turn(NamedTuple):
    """Something to be done: by whom, at which stage, with which reading.

    Args:
        who: a `Role` where anybody who has it may, otherwise the person's id.
        stage: of the work.
        reading: its id; None where there is none yet, or it is about several.
    """

    who: Role | str
    stage: StageName
    reading: str | None


def stage_of(policy: Policy, name: StageName) -> Stage:
    """The stage; one that is not in use has no roles."""
    return policy.stage(name) or Stage(name, frozenset())


def is_reviewed(policy: Policy, reading: Reading) -> bool:
    """Whether enough distinct persons approved the newest version, or none has to.

    What readers' work was combined to (a consensus, an adjudicator's) is judged by who signs.
    """
    review = policy.stage(StageName.REVIEW)
    if review is None or reading.drawn_from:
        return True
    return len(facts.approvers(reading)) >= review.persons


def reading_state(policy: Policy, reading: Reading) -> ReadingState:
    """Where a reading stands: as `Reading.state`, with REVIEWED where the policy says enough."""
    if reading.state is ReadingState.SUBMITTED and policy.stage(StageName.REVIEW) is not None:
        return ReadingState.REVIEWED if is_reviewed(policy, reading) else reading.state
    return reading.state


def case_state(policy: Policy, case: Case) -> CaseState:
    """Where a case stands."""
    first_round = [one for one in case.readings if one.round == 1]
    if not first_round:
        return CaseState.UNASSIGNED
    if case.gold:
        return _gold_state(case)
    if case.needs_adjudication:
        return CaseState.ADJUDICATION
    reading = final_reading(policy, case)
    return _state_of_several(policy, case) if reading is None else _state_of(policy, reading)


def final_reading(policy: Policy, case: Case) -> Reading | None:
    """The reading that is to be signed; None while readings are still to be brought together."""
    if case.final is None and policy.double.readings > 1:
        return None
    return facts.to_sign(case)


def whose_turn(policy: Policy, case: Case) -> tuple[Turn, ...]:
    """What is to be done next, in the order of the readings; empty where nothing is.

    A reading that comes back to the same reader (round 2 and more) is among it.
    """
    turns = [
        Turn(one.reader, StageName.ANNOTATE, one.reading_id)
        for one in case.readings
        if one.state in facts.IN_READERS_HANDS
    ]
    match case_state(policy, case):
        case CaseState.UNASSIGNED | CaseState.READING:
            turns += _unassigned(policy, case)
        case CaseState.REVIEW:
            turns += _reviews(policy, case)
        case CaseState.ADJUDICATION:
            turns += _adjudications(policy, case)
        case CaseState.TO_SIGN | CaseState.TO_LOCK as state:
            name = StageName.SIGN if state is CaseState.TO_SIGN else StageName.LOCK
            reading = final_reading(policy, case)
            named = reading.reading_id if reading else None
            turns += [Turn(role, name, named) for role in _roles(policy, name)]
        case _:
            pass
    return tuple(turns)


def _gold_state(case: Case) -> CaseState:
    waiting = any(one.state in facts.IN_READERS_HANDS for one in case.readings if one.round == 1)
    return CaseState.READING if waiting else CaseState.MEASURED


def _state_of_several(policy: Policy, case: Case) -> CaseState:
    readings = facts.competing(case)
    if len(readings) < policy.double.readings or any(
        one.state in facts.IN_READERS_HANDS for one in readings
    ):
        return CaseState.READING
    if not all(is_reviewed(policy, one) for one in readings):
        return CaseState.REVIEW
    return CaseState.ADJUDICATION


def _state_of(policy: Policy, reading: Reading) -> CaseState:
    if reading.state in facts.IN_READERS_HANDS:
        return CaseState.READING
    if reading.state is ReadingState.LOCKED:
        return CaseState.LOCKED
    enough = stage_of(policy, StageName.SIGN).persons
    if reading.state is ReadingState.SIGNED and len(facts.signers(reading)) >= enough:
        return CaseState.TO_LOCK
    if reading.state is ReadingState.SIGNED or is_reviewed(policy, reading):
        return CaseState.TO_SIGN
    return CaseState.REVIEW


def _unassigned(policy: Policy, case: Case) -> list[Turn]:
    missing = not case.gold and len(facts.competing(case)) < policy.double.readings
    return [Turn(Role.LEAD, StageName.ANNOTATE, None)] if missing or not case.readings else []


def _reviews(policy: Policy, case: Case) -> list[Turn]:
    """One turn for each asked reviewer who has not approved; roles where too few are asked."""
    turns: list[Turn] = []
    review = stage_of(policy, StageName.REVIEW)
    for one in facts.competing(case):
        if one.state is not ReadingState.SUBMITTED or is_reviewed(policy, one):
            continue
        done = facts.approvers(one)
        asked = [person for person in one.reviewers if person not in done]
        turns += [Turn(person, StageName.REVIEW, one.reading_id) for person in asked]
        if len(asked) + len(done) < review.persons:
            roles = _roles(policy, StageName.REVIEW)
            turns += [Turn(role, StageName.REVIEW, one.reading_id) for role in roles]
    return turns


def _adjudications(policy: Policy, case: Case) -> list[Turn]:
    """The adjudicator's turn; the lead's while nobody has compared the readings yet."""
    if not case.needs_adjudication:
        return [Turn(Role.LEAD, StageName.ADJUDICATE, None)]
    return [Turn(role, StageName.ADJUDICATE, None) for role in _roles(policy, StageName.ADJUDICATE)]


def _roles(policy: Policy, name: StageName) -> list[Role]:
    return sorted(stage_of(policy, name).roles)
