"""Judging a request: what the log gets, or a refusal in words.

Pure: nothing is read, written or remembered. Whoever writes the log folds the case, decides and
appends in one transaction, so that of several who act on the same state one wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from medseg.model import Case, Person, Policy
from medseg.review.refusing import refusal, require
from medseg.review.visibility import is_blind, view_of
from medseg.review.workflow import (
    assigning_rules,
    judging_rules,
    reading_rules,
    requests,
    talking_rules,
)
from medseg.review.workflow.draft import Draft
from medseg.review.workflow.folding import fold
from medseg.review.workflow.scene import Scene

Rule = Callable[[Scene, Any], Draft]

#: What is asked -> who may, and when.
RULES: dict[type[requests.Request], Rule] = {
    requests.ImportCase: assigning_rules.import_case,
    requests.Assign: assigning_rules.assign,
    requests.AssignReviewer: assigning_rules.assign_reviewer,
    requests.Submit: reading_rules.submit,
    requests.HandOver: assigning_rules.hand_over,
    requests.Review: judging_rules.review,
    requests.Consensus: judging_rules.consensus,
    requests.Disagree: judging_rules.disagree,
    requests.Adjudicate: judging_rules.adjudicate,
    requests.Sign: judging_rules.sign,
    requests.Lock: judging_rules.lock,
    requests.Unlock: judging_rules.unlock,
    requests.AddComment: talking_rules.add_comment,
    requests.ResolveComment: talking_rules.resolve_comment,
    requests.AskQuery: talking_rules.ask_query,
    requests.AnswerQuery: talking_rules.answer_query,
    requests.CloseQuery: talking_rules.close_query,
}


def decide(
    policy: Policy,
    people: Mapping[str, Person],
    case: Case | None,
    request: requests.Request,
    *,
    subject_cases: Iterable[Case] = (),
    rehearsal: bool = False,
) -> list[Draft]:
    """What the log gets if the request is granted.

    Args:
        policy: the project's.
        people: all by id.
        case: as its entries tell it; None for `ImportCase` alone.
        request: what is asked.
        subject_cases: other time points of the same subject, where they are read in order.
        rehearsal: judge a signed act before there is a record, to refuse early; what comes back
            is not for the log.

    Raises:
        ReviewError: the request is refused; the message is the rule, what was found, and what
            to do next.
    """
    place = _case_for(case, request)
    scene = Scene(policy, people, place, tuple(subject_cases), rehearsal)
    if case is not None:
        _require_unchanged(scene, request)
    draft = RULES[type(request)](scene, request)
    fold(case, draft.entry(place.seq + 1, "1970-01-01T00:00:00+00:00"))
    return [draft]


def seen_seq(policy: Policy, case: Case, person: Person) -> int:
    """The `expected_seq` of a request by that person: `Case.seq` of the case in their view."""
    return view_of(policy, case, person).seq


def _case_for(case: Case | None, request: requests.Request) -> Case:
    if isinstance(request, requests.ImportCase):
        require(
            case is None,
            "A case is imported once",
            f"{request.case} is there already",
            "Go on with the case that is there",
        )
        return Case(request.case)
    if case is None:
        raise refusal(
            "An act is about a case of the project",
            "There is none of that id",
            "List the cases, and name one",
        )
    return case


class _First(NamedTuple):
    """Who acted since, in words."""

    who: str
    what: str


def _require_unchanged(scene: Scene, request: requests.Request) -> None:
    """Pass if the case stands as the actor saw it."""
    if request.expected_seq is None:
        return
    actor = scene.people.get(request.actor or "")
    found = scene.case.seq if actor is None else seen_seq(scene.policy, scene.case, actor)
    blind = actor is not None and is_blind(scene.policy, scene.case, actor)
    first = _first(scene, hide=blind)
    require(
        request.expected_seq == found,
        "An act is about the case as its actor saw it",
        f"{first.who} was first: {first.what} (entry {found}, you saw {request.expected_seq})",
        "Look at the case as it stands now, then act again",
    )


def _first(scene: Scene, *, hide: bool) -> _First:
    case = scene.case
    if hide:
        return _First("Somebody", "your reading has a newer entry")
    person = scene.people.get(case.last_actor or "")
    return _First(person.printed_name if person else "The program", case.last_kind or "import")
