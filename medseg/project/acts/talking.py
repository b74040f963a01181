"""Comments on readings, and questions to the site that sent the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medseg.model.finding import Severity
from medseg.project.acts.acting import enter
from medseg.project.folder.opaque import new_id
from medseg.review.workflow.requests import (
    AddComment,
    AnswerQuery,
    AskQuery,
    CloseQuery,
    ResolveComment,
)

if TYPE_CHECKING:
    from medseg.project.face import Project


def comment(  # noqa: PLR0913 - each option is a field of the comment
    project: Project,
    reading: str,
    text: str,
    *,
    by: str,
    point_lps: tuple[float, float, float] | None = None,
    lesion: str | None = None,
    severity: Severity = "note",
    seen: int | None = None,
) -> str:
    """Pin a remark to a reading, and return its id.

    Args:
        project: where.
        reading: id of the reading.
        text: the remark.
        by: id of who writes it.
        point_lps: where in the image, LPS mm.
        lesion: tracking UID of the lesion it is about.
        severity: how much it matters.
        seen: the case's `seq` as the writer saw it; None: whatever is there now.

    Raises:
        ReviewError: they cannot see that reading, or there is no text.
    """
    comment_id = new_id("m")
    request = AddComment(
        actor=by,
        expected_seq=seen,
        reading=reading,
        comment_id=comment_id,
        text=text,
        point_lps=point_lps,
        lesion=lesion,
        severity=severity,
    )
    enter(project, project.case_of(reading).case_id, request)
    return comment_id


def resolve(project: Project, case: str, comment_id: str, text: str = "", *, by: str) -> None:
    """Close a comment, with what was done.

    Raises:
        ReviewError: there is no such open comment that this person can see.
    """
    enter(project, case, ResolveComment(actor=by, comment_id=comment_id, text=text))


def ask_query(project: Project, case: str, text: str, *, by: str) -> str:
    """Ask the importing site about a case, and return the query's id.

    Raises:
        ReviewError: the person is not of the project, or there is no text.
    """
    query_id = new_id("q")
    enter(project, case, AskQuery(actor=by, query_id=query_id, text=text))
    return query_id


def answer_query(project: Project, case: str, query_id: str, text: str, *, by: str) -> None:
    """Answer for the importing site.

    Raises:
        ReviewError: the query is not open, or another role answers it.
    """
    enter(project, case, AnswerQuery(actor=by, query_id=query_id, text=text))


def close_query(project: Project, case: str, query_id: str, text: str = "", *, by: str) -> None:
    """Close a query, answered or not.

    Raises:
        ReviewError: it is closed, or another's and this person is not the lead.
    """
    enter(project, case, CloseQuery(actor=by, query_id=query_id, text=text))
