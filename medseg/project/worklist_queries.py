"""The queries behind a worklist: the index tables alone, each in the order of an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from medseg.model import CaseState, Person
from medseg.project.store.index import NO_AGREEMENT
from medseg.project.store.schema import barred, blind_readers, case_index, case_readers, turns

Sort = Literal["due", "case", "subject", "comments", "agreement", "changed"]
_COLUMNS = {
    "due": "due",
    "case": "case_id",
    "subject": "subject",
    "comments": "open_comments",
    "agreement": "agreement",
    "changed": "changed",
}
_DESCENDING = ("comments", "changed")
_HIDDEN = ("agreement",)  # what a blind reader has nothing in the place of

# From how many cases on a reader's are not looked up one by one.
_MANY = 500

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Filters:
    """What a worklist leaves out; None or False leaves out nothing.

    Args:
        state: only cases that stand there.
        reader: only cases read by the person of that id.
        specialty: only cases of that one.
        subject: only time points of that one.
        due_until: only what is due on that ISO 8601 date or before.
        with_comments: only cases with open comments.
        with_queries: only cases with open questions to their site.
        agreement_below: only cases whose readings agree less than that.
    """

    state: CaseState | None = None
    reader: str | None = None
    specialty: str | None = None
    subject: str | None = None
    due_until: str | None = None
    with_comments: bool = False
    with_queries: bool = False
    agreement_below: float | None = None


@dataclass(frozen=True)
class Place:
    """Where a row stands: what it is sorted by, its case, and the turn's number if it is one."""

    key: str | int | float
    case_id: str
    number: int | None = None


def case_places(
    connection: Connection,
    person: Person,
    sees_all: bool,
    filters: Filters,
    sort: Sort,
    limit: int,
    after: Place | None,
) -> list[Place]:
    """The places of the next `limit` cases: those in full view, and those seen blind, merged."""
    me = person.person_id
    key = case_index.c[_COLUMNS[sort]]
    open_ones = select(key, case_index.c.case_id).where(
        ~_is_blind(me), *_plain(connection, filters)
    )
    if not sees_all:
        open_ones = open_ones.where(_has_reader(connection, me))
    own = _blind_key(sort)
    blind_ones = (
        select(own, case_index.c.case_id)
        .join(blind_readers, blind_readers.c.case_id == case_index.c.case_id)
        .where(blind_readers.c.person == me, *_blinded(filters, me))
    )
    found = _page(connection, open_ones, (key, case_index.c.case_id), sort, limit, after)
    found += _page(connection, blind_ones, (own, case_index.c.case_id), sort, limit, after)
    return _merged(found, sort, limit)


def turn_places(
    connection: Connection,
    person: Person,
    filters: Filters,
    sort: Sort,
    limit: int,
    after: Place | None,
) -> list[Place]:
    """The places of the next `limit` turns: those asked of the person, and those of their roles."""
    me = person.person_id
    is_barred = exists().where(
        barred.c.case_id == turns.c.case_id,
        barred.c.number == turns.c.number,
        barred.c.person == me,
    )
    open_to = [
        and_(turns.c.role == role.value, turns.c.person.is_(None), ~is_barred)
        for role in sorted(person.roles)
    ]
    found: list[Place] = []
    for condition in (turns.c.person == me, *open_to):
        key, query = _turn_query(connection, me, filters, sort)
        columns = (key, turns.c.case_id, turns.c.number)
        found += _page(connection, query.where(condition), columns, sort, limit, after)
    return _merged(found, sort, limit)


