"""Outlines drawn across the slices, on a coronal or sagittal plane, become voxels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.annotate.conditions import one_segment
from medseg.annotate.drawing.outline import outline_edit
from medseg.annotate.drawing.rings import Ring, checked_rings
from medseg.annotate.painting import Mode, Protection, paint_edit
from medseg.errors import EditError, GeometryError
from medseg.model import Authorship, Contour, Edit, Geometry, Segmentation
from medseg.raster import fill_rings

#: How far a contour may leave its layer of voxels, in layers.
_IN_LAYER = 0.05
#: Digits of an index that the way through the patient and back leaves as they were.
_DIGITS = 6


def layer_outline_edit(
    segmentation: Segmentation,
    contours: Sequence[Contour],
    authorship: Authorship,
    *,
    axis: int,
    mode: Mode = "add",
    protection: Protection | None = None,
) -> Edit:
    """The edit that an outline asks for which lies in one layer of voxels across any axis.

    Across axis 0, the slices, it is `outline_edit`. Across another one the outline is filled in
    the layer's own grid, even-odd, and goes through many slices: those on which a voxel of the
    segment changes are recorded as drawn by hand, and no others, for no more of a slice was
    seen than the line in which the layer cuts it. "replace" makes the segment in this layer
    what "add" would in an empty one.

    Args:
        segmentation: what would be changed; it is only read.
        contours: closed polygons of one segment, all in the same layer.
        authorship: who, when, with what.
        axis: the array axis that the layer lies across.
        mode: what to do with the voxels inside.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: as `outline_edit`; or there is no such axis.
        GeometryError: the contours do not lie in one layer of the grid.
    """
    if axis == 0:
        return outline_edit(segmentation, contours, authorship, mode=mode, protection=protection)
    if axis not in (1, 2):
        raise EditError(f"A layer of voxels lies across axis 0, 1 or 2; found {axis!r}.")
    number = one_segment(segmentation, contours, "An outline")
    layer, rings = _rings_in_layer(segmentation.geometry, contours, axis)
    section = np.asarray(segmentation.array.take(layer, axis) == number)
    start, sizes = _part(rings, section, mode)
    inside = _filled(rings, start, sizes)
    corner = [start[0], start[1]]
    corner.insert(axis, layer)
    return paint_edit(
        segmentation,
        (corner[0], corner[1], corner[2]),
        np.expand_dims(inside, axis),
        number,
        authorship,
        mode=mode,
        protection=protection,
    )


def _rings_in_layer(
    geometry: Geometry, contours: Sequence[Contour], axis: int
) -> tuple[int, list[Ring]]:
    """Which layer contours lie in, and their points in its own two indices."""
    index = [np.round(geometry.to_index(one.points_lps), _DIGITS) for one in contours]
    along = np.concatenate([one[:, axis] for one in index])
    layer = round(float(along.mean()))
    off = float(np.abs(along - layer).max())
    if off > _IN_LAYER or not 0 <= layer < geometry.shape[axis]:
        raise GeometryError(
            f"An outline lies in one layer of voxels across axis {axis}; this one is {off:.2f} "
            f"layers off layer {layer} of 0 to {geometry.shape[axis] - 1}."
        )
    return layer, checked_rings([np.delete(one, axis, axis=1) for one in index])


def _part(
    rings: list[Ring], section: NDArray[np.bool_], mode: Mode
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The part of the layer that the rings reach: first pixel and sizes."""
    points = np.concatenate(rings)
    reach = [np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))]
    if mode == "replace":
        reach = [*reach, *np.argwhere(section)]
    low, high = np.min(reach, axis=0), np.max(reach, axis=0)
    first = np.clip(low, 0, np.array(section.shape) - 1).astype(int)
    past = np.clip(high + 1, first + 1, section.shape).astype(int)
    sizes = past - first
    return (int(first[0]), int(first[1])), (int(sizes[0]), int(sizes[1]))


def _filled(rings: list[Ring], start: tuple[int, int], sizes: tuple[int, int]) -> NDArray[np.bool_]:
    inside = fill_rings(rings, sizes, start)
    if not inside.any():
        raise EditError(
            "An outline encloses at least one voxel centre of the grid; this one encloses none: "
            "it is too small, has no area, or lies outside the image. Draw it larger."
        )
    return inside


def moved_outline_edit(
    segmentation: Segmentation,
    before: Contour,
    after: Contour,
    authorship: Authorship,
    *,
    axis: int = 0,
    protection: Protection | None = None,
) -> Edit:
    """The edit that a contour asks for some of whose points a hand has moved, added or deleted.

    The segment gains what the contour encloses only afterwards, and loses what it enclosed only
    before; whatever else of the layer there is stays bit for bit, so a contour may have fewer
    points than the voxels' edges and yet move nothing where it was not touched.

    Args:
        segmentation: what would be changed; it is only read.
        before: the contour as it was shown.
        after: the same as it is now, in the same layer and of the same segment.
        authorship: who, when, with what.
        axis: the array axis that the layer lies across.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: they are of two segments, or none of this segmentation, or a locked one.
        GeometryError: they do not lie in one layer of the grid.
    """
    number = one_segment(segmentation, (before, after), "A contour")
    layer, rings = _rings_in_layer(segmentation.geometry, (before, after), axis)
    section = np.asarray(segmentation.array.take(layer, axis) == number)
    start, sizes = _part(rings, section, "replace")
    was, now = (fill_rings([ring], sizes, start) for ring in rings)
    own = section[start[0] : start[0] + sizes[0], start[1] : start[1] + sizes[1]]
    corner = [start[0], start[1]]
    corner.insert(axis, layer)
    return paint_edit(
        segmentation,
        (corner[0], corner[1], corner[2]),
        np.expand_dims((own | (now & ~was)) & ~(was & ~now), axis),
        number,
        authorship,
        mode="replace",
        protection=protection,
    )
