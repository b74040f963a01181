"""Which parts of one key slice go on in which parts of the next."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.parts import COLUMNS, COUNT, ROWS

#: Parts that do not meet are joined up to this many times the sum of their radii.
REACH = 8.0


@numba.njit(nogil=True, cache=True)
def link(
    parts_a: NDArray[Any],
    table_a: NDArray[Any],
    parts_b: NDArray[Any],
    table_b: NDArray[Any],
    pixel_ratio: float,
) -> tuple[NDArray[Any], NDArray[Any], int]:
    """The group of each part of `a` and of `b`, from 0 on, and how many groups there are.

    Parts that overlap are in one group; where the sections as a whole, laid centroid on
    centroid, overlap more than in place, that is looked at instead. A part that meets none is
    joined to the nearest one of the other section that meets none, if each is the other's
    nearest and they are not too far apart (`REACH`); the nearest of all are joined in any case
    if nothing else is, since the object goes on. What is left is a group of its own: it begins
    or ends between the two. Exchanging `a` and `b` gives the same groups.

    Args:
        parts_a: 2D, the number of each pixel's part, from `find_parts`.
        table_a: its parts' sums, from `measure_parts`.
        parts_b: the other section, of the same shape.
        table_b: its parts' sums.
        pixel_ratio: a pixel's height over its width.
    """
    count_a, count_b = len(table_a), len(table_b)
    group = np.arange(count_a + count_b)
    if count_a == 1 and count_b == 1:
        group[1] = 0
    else:
        meets = _better_overlaps(parts_a, table_a, parts_b, table_b)
        _join_meeting(meets, table_a, table_b, group)
        _join_nearest(meets, table_a, table_b, pixel_ratio, group)
    return _numbered(group, count_a)


@numba.njit(nogil=True, cache=True)
def _overlaps(
    parts_a: NDArray[Any], parts_b: NDArray[Any], count_a: int, count_b: int, down: int, along: int
) -> NDArray[Any]:
    """Common pixels of each pair, the first section moved by whole pixels."""
    result = np.zeros((count_a, count_b))
    rows, columns = parts_a.shape
    for row in range(max(0, -down), min(rows, rows - down)):
        for column in range(max(0, -along), min(columns, columns - along)):
            a = parts_a[row, column]
            if a:
                b = parts_b[row + down, column + along]
                if b:
                    result[a - 1, b - 1] += 1
    return result


@numba.njit(nogil=True, cache=True)
def _better_overlaps(
    parts_a: NDArray[Any], table_a: NDArray[Any], parts_b: NDArray[Any], table_b: NDArray[Any]
) -> NDArray[Any]:
    """In place, or centroid on centroid if more pixels meet then."""
    size_a, size_b = table_a[:, COUNT].sum(), table_b[:, COUNT].sum()
    down = round(table_b[:, ROWS].sum() / size_b - table_a[:, ROWS].sum() / size_a)
    along = round(table_b[:, COLUMNS].sum() / size_b - table_a[:, COLUMNS].sum() / size_a)
    in_place = _overlaps(parts_a, parts_b, len(table_a), len(table_b), 0, 0)
    moved = _overlaps(parts_a, parts_b, len(table_a), len(table_b), down, along)
    return moved if moved.sum() > in_place.sum() else in_place


@numba.njit(nogil=True, cache=True)
def _join_meeting(
    meets: NDArray[Any], table_a: NDArray[Any], table_b: NDArray[Any], group: NDArray[Any]
) -> None:
    """Join each part with the one it shares most pixels with, and with all that it half covers."""
    count_a, count_b = meets.shape
    for a in range(count_a):
        for b in range(count_b):
            common = meets[a, b]
            if common == 0:
                continue
            most = common == meets[a].max() or common == meets[:, b].max()
            if most or 2 * common >= min(table_a[a, COUNT], table_b[b, COUNT]):
                _unite(group, a, count_a + b)


@numba.njit(nogil=True, cache=True)
def _join_nearest(
    meets: NDArray[Any],
    table_a: NDArray[Any],
    table_b: NDArray[Any],
    pixel_ratio: float,
    group: NDArray[Any],
) -> None:
    count_a, count_b = meets.shape
    far = np.full((count_a, count_b), np.inf)
    for a in range(count_a):
        for b in range(count_b):
            if meets[a].max() == 0 and meets[:, b].max() == 0:
                far[a, b] = distance(table_a[a], table_b[b], pixel_ratio)
    reach = max(REACH, far.min()) if meets.max() == 0 else REACH
    for a in range(count_a):
        for b in range(count_b):
            mutual = far[a, b] == far[a].min() and far[a, b] == far[:, b].min()
            if mutual and far[a, b] <= reach:
                _unite(group, a, count_a + b)


@numba.njit(nogil=True, cache=True)
def distance(one: NDArray[Any], other: NDArray[Any], pixel_ratio: float) -> float:
    """Between centroids, in sums of the radii of discs as large."""
    down = one[ROWS] / one[COUNT] - other[ROWS] / other[COUNT]
    along = one[COLUMNS] / one[COUNT] - other[COLUMNS] / other[COUNT]
    radii = np.sqrt(one[COUNT] * pixel_ratio / np.pi) + np.sqrt(other[COUNT] * pixel_ratio / np.pi)
    return float(np.hypot(down * pixel_ratio, along) / radii)


@numba.njit(nogil=True, cache=True)
def _unite(group: NDArray[Any], one: int, other: int) -> None:
    least, most = min(group[one], group[other]), max(group[one], group[other])
    for item in range(len(group)):
        if group[item] == most:
            group[item] = least


@numba.njit(nogil=True, cache=True)
def _numbered(group: NDArray[Any], count_a: int) -> tuple[NDArray[Any], NDArray[Any], int]:
    """The groups numbered without holes."""
    numbers = np.full(len(group), -1)
    count = 0
    for item in range(len(group)):
        if numbers[group[item]] < 0:
            numbers[group[item]] = count
            count += 1
        group[item] = numbers[group[item]]
    return group[:count_a], group[count_a:], count
