"""Who may say what of a reading: review, consensus, adjudication, signature, lock."""

from __future__ import annotations

from typing import Any

from medseg.model import CaseState, Person, Reading, ReadingState, Role, StageName
from medseg.review.refusing import require
from medseg.review.workflow import facts
from medseg.review.workflow.draft import Draft
from medseg.review.workflow.parts import expect_state, named
from medseg.review.workflow.reading_rules import require_no_competitor, work_json
from medseg.review.workflow.requests import (
    Adjudicate,
    Consensus,
    Disagree,
    Lock,
    Review,
    Sign,
    Unlock,
)
from medseg.review.workflow.scene import Scene
from medseg.review.workflow.states import case_state, final_reading, is_reviewed, stage_of


def review(scene: Scene, request: Review) -> Draft:
    """A reviewer approves or rejects; before the signature its signer may reject, too."""
    actor, reading = scene.actor(request), named(scene.case, request.reading)
    expect_state(reading, {ReadingState.SUBMITTED}, "A version is reviewed while it waits for that")
    if request.decision == "reject" and _is_to_sign(scene, reading):
        scene.require_stage(actor, StageName.SIGN, "reject before signing")
    else:
        _require_reviewer(scene, actor, reading)
        scene.require_coverage(StageName.REVIEW, request.coverage, "review")
    scene.require_apart(actor, scene.makers(reading), "review")
    require_no_competitor(scene, actor, "review")
    if request.decision == "approve-with-edits":
        _require_own_edits(actor, reading)
    data = {
        "decision": request.decision,
        "version": request.version,
        "reason": request.reason,
    }
    data |= scene.record(request.signed, "review")
    return scene.draft("review", request, request.reading, data)


def consensus(scene: Scene, request: Consensus) -> Draft:
    """The program, or the lead, makes one reading of those that agree."""
    _require_dispatcher(scene, request.actor, "bring readings together")
    _require_all_readings(scene, request.drawn_from)
    require(
        request.method == scene.policy.double.consensus,
        f"In this project readings become one by {scene.policy.double.consensus}",
        f"{request.method} was asked for",
        "Use the policy's method, or change the policy first",
    )
    require(
        not scene.case.needs_adjudication,
        "Where readings disagree an adjudicator decides",
        f"Case {scene.case.case_id} waits for one",
        "Have it adjudicated",
    )
    work = request.work
    if work is None:
        require(
            request.method == "first",
            "A computed consensus is a mask of its own",
            "None came with it",
            "Compute it, and hand it in with the request",
        )
        newest = named(scene.case, request.reading).newest
        version = newest.version if newest else 0
        data = {"method": request.method, "from": list(request.drawn_from), "version": version}
        return scene.draft("consensus", request, request.reading, _measured(data, request))
    data = {"method": request.method, "from": list(request.drawn_from)} | work_json(work, 1)
    data = _measured(data, request)
    return scene.draft("consensus", request, request.reading, data)


def disagree(scene: Scene, request: Disagree) -> Draft:
    """The program, or the lead, finds that readings differ over the limits."""
    _require_dispatcher(scene, request.actor, "compare readings")
    _require_all_readings(scene, request.between)
    data = {"between": list(request.between), "why": list(request.why)}
    return scene.draft("disagree", request, None, _measured(data, request))


def _measured(data: dict[str, Any], request: Consensus | Disagree) -> dict[str, Any]:
    return data if request.agreement is None else {**data, "agreement": round(request.agreement, 3)}


def adjudicate(scene: Scene, request: Adjudicate) -> Draft:
    """An adjudicator who is none of the readers decides."""
    actor, chosen = scene.actor(request), named(scene.case, request.chosen)
    scene.require_stage(actor, StageName.ADJUDICATE, "adjudicate")
    for one in request.between:
        scene.require_apart(actor, scene.makers(named(scene.case, one)), "adjudicate")
    require_no_competitor(scene, actor, "adjudicate")
    _require_all_readings(scene, request.between)
    if chosen.method == "edit":
        require(
            chosen.reader == actor.person_id,
            "An adjudicator decides for their own edited reading",
            f"{chosen.reading_id} is another's",
            "Choose one of the disputed readings, or draw your own",
        )
    scene.require_coverage(StageName.ADJUDICATE, request.coverage, "adjudicate")
    data = {
        "decision": "adjudicate",
        "chosen": request.chosen,
        "from": list(request.between),
        "version": request.version,
        "reason": request.reason,
    }
    data |= scene.record(request.signed, "adjudicate")
    return scene.draft("adjudicate", request, request.chosen, data)


def sign(scene: Scene, request: Sign) -> Draft:
    """A signer who has not worked on the reading signs it once it is reviewed."""
    actor, reading = scene.actor(request), named(scene.case, request.reading)
    expect_state(
        reading,
        {ReadingState.SUBMITTED, ReadingState.SIGNED},
        "A version is signed once it is handed in",
    )
    scene.require_stage(actor, StageName.SIGN, "sign")
    scene.require_apart(actor, scene.makers(reading), "sign")
    require_no_competitor(scene, actor, "sign")
    _require_settled(scene, reading)
    reviewers = stage_of(scene.policy, StageName.REVIEW).persons
    require(
        is_reviewed(scene.policy, reading),
        f"A version needs {_counted(reviewers, 'approval')} to be signed",
        f"Version {_version(reading)} has {len(facts.approvers(reading))}",
        "Have it reviewed",
    )
    enough = stage_of(scene.policy, StageName.SIGN).persons
    require(
        len(facts.signers(reading)) < enough,
        f"In this project a version needs {_counted(enough, 'signature')}",
        f"Version {_version(reading)} has enough already",
        "Have it locked",
    )
    scene.require_coverage(StageName.SIGN, request.coverage, "sign")
    data = {"version": request.version} | scene.record(request.signed, "sign")
    return scene.draft("sign", request, request.reading, data)


