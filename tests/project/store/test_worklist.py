"""Worklists: everybody's turns, in order, and nothing that a blind reader may not know."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from medseg.model import CaseState, Person, Role, StageName
from medseg.project.store import BlindReader, CaseSummary, ReaderOf, Store, Turn
from medseg.project.worklist import WorklistRow, may_take, next_case, worklist
from medseg.project.worklist_queries import Filters

LEAD = Person("p-lead", "Lead", frozenset({Role.LEAD}))
ANNA = Person("p-anna", "Anna", frozenset({Role.ANNOTATOR}))
BERT = Person("p-bert", "Bert", frozenset({Role.ANNOTATOR, Role.REVIEWER}))
CARA = Person("p-cara", "Cara", frozenset({Role.REVIEWER, Role.SIGNER}))
EVERYBODY = (LEAD, ANNA, BERT, CARA)
SORTS = ("due", "case", "subject", "comments", "agreement", "changed")


def _random_summary(number: int, chance: random.Random) -> CaseSummary:
    case_id = f"c-{number:08d}"
    readers = chance.sample([ANNA, BERT], chance.randint(0, 2))
    blind = [one for one in [*readers, CARA] if chance.random() < 0.3]
    turns = [_random_turn(case_id, place, chance) for place in range(chance.randint(0, 3))]
    return CaseSummary(
        case_id=case_id,
        seq=number,
        state=chance.choice(list(CaseState)),
        subject=f"s-{chance.randint(0, 5)}",
        time_point=1,
        specialty=chance.choice(["chest", "brain"]),
        changed=f"2026-02-{chance.randint(1, 28):02d}T00:00:00Z",
        open_comments=chance.randint(0, 2),
        open_queries=chance.randint(0, 1),
        agreement=chance.choice([None, 0.25, 0.5, 0.75]),
        readers=tuple(
            ReaderOf(f"r-{number}-{place}", one.person_id) for place, one in enumerate(readers)
        ),
        turns=tuple(turns),
        blind=tuple(
            BlindReader(one.person_id, chance.randint(0, 1), _date(chance), "2026-01-01T00:00:00Z")
            for one in blind
        ),
    )


def _random_turn(case_id: str, place: int, chance: random.Random) -> Turn:
    asked = chance.choice([None, ANNA.person_id, BERT.person_id, CARA.person_id])
    kept_out = chance.sample([one.person_id for one in EVERYBODY], chance.randint(0, 2))
    return Turn(
        stage=chance.choice(list(StageName)),
        role=chance.choice(list(Role)),
        reading=f"r-{case_id}-{place}",
        person=asked,
        due=_date(chance),
        barred=frozenset(kept_out if asked is None else ()),
    )


def _date(chance: random.Random) -> str | None:
    return chance.choice([None, f"2026-03-{chance.randint(1, 9):02d}"])


def _summaries(count: int = 60) -> list[CaseSummary]:
    chance = random.Random(7)  # noqa: S311 - a phantom
    return [_random_summary(number, chance) for number in range(count)]


def _filled(where: str | Path, summaries: list[CaseSummary]) -> Store:
    store = Store.create(where, origin="example.org/study")
    with store.act() as act:
        for summary in summaries:
            act.index(summary)
    return store


@pytest.fixture
def store(where: str | Path) -> Iterator[Store]:
    with _filled(where, _summaries()) as store:
        yield store


def _seen(summary: CaseSummary, person: Person) -> CaseSummary | None:
    """The case as the person may know it: the truth that the queries are held against."""
    me = person.person_id
    own = next((one for one in summary.blind if one.person == me), None)
    if own is not None:
        return replace(
            summary,
            state=CaseState.READING,
            changed=own.changed,
            open_comments=own.open_comments,
            open_queries=0,
            agreement=None,
            readers=tuple(one for one in summary.readers if one.person == me),
        )
    is_reader = any(one.person == me for one in summary.readers)
    sees_all = person.roles & {Role.LEAD, Role.REVIEWER, Role.SIGNER}
    return summary if sees_all or is_reader else None


def _due(summary: CaseSummary, person: Person) -> str | None:
    own = next((one for one in summary.blind if one.person == person.person_id), None)
    return own.due if own else summary.due


def _fits(seen: CaseSummary, due: str | None, filters: Filters) -> bool:
    readers = [one.person for one in seen.readers]
    return (
        filters.state in (None, seen.state)
        and (filters.reader is None or filters.reader in readers)
        and filters.specialty in (None, seen.specialty)
        and filters.subject in (None, seen.subject)
        and (filters.due_until is None or (due is not None and due <= filters.due_until))
        and (not filters.with_comments or seen.open_comments > 0)
        and (not filters.with_queries or seen.open_queries > 0)
        and (
            filters.agreement_below is None
            or (seen.agreement is not None and seen.agreement < filters.agreement_below)
        )
    )


FILTERS = (
    Filters(),
    Filters(state=CaseState.READING),
    Filters(state=CaseState.REVIEW),
    Filters(reader=ANNA.person_id),
    Filters(reader=BERT.person_id, with_comments=True),
    Filters(due_until="2026-03-05"),
    Filters(with_queries=True, specialty="brain"),
    Filters(agreement_below=0.6, subject="s-1"),
)


@pytest.mark.parametrize("filters", FILTERS, ids=range(len(FILTERS)))
def test_a_list_holds_what_the_person_may_know_to_fit(store: Store, filters: Filters) -> None:
    for person in EVERYBODY:
        expected = set()
        for summary in _summaries():
            seen = _seen(summary, person)
            if seen is not None and _fits(seen, _due(summary, person), filters):
                expected.add(summary.case_id)
        rows = worklist(store, person, filters=filters, limit=1000)
        assert {row.case_id for row in rows} == expected
        assert len(rows) == len(expected)


def test_rows_show_what_the_person_may_know(store: Store) -> None:
    for person in EVERYBODY:
        rows = {row.case_id: row for row in worklist(store, person, limit=1000)}
        for summary in _summaries():
            seen = _seen(summary, person)
            if seen is None:
                continue
            row = rows[summary.case_id]
            told = (row.state, row.changed, row.open_comments, row.agreement, row.due)
            due = _due(summary, person)
            assert told == (seen.state, seen.changed, seen.open_comments, seen.agreement, due)
            assert set(row.readers) == {one.person for one in seen.readers}
            assert row.turn is None or not row.turn.barred


def _sort_value(row: WorklistRow, sort: str) -> object:
    last = {"due": "9999", "agreement": 9.0}
    names = {"comments": "open_comments", "case": "case_id"}
    value = getattr(row, names.get(sort, sort))
    return last[sort] if value is None else value


@pytest.mark.parametrize("sort", SORTS)
def test_lists_are_in_order_and_pages_join_without_a_gap(store: Store, sort: str) -> None:
    for person in (LEAD, CARA, BERT):
        whole = worklist(store, person, sort=sort, limit=1000)
        values = [_sort_value(row, sort) for row in whole]
        descends = sort in ("comments", "changed")
        assert values == sorted(values, reverse=descends)
        pages, after = [], None
        while page := worklist(store, person, sort=sort, limit=17, after=after):
            pages += page
            after = page[-1].place
        assert tuple(pages) == whole


@pytest.mark.parametrize("sort", SORTS)
def test_my_turns_are_those_i_may_take(store: Store, sort: str) -> None:
    for person in EVERYBODY:
        expected = {
            (summary.case_id, number)
            for summary in _summaries()
            for number, turn in enumerate(summary.turns)
            if may_take(person, turn)
        }
        pages, after = [], None
        while page := worklist(store, person, mine=True, sort=sort, limit=7, after=after):
            pages += page
            after = page[-1].place
        assert [(row.place.case_id, row.place.number) for row in pages] == list(
            dict.fromkeys((row.place.case_id, row.place.number) for row in pages)
        )
        assert {(row.place.case_id, row.place.number) for row in pages} == expected
        keys = [row.place.key for row in pages]
        assert keys == sorted(keys, reverse=sort in ("comments", "changed"))


@pytest.mark.parametrize("filters", FILTERS[1:], ids=range(1, len(FILTERS)))
def test_my_turns_are_filtered_by_what_i_may_know(store: Store, filters: Filters) -> None:
    for person in EVERYBODY:
        summaries = {one.case_id: one for one in _summaries()}
        rows = worklist(store, person, filters=filters, mine=True, limit=1000)
        for row in worklist(store, person, mine=True, limit=1000):
            summary = summaries[row.case_id]
            is_blind = any(one.person == person.person_id for one in summary.blind)
            seen = _seen(summary, person) if is_blind else summary
            assert seen is not None
            fits = _fits(seen, _due(summary, person), filters)
            assert (
                row.place.number in [one.place.number for one in rows if one.case_id == row.case_id]
            ) == fits


def test_what_is_hidden_changes_no_list_of_a_blind_reader(where: str | Path) -> None:
    blind = (BlindReader(ANNA.person_id, 0, "2026-03-01", "2026-01-01T00:00:00Z"),)
    quiet = CaseSummary(
        "c-1", 1, CaseState.READING, "s", 1, "chest", "2026-01-01T00:00:00Z",
        readers=(ReaderOf("r-1", ANNA.person_id),),
        turns=(Turn(StageName.ANNOTATE, Role.ANNOTATOR, "r-1", ANNA.person_id, "2026-03-01"),),
        blind=blind,
    )  # fmt: skip
    busy = replace(
        quiet, seq=9, state=CaseState.ADJUDICATION, changed="2026-02-02T00:00:00Z",
        open_comments=4, open_queries=2, agreement=0.1,
        readers=(*quiet.readers, ReaderOf("r-2", BERT.person_id)),
    )  # fmt: skip
    others = [one for one in _summaries(20) if one.case_id != "c-1"]
    with _filled(where, [*others, quiet]) as store:
        before = _every_list(store)
        with store.act() as act:
            act.index(busy)
        assert _every_list(store) == before
        with store.act() as act:
            act.index(replace(busy, blind=()))
        assert _every_list(store) != before


def _every_list(store: Store) -> list[tuple[WorklistRow, ...]]:
    return [
        worklist(store, ANNA, filters=filters, mine=mine, sort=sort, limit=1000)
        for filters, mine, sort in itertools.product(FILTERS, (False, True), SORTS)
    ]


def test_the_next_case_is_the_one_due_first(where: str | Path) -> None:
    def case(number: int, due: str | None) -> CaseSummary:
        turn = Turn(StageName.REVIEW, Role.REVIEWER, f"r-{number}", None, due)
        return CaseSummary(f"c-{number}", number, CaseState.REVIEW, "s", 1, "", "", turns=(turn,))

    with _filled(where, [case(1, None), case(2, "2026-03-02"), case(3, "2026-03-01")]) as store:
        following = next_case(store, CARA)
        assert following is not None
        assert (following.case_id, following.due) == ("c-3", "2026-03-01")
        assert following.turn is not None
        assert following.turn.reading == "r-3"
        assert next_case(store, ANNA) is None


def test_a_maker_of_the_work_is_not_asked_to_judge_it(where: str | Path) -> None:
    barred = frozenset({BERT.person_id})
    turn = Turn(StageName.REVIEW, Role.REVIEWER, "r-1", None, None, barred)
    case = CaseSummary("c-1", 1, CaseState.REVIEW, "s", 1, "", "", turns=(turn,))
    with _filled(where, [case]) as store:
        assert next_case(store, BERT) is None
        assert next_case(store, CARA) is not None


def test_an_empty_store_has_empty_lists(where: str | Path) -> None:
    with _filled(where, []) as store:
        assert worklist(store, LEAD) == ()
        assert worklist(store, LEAD, mine=True) == ()
