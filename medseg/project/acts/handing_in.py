"""What a submission says of a mask: digests, who changed it, what was displayed, what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medseg.model import Case, Ending, Person, Policy
from medseg.project.acts.displayed import coverage_in, coverage_json
from medseg.project.acts.reading_files import ReadingFiles
from medseg.project.acts.touched import as_persons, authors_of, changed_slices, slice_marks
from medseg.project.store import LogView
from medseg.review.checks.hand_in import HandIn
from medseg.review.checks.registry import run_checks
from medseg.review.workflow.requests import HandedIn
from medseg.signoff.log.entry import Entry
from medseg.signoff.provenance import provenance_digest

if TYPE_CHECKING:
    from medseg.project.face import Project

_HANDED_IN = frozenset({"submit", "consensus"})


@dataclass(frozen=True, eq=False)
class Standing:
    """A reading as the log tells it, before something is handed in.

    Args:
        policy: the rules in force.
        people: everybody by id.
        case: the case.
        marks: slice marks of the newest version; empty before the first.
    """

    policy: Policy
    people: Mapping[str, Person]
    case: Case
    marks: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, project: Project, view: LogView, case: Case, reading: str) -> Standing:
        """The reading as it stands at a moment of the log."""
        entries = view.case_entries(case.case_id)
        marks = _last_marks(entries, reading)
        return cls(project.policy_at(view), project.people_at(view), case, marks)


def handed_in(
    project: Project,
    standing: Standing,
    reading: str,
    files: ReadingFiles,
    *,
    by: str,
    ending: Ending,
    unsaved: int = 0,
) -> HandedIn:
    """What the log is told of the mask that is handed in now.

    Whoever changed a slice since the last version is an annotator of this one, by the mask's own
    provenance, and so is who hands it in.
    """
    marks = slice_marks(files.mask)
    changed = changed_slices(standing.marks, marks)
    authors, strangers = as_persons(
        authors_of(files.segmentation, files.mask, changed),
        lambda name: _person(standing.people, name),
    )
    shown = coverage_in(project, standing.case, reading, files, by)
    policy = standing.policy
    looked_at = HandIn(
        files.segmentation, ending, shown, files.volume, unsaved, policy.small_island_voxels
    )
    return HandedIn(
        ending,
        files.mask.hexdigest,
        authors | ({by} if changed or not standing.marks else frozenset()),
        tuple(marks),
        provenance_digest(files.segmentation, files.mask.orientation) or "",
        (*strangers, *run_checks(policy, looked_at)),
        coverage_json(shown),
    )


def computed(files: ReadingFiles, ending: Ending) -> HandedIn:
    """What the log is told of a mask that the program made out of readings.

    Nobody is an annotator of it: those of the readings it was drawn from count.
    """
    return HandedIn(
        ending,
        files.mask.hexdigest,
        frozenset(),
        tuple(slice_marks(files.mask)),
        provenance_digest(files.segmentation, files.mask.orientation) or "",
    )


def _last_marks(entries: Sequence[Entry], reading: str) -> Sequence[Mapping[str, Any]]:
    for entry in reversed(entries):
        if entry.reading == reading and entry.kind in _HANDED_IN and "marks" in entry.data:
            return list(entry.data["marks"])
    return []


def _person(people: Mapping[str, Person], name: str) -> str | None:
    if name in people:
        return name
    found = [one.person_id for one in people.values() if one.printed_name == name]
    return found[0] if len(found) == 1 else None
