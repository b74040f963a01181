"""Who reads and who reviews what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medseg.project.acts.acting import enter
from medseg.project.folder.opaque import new_id
from medseg.review.assignment import assignments
from medseg.review.workflow.requests import Assign, AssignReviewer

if TYPE_CHECKING:
    from medseg.project.face import Project


def assign(  # noqa: PLR0913 - each option is a field of the assignment
    project: Project,
    case: str,
    reader: str,
    *,
    by: str,
    round_: int = 1,
    order: int = 0,
    note: str = "",
    drawn_from: Sequence[str] = (),
    due: str | None = None,
    seen: int | None = None,
) -> str:
    """Give a case to a reader, and return the new reading's id.

    Args:
        project: where.
        case: id of the case.
        reader: id of who shall read it.
        by: id of who assigns: the lead, or an adjudicator who takes a disputed case to edit.
        round_: 1; 2 and more for the same reader once more, unannounced.
        order: place in the reader's list; 0 for none.
        note: for the reader.
        drawn_from: ids of the disputed readings, where an adjudicator draws a new one.
        due: ISO 8601 date by which it is wanted; None for none.
        seen: the case's `seq` as the actor saw it; None: whatever is there now.

    Raises:
        ReviewError: this person may not assign, or that one not read it.
    """
    reading = new_id("r")
    request = Assign(
        actor=by,
        expected_seq=seen,
        reading=reading,
        reader=reader,
        round=round_,
        order=order,
        note=note,
        drawn_from=tuple(drawn_from),
        due=due,
    )
    enter(project, case, request)
    return reading


def assign_all(project: Project, *, by: str, seed: int) -> list[tuple[str, str, str]]:
    """Assign what waits for readers, by load and specialty; returns (case, reading, reader) ids.

    Each assignment is an act of its own; the first that is refused ends it, and those before stay.

    Args:
        project: where.
        by: id of the lead.
        seed: of the lots; the same one gives the same lists.

    Raises:
        ReviewError: this person may not assign, or somebody else did meanwhile.
    """
    with project.store.read() as view:
        policy, people = project.policy_at(view), project.people_at(view)
    planned = assignments(
        policy, people, project.cases(), lead=by, seed=seed, new_id=lambda: new_id("r")
    )
    for one in planned:
        enter(project, one.case, one.request)
    return [(one.case, one.request.reading, one.request.reader) for one in planned]


def assign_reviewer(project: Project, reading: str, reviewer: str, *, by: str) -> None:
    """Ask somebody to review a reading.

    Raises:
        ReviewError: this person may not ask, or that one not review it.
    """
    request = AssignReviewer(actor=by, reading=reading, reviewer=reviewer)
    enter(project, project.case_of(reading).case_id, request)
