"""What remarks and queries do to a case; `folding.STEPS` names them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from medseg.model import (
    Case,
    Comment,
    Query,
    QueryState,
)
from medseg.review.refusing import require
from medseg.review.workflow.parts import (
    HINT,
    expect_new,
    named,
    open_query,
    with_query,
)

Entry = Mapping[str, Any]


def comment(case: Case, entry: Entry) -> Case:
    """One more comment."""
    data, reading = entry["data"], named(case, entry["reading"])
    point = data.get("point")
    added = Comment(
        str(data["id"]),
        str(entry["actor"]),
        str(data["text"]),
        str(entry["at"]),
        reading.reading_id,
        None if point is None else (float(point[0]), float(point[1]), float(point[2])),
        data.get("lesion"),
        data["severity"],
    )
    expect_new(added.comment_id, [one.comment_id for one in case.comments])
    return replace(case, comments=(*case.comments, added))


def resolve(case: Case, entry: Entry) -> Case:
    """A comment is closed."""
    data = entry["data"]
    found = [one for one in case.comments if one.comment_id == data["id"] and one.is_open]
    require(bool(found), "An open comment is resolved", f"{data['id']} is not open", HINT)
    closed = replace(found[0], resolved_by=str(entry["actor"]), resolution=str(data["text"]))
    comments = tuple(closed if one is found[0] else one for one in case.comments)
    return replace(case, comments=comments)


def query(case: Case, entry: Entry) -> Case:
    """A new question to the importing site."""
    data = entry["data"]
    asked = Query(str(data["id"]), str(entry["actor"]), str(data["text"]), str(entry["at"]))
    expect_new(asked.query_id, [one.query_id for one in case.queries])
    return replace(case, queries=(*case.queries, asked))


def answer(case: Case, entry: Entry) -> Case:
    """A question is answered."""
    data = entry["data"]
    asked = open_query(case, str(data["id"]), {QueryState.OPEN})
    answered = replace(
        asked,
        state=QueryState.ANSWERED,
        answer=str(data["text"]),
        answered_by=str(entry["actor"]),
    )
    return with_query(case, answered)


def close_query(case: Case, entry: Entry) -> Case:
    """A question is closed, answered or not."""
    asked = open_query(case, str(entry["data"]["id"]), {QueryState.OPEN, QueryState.ANSWERED})
    return with_query(case, replace(asked, state=QueryState.CLOSED))
