"""Who may do what with a case: separation of duties goes by person, never by key."""

from __future__ import annotations

from medseg.model import Case, Person, Policy, Reading, Role, StageName
from medseg.review.workflow import facts
from medseg.review.workflow.states import Turn, stage_of, whose_turn


def turns_of(policy: Policy, case: Case, person: Person) -> tuple[Turn, ...]:
    """What that person can do next with the case, in order; empty where nothing.

    Among it is what anybody with one of their roles may do, unless they have worked on the
    reading, read the case themselves, or have said their word on it. Hand in the case itself
    and not a view of it: what comes back tells a blind reader of their own readings alone, and
    of known truth nothing.
    """
    return tuple(one for one in whose_turn(policy, case) if _is_theirs(policy, case, person, one))


def barred(policy: Policy, case: Case, person: Person, stage: StageName) -> frozenset[str]:
    """Ids of the readings that the person must not judge at that stage.

    Empty where one person does everything, and for stages that do not judge.
    """
    judging = stage in (StageName.REVIEW, StageName.ADJUDICATE, StageName.SIGN)
    if policy.self_attested or not judging:
        return frozenset()
    return frozenset(one.reading_id for one in case.readings if not _is_apart(case, one, person))


def _is_apart(case: Case, reading: Reading, person: Person) -> bool:
    return not facts.reads_it(case, person) and person.person_id not in facts.makers(case, reading)


def _is_theirs(policy: Policy, case: Case, person: Person, turn: Turn) -> bool:
    if not isinstance(turn.who, Role):
        return turn.who == person.person_id and person.may_act_as(
            stage_of(policy, turn.stage).roles | _adjudicators(policy, case, turn)
        )
    if not person.may_act_as({turn.who}):
        return False
    closed = barred(policy, case, person, turn.stage)
    if turn.reading is None:
        # The lead's turns need no judgement; an adjudicator is apart from all that compete.
        competing = {one.reading_id for one in facts.competing(case)}
        return turn.who is Role.LEAD or not closed & competing
    reading = case.reading(turn.reading)
    return turn.reading not in closed and person.person_id not in _spoken(reading, turn.stage)


def _spoken(reading: Reading | None, stage: StageName) -> frozenset[str]:
    """Ids of those whose word at that stage stands."""
    if reading is None:
        return frozenset()
    by_stage = {StageName.REVIEW: facts.approvers, StageName.SIGN: facts.signers}
    return by_stage[stage](reading) if stage in by_stage else frozenset()


def _adjudicators(policy: Policy, case: Case, turn: Turn) -> frozenset[Role]:
    """Who may hold an adjudicator's reading in hand."""
    reading = case.reading(turn.reading or "")
    if reading is None or reading.method != "edit":
        return frozenset()
    return stage_of(policy, StageName.ADJUDICATE).roles
