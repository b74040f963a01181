"""What an act would find and what a signature would be about, told before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medseg.model import Case, Comment, Ending, Finding, Reading, Segment, Submission
from medseg.project.acts.displayed import coverage_in
from medseg.project.acts.handing_in import Standing, handed_in
from medseg.project.acts.reading_files import ReadingFiles, read_reading
from medseg.project.acts.signed_acts import newest_of
from medseg.review.checks.hand_in import HandIn
from medseg.review.checks.registry import run_checks
from medseg.review.coverage import Coverage
from medseg.review.visibility import view_of

if TYPE_CHECKING:
    from medseg.project.face import Project


def check_hand_in(
    project: Project, reading: str, *, by: str, ending: Ending, unsaved: int = 0
) -> tuple[Finding, ...]:
    """What the rule checks find in the mask as it is saved; nothing is handed in.

    Those of severity "error" would stop `submit`.

    Args:
        project: where.
        reading: id of the reading.
        by: id of who would hand in.
        ending: how the reading would end.
        unsaved: how many changes a session holds that were not saved.

    Raises:
        ReviewError: there is no such reading, or it has no mask yet.
        FormatError, GeometryError, SignoffError: as `submit`.
        StoreError: the log cannot be read.
    """
    case = project.case_of(reading)
    files = read_reading(project.layout, case, reading)
    with project.store.read() as view:
        standing = Standing.of(project, view, case, reading)
        told = handed_in(project, standing, reading, files, by=by, ending=ending, unsaved=unsaved)
    return told.findings


@dataclass(frozen=True)
class SignedLesion:
    """One lesion as it would be signed.

    Args:
        segment: its name, codes and tracking UID.
        volume_ml: from its voxels.
        slices: how many slices it is on.
    """

    segment: Segment
    volume_ml: float
    slices: int


@dataclass(frozen=True, eq=False)
class Preview:
    """What a signature on a reading would be about.

    Args:
        case: as the person may see it.
        reading: the reading.
        newest: the version that would be signed.
        lesions: in the order of the mask's list.
        labelled: slices that hold a label, ascending.
        mask_digest: medsegMaskV1 of the mask on disk, hexadecimal.
        image: identity of the image, plain JSON values.
        coverage: what was displayed to the person; None where nothing was recorded.
        findings: what the rule checks find in it.
        comments: those that are open, and that the person may see.
    """

    case: Case
    reading: Reading
    newest: Submission
    lesions: tuple[SignedLesion, ...]
    labelled: tuple[int, ...]
    mask_digest: str
    image: Mapping[str, Any]
    coverage: Coverage | None
    findings: tuple[Finding, ...]
    comments: tuple[Comment, ...]

    @property
    def is_as_handed_in(self) -> bool:
        """Whether the mask on disk is the version that was handed in; no other can be signed."""
        return self.mask_digest == self.newest.mask_digest


def preview_signature(project: Project, reading: str, *, by: str) -> Preview:
    """What somebody's signature on a reading would be about, as all of it stands on disk now.

    Raises:
        ReviewError: it was not handed in, or has no mask.
        FormatError, GeometryError, SignoffError: mask or image cannot be read, or are not those
            of the reading.
        StoreError: the log cannot be read.
    """
    case, policy = project.case_of(reading), project.policy
    _, newest = newest_of(case, reading)
    files = read_reading(project.layout, case, reading)
    seen = view_of(policy, case, project.person(by))
    shown = coverage_in(project, case, reading, files, by)
    looked_at = HandIn(
        files.segmentation,
        newest.ending,
        shown,
        files.volume,
        small_island_voxels=policy.small_island_voxels,
    )
    return Preview(
        seen,
        seen.reading(reading) or newest_of(case, reading)[0],
        newest,
        _lesions(files, looked_at),
        looked_at.labelled,
        files.mask.hexdigest,
        files.identity,
        shown,
        run_checks(policy, looked_at),
        tuple(one for one in seen.comments if one.is_open and one.reading == reading),
    )


def _lesions(files: ReadingFiles, looked_at: HandIn) -> tuple[SignedLesion, ...]:
    voxel_ml = files.segmentation.geometry.voxel_volume_mm3 / 1000.0
    found = []
    for segment in files.segmentation.segments:
        slices = looked_at.slices[segment.number]
        count = sum(
            int((files.segmentation.array[index] == segment.number).sum()) for index in slices
        )
        found.append(SignedLesion(segment, count * voxel_ml, len(slices)))
    return tuple(found)
