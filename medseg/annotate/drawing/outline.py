"""Drawn outlines become voxels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.annotate.conditions import one_segment
from medseg.annotate.drawing.rings import Ring, checked_rings, checked_shape
from medseg.annotate.painting import Mode, Protection, paint_edit
from medseg.errors import EditError
from medseg.model import Authorship, Contour, Edit, Segmentation
from medseg.raster import fill_rings

#: Rows and columns of the part of a plane that matters.
Part = tuple[slice, slice]


def fill_polygon(
    points_rc: ArrayLike | Sequence[ArrayLike], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Which pixel centres lie inside a polygon: boolean, of the given shape.

    The rule is half-open: a centre exactly on a top or left edge is in, on a bottom or right
    edge out, so that polygons that tile a region fill each pixel exactly once. What lies
    beyond the shape is cut off. With fewer than three distinct points, or no area, all False.

    Args:
        points_rc: one (n, 2) array-like of (row, column) indices, pixel centres at integers,
            closed or not; or a list of such rings, combined even-odd, so that a ring within a
            ring is a hole.
        shape: rows and columns of the mask.

    Raises:
        EditError: points that are not (n, 2), not finite, or further than 1e9 pixels away; a
            shape that is not two whole numbers from 0 up.
    """
    return fill_rings(checked_rings(points_rc), checked_shape(shape))


def outline_edit(
    segmentation: Segmentation,
    contours: Sequence[Contour],
    authorship: Authorship,
    *,
    mode: Mode = "add",
    protection: Protection | None = None,
) -> Edit:
    """The edit that an outline asks for; building it changes nothing.

    Contours on one slice combine even-odd, so a ring within a ring is a hole. "add" gives the
    segment what is inside and may be taken, "subtract" takes from it what is inside, "replace"
    makes the segment on these slices what "add" would on empty ones. Every slice drawn on is
    recorded as drawn by hand, even where no voxel changes. What lies beyond the grid in plane
    is cut off.

    Args:
        segmentation: what would be changed; it is only read.
        contours: closed polygons of one segment, each in a slice of the grid.
        authorship: who, when, with what.
        mode: what to do with the voxels inside.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: there is no contour; they belong to several segments or to none of this
            segmentation, or to a locked one; or the outline on a slice holds no voxel centre
            of the grid.
        GeometryError: a contour does not lie in one slice of the grid.
    """
    number = one_segment(segmentation, contours, "An outline")
    rings = _rings_by_slice(segmentation, contours)
    part = _part_drawn_on(segmentation, number, rings, mode)
    first, last = min(rings), max(rings)
    inside = np.zeros((last + 1 - first, *_sizes(part)), bool)
    if mode == "replace":
        # What lies between the slices drawn on stays as it is.
        inside[:] = segmentation.array[first : last + 1, part[0], part[1]] == number
    for index, on_slice in rings.items():
        inside[index - first] = _filled(on_slice, part, index)
    return paint_edit(
        segmentation,
        (first, part[0].start, part[1].start),
        inside,
        number,
        authorship,
        mode=mode,
        protection=protection,
        also_origin_of=tuple((number, index) for index in rings),
    )


def _rings_by_slice(
    segmentation: Segmentation, contours: Sequence[Contour]
) -> dict[int, list[Ring]]:
    rings: dict[int, list[Ring]] = {}
    for contour in contours:
        index, points = contour.to_slice(segmentation.geometry)
        rings.setdefault(index, []).extend(checked_rings(points))
    return dict(sorted(rings.items()))


def _part_drawn_on(
    segmentation: Segmentation, number: int, rings: dict[int, list[Ring]], mode: Mode
) -> Part:
    """The part of the plane that all rings reach; for "replace" also the segment on its slices."""
    points = np.concatenate([ring for on_slice in rings.values() for ring in on_slice])
    low, high = np.floor(points.min(axis=0)).astype(int), np.ceil(points.max(axis=0)).astype(int)
    if mode == "replace":
        own = [np.argwhere(segmentation.array[index] == number) for index in rings]
        reach = np.concatenate([low[None], high[None], *own])
        low, high = reach.min(axis=0), reach.max(axis=0)
    sides = [
        slice(min(max(int(start), 0), size - 1), min(max(int(stop) + 1, 1), size))
        for start, stop, size in zip(low, high, segmentation.geometry.shape[1:], strict=True)
    ]
    return sides[0], sides[1]


def _sizes(part: Part) -> tuple[int, int]:
    return part[0].stop - part[0].start, part[1].stop - part[1].start


def _filled(rings: list[Ring], part: Part, index: int) -> NDArray[np.bool_]:
    mask = fill_rings(rings, _sizes(part), (part[0].start, part[1].start))
    if not mask.any():
        raise EditError(
            f"An outline encloses at least one voxel centre of the grid; the one on slice "
            f"{index} encloses none: it is too small, has no area, or lies outside the image. "
            "Draw it larger, or upon the image."
        )
    return mask