def lock(scene: Scene, request: Lock) -> Draft:
    """A reading with all its signatures is made final."""
    actor, reading = scene.actor(request), named(scene.case, request.reading)
    expect_state(reading, {ReadingState.SIGNED}, "A reading is locked once it is signed")
    scene.require_stage(actor, StageName.LOCK, "lock")
    enough = stage_of(scene.policy, StageName.SIGN).persons
    signed = len(facts.signers(reading))
    require(
        signed >= enough,
        f"A version needs {_counted(enough, 'signature')} to be locked",
        f"Version {_version(reading)} has {signed}",
        "Have it signed by another person",
    )
    data = {"version": request.version} | scene.record(request.signed, "lock")
    return scene.draft("lock", request, request.reading, data)


def unlock(scene: Scene, request: Unlock) -> Draft:
    """Who may lock may open again, with a reason."""
    scene.require_stage(scene.actor(request), StageName.LOCK, "unlock")
    reading = named(scene.case, request.reading)
    expect_state(reading, facts.CLOSED, "Only what is signed or locked can be unlocked")
    data = {"version": request.version, "reason": request.reason}
    data |= scene.record(request.signed, "unlock")
    return scene.draft("unlock", request, request.reading, data)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s of distinct persons"


def _require_reviewer(scene: Scene, actor: Person, reading: Reading) -> None:
    """Pass if the actor has the role, and is asked if enough others are."""
    scene.require_stage(actor, StageName.REVIEW, "review")
    require(
        not reading.drawn_from,
        "What was combined from readings is judged by who signs",
        f"{reading.reading_id} was drawn from {len(reading.drawn_from)}",
        "Sign it, or reject it before the signature",
    )
    persons = stage_of(scene.policy, StageName.REVIEW).persons
    require(
        len(facts.approvers(reading)) < persons,
        f"In this project a version needs {_counted(persons, 'approval')}",
        f"Version {_version(reading)} has enough already",
        "It waits for the next stage: `medseg worklist` shows whose turn it is",
    )
    asked = [one for one in reading.reviewers if one not in scene.makers(reading)]
    require(
        len(asked) < persons or actor.person_id in asked,
        "A reading is reviewed by those who were asked, after a rejection by the same person",
        f"{actor.printed_name} was not asked to review {reading.reading_id}",
        "Ask the lead to name you as its reviewer",
    )


def _require_own_edits(actor: Person, reading: Reading) -> None:
    # Reached only where one person does everything: elsewhere their own edits keep them out.
    require(
        actor.person_id in reading.annotators,
        "An approval with edits is about the approver's own edits",
        f"{actor.printed_name} changed no voxel of version {_version(reading)}",
        "Approve it as it is",
    )


def _is_to_sign(scene: Scene, reading: Reading) -> bool:
    due = final_reading(scene.policy, scene.case)
    return (
        due is not None
        and due.reading_id == reading.reading_id
        and case_state(scene.policy, scene.case) is CaseState.TO_SIGN
    )


def _require_settled(scene: Scene, reading: Reading) -> None:
    require(
        not scene.case.gold,
        "A case of known truth is read, and not signed",
        f"{scene.case.case_id} is one",
        "Look at its scores",
    )
    due = final_reading(scene.policy, scene.case)
    require(
        due is not None and due.reading_id == reading.reading_id,
        "The reading that was decided for is signed, and no other",
        f"{reading.reading_id} is not" if due else "None is decided for yet",
        "Bring the readings together first" if due is None else f"Sign {due.reading_id}",
    )


def _require_dispatcher(scene: Scene, actor: str | None, what: str) -> None:
    if actor is not None:
        scene.require_roles(scene.person(actor), {Role.LEAD, Role.ADJUDICATOR}, what)


def _require_all_readings(scene: Scene, names: tuple[str, ...]) -> None:
    """Pass if all competing readings are named, as many as the policy asks for, and reviewed."""
    competing = facts.competing(scene.case)
    require(
        set(names) == {one.reading_id for one in competing}
        and len(competing) >= max(2, scene.policy.double.readings),
        "All readings of a case are brought together, once all are handed in",
        f"Found {len(set(names))} of {max(scene.policy.double.readings, len(competing))}",
        "Wait for the others, and name each",
    )
    for one in competing:
        expect_state(one, {ReadingState.SUBMITTED}, "All readings are handed in before")
        require(
            is_reviewed(scene.policy, one),
            "Each reading is reviewed before readings are brought together",
            f"{one.reading_id} is not",
            "Have it reviewed",
        )


def _version(reading: Reading) -> int:
    return reading.newest.version if reading.newest else 0
