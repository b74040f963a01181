"""A case is the fold of its log entries: `fold(fold(None, first), second)` and so on.

The fold knows no policy and no people: it holds what must be true of any log, so that a log of
years ago, under rules of then, still reads the same. Whether a person might do what they did is
for `decide`, before the entry is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from medseg.errors import ReviewError
from medseg.model import Case
from medseg.review.refusing import refusal, require
from medseg.review.workflow import steps, talking_steps

Entry = Mapping[str, Any]
Step = Callable[[Case, Entry], Case]

#: Kind of entry -> what it does to a case. Kinds that change nothing about a case are last.
STEPS: dict[str, Step] = {
    "assign": steps.assign,
    "assign-reviewer": steps.assign_reviewer,
    "submit": steps.submit,
    "review": steps.review,
    "consensus": steps.consensus,
    "disagree": steps.disagree,
    "adjudicate": steps.adjudicate,
    "sign": steps.sign,
    "lock": steps.lock,
    "unlock": steps.unlock,
    "comment": talking_steps.comment,
    "resolve": talking_steps.resolve,
    "query": talking_steps.query,
    "answer": talking_steps.answer,
    "close-query": talking_steps.close_query,
    "handover": steps.handover,
    "export": steps.noted,
    "deid": steps.noted,
    "failed-auth": steps.noted,
}


def fold(case: Case | None, entry: Entry) -> Case:
    """The case after one more entry; `case` None before its import.

    Args:
        case: as the entries before left it; never changed.
        entry: with seq, at, actor, kind, case, reading and data; more keys are ignored.

    Raises:
        ReviewError: the entry cannot follow, or lacks what its kind must have.
    """
    try:
        return _stepped(case, entry)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        if isinstance(error, ReviewError):
            raise
        raise refusal(
            "An entry of the log holds what its kind must have",
            f"Entry {entry.get('seq')} ({entry.get('kind')}) does not: {error!r}",
            "Check the log; a copy of it may be whole",
        ) from error


def fold_all(entries: Iterable[Entry]) -> Case | None:
    """The case that the entries tell of, in order; None where there is none.

    Raises:
        ReviewError: one of them cannot follow those before.
    """
    case: Case | None = None
    for entry in entries:
        case = fold(case, entry)
    return case


def _stepped(case: Case | None, entry: Entry) -> Case:
    kind, seq = str(entry["kind"]), int(entry["seq"])
    if case is None:
        require(
            kind == "import",
            "The first entry of a case is its import",
            f"Found {kind!r} (entry {seq})",
            "Check the log; its beginning is missing",
        )
        after = steps.imported(entry)
    else:
        _check_follows(case, entry, kind, seq)
        after = STEPS[kind](case, entry)
        after = _touched(after, entry.get("reading"), seq)
    actor = entry["actor"]
    return replace(after, seq=seq, last_actor=actor, last_kind=kind)


def _check_follows(case: Case, entry: Entry, kind: str, seq: int) -> None:
    require(
        kind in STEPS,
        "A case changes by the kinds of entry that medseg knows",
        f"Found {kind!r} (entry {seq}) for case {case.case_id}",
        "A newer medseg may have written it: read the log with that one",
    )
    require(
        entry["case"] == case.case_id and seq > case.seq,
        "The entries of a case come in the order of the log",
        f"Found entry {seq} of case {entry['case']} after entry {case.seq} of {case.case_id}",
        "Check the log; entries are mixed up",
    )


def _touched(case: Case, reading_id: str | None, seq: int) -> Case:
    """The case with the entry's number at its reading."""
    readings = tuple(
        replace(one, seq=seq) if one.reading_id == reading_id else one for one in case.readings
    )
    return replace(case, readings=readings)
