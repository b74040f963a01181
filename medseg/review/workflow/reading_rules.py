"""Who may hand a reading in, and what must hold before."""

from __future__ import annotations

from typing import Any

from medseg.model import Case, Person, Reading, ReadingState, StageName
from medseg.review.refusing import refusal, require
from medseg.review.workflow import facts
from medseg.review.workflow.draft import Draft
from medseg.review.workflow.parts import ending_json, named
from medseg.review.workflow.requests import (
    HandedIn,
    Submit,
)
from medseg.review.workflow.scene import Scene


def submit(scene: Scene, request: Submit) -> Draft:
    """The reader hands in, or a reviewer who changed something, if nothing stands against it."""
    actor, reading = scene.actor(request), named(scene.case, request.reading)
    if actor.person_id != reading.reader:
        _require_changes_in_review(scene, actor, reading, request.work)
    elif reading.method == "edit":
        scene.require_stage(actor, StageName.ADJUDICATE, "hand in an adjudicated reading")
    else:
        scene.require_stage(actor, StageName.ANNOTATE, "hand in a reading")
    _require_unblocked(request.work)
    scene.require_coverage(StageName.ANNOTATE, request.work.coverage, "hand in a reading")
    _require_earlier_locked(scene, reading)
    data = work_json(request.work, len(reading.submissions) + 1)
    return scene.draft("submit", request, request.reading, data)


def work_json(work: HandedIn, version: int) -> dict[str, Any]:
    """What an entry tells of a version."""
    return {
        "version": version,
        "ending": ending_json(work.ending),
        "mask": work.mask,
        "marks": [dict(mark) for mark in work.marks],
        "annotators": sorted(work.annotators),
        "findings": [one.code for one in work.findings],
        "coverage": dict(work.coverage),
        "provenanceDigest": work.provenance_digest or None,
    }


def require_no_competitor(scene: Scene, person: Person, what: str) -> None:
    """Pass if the person is no reader of the case, whose own reading competes or competed."""
    if scene.policy.self_attested:
        return
    require(
        not facts.reads_it(scene.case, person),
        f"No reader of a case may {what} another reading of it",
        f"{person.printed_name} has a reading of case {scene.case.case_id}",
        "Ask a colleague with the role who has not read it",
    )


def _require_changes_in_review(
    scene: Scene, actor: Person, reading: Reading, work: HandedIn
) -> None:
    require(
        reading.state is ReadingState.SUBMITTED and not reading.drawn_from,
        "A reading is handed in by its reader",
        f"{actor.printed_name} is not the reader of {reading.reading_id}",
        "Ask its reader, or have it handed over to you",
    )
    scene.require_stage(actor, StageName.REVIEW, "hand in changes to another's reading")
    require_no_competitor(scene, actor, "change")
    require(
        actor.person_id in work.annotators,
        "A reviewer hands in a version they changed themselves",
        f"{actor.printed_name} changed no voxel of {reading.reading_id}",
        "Approve it as it is, or reject it with a reason",
    )


def _require_unblocked(work: HandedIn) -> None:
    blocking = [one for one in work.findings if one.severity == "error"]
    if blocking:
        more = f", and {len(blocking) - 1} more" if len(blocking) > 1 else ""
        raise refusal(
            "The checks of this project hold before a reading is handed in",
            f"Found {blocking[0].code}{more}: {blocking[0].text}",
            "Jump to each finding, and correct it",
        )


def _require_earlier_locked(scene: Scene, reading: Reading) -> None:
    if scene.policy.double.order != "sequential" or reading.round > 1:
        return
    waiting = [
        one
        for one in scene.subject_cases
        if one.subject == scene.case.subject
        and one.time_point < scene.case.time_point
        and (one.final is None or _state(one) is not ReadingState.LOCKED)
    ]
    require(
        not waiting,
        "Time points are read in order, each locked before the next",
        f"Time point {min((one.time_point for one in waiting), default=0)} of this subject is not",
        "Finish and lock it first",
    )


def _state(case: Case) -> ReadingState | None:
    final = case.reading(case.final or "")
    return final.state if final else None
