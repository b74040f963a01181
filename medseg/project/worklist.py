"""Worklists: who has to do what next, and where each case stands, as one person may see it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from medseg.model import CaseState, Person, Role
from medseg.project.store import CaseSummary, LogView, Store, Turn
from medseg.project.store.index import read_summaries
from medseg.project.worklist_queries import Filters, Place, Sort, case_places, turn_places

#: Whoever has one of these roles sees every case; others only those that they read.
SEES_ALL = frozenset({Role.LEAD, Role.IMPORTER, Role.REVIEWER, Role.ADJUDICATOR, Role.SIGNER})


@dataclass(frozen=True)
class WorklistRow:
    """A case, or one turn of it, as one person may see it.

    Args:
        case_id: opaque.
        state: where it stands; *reading* as long as the others' work is hidden from the person.
        subject: opaque id shared by the time points of one patient.
        time_point: counts them from 1.
        specialty: as "chest".
        due: ISO 8601 date, or None.
        changed: ISO 8601 in UTC: the newest act that the person may know of.
        open_comments: how many of those that the person may see.
        open_queries: questions to the importing site; None if hidden.
        agreement: between the readings, from 0 to 1; None if hidden or not measured.
        readers: person ids of its readers; only the person's own if the others are hidden.
        turn: what the person is to do next; None if it is not their turn.
        place: where the row stands in its list, for `after`.
    """

    case_id: str
    state: CaseState
    subject: str
    time_point: int
    specialty: str
    due: str | None
    changed: str
    open_comments: int
    open_queries: int | None
    agreement: float | None
    readers: tuple[str, ...]
    turn: Turn | None
    place: Place


def worklist(
    store: Store,
    person: Person,
    *,
    filters: Filters | None = None,
    mine: bool = False,
    sort: Sort = "due",
    limit: int = 50,
    after: Place | None = None,
) -> tuple[WorklistRow, ...]:
    """The rows of a worklist, at most `limit`; empty where nothing fits.

    What is hidden from the person is neither shown nor filtered nor sorted by, so that no list
    tells a blind reader of the others' work.

    Args:
        store: the project's.
        person: who looks.
        filters: what to leave out; None: nothing.
        mine: one row for each turn that the person may take, instead of one for each case.
        sort: "due" and "case" ascend, as do "subject" and "agreement" (the worst first);
            "comments" and "changed" descend. What is hidden or not there comes last.
        limit: how many rows.
        after: the `place` of the last row of the page before, in the same order.

    Raises:
        StoreError: the store cannot be read.
    """
    chosen = filters or Filters()
    with store.read() as view:
        if mine:
            places = turn_places(view.connection, person, chosen, sort, limit, after)
        else:
            sees_all = person.may_act_as(SEES_ALL)
            places = case_places(view.connection, person, sees_all, chosen, sort, limit, after)
        return tuple(_rows(view, person, places))


def next_case(store: Store, person: Person) -> WorklistRow | None:
    """The turn that the person should take next: the one that is due first; None if there is none.

    Raises:
        StoreError: the store cannot be read.
    """
    return next(iter(worklist(store, person, mine=True, limit=1)), None)


def _rows(view: LogView, person: Person, places: list[Place]) -> list[WorklistRow]:
    summaries = read_summaries(view.connection, list({place.case_id for place in places}))
    return [_row(summaries[place.case_id], person, place) for place in places]


def _row(summary: CaseSummary, person: Person, place: Place) -> WorklistRow:
    shown = WorklistRow(
        case_id=summary.case_id,
        state=summary.state,
        subject=summary.subject,
        time_point=summary.time_point,
        specialty=summary.specialty,
        due=summary.due,
        changed=summary.changed,
        open_comments=summary.open_comments,
        open_queries=summary.open_queries,
        agreement=summary.agreement,
        readers=tuple(dict.fromkeys(one.person for one in summary.readers)),
        turn=_turn(summary, person, place),
        place=place,
    )
    return _blinded(shown, summary, person.person_id)


def _blinded(shown: WorklistRow, summary: CaseSummary, person: str) -> WorklistRow:
    own = next((one for one in summary.blind if one.person == person), None)
    if own is None:
        return shown
    return replace(
        shown,
        state=CaseState.READING,
        due=own.due,
        changed=own.changed,
        open_comments=own.open_comments,
        open_queries=None,
        agreement=None,
        readers=tuple(reader for reader in shown.readers if reader == person),
    )


def _turn(summary: CaseSummary, person: Person, place: Place) -> Turn | None:
    """The turn at the place, or the first that the person may take."""
    open_to = [turn for turn in summary.turns if may_take(person, turn)]
    if place.number is not None:
        open_to = [summary.turns[place.number]]
    return replace(open_to[0], barred=frozenset()) if open_to else None


def may_take(person: Person, turn: Turn) -> bool:
    """Whether the turn is the person's, or open to a role of theirs and not barred to them."""
    if turn.person is not None:
        return turn.person == person.person_id
    return turn.role in person.roles and person.person_id not in turn.barred
