"""Two masks of one image, lesion by lesion: which is which, and how far they agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError
from medseg.measure import Agreement, LesionChange, compare_masks, follow_up
from medseg.model import Geometry, Segment, Segmentation
from medseg.model.segmentation import labels_in
from medseg.raster.boxes import Box, boxes_of
from medseg.raster.content import content_box

#: Of a number that had no lesion when the masks were compared: a lesion that nobody else has.
UNPAIRED = 65535

#: Called between two lesions, so that a thread which is no longer wanted may raise and end.
GoOn = Callable[[], None]


@dataclass(frozen=True, eq=False)
class Cut:
    """Both masks in the smallest box that holds all labels of either.

    Args:
        theirs: the mask that is compared with, on the box's own grid.
        current: the mask on screen, likewise.
        corner: index of the box's first voxel in the image's grid.
    """

    theirs: Segmentation
    current: Segmentation
    corner: tuple[int, int, int]


@dataclass(frozen=True)
class PairedLesion:
    """One lesion of two masks, or several that were split or merged.

    Args:
        number: counts them from 1; the group's number in `Pairing`.
        labels: the lesions' names, theirs first, each once.
        theirs: the segments' numbers there; none if it is only here.
        current: the numbers here; none if it is only in theirs.
        status: "same", "changed", "only here", "only in theirs", "split", "merged" or
            "merged and split".
        agreement: theirs (a) against this one (b).
        added_ml: volume that is only here, in ml.
        removed_ml: volume that is only in theirs.
        matched_by: what showed that they are the same lesion: "tracking UID", "label", "overlap".
        box: where it is in either mask, in the cut.
    """

    number: int
    labels: tuple[str, ...]
    theirs: tuple[int, ...]
    current: tuple[int, ...]
    status: str
    agreement: Agreement
    added_ml: float
    removed_ml: float
    matched_by: tuple[str, ...]
    box: Box

    @property
    def name(self) -> str:
        """The lesion's name, all of them where they differ."""
        return " / ".join(self.labels)

    @property
    def change_ml(self) -> float:
        """How much larger it is here than there, in ml."""
        return self.agreement.volume_difference_ml

    @property
    def change_percent(self) -> float:
        """The same in percent of theirs; NaN where there is none."""
        before = self.agreement.volume_a_ml
        return 100.0 * self.change_ml / before if before else float("nan")


@dataclass(frozen=True, eq=False)
class Pairing:
    """Which lesion of one mask is which of the other, as tables by the label array's values.

    Args:
        theirs: (65536,) the group of each number there; 0 for background.
        current: the same for the mask on screen.
        names: by group.
    """

    theirs: NDArray[np.uint16]
    current: NDArray[np.uint16]
    names: dict[int, str]


def cut_out(theirs: Segmentation, current: Segmentation) -> Cut | None:
    """Both masks where either holds a label; None where both are empty.

    The mask on screen may change meanwhile: whoever asks does so again after an edit.

    Raises:
        GeometryError: they lie on different grids.
    """
    if not theirs.geometry.same_grid(current.geometry):
        raise GeometryError(
            "Masks are compared on one grid; the one on screen has "
            f"{current.geometry.describe()}, the other {theirs.geometry.describe()}. Choose a "
            "mask of this image."
        )
    boxes = [box for box in map(content_box, (theirs.array, current.array)) if box is not None]
    if not boxes:
        return None
    box = around(*boxes)
    corner = (box[0].start, box[1].start, box[2].start)
    grid = _grid_of(current.geometry, box)
    return Cut(_part(theirs, box, grid), _part(current, box, grid), corner)


def paired(cut: Cut, go_on: GoOn = lambda: None) -> tuple[tuple[PairedLesion, ...], Pairing]:
    """The lesions of both masks and which is which: by tracking UID, label, then overlap.

    Args:
        cut: the masks.
        go_on: called before each lesion.

    Reference:
        `medseg.measure.follow_up`, which tells the rule in full; distance is left out.
    """
    found, theirs, current = [], _table(), _table()
    boxes = boxes_of(cut.theirs.array), boxes_of(cut.current.array)
    for number, change in enumerate(follow_up(cut.theirs, cut.current, within_mm=0.0), start=1):
        go_on()
        theirs[list(change.first)] = number
        current[list(change.second)] = number
        own = [boxes[0][one] for one in change.first] + [boxes[1][one] for one in change.second]
        found.append(_compared(cut, number, change, around(*own)))
    names = {one.number: one.name for one in found}
    return tuple(found), Pairing(theirs, current, names)


def around(*boxes: Box) -> Box:
    """The smallest box that holds all of these."""
    sides = (
        slice(min(side.start for side in axis), max(side.stop for side in axis))
        for axis in zip(*boxes, strict=True)
    )
    slices, rows, columns = sides
    return slices, rows, columns


def _compared(cut: Cut, number: int, change: LesionChange, box: Box) -> PairedLesion:
    one = np.isin(cut.theirs.array[box], change.first)
    other = np.isin(cut.current.array[box], change.second)
    grid = _grid_of(cut.current.geometry, box)
    voxel_ml = abs(float(np.linalg.det(grid.affine[:3, :3]))) / 1000.0
    added, removed = int((other & ~one).sum()), int((one & ~other).sum())
    return PairedLesion(
        number=number,
        labels=change.labels,
        theirs=change.first,
        current=change.second,
        status=_status(change, is_same=not added and not removed),
        agreement=compare_masks(one, other, grid),
        added_ml=added * voxel_ml,
        removed_ml=removed * voxel_ml,
        matched_by=change.matched_by,
        box=box,
    )


def _status(change: LesionChange, *, is_same: bool) -> str:
    if not change.first:
        return "only here"
    if not change.second:
        return "only in theirs"
    if len(change.first) > 1 or len(change.second) > 1:
        return change.status
    return "same" if is_same else "changed"


def _table() -> NDArray[np.uint16]:
    table = np.full(65536, UNPAIRED, np.uint16)
    table[0] = 0
    return table


def _part(mask: Segmentation, box: Box, grid: Geometry) -> Segmentation:
    array = mask.array[box].copy()
    return Segmentation(array, grid, _listed(mask.segments, array))


def _listed(segments: tuple[Segment, ...], array: NDArray[Any]) -> tuple[Segment, ...]:
    """The segments, and one for each number that an edit of this very moment has brought."""
    known = {segment.number for segment in segments}
    new = [number for number in labels_in(array) if number not in known]
    return (*segments, *(Segment.unnamed(number) for number in new))


def _grid_of(geometry: Geometry, box: Box) -> Geometry:
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.to_patient([side.start for side in box])
    slices, rows, columns = (side.stop - side.start for side in box)
    return Geometry((slices, rows, columns), affine, geometry.frame_of_reference)
