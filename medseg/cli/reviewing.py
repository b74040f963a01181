"""`medseg submit`, `review`, `lock`, `unlock` and `handover`: the stages of a case."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medseg.cli.console import print_finding, print_json, say
from medseg.cli.options import JsonOption
from medseg.cli.passphrases import KeyOption, PassphraseOption
from medseg.cli.whose import (
    PersonOption,
    ProjectOption,
    Target,
    TargetArgument,
    person_of,
    signer_of,
    target,
)
from medseg.errors import ReviewError
from medseg.model import Case, Ending, EndingKind, NotEvaluable, Person
from medseg.model.finding import Severity
from medseg.project import acts
from medseg.review.workflow.requests import ReviewDecision

review_app = typer.Typer(help="Judge a reading, and talk about it.", no_args_is_help=True)

ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it stands in the record.")]
TextArgument = Annotated[str, typer.Argument(help="What is said.")]


def submit(  # noqa: PLR0913 - each option is a part of the ending
    reading: TargetArgument,
    *,
    no_lesion: Annotated[bool, typer.Option("--no-lesion", help="No lesion was found.")] = False,
    not_evaluable: Annotated[
        NotEvaluable | None, typer.Option(help="The case cannot be read, and why.")
    ] = None,
    text: Annotated[str, typer.Option(help="A remark on the ending.")] = "",
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand in a reading as its mask is saved; the rule checks speak first."""
    ending = _ending(no_lesion=no_lesion, not_evaluable=not_evaluable, text=text)
    with target(reading, project) as found:
        by = person_of(found.project, person, key)
        named = found.reading_for(by)
        findings = acts.submit(found.project, named, by=by.person_id, ending=ending)
        if as_json:
            told = [finding.to_json() for finding in findings]
            print_json({"reading": named, "ending": ending.kind.value, "findings": told})
            return
        say(f"Handed in: {named} ({ending.kind.value})")
        for finding in findings:
            print_finding(finding)


def _ending(*, no_lesion: bool, not_evaluable: NotEvaluable | None, text: str) -> Ending:
    if no_lesion and not_evaluable:
        raise ReviewError("A reading ends in one way; --no-lesion and --not-evaluable are two.")
    if not_evaluable:
        return Ending(EndingKind.NOT_EVALUABLE, not_evaluable, text)
    kind = EndingKind.NO_LESION_FOUND if no_lesion else EndingKind.LESIONS
    return Ending(kind, None, text)


