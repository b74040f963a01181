"""What a person's screen displayed of a reading, as far as it was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from medseg.model import Case, PlaneName, main_plane
from medseg.project.viewings import read_viewings
from medseg.review.coverage import Coverage, coverage_of

if TYPE_CHECKING:
    from medseg.project.acts.reading_files import ReadingFiles
    from medseg.project.face import Project


def displayed(
    project: Project, case: Case, reading: str, files: ReadingFiles, by: str
) -> dict[str, Any]:
    """Evidence of display for a record, plain JSON values; empty where nothing was recorded.

    It is about the plane of acquisition, and about the version that the person had before them.

    Raises:
        StoreError: what is kept of it was changed.
    """
    return coverage_json(coverage_in(project, case, reading, files, by))


def coverage_json(found: Coverage | None) -> dict[str, Any]:
    """Coverage with what is missing and the shares, plain JSON values; empty for None."""
    if found is None:
        return {}
    unseen = list(found.missing("all"))
    shares = {
        "unseenLabelled": list(found.missing("labelled")),
        "unseen": unseen,
        "labelledSlicesSeen": found.labelled_fraction,
        "allSlicesSeen": 1.0 - len(unseen) / found.slices if found.slices else 1.0,
    }
    return found.to_json() | shares


def coverage_in(
    project: Project, case: Case, reading: str, files: ReadingFiles, by: str
) -> Coverage | None:
    """What was displayed to the person; None where nothing was recorded."""
    viewings = read_viewings(project.store, reading=reading, person=by)
    if not viewings:
        return None
    found = case.reading(reading)
    labelled = np.flatnonzero(files.segmentation.array.any(axis=(1, 2)))
    return coverage_of(
        viewings,
        person=by,
        reading=reading,
        slices=files.volume.geometry.shape[0],
        labelled=[int(one) for one in labelled],
        plane=cast(PlaneName, main_plane(files.volume.geometry)),
        version=len(found.submissions) if found else None,
    )
