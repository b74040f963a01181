"""Who may bring a case in, and give it to whom."""

from __future__ import annotations

from datetime import date
from typing import Any

from medseg.errors import ReviewError
from medseg.model import Case, Person, Reading, Role, StageName
from medseg.review.refusing import refusal, require
from medseg.review.visibility import is_blind
from medseg.review.workflow import facts
from medseg.review.workflow.draft import Draft
from medseg.review.workflow.parts import named
from medseg.review.workflow.reading_rules import require_no_competitor
from medseg.review.workflow.requests import (
    Assign,
    AssignReviewer,
    HandOver,
    ImportCase,
)
from medseg.review.workflow.scene import Scene

_DISPATCHERS = frozenset({Role.LEAD})


def import_case(scene: Scene, request: ImportCase) -> Draft:
    """A case comes in by an importer or the lead."""
    actor = scene.actor(request)
    scene.require_roles(actor, {Role.IMPORTER, Role.LEAD}, "import a case")
    data = {
        "image": dict(request.image),
        "subject": request.subject,
        "timePoint": request.time_point,
        "specialty": request.specialty,
        "gold": request.gold,
        "findings": [one.code for one in request.findings],
    }
    return scene.draft("import", request, None, data)


def assign(scene: Scene, request: Assign) -> Draft:
    """The lead gives a reading to a reader; an adjudicator takes an edited one themselves."""
    actor, reader = scene.actor(request), scene.person(request.reader)
    if request.drawn_from:
        _require_edit(scene, request, actor, reader)
    else:
        scene.require_roles(actor, _DISPATCHERS, "assign a reading")
        scene.require_stage(reader, StageName.ANNOTATE, "read a case")
        _require_free(scene, request)
    data: dict[str, Any] = {
        "reader": request.reader,
        "round": request.round,
        "order": request.order,
        "note": request.note,
    }
    if request.drawn_from:
        data["from"] = list(request.drawn_from)
    if request.due is not None:
        data["due"] = _date(request.due)
    return scene.draft("assign", request, request.reading, data)


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise refusal(
            "A reading is due on a date as 2026-03-31",
            f"Found {text[:40]!r}",
            "Write year, month and day",
        ) from None


def assign_reviewer(scene: Scene, request: AssignReviewer) -> Draft:
    """The lead asks somebody to review who has not worked on the reading."""
    scene.require_roles(scene.actor(request), _DISPATCHERS, "ask for a review")
    reviewer, reading = scene.person(request.reviewer), named(scene.case, request.reading)
    scene.require_stage(reviewer, StageName.REVIEW, "review a reading")
    scene.require_apart(reviewer, scene.makers(reading), "review")
    require_no_competitor(scene, reviewer, "review")
    return scene.draft("assign-reviewer", request, request.reading, {"reviewer": request.reviewer})


def hand_over(scene: Scene, request: HandOver) -> Draft:
    """Whoever has the reading, or the lead, gives it to a person who may do the same work."""
    actor, to = scene.actor(request), scene.person(request.to)
    reading = named(scene.case, request.reading)
    is_open = reading.state in facts.IN_READERS_HANDS
    holders = {reading.reader} if is_open else set(reading.reviewers)
    require(
        actor.person_id in holders or actor.may_act_as(_DISPATCHERS),
        "A reading is handed over by whoever has it, or by the lead",
        f"{actor.printed_name} does not have it",
        "Ask the lead to hand it over",
    )
    require(
        to.person_id not in holders,
        "A reading is handed over to somebody else",
        f"{to.printed_name} has it already",
        "Name another person",
    )
    try:
        _require_taker(scene, reading, to, is_open=is_open)
    except ReviewError:
        # Why they may not would tell a blind reader who else reads the case.
        if not is_blind(scene.policy, scene.case, actor):
            raise
        raise refusal(
            "A reading is handed over to somebody who may take it",
            f"{to.printed_name} may not take this one now",
            "Name another person, or ask the lead",
        ) from None
    data = {"to": request.to, "packet": request.packet_digest}
    return scene.draft("handover", request, request.reading, data)


