"""Rings with fewer points, close to where they were."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.raster.crossings import crossing_edges


def simplified_ring(ring: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """Which points of a ring are enough to stay within the tolerance of it: ascending indices.

    No point of the ring is further than the tolerance from the simplified one, nor the other
    way round, along the edges too. A ring that nowhere meets itself does not come to: where
    dropping points would make it, they are kept. At least three points are left.

    Args:
        ring: (n, 2) finite points, n >= 3, not closed by a repeated point.
        tolerance: largest distance, in the points' unit, 0 or more.

    Reference:
        Douglas & Peucker. Cartographica 10 (1973) 112-122.
    """
    points = np.array(ring, dtype=np.float64, order="C")
    kept = np.zeros(len(points), dtype=np.bool_)
    kept[_anchors(points)] = True
    while True:
        # Anew each time: what was near an edge may be far from the two that replace it.
        _keep_far(points, kept, float(tolerance))
        where = np.flatnonzero(kept)
        crossed = np.unique(crossing_edges(points[where]))
        more = [_middle(points, where, int(edge)) for edge in crossed]
        added = [point for point in more if point is not None]
        if not added:
            return where
        kept[added] = True


def _anchors(points: NDArray[np.float64]) -> list[int]:
    """Three points that stay: two far apart, and the one furthest from the line between."""
    one = int(np.linalg.norm(points - points.mean(axis=0), axis=1).argmax())
    arms = points - points[one]
    lengths = np.linalg.norm(arms, axis=1)
    lengths[one] = -1.0  # three different points, even where all are in one place
    other = int(lengths.argmax())
    off = np.abs(arms[:, 0] * arms[other, 1] - arms[:, 1] * arms[other, 0])
    off[[one, other]] = -1.0
    return [one, other, int(off.argmax())]


def _middle(points: NDArray[np.float64], where: NDArray[np.int64], edge: int) -> int | None:
    """The dropped point furthest from a simplified edge; None where none was dropped."""
    start, end = int(where[edge]), int(where[(edge + 1) % len(where)])
    between = (end - start) % len(points)
    if between < 2:
        return None
    return int(_furthest(points, start, start + between)[0])


@numba.njit(nogil=True, cache=True)
def _keep_far(points: NDArray[Any], kept: NDArray[Any], tolerance: float) -> None:
    """Keep, between each two kept points, the furthest one until none is too far."""
    count = len(points)
    stack = np.empty((count + 3, 2), dtype=np.int64)
    size = 0
    anchors = np.flatnonzero(kept)
    for place in range(anchors.size):
        following = anchors[(place + 1) % anchors.size]
        stack[size, 0] = anchors[place]
        stack[size, 1] = anchors[place] + (following - anchors[place]) % count
        size += 1
    while size:
        size -= 1
        start, end = stack[size]
        if end - start < 2:
            continue
        furthest, distance = _furthest(points, start, end)
        if distance > tolerance:
            kept[furthest] = True
            middle = start + (furthest - start) % count
            stack[size, 0], stack[size, 1] = start, middle
            stack[size + 1, 0], stack[size + 1, 1] = middle, end
            size += 2


@numba.njit(nogil=True, cache=True)
def _furthest(points: NDArray[Any], start: int, end: int) -> tuple[int, float]:
    """The point between two others that is furthest from the edge that joins them; how far.

    Indices may go on past the last point.
    """
    count = len(points)
    one, other = points[start % count], points[end % count]
    along = other - one
    squared = along[0] * along[0] + along[1] * along[1]
    furthest, largest = (start + 1) % count, -1.0
    for index in range(start + 1, end):
        row, column = points[index % count] - one
        part = 0.0
        if squared > 0:
            part = max(0.0, min(1.0, (row * along[0] + column * along[1]) / squared))
        distance = np.hypot(row - part * along[0], column - part * along[1])
        if distance > largest:
            furthest, largest = index % count, distance
    return furthest, largest
