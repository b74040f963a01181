"""Pieces that the steps of a case share: finding things in it, and refusing what cannot be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from medseg.model import (
    Case,
    Ending,
    EndingKind,
    NotEvaluable,
    Query,
    QueryState,
    Reading,
    ReadingState,
    Submission,
    Verdict,
)
from medseg.review.refusing import refusal, require

Entry = Mapping[str, Any]
HINT = "Look at the case as it stands now; an old log that says so was changed by hand"


def ending_of(data: Mapping[str, Any]) -> Ending:
    """The ending that an entry tells."""
    reason = data["reason"]
    return Ending(
        EndingKind(data["kind"]),
        None if reason is None else NotEvaluable(reason),
        str(data["text"]),
    )


def ending_json(ending: Ending) -> dict[str, Any]:
    """The ending as an entry tells it."""
    reason = None if ending.reason is None else ending.reason.value
    return {"kind": ending.kind.value, "reason": reason, "text": ending.text}


def submission_of(entry: Entry, version: int) -> Submission:
    """The submission that an entry tells; it must be the one that is due."""
    data = entry["data"]
    require(
        data["version"] == version,
        "The versions of a reading are counted from 1 without a gap",
        f"Found version {data['version']} where {version} is due",
        HINT,
    )
    return Submission(
        version,
        ending_of(data["ending"]),
        str(data["mask"]),
        frozenset(str(person) for person in data["annotators"]),
        str(entry["at"]),
        int(entry["seq"]),
        str(entry["actor"] or ""),
    )


def verdict_of(reading: Reading, entry: Entry, decision: str) -> Verdict:
    """The verdict that an entry tells; it must be about the newest version."""
    data, newest = entry["data"], reading.newest
    require(
        newest is not None and data["version"] == newest.version,
        "A verdict is about the newest version",
        f"Found one on version {data['version']} of {reading.reading_id}, which has "
        f"{newest.version if newest else 'none'}",
        "Look at the newest version, then decide",
    )
    reason = data.get("reason")
    if decision in ("reject", "unlock"):
        require(
            bool(str(reason or "").strip()),
            f"One needs a reason to {decision} a reading",
            "None was given",
            "Say why, in a sentence that its reader can act on",
        )
    version = newest.version if newest else 0
    kind, seq = str(entry["kind"]), int(entry["seq"])
    return Verdict(str(entry["actor"]), decision, version, reason, str(data["record"]), seq, kind)


def judged(reading: Reading, verdict: Verdict) -> Reading:
    """The reading with one more verdict."""
    return replace(reading, verdicts=(*reading.verdicts, verdict))


def with_reading(case: Case, reading: Reading) -> Case:
    """The case with that reading in the place of the one of the same id."""
    readings = tuple(
        reading if one.reading_id == reading.reading_id else one for one in case.readings
    )
    return replace(case, readings=readings)


def with_query(case: Case, query: Query) -> Case:
    """The case with that query in the place of the one of the same id."""
    queries = tuple(query if one.query_id == query.query_id else one for one in case.queries)
    return replace(case, queries=queries)


def named(case: Case, reading_id: str | None) -> Reading:
    """The reading of that id.

    Raises:
        ReviewError: there is none.
    """
    found = case.reading(reading_id) if reading_id is not None else None
    if found is None:
        raise refusal(
            "An act names a reading of its case",
            f"{reading_id} is none of {case.case_id}",
            "List the case's readings, and name one of them",
        )
    return found


def open_query(case: Case, query_id: str, states: Collection[QueryState]) -> Query:
    """The query of that id in one of the states.

    Raises:
        ReviewError: there is none.
    """
    found = next((one for one in case.queries if one.query_id == query_id), None)
    if found is None or found.state not in states:
        raise refusal(
            f"This is about a query that is {' or '.join(sorted(states))}",
            f"{query_id} is {found.state if found else 'not known'}",
            "List the case's queries, and name an open one; ask a new one if need be",
        )
    return found


def expect_state(reading: Reading, states: Collection[ReadingState], rule: str) -> None:
    """Pass if the reading is in one of the states."""
    steps = {
        ReadingState.LOCKED: "It has to be unlocked first, with a reason",
        ReadingState.SIGNED: "It can be locked, or unlocked for changes with a reason",
        ReadingState.OPEN: "Its reader hands it in first",
        ReadingState.RETURNED: "Its reader hands in a corrected version first",
        ReadingState.SET_ASIDE: "Another reading of the case was chosen: go on with that",
    }
    require(
        reading.state in states,
        rule,
        f"Reading {reading.reading_id} is {reading.state.value}",
        steps.get(reading.state, "It waits for review or signature"),
    )


def expect_submitted(case: Case, reading_ids: Iterable[str]) -> None:
    """Pass if two readings or more are named, all handed in, and nothing is settled yet."""
    found = [named(case, one) for one in reading_ids]
    require(
        len({one.reading_id for one in found}) == len(found) >= 2,
        "Two readings or more are brought together",
        f"Found {len(found)}",
        "Name each reading of the case once",
    )
    require(
        case.final is None,
        "Readings are brought together once",
        f"{case.final} was already decided for",
        HINT,
    )
    for one in found:
        expect_state(one, {ReadingState.SUBMITTED}, "All readings are handed in before")


def expect_unsettled(case: Case, reading: Reading) -> None:
    """Pass if the reading may still change the outcome, or has nothing to do with it."""
    if reading.round > 1 or reading.drawn_from or reading.reading_id == case.final:
        return
    require(
        case.final is None and not case.needs_adjudication,
        # How far it has moved is not a blind reader's to know.
        "A reading stays as it is once its case has moved on",
        f"Case {case.case_id} has",
        "A remark on it can be a comment",
    )


def expect_among(reading_id: str, names: Iterable[str]) -> None:
    """Pass if the chosen reading is one of those."""
    among = tuple(names)
    require(
        reading_id in among,
        "The chosen reading is one of those that were compared",
        f"{reading_id} is none of {', '.join(among)}",
        "Choose one of them",
    )


def expect_new(one: str, known: Collection[str]) -> None:
    """Pass if the id is not taken."""
    require(one not in known, "An id is given once", f"{one} is taken", "Use a new id")


def settled(case: Case, final: str) -> Case:
    """The case with its outcome: the other first-round readings are set aside."""
    readings = tuple(
        one
        if one.reading_id == final or one.round > 1
        else replace(one, state=ReadingState.SET_ASIDE)
        for one in case.readings
    )
    return replace(case, readings=readings, final=final)


def rejected(case: Case, reading: Reading, verdict: Verdict) -> Case:
    """The reading goes back to its reader; a computed one to an adjudicator.

    The readings that a computed one was made from are there again to be chosen from. A
    disagreement that was found before is void, because there will be another version.
    """
    asked = added(reading.reviewers, verdict.person)
    back = replace(judged(reading, verdict), reviewers=asked)
    if reading.method in ("", "edit"):
        after = with_reading(case, replace(back, state=ReadingState.RETURNED))
        return replace(after, needs_adjudication=(), agreement=None)
    after = with_reading(case, replace(back, state=ReadingState.SET_ASIDE))
    readings = tuple(
        replace(one, state=ReadingState.SUBMITTED) if one.reading_id in reading.drawn_from else one
        for one in after.readings
    )
    why = (f"The {reading.method} consensus was rejected: {verdict.reason}",)
    return replace(after, readings=readings, final=None, needs_adjudication=why)


def added(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The names with one more at the end, once."""
    return (*(one for one in names if one != name), name)
