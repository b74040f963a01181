"""`medseg review comment`, `resolve`, `ask` and `answer`: what people say about a case."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medseg.cli.console import say
from medseg.cli.options import parsed_point
from medseg.cli.passphrases import KeyOption
from medseg.cli.whose import PersonOption, ProjectOption, TargetArgument, person_of, target
from medseg.errors import ReviewError
from medseg.model.finding import Severity
from medseg.project import acts

_TextArgument = Annotated[str, typer.Argument(help="What is said.")]
_GRADES: dict[str, Severity] = {"note": "note", "warning": "warning", "error": "error"}


def comment(  # noqa: PLR0913 - each option is a part of the comment
    reading: TargetArgument,
    text: _TextArgument,
    *,
    at: Annotated[str | None, typer.Option(metavar="L,P,S", help="A point in LPS mm.")] = None,
    lesion: Annotated[str | None, typer.Option(help="A lesion's tracking UID.")] = None,
    severity: Annotated[str, typer.Option(help="note, warning or error.")] = "note",
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
) -> None:
    """Pin a comment to a point or a lesion of a reading."""
    point = parsed_point(at) if at else None
    if severity not in _GRADES:
        raise ReviewError(f"A comment is a note, warning or error; found {severity!r}.")
    with target(reading, project) as found:
        by = person_of(found.project, person, key)
        comment_id = acts.comment(
            found.project,
            found.reading_for(by),
            text,
            by=by.person_id,
            point_lps=point,
            lesion=lesion,
            severity=_GRADES[severity],
        )
        say(f"Comment {comment_id}")


def resolve(
    case: TargetArgument,
    comment_id: Annotated[str, typer.Argument(help="The comment's id.")],
    text: Annotated[str, typer.Argument(help="What was done.")] = "",
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
) -> None:
    """Close a comment."""
    with target(case, project) as found:
        by = person_of(found.project, person, key)
        acts.resolve(found.project, found.case, comment_id, text, by=by.person_id)
        say(f"Closed: {comment_id}")


def ask(
    case: TargetArgument,
    text: _TextArgument,
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
) -> None:
    """Ask the site that sent the image."""
    with target(case, project) as found:
        by = person_of(found.project, person, key)
        say(f"Question {acts.ask_query(found.project, found.case, text, by=by.person_id)}")


def answer(
    case: TargetArgument,
    query_id: Annotated[str, typer.Argument(help="The question's id.")],
    text: _TextArgument,
    *,
    close: Annotated[bool, typer.Option("--close", help="Close it instead.")] = False,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
) -> None:
    """Answer a question, or close it."""
    with target(case, project) as found:
        by = person_of(found.project, person, key)
        act = acts.close_query if close else acts.answer_query
        act(found.project, found.case, query_id, text, by=by.person_id)
        say(f"{'Closed' if close else 'Answered'}: {query_id}")
