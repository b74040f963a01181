"""How much of each pixel lies inside a polygon, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.raster.polygon import joined


def ring_coverage(
    rings: Sequence[NDArray[np.float64]], shape: tuple[int, int], corner: tuple[int, int] = (0, 0)
) -> NDArray[np.float32]:
    """The part of each pixel's area inside an odd number of the rings: 0 to 1, float32.

    Exact up to rounding, for rings that cross, touch and nest too: summed, it is the area of
    what lies within the mask, in pixels. Without rings, 0 everywhere.

    Each row of pixels is cut where an edge begins, ends or meets another one. Between two cuts
    edges do not change their order, so that every other gap between them is inside, and is a
    trapezoid.

    Args:
        rings: (n, 2) finite points each, (row, column) in pixels with centres at integers; the
            last point joins the first.
        shape: rows and columns.
        corner: row and column of the first pixel.
    """
    inside = np.zeros(shape, dtype=np.float32)
    solid = [ring for ring in rings if len(ring) > 2]
    if not solid or not inside.size:
        return inside
    points, ends = joined(solid)
    # From now on in the mask's own frame, with pixel edges at integers.
    edges = _edges(points - (np.array(corner) - 0.5), ends)
    _cover(edges, inside)
    return inside


def _edges(points: NDArray[np.float64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each edge that crosses rows, (n, 4): row, column, row, column; the topmost first."""
    following = np.arange(1, len(points) + 1)
    following[ends - 1] = np.concatenate([[0], ends[:-1]])
    edges = np.concatenate([points, points[following]], axis=1)
    upwards = edges[:, 0] > edges[:, 2]
    edges[upwards] = edges[upwards][:, (2, 3, 0, 1)]
    edges = edges[edges[:, 0] < edges[:, 2]]
    return edges[np.argsort(edges[:, 0])]


@numba.njit(nogil=True, cache=True)
def _cover(edges: NDArray[Any], inside: NDArray[Any]) -> None:
    rows = inside.shape[0]
    active = np.empty_like(edges)
    count = coming = 0
    for row in range(rows):
        kept = 0
        for place in range(count):
            if active[place, 2] > row:
                active[kept] = active[place]
                kept += 1
        count = kept
        while coming < len(edges) and edges[coming, 0] < row + 1:
            if edges[coming, 2] > row:
                active[count] = edges[coming]
                count += 1
            coming += 1
        if count:
            _cover_row(active[:count], row, inside[row])


@numba.njit(nogil=True, cache=True)
def _cover_row(edges: NDArray[Any], row: int, inside: NDArray[Any]) -> None:
    """Add up one row of pixels from the edges that cross it."""
    cuts = _cuts(edges, row)
    # What each pixel holds beside an edge, and what all pixels from one on hold in full.
    beside = np.zeros(inside.size + 1)
    onwards = np.zeros(inside.size + 1)
    order = np.empty(len(edges), dtype=np.int64)
    middles = np.empty(len(edges))
    for cut in range(len(cuts) - 1):
        top, bottom = cuts[cut], cuts[cut + 1]
        crossing = 0
        for edge in range(len(edges)):
            if edges[edge, 0] <= top < bottom <= edges[edge, 2]:
                middle = _column(edges[edge], (top + bottom) / 2)
                place = _room_for(middle, middles, crossing)
                for later in range(crossing, place, -1):
                    order[later] = order[later - 1]
                order[place] = edge
                crossing += 1
        height = bottom - top
        for place in range(crossing):
            edge = order[place]
            one, other = _column(edges[edge], top), _column(edges[edge], bottom)
            _cover_right_of(min(one, other), max(one, other), height, beside, onwards)
            height = -height
    whole = 0.0
    for column in range(inside.size):
        whole += onwards[column]
        inside[column] = max(0.0, min(1.0, whole + beside[column]))


@numba.njit(nogil=True, cache=True)
def _room_for(value: float, values: NDArray[Any], count: int) -> int:
    """Put a value in its place among the first `count` ascending ones; where that is."""
    place = count
    while place > 0 and values[place - 1] > value:
        values[place] = values[place - 1]
        place -= 1
    values[place] = value
    return place


@numba.njit(nogil=True, cache=True)
def _cuts(edges: NDArray[Any], row: int) -> NDArray[Any]:
    """Where in a row of pixels an edge begins, ends or meets another one: ascending."""
    cuts = np.empty(2 + len(edges) * (len(edges) + 3) // 2)
    cuts[0], cuts[1] = row, row + 1
    count = 2
    for one in range(len(edges)):
        for end in (edges[one, 0], edges[one, 2]):
            if row < end < row + 1:
                _room_for(end, cuts, count)
                count += 1
        for other in range(one):
            meeting = _meeting(edges[one], edges[other])
            if row < meeting < row + 1:
                _room_for(meeting, cuts, count)
                count += 1
    return cuts[:count]


@numba.njit(nogil=True, cache=True)
def _meeting(one: NDArray[Any], other: NDArray[Any]) -> float:
    """The row at which two edges' lines meet; -1 if they are parallel or meet at an end."""
    top, bottom = max(one[0], other[0]), min(one[2], other[2])
    above = _column(one, top) - _column(other, top)
    below = _column(one, bottom) - _column(other, bottom)
    if top >= bottom or above * below >= 0:
        return -1.0
    return float(top + (bottom - top) * above / (above - below))


@numba.njit(nogil=True, cache=True)
def _column(edge: NDArray[Any], row: float) -> float:
    """Where an edge is at a row: exact at its ends."""
    if row == edge[2]:
        return float(edge[3])
    return float(edge[1] + (row - edge[0]) * (edge[3] - edge[1]) / (edge[2] - edge[0]))


@numba.njit(nogil=True, cache=True)
def _cover_right_of(
    left: float, right: float, height: float, beside: NDArray[Any], onwards: NDArray[Any]
) -> None:
    """Add what lies right of a piece of edge that goes from column `left` to `right`."""
    columns = beside.size - 1
    first = int(max(0.0, min(np.floor(left), columns)))
    last = int(max(-1.0, min(np.floor(right), columns - 1)))
    onwards[max(0, min(last + 1, columns))] += height
    for column in range(first, last + 1):
        start, end = max(left, column), min(right, column + 1)
        share = (end - start) / (right - left) if right > left else 1.0
        passed = (start - left) / (right - left) if right > left else 0.0
        beside[column] += height * (passed + share * (column + 1 - (start + end) / 2))
