"""What each kind of entry does to a case; `folding.STEPS` names them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from medseg.model import (
    Case,
    Reading,
    ReadingState,
)
from medseg.review.refusing import require
from medseg.review.workflow import facts
from medseg.review.workflow.parts import (
    HINT,
    added,
    expect_among,
    expect_state,
    expect_submitted,
    expect_unsettled,
    judged,
    named,
    rejected,
    settled,
    submission_of,
    verdict_of,
    with_reading,
)

Entry = Mapping[str, Any]


def imported(entry: Entry) -> Case:
    """A new case."""
    data = entry["data"]
    return Case(
        str(entry["case"]),
        dict(data["image"]),
        str(data["subject"]),
        int(data["timePoint"]),
        str(data["specialty"]),
        bool(data["gold"]),
    )


def assign(case: Case, entry: Entry) -> Case:
    """A new open reading."""
    data, reading_id = entry["data"], str(entry["reading"])
    require(
        case.reading(reading_id) is None,
        "A reading's id is given once",
        f"{reading_id} is there already",
        "Assign the reading under a new id",
    )
    reading = Reading(
        reading_id,
        str(data["reader"]),
        int(data["round"]),
        drawn_from=tuple(data.get("from", ())),
        method="edit" if data.get("from") else "",
        order=int(data.get("order") or 0),
        due=str(data["due"]) if data.get("due") else None,
    )
    return replace(case, readings=(*case.readings, reading))


def assign_reviewer(case: Case, entry: Entry) -> Case:
    """One more person asked to review a reading."""
    reading = named(case, entry["reading"])
    expect_state(reading, _not_closed, "Reviewers are asked before a reading is signed")
    reviewer = str(entry["data"]["reviewer"])
    return with_reading(case, replace(reading, reviewers=added(reading.reviewers, reviewer)))


def submit(case: Case, entry: Entry) -> Case:
    """The next version of a reading, handed in."""
    reading = named(case, entry["reading"])
    expect_state(
        reading,
        facts.IN_READERS_HANDS | {ReadingState.SUBMITTED},
        "A version is handed in while its reading is open, returned or waits for review",
    )
    expect_unsettled(case, reading)
    submission = submission_of(entry, len(reading.submissions) + 1)
    submissions = (*reading.submissions, submission)
    return with_reading(
        case, replace(reading, state=ReadingState.SUBMITTED, submissions=submissions)
    )


def review(case: Case, entry: Entry) -> Case:
    """A verdict on the newest version; a rejection gives the reading back to its reader."""
    reading = named(case, entry["reading"])
    expect_state(reading, {ReadingState.SUBMITTED}, "A version is reviewed while it waits for that")
    verdict = verdict_of(reading, entry, str(entry["data"]["decision"]))
    if verdict.decision == "reject":
        return rejected(case, reading, verdict)
    require(
        verdict.person not in facts.approvers(reading),
        "Each person approves a version once",
        f"{verdict.person} has approved version {verdict.version} of {reading.reading_id}",
        "Another person has to",
    )
    return with_reading(case, judged(reading, verdict))


def consensus(case: Case, entry: Entry) -> Case:
    """Blind readings become one; they are kept, set aside."""
    data, reading_id = entry["data"], str(entry["reading"])
    drawn_from = tuple(data["from"])
    expect_submitted(case, drawn_from)
    case = replace(case, agreement=_agreement(data))
    if data["method"] == "first":
        expect_among(reading_id, drawn_from)
        return settled(case, reading_id)
    made = Reading(
        reading_id,
        str(entry["actor"] or ""),
        state=ReadingState.SUBMITTED,
        submissions=(submission_of(entry, 1),),
        drawn_from=drawn_from,
        method=str(data["method"]),
    )
    require(
        case.reading(reading_id) is None,
        "A consensus is a reading of its own",
        f"{reading_id} is there already",
        "Make it under a new id",
    )
    return settled(replace(case, readings=(*case.readings, made)), reading_id)


def disagree(case: Case, entry: Entry) -> Case:
    """Blind readings wait for an adjudicator."""
    expect_submitted(case, entry["data"]["between"])
    why = tuple(str(reason) for reason in entry["data"]["why"])
    require(bool(why), "A disagreement has a reason", "Found none", "Say in what they differ")
    require(
        not case.needs_adjudication,
        "A disagreement is recorded once",
        f"Case {case.case_id} waits for an adjudicator",
        "Have it adjudicated",
    )
    return replace(case, needs_adjudication=why, agreement=_agreement(entry["data"]))


def _agreement(data: Mapping[str, Any]) -> float | None:
    found = data.get("agreement")
    return float(found) if isinstance(found, int | float) else None


def adjudicate(case: Case, entry: Entry) -> Case:
    """One reading is chosen, or one that the adjudicator drew from the disputed ones."""
    data = entry["data"]
    require(
        bool(case.needs_adjudication) and case.final is None,
        "An adjudicator decides where readings disagree",
        f"Case {case.case_id} has no open disagreement",
        HINT,
    )
    chosen = named(case, str(data["chosen"]))
    if chosen.method == "edit":
        expect_state(chosen, {ReadingState.SUBMITTED}, "An edited reading is handed in before")
    else:
        expect_among(chosen.reading_id, data["from"])
        expect_submitted(case, data["from"])
    verdict = verdict_of(chosen, entry, "adjudicate")
    after = with_reading(case, judged(chosen, verdict))
    return settled(replace(after, needs_adjudication=()), chosen.reading_id)


def sign(case: Case, entry: Entry) -> Case:
    """A signature of the reading that is to be signed."""
    reading = named(case, entry["reading"])
    expect_state(
        reading,
        {ReadingState.SUBMITTED, ReadingState.SIGNED},
        "A version is signed once it is handed in",
    )
    due = facts.to_sign(case)
    require(
        due is not None and due.reading_id == reading.reading_id,
        "The reading that was decided for is signed, and no other",
        f"Found a signature of {reading.reading_id}",
        HINT,
    )
    verdict = verdict_of(reading, entry, str(entry["data"].get("decision", "approve")))
    require(
        verdict.person not in facts.signers(reading),
        "Each person signs a version once",
        f"{verdict.person} has signed version {verdict.version} of {reading.reading_id}",
        "Another person has to",
    )
    signed = replace(judged(reading, verdict), state=ReadingState.SIGNED)
    return replace(with_reading(case, signed), final=reading.reading_id)


def lock(case: Case, entry: Entry) -> Case:
    """The reading is final."""
    reading = named(case, entry["reading"])
    expect_state(reading, {ReadingState.SIGNED}, "A reading is locked once it is signed")
    verdict = verdict_of(reading, entry, "lock")
    return with_reading(case, replace(judged(reading, verdict), state=ReadingState.LOCKED))


def unlock(case: Case, entry: Entry) -> Case:
    """The reading may be changed again; what was said of it before no longer holds."""
    reading = named(case, entry["reading"])
    expect_state(reading, facts.CLOSED, "Only what is signed or locked can be unlocked")
    verdict = verdict_of(reading, entry, "unlock")
    return with_reading(case, replace(judged(reading, verdict), state=ReadingState.SUBMITTED))


def handover(case: Case, entry: Entry) -> Case:
    """The next reader has an open reading, or the next reviewer a review; to nobody: a note."""
    if entry.get("reading") is None or entry["data"]["to"] is None:
        return case
    reading, to = named(case, entry["reading"]), str(entry["data"]["to"])
    if reading.state in facts.IN_READERS_HANDS:
        return with_reading(case, replace(reading, reader=to))
    expect_state(reading, {ReadingState.SUBMITTED}, "Open work is handed over")
    kept = tuple(one for one in reading.reviewers if one != entry["actor"])
    return with_reading(case, replace(reading, reviewers=added(kept, to)))


def noted(case: Case, entry: Entry) -> Case:  # noqa: ARG001 -- every step takes both
    """An act that changes nothing about the case."""
    return case


_not_closed = frozenset(ReadingState) - facts.CLOSED - {ReadingState.SET_ASIDE}
