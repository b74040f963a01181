"""Convex hulls of sections, in whole numbers, and the points furthest apart.

A section's outline is taken as the midpoints of its pixels' outer edges. Between two of its
pixels every midpoint lies inside the hull, so that the ends of each row tell the whole hull.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


def edge_hulls(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """For each slice (n, 2) row and column of the hull's corners, in their order around it.

    The hull is that of the midpoints of the pixels' edges; n is 0 where the slice is empty.
    """
    return [_edge_hull(section) / 2.0 for section in mask]


def center_hulls(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """The same of the pixels' centres."""
    return [_center_hull(section) / 2.0 for section in mask]


@njit(nogil=True, cache=True)
def _edge_hull(section: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Corners (n, 2) in half pixels."""
    first, last = _row_ends(section)
    rows = len(first)
    low = np.full(2 * rows + 1, 4 * section.shape[1])
    high = np.full(2 * rows + 1, -2)
    for row in range(rows):
        if first[row] >= 0:
            for line, reach in ((2 * row, 0), (2 * row + 1, 1), (2 * row + 2, 0)):
                low[line] = min(low[line], 2 * first[row] - reach)
                high[line] = max(high[line], 2 * last[row] + reach)
    return _around(low, high, -1, 1)


@njit(nogil=True, cache=True)
def _center_hull(section: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Corners (n, 2) in half pixels."""
    first, last = _row_ends(section)
    low, high = 2 * first, 2 * last
    for row in range(len(first)):
        if first[row] < 0:
            low[row] = 4 * section.shape[1]
    return _around(low, high, 0, 2)


@njit(nogil=True, cache=True)
def _row_ends(section: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each row's first and last pixel; -1 where it has none."""
    rows, columns = section.shape
    first, last = np.full(rows, -1), np.full(rows, -1)
    for row in range(rows):
        for column in range(columns):
            if section[row, column]:
                first[row] = column
                break
        if first[row] >= 0:
            for column in range(columns - 1, -1, -1):
                if section[row, column]:
                    last[row] = column
                    break
    return first, last


@njit(nogil=True, cache=True)
def _around(
    low: NDArray[np.int64], high: NDArray[np.int64], start: int, step: int
) -> NDArray[np.int64]:
    """The hull of lines' two ends (Andrew's chain): down along the low ends, up the high ones."""
    corners = np.empty((2 * len(low) + 2, 2), np.int64)
    count = 0
    for side in range(2):
        base = count
        for place in range(len(low)):
            line = place if side == 0 else len(low) - 1 - place
            if low[line] > high[line]:
                continue
            row = start + step * line
            column = low[line] if side == 0 else high[line]
            while count - base >= 2 and not _turns(
                corners[count - 2], corners[count - 1], row, column
            ):
                count -= 1
            corners[count, 0], corners[count, 1] = row, column
            count += 1
    return _without_doubles(corners[:count])


@njit(nogil=True, cache=True)
def _turns(before: NDArray[np.int64], corner: NDArray[np.int64], row: int, column: int) -> bool:
    """Whether the way over the corner bends to the hull's inside."""
    down, across = corner[0] - before[0], corner[1] - before[1]
    return bool(down * (column - corner[1]) - across * (row - corner[0]) > 0)


@njit(nogil=True, cache=True)
def _without_doubles(corners: NDArray[np.int64]) -> NDArray[np.int64]:
    """The corners without those equal to the next one, around; the last of all always stays."""
    kept = np.ones(len(corners), np.bool_)
    for place in range(len(corners) - 1):
        one, following = corners[place], corners[place + 1]
        ends = corners[-1]
        kept[place] = (one[0] != following[0] or one[1] != following[1]) and (
            place > 0 or one[0] != ends[0] or one[1] != ends[1]
        )
    return corners[kept]


@njit(nogil=True, cache=True)
def furthest(points: NDArray[np.float64]) -> tuple[int, int, float]:
    """The two points (n, 3) that are furthest apart, and how far; the first of equal pairs."""
    one, other, best = 0, 0, 0.0
    for i in range(len(points)):
        for j in range(i + 1, len(points)):
            apart = 0.0
            for axis in range(3):
                apart += (points[i, axis] - points[j, axis]) ** 2
            if apart > best:
                one, other, best = i, j, apart
    return one, other, np.sqrt(best)


@njit(nogil=True, cache=True)
def widest_across(
    along: NDArray[np.float64], across: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Where along an axis a convex polygon is widest across it, and from where to where.

    The width is a concave function of the place along the axis, with kinks where it passes a
    corner, so the widest place is at a corner.
    """
    best, place, start, stop = -1.0, 0.0, 0.0, 0.0
    for here in along:
        low, high = np.inf, -np.inf
        for corner in range(len(along)):
            run = along[corner] - along[corner - 1]
            part = (here - along[corner - 1]) / run if run != 0.0 else 1.0
            if along[corner] == here:
                part = 1.0
            if 0.0 <= part <= 1.0 and (run != 0.0 or along[corner] == here):
                met = across[corner - 1] + part * (across[corner] - across[corner - 1])
                low, high = min(low, met), max(high, met)
        if high - low > best:
            best, place, start, stop = high - low, here, low, high
    return place, start, stop
