"""Assignment: load, specialty, order, gold, repeats; the same seed gives the same lists."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from medseg.model import Case, Policy, Reading, ReadingState, Role, Submission
from medseg.review import decide, fold, policy_from_tables
from medseg.review.assignment import Assignment, assignments
from tests.review.world import DONE, TEAM, World, person

READERS = {
    one.person_id: one
    for one in (
        person("ann", Role.ANNOTATOR, specialties=("chest",)),
        person("ben", Role.ANNOTATOR, specialties=("liver",)),
        person("eve", Role.ANNOTATOR),
        person("lea", Role.LEAD),
    )
}


def cases(number: int, **more: object) -> list[Case]:
    return [Case(f"c-{index:03d}", **more) for index in range(number)]  # type: ignore[arg-type]


def assigned(policy: Policy, work: list[Case], seed: int = 1) -> list[Assignment]:
    numbers = count(1)
    return assignments(
        policy, READERS, work, lead="p-lea", seed=seed, new_id=lambda: f"r-{next(numbers)}"
    )


def readers_of(done: list[Assignment]) -> Counter[str]:
    return Counter(one.request.reader for one in done)


def read(case: Case, reader: str, state: ReadingState = ReadingState.SUBMITTED) -> Case:
    version = Submission(1, DONE, "m", frozenset({reader}), "2026-11-22T12:00:00+01:00", 1)
    reading = Reading(f"{case.case_id}-{reader}", reader, 1, state, (version,), order=1)
    return replace(case, readings=(*case.readings, reading))


def test_work_is_shared_evenly_and_load_in_hand_counts() -> None:
    done = assigned(policy_from_tables({}), cases(30))
    assert readers_of(done) == {"p-ann": 10, "p-ben": 10, "p-eve": 10}
    busy = [replace(case, readings=(Reading(f"x-{case.case_id}", "p-ann"),)) for case in cases(6)]
    more = [replace(case, case_id=f"d-{case.case_id}") for case in cases(6)]
    assert readers_of(assigned(policy_from_tables({}), busy + more)) == {"p-ben": 3, "p-eve": 3}


def test_a_case_goes_to_its_specialty_and_to_anybody_where_nobody_has_it() -> None:
    done = assigned(policy_from_tables({}), cases(9, specialty="chest"))
    assert readers_of(done) == {"p-ann": 9}
    done = assigned(policy_from_tables({}), cases(9, specialty="brain"))
    assert set(readers_of(done).values()) == {3}


def test_double_reading_gives_each_case_distinct_readers() -> None:
    policy = policy_from_tables({"double": {"readings": 2}})
    done = assigned(policy, cases(15))
    by_case: dict[str, set[str]] = {}
    for one in done:
        by_case.setdefault(one.case, set()).add(one.request.reader)
    assert {len(readers) for readers in by_case.values()} == {2}
    assert len(by_case) == 15


def test_gold_is_the_policys_share_and_hidden_among_the_work() -> None:
    policy = policy_from_tables({"gold": {"percent": 20}})
    known = [replace(case, case_id=f"g-{case.case_id}", gold=True) for case in cases(40)]
    done = assigned(policy, cases(48) + known)
    for reader in ("p-ann", "p-ben", "p-eve"):
        own = sorted((one for one in done if one.request.reader == reader), key=_order)
        places = [index for index, one in enumerate(own) if one.case.startswith("g-")]
        assert (len(own), len(places)) == (20, 4)
        assert places not in ([0, 1, 2, 3], [16, 17, 18, 19])
        assert [one.request.order for one in own] == list(range(1, 21))


def test_repeats_are_cases_the_reader_has_handed_in_each_once() -> None:
    policy = policy_from_tables({"double": {"repeat_percent": 25}})
    before = [read(case, "p-ann") for case in cases(8)]
    done = assigned(policy, before)
    assert [(one.request.reader, one.request.round) for one in done] == [("p-ann", 2)] * 2
    again = [
        replace(case, readings=(*case.readings, Reading(f"r2-{case.case_id}", "p-ann", 2)))
        if case.case_id in {one.case for one in done}
        else case
        for case in before
    ]
    assert assigned(policy, again) == []


def test_time_points_wait_until_the_earlier_ones_are_locked() -> None:
    policy = policy_from_tables({"double": {"order": "sequential"}})
    first = replace(Case("c-1", subject="s"), time_point=1)
    second = replace(Case("c-2", subject="s"), time_point=2)
    assert [one.case for one in assigned(policy, [second, first])] == ["c-1"]
    locked = read(first, "p-ann", ReadingState.LOCKED)
    assert [one.case for one in assigned(policy, [second, locked])] == ["c-2"]
    random = policy_from_tables({"double": {"order": "random"}})
    assert len(assigned(random, [second, first])) == 2


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(1, 3), st.randoms())
def test_the_same_seed_gives_the_same_lists_and_every_one_is_granted(
    seed: int, number: int, readings: int, dice: object
) -> None:
    policy = policy_from_tables({"double": {"readings": readings}, "gold": {"percent": 10}})
    work = cases(number) + [replace(Case(f"g-{n}"), gold=True) for n in range(3)]
    done = assigned(policy, work, seed)
    dice.shuffle(work)  # type: ignore[attr-defined]
    assert assigned(policy, work, seed) == done
    by_id = {case.case_id: case for case in work}
    for one in done:
        for draft in decide(policy, READERS, by_id[one.case], one.request):
            at = "2026-11-22T12:00:00+01:00"
            seq = by_id[one.case].seq + 1
            by_id[one.case] = fold(by_id[one.case], draft.entry(seq, at))


def test_other_seeds_give_other_lists() -> None:
    lists = [
        [(one.case, one.request.reader) for one in assigned(policy_from_tables({}), cases(20), n)]
        for n in range(3)
    ]
    assert lists[0] != lists[1] != lists[2]


def test_who_judged_or_remarked_on_a_case_does_not_read_it() -> None:
    policy = policy_from_tables({"double": {"readings": 2}})
    world = World(policy, dict(TEAM))
    world.imported()
    world.assigned("p-ann", "r-1")
    world.submitted("p-ann", "r-1")
    world.reviewed("p-cat", "approve", "r-1")
    done = assignments(policy, TEAM, [world.case], lead="p-lea", seed=3, new_id=lambda: "r-2")
    assert [one.request.reader for one in done] == ["p-ben"]


def _order(one: Assignment) -> int:
    return one.request.order
