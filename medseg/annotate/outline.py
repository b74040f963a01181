"""Drawn outlines become voxels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import EditError
from medseg.model import Authorship, Contour, Edit, Segmentation
from medseg.raster import fill_rings, span

#: Beyond this distance from the grid, in pixels, a point is a mistake and not a place.
_FARTHEST = 1e9

Mode = Literal["add", "subtract", "replace"]
Ring = NDArray[np.float64]


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
    return fill_rings([_checked_ring(ring) for ring in _rings_of(points_rc)], _checked_shape(shape))


def outline_edit(
    segmentation: Segmentation,
    contours: Sequence[Contour],
    authorship: Authorship,
    *,
    mode: Mode = "add",
) -> Edit:
    """The edit that an outline asks for; building it changes nothing.

    Contours on one slice combine even-odd, so a ring within a ring is a hole. "add" gives the
    segment what is inside and free, "subtract" takes from it what is inside, "replace" makes
    the segment on these slices what "add" would on empty ones. Voxels of other segments are
    never changed. Every slice drawn on is recorded as drawn by hand, even where no voxel
    changes. What lies beyond the grid in plane is cut off.

    Args:
        segmentation: what would be changed; it is only read.
        contours: closed polygons of one segment, each in a slice of the grid.
        authorship: who, when, with what.
        mode: what to do with the voxels inside.

    Raises:
        EditError: there is no contour; they belong to several segments or to none of this
            segmentation; or the outline on a slice holds no voxel centre of the grid.
        GeometryError: a contour does not lie in one slice of the grid.
    """
    if mode not in ("add", "subtract", "replace"):
        raise EditError(f'An outline is used to "add", "subtract" or "replace"; found {mode!r}.')
    number = _one_segment(segmentation, contours)
    outlines = _masks_by_slice(segmentation, contours)
    first, last = min(outlines), max(outlines)
    rows, columns = _reach(segmentation, number, outlines)
    patch = segmentation.array[first : last + 1, rows, columns].copy()
    for index, outline in outlines.items():
        _draw(patch[index - first], outline[rows, columns], number, mode)
    corner = (first, rows.start, columns.start)
    drawn = tuple((number, index) for index in outlines)
    return Edit.from_patch(segmentation, corner, patch, authorship, also_origin_of=drawn)


def _draw(plane: NDArray[Any], inside: NDArray[np.bool_], number: int, mode: Mode) -> None:
    own = plane == number
    if mode == "subtract":
        plane[own & inside] = 0
        return
    if mode == "replace":
        plane[own & ~inside] = 0
    plane[inside & (plane == 0)] = number


def _one_segment(segmentation: Segmentation, contours: Sequence[Contour]) -> int:
    numbers = sorted({contour.segment for contour in contours})
    if len(numbers) != 1:
        raise EditError(
            f"An outline is of one segment; found contours of {numbers}. "
            "Draw and apply one segment after the other."
        )
    return segmentation.segment(numbers[0]).number


def _masks_by_slice(
    segmentation: Segmentation, contours: Sequence[Contour]
) -> dict[int, NDArray[np.bool_]]:
    """Slice -> what its rings enclose, over the whole plane."""
    rings: dict[int, list[Ring]] = {}
    for contour in contours:
        index, points = contour.to_slice(segmentation.geometry)
        rings.setdefault(index, []).append(points)
    _, rows, columns = segmentation.geometry.shape
    masks = {index: fill_polygon(rings[index], (rows, columns)) for index in sorted(rings)}
    for index, mask in masks.items():
        if not mask.any():
            raise EditError(
                f"An outline encloses at least one voxel centre of the grid; the one on slice "
                f"{index} encloses none: it is too small, has no area, or lies outside the "
                f"{rows} x {columns} pixels. Draw it larger, or upon the image."
            )
    return masks


def _reach(
    segmentation: Segmentation, number: int, outlines: dict[int, NDArray[np.bool_]]
) -> tuple[slice, slice]:
    """Rows and columns that hold all outlines and, on their slices, the segment."""
    planes = [mask | (segmentation.array[index] == number) for index, mask in outlines.items()]
    union = np.logical_or.reduce(planes)
    return span(union.any(axis=1)), span(union.any(axis=0))


def _rings_of(points_rc: ArrayLike | Sequence[ArrayLike]) -> list[ArrayLike]:
    """The rings of either form: one ring is a sequence of pairs, several a sequence of rings."""
    if isinstance(points_rc, np.ndarray) and points_rc.ndim == 2:
        return [points_rc]
    rings = list(points_rc) if isinstance(points_rc, Sequence | np.ndarray) else [points_rc]
    if rings and all(_is_pair(ring) for ring in rings):
        return [rings]  # type: ignore[list-item]
    return rings


def _is_pair(ring: ArrayLike) -> bool:
    try:
        return np.ndim(ring) == 1
    except ValueError:  # ragged: numpy cannot tell; it is no pair
        return False


def _checked_ring(ring: ArrayLike) -> Ring:
    try:
        given = np.asarray(ring)
        points = given.astype(
            np.float64, casting="unsafe" if given.dtype == object else "same_kind"
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise EditError(f"A polygon is (n, 2) numbers (row, column); found {error}.") from error
    if points.size == 0:
        return points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise EditError(f"A polygon is (n, 2) points (row, column); found shape {points.shape}.")
    if not np.isfinite(points).all():
        raise EditError("A polygon's points are finite numbers; found NaN or infinity.")
    if np.abs(points).max() > _FARTHEST:
        raise EditError(
            f"A polygon lies near the grid; found a point {np.abs(points).max():.3g} pixels away. "
            "Its points are (row, column) indices, not millimetres of another frame."
        )
    return points


def _checked_shape(shape: tuple[int, int]) -> tuple[int, int]:
    try:
        sizes = tuple(int(size) for size in shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise EditError(f"A mask's shape is (rows, columns); found {shape!r}.") from error
    if len(sizes) != 2 or min(sizes) < 0 or sizes != tuple(shape):
        raise EditError(f"A mask's shape is two whole numbers from 0 up; found {shape!r}.")
    return sizes[0], sizes[1]
