"""Who reads what next: by load and specialty, with known cases and repeats among the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np

from medseg.model import Case, CaseState, Person, Policy, Reading, StageName
from medseg.review.workflow import facts
from medseg.review.workflow.requests import Assign
from medseg.review.workflow.states import case_state, stage_of

_Item = TypeVar("_Item")


class Assignment(NamedTuple):
    """A request to assign, and the id of the case it is for."""

    case: str
    request: Assign


@dataclass
class _Plan:
    """What is assigned so far in one run."""

    policy: Policy
    readers: Sequence[Person]
    dice: np.random.Generator
    load: Counter[str]
    chosen: dict[str, list[tuple[Case, int]]] = field(default_factory=dict)

    def give(self, reader: Person, case: Case, round_: int = 1) -> None:
        """Put a case on a reader's list."""
        self.chosen.setdefault(reader.person_id, []).append((case, round_))
        self.load[reader.person_id] += 1


def assignments(
    policy: Policy,
    people: Mapping[str, Person],
    cases: Iterable[Case],
    *,
    lead: str,
    seed: int,
    new_id: Callable[[], str],
) -> list[Assignment]:
    """The readings to assign now, reader by reader, each list in its order.

    Every case gets as many readers as the policy asks for: first those whose specialty is the
    case's, then anybody; those with the fewest readings in hand before others, equals by lot.
    Gold cases and repeats are mixed in by the policy's shares: a gold case once for a reader, a
    repeat of a case that the reader has handed in. Where time points are read in order, one is
    assigned once all earlier ones of its subject are locked. Lists are shuffled. The same seed
    gives the same assignments, whatever the order of cases and people.

    Args:
        policy: the project's.
        people: all by id.
        cases: all of the project, as the log tells them.
        lead: id of who assigns.
        seed: of the lots.
        new_id: gives a new reading id each time.
    """
    known = sorted(cases, key=lambda case: case.case_id)
    plan = _Plan(policy, _readers(policy, people), np.random.default_rng(seed), _load(known))
    for case in _ready(policy, known, plan.dice):
        for reader in _chosen_for(plan, case):
            plan.give(reader, case)
    for reader in plan.readers:
        _add_gold(plan, reader, known)
        _add_repeats(plan, reader, known)
    return [
        Assignment(case.case_id, _request(lead, new_id(), reader, round_, order))
        for reader in plan.readers
        for order, case, round_ in _ordered(plan, reader, known)
    ]


def _request(lead: str, reading: str, reader: Person, round_: int, order: int) -> Assign:
    return Assign(actor=lead, reading=reading, reader=reader.person_id, round=round_, order=order)


def _readers(policy: Policy, people: Mapping[str, Person]) -> list[Person]:
    roles = stage_of(policy, StageName.ANNOTATE).roles
    able = [one for one in people.values() if one.may_act_as(roles)]
    return sorted(able, key=lambda one: one.person_id)


def _load(cases: Sequence[Case]) -> Counter[str]:
    return Counter(
        one.reader for case in cases for one in case.readings if one.state in facts.IN_READERS_HANDS
    )


def _ready(policy: Policy, cases: Sequence[Case], dice: np.random.Generator) -> list[Case]:
    """Cases that lack readers and may have them now."""
    lacking = [
        case
        for case in cases
        if not case.gold
        and case_state(policy, case) in (CaseState.UNASSIGNED, CaseState.READING)
        and case.final is None
        and len(facts.competing(case)) < policy.double.readings
    ]
    if policy.double.order == "sequential":
        lacking = [case for case in lacking if _has_turn(policy, case, cases)]
        return sorted(lacking, key=lambda case: (case.time_point, case.subject, case.case_id))
    return _shuffled(lacking, dice)


def _has_turn(policy: Policy, case: Case, cases: Sequence[Case]) -> bool:
    return all(
        case_state(policy, one) is CaseState.LOCKED
        for one in cases
        if one.subject == case.subject and one.time_point < case.time_point
    )


def _chosen_for(plan: _Plan, case: Case) -> list[Person]:
    """As many readers as the case lacks, or as many as there are."""
    missing = plan.policy.double.readings - len(facts.competing(case))
    free = [one for one in plan.readers if not _knows(case, one)]
    special = [one for one in free if case.specialty in one.specialties]
    drawn = _shuffled(free, plan.dice)
    drawn.sort(key=lambda one: (bool(special) and one not in special, plan.load[one.person_id]))
    return drawn[:missing]


def _knows(case: Case, person: Person) -> bool:
    """Whether the person has read the case, or judged or remarked on a reading of it."""
    name = person.person_id
    return (
        any(name in facts.makers(case, one) for one in case.readings)
        or any(name in one.reviewers for one in case.readings)
        or any(said.person == name for one in case.readings for said in one.verdicts)
        or any(one.author == name for one in case.comments)
    )


def _add_gold(plan: _Plan, reader: Person, cases: Sequence[Case]) -> None:
    """Known cases, so many that they are the policy's share of all that is now assigned."""
    share = plan.policy.gold.percent / 100.0
    work = _readings_of(reader, cases)
    had = sum(case.gold for case, _ in work)
    others = len(work) - had + len(plan.chosen.get(reader.person_id, ()))
    wanted = others * share / (1.0 - share) if share < 1.0 else len(cases)
    unread = [case for case in cases if case.gold and not _knows(case, reader)]
    for case in _shuffled(unread, plan.dice)[: max(0, round(wanted) - had)]:
        plan.give(reader, case)


def _add_repeats(plan: _Plan, reader: Person, cases: Sequence[Case]) -> None:
    """Cases handed in before, so many that they are the policy's share of the reader's cases."""
    work = [(case, one) for case, one in _readings_of(reader, cases) if not case.gold]
    done = [case for case, one in work if one.round == 1 and one.submissions]
    again = {case.case_id for case, one in work if one.round > 1}
    wanted = round(len(done) * plan.policy.double.repeat_percent / 100.0) - len(again)
    fresh = [case for case in done if case.case_id not in again]
    for case in _shuffled(fresh, plan.dice)[: max(0, wanted)]:
        plan.give(reader, case, 2)


def _readings_of(reader: Person, cases: Sequence[Case]) -> list[tuple[Case, Reading]]:
    return [
        (case, one)
        for case in cases
        for one in case.readings
        if one.reader == reader.person_id and not one.drawn_from
    ]


def _ordered(plan: _Plan, reader: Person, cases: Sequence[Case]) -> list[tuple[int, Case, int]]:
    """The reader's new list with its places, which go on from the last one before."""
    chosen = _shuffled(plan.chosen.get(reader.person_id, []), plan.dice)
    if plan.policy.double.order == "sequential":
        chosen = _in_order_of_time(chosen)
    last = max((one.order for _, one in _readings_of(reader, cases)), default=0)
    return [(last + place, case, round_) for place, (case, round_) in enumerate(chosen, 1)]


def _in_order_of_time(chosen: list[tuple[Case, int]]) -> list[tuple[Case, int]]:
    """The same list; each subject's time points ascend on the places that the subject has."""
    in_order = sorted(chosen, key=lambda one: one[0].time_point)
    left = {
        case.subject: [one for one in in_order if one[0].subject == case.subject]
        for case, _ in chosen
    }
    return [left[case.subject].pop(0) for case, _ in chosen]


def _shuffled(items: Sequence[_Item], dice: np.random.Generator) -> list[_Item]:
    return [items[index] for index in dice.permutation(len(items))]
