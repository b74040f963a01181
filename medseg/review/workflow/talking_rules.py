"""Who may remark, ask the importing site, and answer."""

from __future__ import annotations

from collections.abc import Collection

from medseg.model import Person, Role
from medseg.review.refusing import require
from medseg.review.visibility import view_of
from medseg.review.workflow.draft import Draft
from medseg.review.workflow.requests import (
    AddComment,
    AnswerQuery,
    AskQuery,
    CloseQuery,
    ResolveComment,
)
from medseg.review.workflow.scene import Scene

_SEVERITIES = ("note", "warning", "error")
_SITE = frozenset({Role.IMPORTER, Role.LEAD})


def add_comment(scene: Scene, request: AddComment) -> Draft:
    """Whoever may see a reading may remark on it."""
    actor = _member(scene, request.actor)
    _require_text(request.text, "A comment")
    _require_in_view(scene, actor, request.reading)
    require(
        request.point_lps is None or len(request.point_lps) == 3,
        "A comment's point is x, y, z in LPS millimetres",
        f"Found {request.point_lps}",
        "Pin it to a point of the image",
    )
    require(
        request.severity in _SEVERITIES,
        f"A comment is a {', a '.join(_SEVERITIES)}",
        f"Found {request.severity!r}",
        "Choose one of them",
    )
    data = {
        "id": request.comment_id,
        "text": request.text,
        "point": None if request.point_lps is None else [float(one) for one in request.point_lps],
        "lesion": request.lesion,
        "severity": request.severity,
    }
    return scene.draft("comment", request, request.reading, data)


def resolve_comment(scene: Scene, request: ResolveComment) -> Draft:
    """Whoever may see a comment may close it; a reader says what was done."""
    actor = _member(scene, request.actor)
    seen = view_of(scene.policy, scene.case, actor).comments
    found = [one for one in seen if one.comment_id == request.comment_id]
    require(
        bool(found),
        "A comment is closed by somebody who can see it",
        f"{request.comment_id} is none of those {actor.printed_name} can see",
        "List the comments of the case",
    )
    reading = found[0].reading if found else None
    data = {"id": request.comment_id, "text": request.text}
    return scene.draft("resolve", request, reading, data)


def ask_query(scene: Scene, request: AskQuery) -> Draft:
    """Anybody of the project may ask the importing site."""
    _member(scene, request.actor)
    _require_text(request.text, "A query")
    data = {"id": request.query_id, "text": request.text}
    return scene.draft("query", request, None, data)


def answer_query(scene: Scene, request: AnswerQuery) -> Draft:
    """The importer or the lead answers."""
    scene.require_roles(scene.actor(request), _SITE, "answer a query")
    _require_text(request.text, "An answer")
    data = {"id": request.query_id, "text": request.text}
    return scene.draft("answer", request, None, data)


def close_query(scene: Scene, request: CloseQuery) -> Draft:
    """Who asked closes it, or the lead."""
    actor = scene.actor(request)
    authors = {one.author for one in scene.case.queries if one.query_id == request.query_id}
    if actor.person_id not in authors:
        scene.require_roles(actor, {Role.LEAD}, "close another's query")
    data = {"id": request.query_id, "text": request.text}
    return scene.draft("close-query", request, None, data)


def _member(scene: Scene, actor: str | None) -> Person:
    person = scene.person(actor)
    roles: Collection[Role] = tuple(Role)
    scene.require_roles(person, roles, "act in this project")
    return person


def _require_text(text: str, what: str) -> None:
    require(bool(text.strip()), f"{what} says something", "Found no text", "Write a sentence")


def _require_in_view(scene: Scene, actor: Person, reading: str) -> None:
    seen = view_of(scene.policy, scene.case, actor)
    require(
        seen.reading(reading) is not None,
        "A comment is about a reading that its author can see",
        f"{actor.printed_name} cannot see {reading}",
        "Comment on your own reading, or on the case through a query",
    )