@review_app.command("show")
def show(
    reading: TargetArgument,
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what you may see of a case: versions, judgements, comments, questions."""
    with target(reading, project) as found:
        by = person_of(found.project, person, key)
        seen = found.seen_by(by)
        if as_json:
            print_json(_case_json(seen))
        else:
            _print_case(seen, _names(found))


def _names(found: Target) -> dict[str, str]:
    return {one.person_id: one.printed_name for one in found.project.registry.people}


def _print_case(case: Case, names: dict[str, str]) -> None:
    say((f"{case.case_id}", "bold"), f"  {case.specialty}")
    for one in case.readings:
        say(f"  reading {one.reading_id} by {names.get(one.reader, one.reader)}: {one.state.value}")
        for version in one.submissions:
            ending = version.ending
            why = f" ({ending.reason.value})" if ending.reason else ""
            say(f"    version {version.version} of {version.at}: {ending.kind.value}{why}")
        for verdict in one.verdicts:
            who = names.get(verdict.person, verdict.person)
            why = f": {verdict.reason}" if verdict.reason else ""
            said = verdict.decision if verdict.kind == "review" else verdict.kind
            say(f"    {said} of version {verdict.version} by {who}{why}")
    for comment in case.comments:
        done = "open" if comment.is_open else f"closed: {comment.resolution}"
        where = comment.lesion or _place(comment.point_lps)
        who = names.get(comment.author, comment.author)
        say(f"  {comment.comment_id} {comment.severity}{where} by {who}: {comment.text}  [{done}]")
    for query in case.queries:
        answer = f" -> {query.answer}" if query.answer else ""
        say(f"  {query.query_id} question, {query.state.value}: {query.text}{answer}")


def _place(point: tuple[float, float, float] | None) -> str:
    return f" at LPS {point[0]:.1f}, {point[1]:.1f}, {point[2]:.1f} mm" if point else ""


def _case_json(case: Case) -> dict[str, object]:
    return {
        "case": case.case_id,
        "readings": [
            {
                "reading": one.reading_id,
                "reader": one.reader,
                "state": one.state.value,
                "versions": [
                    {"version": sent.version, "ending": sent.ending.kind.value, "at": sent.at}
                    for sent in one.submissions
                ],
                "verdicts": [
                    {
                        "person": said.person,
                        "decision": said.decision,
                        "version": said.version,
                        "reason": said.reason,
                    }
                    for said in one.verdicts
                ],
            }
            for one in case.readings
        ],
        "comments": [
            {
                "id": one.comment_id,
                "author": one.author,
                "text": one.text,
                "severity": one.severity,
                "pointLps": list(one.point_lps) if one.point_lps else None,
                "lesion": one.lesion,
                "open": one.is_open,
                "resolution": one.resolution,
            }
            for one in case.comments
        ],
        "queries": [
            {"id": one.query_id, "text": one.text, "state": one.state.value, "answer": one.answer}
            for one in case.queries
        ],
    }


@review_app.command("approve")
def approve(
    reading: TargetArgument,
    *,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Approve the newest version of a reading, signed."""
    _judged(reading, project, key, passphrase_fd, "approve", None)


@review_app.command("reject")
def reject(
    reading: TargetArgument,
    *,
    reason: ReasonOption,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Send a reading back to its reader, signed, with the reason."""
    _judged(reading, project, key, passphrase_fd, "reject", reason)


def _judged(
    reading: str,
    project: Path,
    key: Path | None,
    passphrase_fd: int | None,
    decision: ReviewDecision,
    reason: str | None,
) -> None:
    with target(reading, project) as found:
        house = found.project
        person, unlocked = signer_of(house, key, passphrase_fd)
        named = found.reading_for(person)
        acts.review(
            house, named, by=person.person_id, key=unlocked, decision=decision, reason=reason
        )
        _say_signed(found, person, named, decision)


def _say_signed(found: Target, person: Person, reading: str, what: str) -> None:
    case = found.project.case(found.case)
    one = case.reading(reading)
    version = f", version {one.newest.version}" if one and one.newest else ""
    say(f"{what}: {reading}{version}, signed by {person.printed_name}")


@review_app.command("adjudicate")
def adjudicate(
    reading: TargetArgument,
    *,
    reason: Annotated[str | None, typer.Option("--reason", help="Why this one.")] = None,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Decide for this reading where the readers differ, signed."""
    with target(reading, project) as found:
        person, unlocked = signer_of(found.project, key, passphrase_fd)
        named = found.reading_for(person)
        acts.adjudicate(found.project, named, by=person.person_id, key=unlocked, reason=reason)
        _say_signed(found, person, named, "adjudicate")


@review_app.command("comment")
def comment(  # noqa: PLR0913 - each option is a part of the comment
    reading: TargetArgument,
    text: TextArgument,
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
    grades: dict[str, Severity] = {"note": "note", "warning": "warning", "error": "error"}
    if severity not in grades:
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
            severity=grades[severity],
        )
        say(f"Comment {comment_id}")


def parsed_point(text: str) -> tuple[float, float, float]:
    """A point of three numbers, in LPS mm.

    Raises:
        ReviewError: it is no such point.
    """
    try:
        left, posterior, superior = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ReviewError(
            f"A point is three numbers in LPS mm, as 12.5,-30,88; found {text!r}."
        ) from error
    return left, posterior, superior


@review_app.command("resolve")
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


@review_app.command("ask")
def ask(
    case: TargetArgument,
    text: TextArgument,
    *,
    project: ProjectOption = Path(),
    person: PersonOption = None,
    key: KeyOption = None,
) -> None:
    """Ask the site that sent the image."""
    with target(case, project) as found:
        by = person_of(found.project, person, key)
        say(f"Question {acts.ask_query(found.project, found.case, text, by=by.person_id)}")


@review_app.command("answer")
def answer(
    case: TargetArgument,
    query_id: Annotated[str, typer.Argument(help="The question's id.")],
    text: TextArgument,
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


def lock(
    reading: TargetArgument,
    *,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Make a signed reading final, signed; its files are not changed any more."""
    with target(reading, project) as found:
        person, unlocked = signer_of(found.project, key, passphrase_fd)
        named = found.reading_for(person)
        acts.lock(found.project, named, by=person.person_id, key=unlocked)
        _say_signed(found, person, named, "lock")


def unlock(
    reading: TargetArgument,
    *,
    reason: ReasonOption,
    project: ProjectOption = Path(),
    key: KeyOption = None,
    passphrase_fd: PassphraseOption = None,
) -> None:
    """Open a signed or locked reading for changes, signed, with the reason."""
    with target(reading, project) as found:
        person, unlocked = signer_of(found.project, key, passphrase_fd)
        named = found.reading_for(person)
        acts.unlock(found.project, named, by=person.person_id, key=unlocked, reason=reason)
        _say_signed(found, person, named, "unlock")
