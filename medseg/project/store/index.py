"""The index tables: one summary per case, written with its entries and read back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select

from medseg.errors import StoreError
from medseg.model import CaseState, Role, StageName
from medseg.project.store.schema import (
    INDEX_TABLES,
    barred,
    blind_readers,
    case_index,
    case_readers,
    turns,
)
from medseg.project.store.summary import BlindReader, CaseSummary, ReaderOf, Turn

#: Stands for "no date": later than any.
NO_DATE = "9999-12-31"
#: Stands for "no agreement measured": better than any, so that the worst come first.
NO_AGREEMENT = 2.0

_AT_ONCE = 500


def write_summaries(connection: Connection, summaries: Sequence[CaseSummary]) -> None:
    """Put the summaries in the place of what the index had of their cases."""
    for first in range(0, len(summaries), _AT_ONCE):
        some = summaries[first : first + _AT_ONCE]
        _clear(connection, [summary.case_id for summary in some])
        connection.execute(insert(case_index), [_case_row(summary) for summary in some])
        rows: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        for summary in some:
            for table, inner in _inner_rows(summary):
                rows[table] += inner
        for table, inner in rows.items():
            if inner:
                connection.execute(insert(table), inner)


def clear_index(connection: Connection) -> None:
    """Empty all index tables."""
    for table in INDEX_TABLES:
        connection.execute(delete(table))


def read_summaries(
    connection: Connection, case_ids: Sequence[str] | None = None
) -> dict[str, CaseSummary]:
    """The summaries by case id, of these cases or, if None, of all; absent ones are left out.

    Raises:
        StoreError: the index holds what it never was given.
    """
    if case_ids is None:
        case_ids = list(connection.scalars(select(case_index.c.case_id)))
    found: dict[str, CaseSummary] = {}
    try:
        for first in range(0, len(case_ids), _AT_ONCE):
            found |= _read_some(connection, case_ids[first : first + _AT_ONCE])
    except (ValueError, TypeError) as error:  # a state, stage or role that is none
        raise StoreError(
            f"A worklist is read from the index that medseg wrote; found one that was changed "
            f"({error}). Say `medseg log check --mend` to make it again from the log."
        ) from error
    return found


def date_or_none(text: str) -> str | None:
    """The date that a column holds, or None where it holds "no date"."""
    return None if text == NO_DATE else text


def agreement_or_none(number: float) -> float | None:
    """The agreement that a column holds, or None where it holds "not measured"."""
    return None if number == NO_AGREEMENT else number


def _clear(connection: Connection, case_ids: Sequence[str]) -> None:
    for table in INDEX_TABLES:
        connection.execute(delete(table).where(table.c.case_id.in_(case_ids)))


def _case_row(summary: CaseSummary) -> dict[str, Any]:
    return {
        "case_id": summary.case_id,
        "seq": summary.seq,
        "state": summary.state.value,
        "subject": summary.subject,
        "time_point": summary.time_point,
        "specialty": summary.specialty,
        "open_comments": summary.open_comments,
        "open_queries": summary.open_queries,
        "agreement": NO_AGREEMENT if summary.agreement is None else summary.agreement,
        "due": summary.due or NO_DATE,
        "changed": summary.changed,
    }


def _inner_rows(summary: CaseSummary) -> Iterable[tuple[Table, list[dict[str, Any]]]]:
    case = {"case_id": summary.case_id}
    yield (
        case_readers,
        [case | {"reading_id": one.reading, "person": one.person} for one in summary.readers],
    )
    yield turns, [case | _turn_row(number, one) for number, one in enumerate(summary.turns)]
    yield (
        barred,
        [
            case | {"number": number, "person": person}
            for number, one in enumerate(summary.turns)
            for person in sorted(one.barred)
        ],
    )
    yield (
        blind_readers,
        [
            case
            | {
                "person": one.person,
                "open_comments": one.open_comments,
                "due": one.due or NO_DATE,
                "changed": one.changed,
            }
            for one in summary.blind
        ],
    )


def _turn_row(number: int, turn: Turn) -> dict[str, Any]:
    return {
        "number": number,
        "reading_id": turn.reading,
        "stage": turn.stage.value,
        "person": turn.person,
        "role": turn.role.value,
        "due": turn.due or NO_DATE,
    }


def _read_some(connection: Connection, case_ids: Sequence[str]) -> dict[str, CaseSummary]:
    def rows_of(table: Table, *order: str) -> dict[str, list[Row[Any]]]:
        query = select(table).where(table.c.case_id.in_(case_ids))
        by_case: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in connection.execute(query.order_by(*(table.c[name] for name in order))):
            by_case[row.case_id].append(row)
        return by_case

    readers = rows_of(case_readers, "reading_id")
    blind = rows_of(blind_readers, "person")
    asked = rows_of(turns, "number")
    kept_out = rows_of(barred, "number")
    return {
        case_id: _summary(
            row[0], readers[case_id], asked[case_id], kept_out[case_id], blind[case_id]
        )
        for case_id, row in rows_of(case_index, "case_id").items()
    }


def _summary(
    case: Row[Any],
    readers: list[Row[Any]],
    asked: list[Row[Any]],
    kept_out: list[Row[Any]],
    blind: list[Row[Any]],
) -> CaseSummary:
    return CaseSummary(
        case_id=case.case_id,
        seq=case.seq,
        state=CaseState(case.state),
        subject=case.subject,
        time_point=case.time_point,
        specialty=case.specialty,
        changed=case.changed,
        open_comments=case.open_comments,
        open_queries=case.open_queries,
        agreement=agreement_or_none(case.agreement),
        readers=tuple(ReaderOf(row.reading_id, row.person) for row in readers),
        turns=tuple(_turn(row, kept_out) for row in asked),
        blind=tuple(
            BlindReader(row.person, row.open_comments, date_or_none(row.due), row.changed)
            for row in blind
        ),
    )


def _turn(row: Row[Any], kept_out: list[Row[Any]]) -> Turn:
    return Turn(
        stage=StageName(row.stage),
        role=Role(row.role),
        reading=row.reading_id,
        person=row.person,
        due=date_or_none(row.due),
        barred=frozenset(other.person for other in kept_out if other.number == row.number),
    )
