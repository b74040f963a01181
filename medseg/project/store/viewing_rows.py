"""The rows of the table of viewings: one per hand-over from a screen, with its own digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from medseg.errors import StoreError
from medseg.model import Viewing
from medseg.project.store.schema import viewings
from medseg.signoff.canonical import canonical
from medseg.strict_json import check, strict_json

_SHAPE = {
    "version": int,
    "plane": frozenset({"axial", "coronal", "sagittal"}),
    "first": int,
    "last": int,
    "milliseconds": int,
    "maskVisible": bool,
    "window": str,
    "at": str,
}


def append_rows(connection: Connection, shown: Sequence[Viewing]) -> None:
    """Add viewings, one row for each person and reading among them; times to the millisecond."""
    groups: dict[tuple[str, str], list[Viewing]] = {}
    for one in shown:
        groups.setdefault((one.person, one.reading), []).append(one)
    rows = [_row(person, reading, group) for (person, reading), group in groups.items()]
    if rows:
        connection.execute(insert(viewings), rows)


def read_rows(
    connection: Connection, *, reading: str | None = None, person: str | None = None
) -> Iterator[Viewing]:
    """The viewings of a reading, by a person, or both, in the order they were added.

    Raises:
        StoreError: a row is not what was written.
    """
    query = select(viewings).order_by(viewings.c.id)
    if reading is not None:
        query = query.where(viewings.c.reading_id == reading)
    if person is not None:
        query = query.where(viewings.c.person == person)
    for row in connection.execute(query):
        yield from _viewings(row)


def _row(person: str, reading: str, group: list[Viewing]) -> dict[str, Any]:
    intervals = canonical([_interval(one) for one in group])
    digest = _digest(person, reading, intervals)
    return {"person": person, "reading_id": reading, "intervals": intervals, "digest": digest}


def _interval(one: Viewing) -> dict[str, Any]:
    return {
        "version": one.version,
        "plane": one.plane,
        "first": one.first,
        "last": one.last,
        "milliseconds": round(one.seconds * 1000),
        "maskVisible": one.mask_visible,
        "window": one.window,
        "at": one.at,
    }


def _viewings(row: Row[Any]) -> Iterator[Viewing]:
    is_bytes = type(row.intervals) is bytes
    if not is_bytes or row.digest != _digest(row.person, row.reading_id, row.intervals):
        raise _damaged(row.id)
    try:
        intervals = strict_json(row.intervals)
        check(intervals, [_SHAPE], "viewings")
    except ValueError as error:
        raise _damaged(row.id) from error
    for one in intervals:
        yield Viewing(
            person=row.person,
            reading=row.reading_id,
            version=one["version"],
            plane=one["plane"],
            first=one["first"],
            last=one["last"],
            seconds=one["milliseconds"] / 1000,
            mask_visible=one["maskVisible"],
            window=one["window"],
            at=one["at"],
        )


def _digest(person: str, reading: str, intervals: bytes) -> bytes:
    return hashlib.sha256(f"{person}\n{reading}\n".encode() + intervals).digest()


def _damaged(number: int) -> StoreError:
    return StoreError(
        f"What screens displayed is kept as it was written; row {number} of the viewings was "
        "changed. It proves nothing any more: take the newest backup, and find out who did."
    )
