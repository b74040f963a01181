"""Images become cases: where they lie they stay, and each becomes a case once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medseg.errors import FormatError
from medseg.model import Case, Finding, Place
from medseg.project.acts.acting import Moment
from medseg.project.folder.opaque import new_id, read_secret
from medseg.project.images.candidates import Candidate, candidates_in
from medseg.project.images.image_record import ImageRecord, read_image_record, write_image_record
from medseg.project.store import Act, LogView
from medseg.project.store.plain_entries import plain_entry
from medseg.review.workflow.folding import fold
from medseg.review.workflow.requests import ImportCase
from medseg.signoff.canonical import canonical

if TYPE_CHECKING:
    from medseg.project.face import Project

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Args:
        cases: ids of the new cases.
        known: ids of the cases whose images were found again; their places were noted anew.
        findings: what could not be read, what was skipped, and what is worth knowing.
    """

    cases: tuple[str, ...]
    known: tuple[str, ...]
    findings: tuple[Finding, ...]


def import_images(
    project: Project,
    path: str | Path,
    *,
    by: str,
    specialty: str = "",
    gold: bool = False,
    follow_links: bool = False,
    progress: Progress = lambda _fraction, _what: None,
) -> Imported:
    """Make a case of each image in a file, folder or tree that is none yet.

    An image is known by its values on its grid, so that a second import, from wherever, makes
    nothing new. What cannot be read is listed, and hinders none of the others.

    Args:
        project: where to.
        path: DICOM folders, NIfTI files, or a tree of both.
        by: id of who imports.
        specialty: as "chest", for the assignment.
        gold: whether the truth of these cases is known.
        follow_links: whether links that lead out of a folder are followed; they are skipped
            otherwise, and that is told.
        progress: called with how much is done, 0 to 1, and what is being read.

    Raises:
        FormatError: the path does not exist, or the project cannot be written.
        ReviewError: this person may not import.
        StoreError: the store cannot be written.
    """
    project.check_may_import(by)
    secret = read_secret(project.layout.secret)
    found: list[Candidate] = []
    findings: list[Finding] = []
    own = project.layout.root
    looked_at = candidates_in(
        Path(path), secret, progress, apart_from=own, follow_links=follow_links
    )
    for one in looked_at:
        if isinstance(one, Candidate):
            found.append(one)
            findings += one.findings
        else:
            findings += one
    cases: list[str] = []
    again: list[str] = []
    known, about = _Known(project), {"actor": by, "specialty": specialty, "gold": gold}
    for candidate in sorted(found, key=lambda one: (one.subject, one.begun)):
        case, is_new = _entered(project, known, candidate, about)
        (cases if is_new else again).append(case)
        if not is_new:
            findings.append(_known_finding(case, candidate))
    return Imported(tuple(cases), tuple(dict.fromkeys(again)), tuple(findings))


class _Known:
    """The images that are cases already, read on as the log grows.

    Args:
        project: whose.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seen = 0
        self._cases: dict[tuple[str, bytes], Case] = {}
        self._subjects: dict[str, list[Case]] = defaultdict(list)

    def read_on(self, view: LogView) -> None:
        """Take in what was imported since."""
        for entry in view.entries(self._seen):
            if entry.kind == "import":
                case = fold(None, plain_entry(entry))
                self._cases.setdefault(_values(case.image), case)
                self._subjects[case.subject].append(case)
        self._seen = view.size

    def same_image(self, identity: dict[str, Any]) -> Case | None:
        """The case of the same values on the same grid."""
        return self._cases.get(_values(identity))

    def time_point(self, candidate: Candidate) -> int:
        """That of the same study, or the one after all others of the patient."""
        earlier = self._subjects[candidate.subject]
        for case in earlier:
            if candidate.study is not None and _study(self._project, case) == candidate.study:
                return case.time_point
        return 1 + max((case.time_point for case in earlier), default=0)


def _entered(
    project: Project, known: _Known, candidate: Candidate, about: dict[str, Any]
) -> tuple[str, bool]:
    """The case of an image, and whether it is new."""

    def work(act: Act) -> tuple[Case, bool]:
        known.read_on(act)
        same = known.same_image(candidate.identity)
        if same is not None:
            return same, False
        request = ImportCase(
            case=new_id("c"),
            image=candidate.identity,
            subject=candidate.subject,
            time_point=known.time_point(candidate),
            findings=candidate.findings,
            **about,
        )
        return Moment(project, act, None, ()).enter(request).case, True

    case, is_new = project.store.attempt(work)
    write_image_record(_record(candidate, case), project.layout.image(case.case_id))
    return case.case_id, is_new


def _record(candidate: Candidate, case: Case) -> ImageRecord:
    return ImageRecord(
        case.case_id,
        candidate.path,
        candidate.series,
        candidate.volume_shape,
        candidate.spacing_mm,
        candidate.modality,
        case.subject,
        case.time_point,
        candidate.study,
        case.image,
    )


def _values(identity: dict[str, Any]) -> tuple[str, bytes]:
    return identity["rungs"]["modality"], canonical(identity["geometry"])


def _study(project: Project, case: Case) -> str | None:
    try:
        return read_image_record(project.layout.image(case.case_id)).study
    except FormatError:
        return None


def _known_finding(case: str, candidate: Candidate) -> Finding:
    text = f"This image is that of {case} already; its place was noted anew, and no case made."
    place = Place(file=candidate.path.name, series=candidate.series)
    return Finding("ALREADY_IMPORTED", "note", text, place)
