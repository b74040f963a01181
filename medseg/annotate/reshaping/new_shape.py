"""How tools that work on what is there already hand over its new shape.

They change voxels, not how a slice came to be: a slice that was interpolated is still so after
smoothing, and a drawn one stays a key slice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.annotate.painting import Protection, paint_edit
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Origin, Segmentation, SliceOrigin
from medseg.raster import box_of
from medseg.raster.boxes import Box
from medseg.raster.reach import widened_by_mm

Corner = tuple[int, int, int]


def surroundings(
    segmentation: Segmentation, number: int, reach_mm: float = 0.0
) -> tuple[Corner, NDArray[np.bool_]]:
    """A segment with room for a reach around it: the box's first voxel, and the mask there.

    The box is cut off at the grid; a segment without a voxel has one of size 0.

    Raises:
        EditError: there is no such segment.
    """
    segmentation.segment(number)
    own = box_of(segmentation.array, number)
    if own is None:
        return (0, 0, 0), np.zeros((0, 0, 0), np.bool_)
    box = around(segmentation, own, reach_mm)
    return (box[0].start, box[1].start, box[2].start), segmentation.array[box] == number


def around(segmentation: Segmentation, box: Box, reach_mm: float) -> Box:
    """A box with room for a reach, and a voxel more, on all sides, cut off at the grid."""
    geometry = segmentation.geometry
    return widened_by_mm(box, geometry.affine[:3, :3], reach_mm, geometry.shape)


def reshaped_edit(
    segmentation: Segmentation,
    corner: Corner,
    wanted: NDArray[np.bool_],
    number: int,
    authorship: Authorship,
    protection: Protection | None = None,
) -> Edit:
    """The edit that gives a segment another shape within a patch that holds all of it.

    Slices keep how they came to be, with the author, time and tool of this change; slices that
    the segment reaches for the first time are propagated.

    Raises:
        EditError: there is no such segment, or it is locked.
    """
    edit = paint_edit(
        segmentation,
        corner,
        wanted,
        number,
        authorship,
        mode="replace",
        protection=protection,
    )
    return _with_kept_origins(segmentation, edit)


def relabelled_edit(
    segmentation: Segmentation,
    corner: Corner,
    wanted: NDArray[Any],
    numbers: Collection[int],
    authorship: Authorship,
    *,
    protection: Protection | None = None,
    gives_up: bool,
) -> Edit:
    """The edit that gives several segments voxels at once.

    Args:
        segmentation: what would be changed; it is only read.
        corner: the patch's first voxel; the patch lies inside the grid.
        wanted: the number of a segment, or 0, per voxel.
        numbers: the segments.
        authorship: who, when, with what.
        protection: what may be changed; None for the background alone.
        gives_up: whether the segments give up what is wanted for none of them or another one
            of them, and slices keep how they came to be; else they only gain.

    Raises:
        EditError: there is no such segment, nor the one to paint over, or one is locked.
    """
    for number in numbers:
        if segmentation.segment(number).is_locked:
            name = segmentation.segment(number).label
            raise EditError(f"A locked segment stays as it is; {name} is. Unlock it first.")
    rules = protection or Protection()
    if isinstance(rules.over, int):
        segmentation.segment(rules.over)
    sides = [slice(start, start + size) for start, size in zip(corner, wanted.shape, strict=True)]
    box = (sides[0], sides[1], sides[2])
    before = segmentation.array[box]
    taken = (wanted > 0) & rules.takeable(before)
    if gives_up:
        taken |= np.isin(before, list(numbers))
    patch = np.where(taken & rules.changeable(segmentation, box), wanted, before)
    edit = Edit.from_patch(segmentation, corner, patch, authorship)
    return _with_kept_origins(segmentation, edit) if gives_up else edit


def _with_kept_origins(segmentation: Segmentation, edit: Edit) -> Edit:
    origins = {}
    for (number, index), (before, after) in edit.origins.items():
        kept = None if before is None else before.origin
        if before is None and not (segmentation.array[index] == number).any():
            kept = Origin.PROPAGATED
        origins[number, index] = (before, _of_kind(after, kept))
    return replace(edit, origins=origins)


def _of_kind(origin: SliceOrigin | None, kind: Origin | None) -> SliceOrigin | None:
    return origin if origin is None or kind is None else replace(origin, origin=kind)