def _require_taker(scene: Scene, reading: Reading, to: Person, *, is_open: bool) -> None:
    if is_open:
        _require_reader(scene, reading, to)
        return
    scene.require_stage(to, StageName.REVIEW, "take over a review")
    scene.require_apart(to, scene.makers(reading), "review")
    require_no_competitor(scene, to, "review")


def _require_reader(scene: Scene, reading: Reading, to: Person) -> None:
    stage = StageName.ADJUDICATE if reading.method == "edit" else StageName.ANNOTATE
    scene.require_stage(to, stage, "take over a reading")
    _require_no_reading(scene, to, reading.round)


def _require_edit(scene: Scene, request: Assign, actor: Person, reader: Person) -> None:
    require(
        scene.policy.double.adjudication == "edit",
        "In this project an adjudicator chooses one of the readings",
        "A new reading was asked for",
        "Choose one, or set policy.double.adjudication to edit",
    )
    require(
        bool(scene.case.needs_adjudication),
        "An adjudicator's reading is drawn where readings disagree",
        f"Case {scene.case.case_id} has no open disagreement",
        "Look at the worklist for cases to adjudicate",
    )
    require(
        actor.person_id == reader.person_id or actor.may_act_as(_DISPATCHERS),
        "An adjudicator takes the case themselves, or the lead gives it",
        f"{actor.printed_name} asked for {reader.printed_name}",
        "Let them ask, or the lead",
    )
    scene.require_stage(reader, StageName.ADJUDICATE, "adjudicate")
    disputed = [named(scene.case, one) for one in request.drawn_from]
    for one in disputed:
        scene.require_apart(reader, scene.makers(one), "adjudicate")


def _require_free(scene: Scene, request: Assign) -> None:
    case, reader = scene.case, scene.person(request.reader)
    if request.round > 1:
        _require_read_before(case, reader, request.round)
        _require_no_reading(scene, reader, request.round)
        return
    require(request.round == 1, "Rounds are counted from 1", f"Found {request.round}", "Use 1")
    _require_no_reading(scene, reader, 1)
    _require_untouched(case, reader)
    require(
        case.gold or len(facts.competing(case)) < scene.policy.double.readings,
        f"A case has {scene.policy.double.readings} "
        f"{'reading' if scene.policy.double.readings == 1 else 'readings'} in this project",
        f"Case {case.case_id} has as many",
        "Hand an open one over to the other reader, or raise policy.double.readings",
    )
    require(
        case.final is None and not case.needs_adjudication,
        "A reader is named before the readings are brought together",
        f"Case {case.case_id} is past that",
        "Unlock or adjudicate it, or ask for another round",
    )


def _require_no_reading(scene: Scene, reader: Person, round_: int) -> None:
    taken = [one for one in scene.case.readings if one.reader == reader.person_id]
    require(
        all(one.round != round_ for one in taken),
        "A reader reads a case once in each round",
        f"{reader.printed_name} has a reading of round {round_} of {scene.case.case_id}",
        "Name another reader, or the next round",
    )


def _require_read_before(case: Case, reader: Person, round_: int) -> None:
    before = [
        one
        for one in case.readings
        if one.reader == reader.person_id and one.round == round_ - 1 and one.submissions
    ]
    require(
        bool(before),
        "A case comes back to a reader who has read it",
        f"{reader.printed_name} has handed in no round {round_ - 1} of {case.case_id}",
        "Wait for it, or assign round 1",
    )


def _require_untouched(case: Case, reader: Person) -> None:
    judged = [said.person == reader.person_id for one in case.readings for said in one.verdicts]
    require(
        not any(judged),
        "Whoever has judged a reading of a case may not read that case",
        f"{reader.printed_name} has judged one of case {case.case_id}",
        "Name another reader",
    )