def _turn_query(
    connection: Connection, me: str, filters: Filters, sort: Sort
) -> tuple[Any, Select[Any]]:
    """What turns are sorted by, and the turns; `due` needs no other table."""
    if sort == "due" and filters == Filters():
        return turns.c.due, select(turns.c.due, turns.c.case_id, turns.c.number)
    own = and_(blind_readers.c.case_id == turns.c.case_id, blind_readers.c.person == me)
    key: Any = turns.c.due
    if sort != "due":
        seen_blind = blind_readers.c.person.is_not(None)
        key = func.coalesce(_blind_key(sort), case_index.c[_COLUMNS[sort]])
        if sort in _HIDDEN:
            key = case((seen_blind, literal(NO_AGREEMENT)), else_=case_index.c.agreement)
    in_view = and_(blind_readers.c.person.is_(None), *_plain(connection, filters))
    seen = and_(blind_readers.c.person.is_not(None), *_blinded(filters, me))
    query = (
        select(key, turns.c.case_id, turns.c.number)
        .join(case_index, case_index.c.case_id == turns.c.case_id)
        .outerjoin(blind_readers, own)
        .where(or_(in_view, seen))
    )
    return key, query


def _page(
    connection: Connection,
    query: Select[Any],
    columns: tuple[Any, ...],
    sort: Sort,
    limit: int,
    after: Place | None,
) -> list[Place]:
    descends = sort in _DESCENDING
    if after is not None:
        values = (after.key, after.case_id, after.number or 0)[: len(columns)]
        here, there = tuple_(*columns), tuple_(*values)
        query = query.where(here < there if descends else here > there)
    order = [column.desc() if descends else column.asc() for column in columns]
    rows = connection.execute(query.order_by(*order).limit(limit))
    return [Place(*row) for row in rows]


def _merged(found: list[Place], sort: Sort, limit: int) -> list[Place]:
    def order(place: Place) -> Any:
        return place.key, place.case_id, place.number or 0

    return sorted(found, key=order, reverse=sort in _DESCENDING)[:limit]


def _is_blind(me: str) -> Condition:
    return exists().where(
        blind_readers.c.case_id == case_index.c.case_id, blind_readers.c.person == me
    )


def _has_reader(connection: Connection, person: str) -> Condition:
    """Cases read by the person, asked so that neither few nor many of them take long.

    Few are looked up and sorted; where there are many, the cases are gone through in the list's
    own order, and enough of them are found soon.
    """
    of_reader = select(case_readers.c.case_id).where(case_readers.c.person == person)
    first = of_reader.limit(_MANY).subquery()
    if (connection.scalar(select(func.count()).select_from(first)) or 0) < _MANY:
        return case_index.c.case_id.in_(of_reader)
    return of_reader.where(case_readers.c.case_id == case_index.c.case_id).exists()


def _blind_key(sort: Sort) -> Any:
    """What a case seen blind is sorted by."""
    if sort in _HIDDEN:
        return literal(NO_AGREEMENT)
    name = _COLUMNS[sort]
    return blind_readers.c[name] if name in blind_readers.c else case_index.c[name]


def _common(filters: Filters) -> list[Condition]:
    """What is no secret to anybody."""
    conditions: list[Condition] = []
    if filters.specialty is not None:
        conditions.append(case_index.c.specialty == filters.specialty)
    if filters.subject is not None:
        conditions.append(case_index.c.subject == filters.subject)
    return conditions


def _plain(connection: Connection, filters: Filters) -> list[Condition]:
    """The filters on a case in full view."""
    conditions = _common(filters)
    if filters.state is not None:
        conditions.append(case_index.c.state == filters.state.value)
    if filters.reader is not None:
        conditions.append(_has_reader(connection, filters.reader))
    if filters.due_until is not None:
        conditions.append(case_index.c.due <= filters.due_until)
    if filters.with_comments:
        conditions.append(case_index.c.open_comments > 0)
    if filters.with_queries:
        conditions.append(case_index.c.open_queries > 0)
    if filters.agreement_below is not None:
        conditions.append(case_index.c.agreement < filters.agreement_below)
    return conditions


def _blinded(filters: Filters, me: str) -> list[Condition]:
    """The filters on a case seen blind: it is being read, by nobody but oneself."""
    asks_hidden = filters.with_queries or filters.agreement_below is not None
    other_state = filters.state not in (None, CaseState.READING)
    if asks_hidden or other_state or filters.reader not in (None, me):
        return [false()]
    conditions = _common(filters)
    if filters.due_until is not None:
        conditions.append(blind_readers.c.due <= filters.due_until)
    if filters.with_comments:
        conditions.append(blind_readers.c.open_comments > 0)
    return conditions
