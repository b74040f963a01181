"""Polygons to masks by the pixel-centre rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

#: A ring is a line, and holds nothing, when no point leaves it by more than this part of its
#: length: far below what a coordinate in a file can say, well above rounding.
_FLAT = 1e-12


def fill_rings(
    rings: Sequence[NDArray[np.float64]], shape: tuple[int, int], corner: tuple[int, int] = (0, 0)
) -> NDArray[np.bool_]:
    """Which pixel centres lie inside an odd number of the rings: boolean, of the given shape.

    The rule is half-open: a centre exactly on a top or left edge is in, on a bottom or right
    edge out. So a centre on an edge that two polygons share belongs to exactly one of them:
    polygons that tile a region fill each of its pixels once. Both ends of an edge are put in
    one order before anything is computed from them, so rounding cannot break this.

    Args:
        rings: (n, 2) finite points each, (row, column) in pixels with centres at integers; the
            last point joins the first, whether or not it repeats it. Rings may cross, touch
            and lie partly or wholly outside. A ring that is a point or a line holds nothing.
        shape: rows and columns of the mask.
        corner: row and column of the mask's first pixel. The points stay as they are, so that
            a part of a plane is filled exactly as it is in the whole.
    """
    mask = np.zeros(shape, dtype=np.bool_)
    if rings and mask.size:
        points, ends = joined(rings)
        _fill(points, ends, mask, corner[0], corner[1])
    return mask


def joined(rings: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """All rings' points in one array, and where in it each ring ends, as kernels take them."""
    if len(rings) == 1:
        return plain_points(rings[0]), np.array((len(rings[0]),))
    points = np.concatenate(rings, dtype=np.float64) if rings else np.empty((0, 2))
    return points, np.cumsum([len(ring) for ring in rings], dtype=np.int64)


def plain_points(points: NDArray[Any]) -> NDArray[np.float64]:
    """The points as writable C-ordered float64: themselves if they are that, else a copy.

    A kernel would be compiled once more for each other kind, as for arrays that are read-only.
    """
    if points.dtype == np.float64 and points.flags.carray:
        return points
    return np.array(points, dtype=np.float64, order="C")


@numba.njit(nogil=True, cache=True)
def farthest_coordinate(points: NDArray[Any]) -> float:
    """The largest coordinate of (n, 2) points without its sign; inf where one is not finite."""
    farthest = 0.0
    for point in range(points.shape[0]):
        if not (np.isfinite(points[point, 0]) and np.isfinite(points[point, 1])):
            return np.inf
        farthest = max(farthest, abs(points[point, 0]), abs(points[point, 1]))
    return farthest


@numba.njit(nogil=True, cache=True)
def _fill(
    points: NDArray[Any], ends: NDArray[Any], mask: NDArray[Any], first_row: int, first_column: int
) -> None:
    """Find where each row changes sides, put that in order, and fill every other span."""
    rows, columns = mask.shape
    solid = _solid_rings(points, ends)
    past = _crossings_per_row(points, ends, solid, rows, first_row)
    crossings = np.empty(past[rows], dtype=np.int32)
    window = (first_row, first_column, columns)
    first = 0
    for ring in range(ends.size):
        previous = ends[ring] - 1
        for here in range(first if solid[ring] else ends[ring], ends[ring]):
            _cross(points, previous, here, crossings, past, window)
            previous = here
        first = ends[ring]
    start = 0
    for row in range(rows):
        _sort(crossings, start, past[row])
        for entry in range(start, past[row] - 1, 2):
            mask[row, crossings[entry] : crossings[entry + 1]] = True
        start = past[row]


@numba.njit(nogil=True, cache=True)
def _solid_rings(points: NDArray[Any], ends: NDArray[Any]) -> NDArray[Any]:
    """Which rings are neither a point nor a line."""
    solid = np.zeros(ends.size, dtype=np.bool_)
    first = 0
    for ring in range(ends.size):
        solid[ring] = ends[ring] - first >= 3 and not _is_flat(points, first, ends[ring])
        first = ends[ring]
    return solid


@numba.njit(nogil=True, cache=True)
def _is_flat(points: NDArray[Any], first: int, end: int) -> bool:
    row, column = points[first, 0], points[first, 1]
    longest, along_row, along_column = 0.0, 0.0, 0.0
    for point in range(first + 1, end):
        arm_row, arm_column = points[point, 0] - row, points[point, 1] - column
        squared = arm_row * arm_row + arm_column * arm_column
        if squared > longest:
            longest, along_row, along_column = squared, arm_row, arm_column
    for point in range(first + 1, end):
        arm_row, arm_column = points[point, 0] - row, points[point, 1] - column
        if abs(arm_row * along_column - arm_column * along_row) > _FLAT * longest:
            return False
    return True


@numba.njit(nogil=True, cache=True)
def _rows_crossed(one: float, other: float, rows: int, first_row: int) -> tuple[int, int]:
    """The first row of the mask whose centres an edge crosses, and one past the last."""
    first = np.ceil(min(one, other)) - first_row
    past = np.ceil(max(one, other)) - first_row
    return int(max(0.0, min(first, rows))), int(max(0.0, min(past, rows)))


@numba.njit(nogil=True, cache=True)
def _crossings_per_row(
    points: NDArray[Any], ends: NDArray[Any], solid: NDArray[Any], rows: int, first_row: int
) -> NDArray[Any]:
    """Where each row's crossings begin in a list of all; the last entry is how many there are."""
    count = np.zeros(rows + 1, dtype=np.int64)
    first = 0
    for ring in range(ends.size):
        previous = ends[ring] - 1
        for here in range(first if solid[ring] else ends[ring], ends[ring]):
            top, past = _rows_crossed(points[previous, 0], points[here, 0], rows, first_row)
            count[top] += 1
            count[past] -= 1
            previous = here
        first = ends[ring]
    crossed = begin = 0
    for row in range(rows + 1):
        crossed += count[row]
        count[row] = begin
        begin += crossed
    return count


@numba.njit(nogil=True, cache=True)
def _cross(
    points: NDArray[Any],
    one: int,
    other: int,
    crossings: NDArray[Any],
    past: NDArray[Any],
    window: tuple[int, int, int],
) -> None:
    """List, for each row that an edge crosses, the first pixel centre right of it or on it."""
    first_row, first_column, columns = window
    top, bottom = one, other
    if points[bottom, 0] < points[top, 0]:
        top, bottom = other, one
    top_row, top_column = points[top, 0], points[top, 1]
    rise, run = points[bottom, 0] - top_row, points[bottom, 1] - top_column
    first, end = _rows_crossed(top_row, points[bottom, 0], past.size - 1, first_row)
    for row in range(first, end):
        # Multiplied before divided: exact wherever the points are whole or half pixels.
        crossing = top_column + (row + first_row - top_row) * run / rise
        column = np.ceil(crossing) - first_column
        crossings[past[row]] = int(max(0.0, min(column, columns)))
        past[row] += 1


@numba.njit(nogil=True, cache=True)
def _sort(values: NDArray[Any], start: int, end: int) -> None:
    """Put a part of a list in order, by Shell's sort: most rows have two crossings."""
    gap = 1
    while 3 * gap < end - start:
        gap = 3 * gap + 1
    while gap:
        for place in range(start + gap, end):
            value = values[place]
            before = place - gap
            while before >= start and values[before] > value:
                values[before + gap] = values[before]
                before -= gap
            values[before + gap] = value
        gap //= 3
