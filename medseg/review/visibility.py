"""What a person may see of a case: blind readers see their own work and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from medseg.model import Case, Person, Policy, Reading, ReadingState, Role, StageName
from medseg.review.workflow import facts
from medseg.review.workflow.states import stage_of

#: What a screen may ask about before it shows something.
What = Literal[
    "readings of others",
    "comments of others",
    "agreement",
    "gold",
    "time points",
    "names",
    "priors",
    "clinical text",
]

_OVERSEERS = frozenset({Role.LEAD, Role.IMPORTER})


def view_of(policy: Policy, case: Case, person: Person) -> Case:
    """The case as that person may see it.

    For a blind reader there is no trace of other readings: no ids, counts, states, comments,
    queries, disagreement, outcome, gold flag, order or last act; `seq` is that of the newest
    entry about what they see. A reading that comes back looks like a first one. In a blind
    stage of review, adjudication or signing the names of others and their verdicts and remarks
    are gone until the person has decided. Gold is for the lead and the importer.
    """
    if is_blind(policy, case, person):
        return _blind_view(policy, case, person)
    shown = case if allows(policy, case, person, "gold") else replace(case, gold=False)
    stage = _blind_stage(policy, case, person)
    return shown if stage is None else _without_names(shown, person)


def is_blind(policy: Policy, case: Case, person: Person) -> bool:
    """Whether the person must see nothing of the other readings of the case.

    So it is for a reader of a gold case always; for one with a reading in hand that came back;
    and where readings are blind, for all readers until the outcome is settled, and as long for
    those who are annotators only and might become readers.
    """
    own = [one for one in case.readings if one.reader == person.person_id]
    if own and (case.gold or _has_repeat_in_hand(own)):
        return True
    if policy.double.readings == 1 and not stage_of(policy, StageName.ANNOTATE).blind:
        return False
    might_read = person.roles <= {Role.ANNOTATOR}
    adjudicates = any(one.drawn_from for one in own)
    return case.final is None and not adjudicates and (bool(own) or might_read)


def allows(policy: Policy, case: Case, person: Person, what: What) -> bool:
    """Whether a screen may show that person something of the case."""
    blind = is_blind(policy, case, person)
    reads = any(one.reader == person.person_id for one in case.readings)
    match what:
        case "gold":
            return not blind and person.may_act_as(_OVERSEERS)
        case "priors":
            return policy.double.show_priors or not reads
        case "clinical text":
            return policy.double.show_clinical_text or not reads
        case "time points":
            return not reads or (policy.double.show_priors and not _in_random_order(policy))
        case _:
            return not blind and _blind_stage(policy, case, person) is None


def visible_readings(policy: Policy, case: Case, person: Person) -> tuple[Reading, ...]:
    """The readings that the person may see, as they may see them."""
    return view_of(policy, case, person).readings


def _blind_view(policy: Policy, case: Case, person: Person) -> Case:
    own = tuple(_own(one) for one in _in_sight(case, person))
    names = {one.reading_id for one in own}
    queries = tuple(one for one in case.queries if one.author == person.person_id)
    shows_time = allows(policy, case, person, "time points")
    return Case(
        case.case_id,
        case.image,
        case.subject if allows(policy, case, person, "priors") else "",
        case.time_point if shows_time else 0,
        case.specialty,
        readings=own,
        comments=tuple(one for one in case.comments if one.reading in names),
        queries=queries,
        seq=max((one.seq for one in own), default=-1),
    )


def _in_sight(case: Case, person: Person) -> list[Reading]:
    own = [one for one in case.readings if one.reader == person.person_id]
    return [one for one in own if _is_in_hand_again(one)] if _has_repeat_in_hand(own) else own


def _own(reading: Reading) -> Reading:
    verdicts = tuple(one for one in reading.verdicts if one.kind == "review")
    return replace(reading, round=1, order=0, drawn_from=(), method="", verdicts=verdicts)


def _is_in_hand_again(reading: Reading) -> bool:
    return reading.round > 1 and reading.state in facts.IN_READERS_HANDS


def _has_repeat_in_hand(readings: list[Reading]) -> bool:
    return any(_is_in_hand_again(one) for one in readings)


def _in_random_order(policy: Policy) -> bool:
    return policy.double.order == "random"


def _blind_stage(policy: Policy, case: Case, person: Person) -> StageName | None:
    """The blind stage that the person still has to act in, if any; never for the lead."""
    if person.may_act_as({Role.LEAD}) or policy.self_attested:
        return None
    for name in (StageName.REVIEW, StageName.ADJUDICATE, StageName.SIGN):
        stage = stage_of(policy, name)
        if stage.blind and person.may_act_as(stage.roles) and not _has_decided(case, person, name):
            return name
    return None


def _has_decided(case: Case, person: Person, stage: StageName) -> bool:
    """Whether the person has nothing left to say at that stage, or it is over."""
    closed = [one for one in case.readings if one.state in facts.CLOSED]
    if stage is StageName.SIGN:
        is_over = any(one.state is ReadingState.LOCKED for one in closed)
        return is_over or any(person.person_id in facts.signers(one) for one in closed)
    if closed:
        return True
    if stage is StageName.ADJUDICATE:
        return case.final is not None
    competing = facts.competing(case)
    said = [person.person_id in facts.approvers(one) for one in competing]
    return bool(said) and all(said)


def _without_names(case: Case, person: Person) -> Case:
    mine = person.person_id
    readings = tuple(
        replace(
            one,
            reader=one.reader if one.reader == mine else "",
            reviewers=tuple(name for name in one.reviewers if name == mine),
            verdicts=tuple(said for said in one.verdicts if said.person == mine),
            submissions=tuple(
                replace(each, annotators=each.annotators & {mine}, by="")
                for each in one.submissions
            ),
        )
        for one in case.readings
    )
    comments = tuple(one for one in case.comments if one.author == mine)
    return replace(case, readings=readings, comments=comments, last_actor=None, last_kind="")
