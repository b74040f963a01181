"""A case in words and for programs, as one person may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medseg.cli.console import say
from medseg.model import Case, Comment, Reading, Submission


def print_case(case: Case, names: Mapping[str, str]) -> None:
    """Print the readings with their versions and judgements, the comments, and the questions."""
    say((case.case_id, "bold"), f"  {case.specialty}".rstrip())
    if not case.readings:
        say("  no reading of it is there for you to see")
    for one in case.readings:
        _print_reading(one, names)
    for comment in case.comments:
        _print_comment(comment, names)
    for query in case.queries:
        answer = f" -> {query.answer}" if query.answer else ""
        say(f"  {query.query_id} question, {query.state.value}: {query.text}{answer}")


def _print_reading(reading: Reading, names: Mapping[str, str]) -> None:
    say(f"  reading {reading.reading_id}{_by(reading.reader, names)}: {reading.state.value}")
    for version in reading.submissions:
        say(f"    version {version.version}, {version.at}: {ending_in_words(version)}")
    for verdict in reading.verdicts:
        reason = f": {verdict.reason}" if verdict.reason else ""
        said = verdict.decision if verdict.kind == "review" else verdict.kind
        say(f"    {said}, version {verdict.version}{_by(verdict.person, names)}{reason}")


def ending_in_words(version: Submission) -> str:
    """How a version ended, with the reason and the remark where there are any."""
    ending = version.ending
    reason = f" ({ending.reason.value})" if ending.reason else ""
    return f"{ending.kind.value}{reason}" + (f": {ending.text}" if ending.text else "")


def _by(person: str, names: Mapping[str, str]) -> str:
    return f" by {names.get(person, person)}" if person else ""


def _print_comment(comment: Comment, names: Mapping[str, str]) -> None:
    done = "open" if comment.is_open else f"closed: {comment.resolution}".rstrip(": ")
    where = f" on lesion {comment.lesion}" if comment.lesion else ""
    if comment.point_lps:
        where += " at LPS {:.1f}, {:.1f}, {:.1f} mm".format(*comment.point_lps)
    say(
        f"  {comment.comment_id} {comment.severity}{where}{_by(comment.author, names)}: "
        f"{comment.text}  [{done}]"
    )


def case_json(case: Case) -> dict[str, Any]:
    """The same as plain JSON values."""
    return {
        "case": case.case_id,
        "readings": [_reading_json(one) for one in case.readings],
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


def _reading_json(reading: Reading) -> dict[str, Any]:
    return {
        "reading": reading.reading_id,
        "reader": reading.reader,
        "state": reading.state.value,
        "versions": [
            {
                "version": sent.version,
                "ending": sent.ending.kind.value,
                "reason": sent.ending.reason.value if sent.ending.reason else None,
                "at": sent.at,
            }
            for sent in reading.submissions
        ],
        "verdicts": [
            {
                "kind": said.kind,
                "person": said.person,
                "decision": said.decision,
                "version": said.version,
                "reason": said.reason,
            }
            for said in reading.verdicts
        ],
    }
