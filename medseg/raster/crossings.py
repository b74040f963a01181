"""Where a ring meets itself."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


def crossing_edges(ring: NDArray[np.float64]) -> NDArray[np.int64]:
    """The pairs of edges of a ring that share a point other than their common end: (m, 2).

    Edge i leads from point i to the next, the last one back to point 0. Crossing, touching and
    running upon each other all count; edges of length 0 do not. A ring without such pairs
    bounds one region without a hole. Pairs ascend.

    Args:
        ring: (n, 2) finite points, not closed by a repeated point.
    """
    edges = np.empty((len(ring), 4), dtype=np.float64)
    edges[:, :2] = ring
    edges[:, 2:] = np.roll(ring, -1, axis=0)
    kept = np.flatnonzero((edges[:, :2] != edges[:, 2:]).any(axis=1))
    edges = edges[kept]
    found = _crossings(edges, np.argsort(edges[:, (0, 2)].min(axis=1), kind="stable"))
    found.sort(axis=1)
    return np.asarray(kept[found[np.lexsort((found[:, 1], found[:, 0]))]])


@numba.njit(nogil=True, cache=True)
def _crossings(edges: NDArray[Any], topmost_first: NDArray[Any]) -> NDArray[Any]:
    """Compare each edge with those that begin further down, but not below its end."""
    count = len(edges)
    found = np.empty((16, 2), dtype=np.int64)
    size = 0
    for place in range(count):
        one = topmost_first[place]
        bottom = max(edges[one, 0], edges[one, 2])
        for later in range(place + 1, count):
            other = topmost_first[later]
            if min(edges[other, 0], edges[other, 2]) > bottom:
                break
            if _meet(edges, min(one, other), max(one, other)):
                if size == len(found):
                    longer = np.empty((2 * size, 2), dtype=np.int64)
                    for pair in range(size):
                        longer[pair, 0], longer[pair, 1] = found[pair, 0], found[pair, 1]
                    found = longer
                found[size, 0], found[size, 1] = one, other
                size += 1
    return found[:size]


@numba.njit(nogil=True, cache=True)
def _meet(edges: NDArray[Any], one: int, other: int) -> bool:
    """Whether two edges share a point other than the end that neighbours have in common."""
    is_last = one == 0 and other == len(edges) - 1
    if other == one + 1 and is_last:
        return _folds_back(edges[one], edges[other]) or _folds_back(edges[other], edges[one])
    if other == one + 1:
        return _folds_back(edges[one], edges[other])
    if is_last:
        return _folds_back(edges[other], edges[one])
    return _share_a_point(edges[one], edges[other])


@numba.njit(nogil=True, cache=True)
def _folds_back(one: NDArray[Any], following: NDArray[Any]) -> bool:
    """Whether an edge runs back upon the one before it."""
    a, b = one[2] - one[0], one[3] - one[1]
    c, d = following[2] - following[0], following[3] - following[1]
    return bool(a * d - b * c == 0 and a * c + b * d < 0)


@numba.njit(nogil=True, cache=True)
def _share_a_point(one: NDArray[Any], other: NDArray[Any]) -> bool:
    for axis in (0, 1):
        if max(one[axis], one[axis + 2]) < min(other[axis], other[axis + 2]):
            return False
        if max(other[axis], other[axis + 2]) < min(one[axis], one[axis + 2]):
            return False
    # With boxes that meet, lines share a point where each has the other's ends on both sides.
    return _parts(one, other) and _parts(other, one)


@numba.njit(nogil=True, cache=True)
def _parts(edge: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether another edge's ends do not lie strictly on one side of this one's line."""
    a, b = edge[2] - edge[0], edge[3] - edge[1]
    first = a * (other[1] - edge[1]) - b * (other[0] - edge[0])
    second = a * (other[3] - edge[1]) - b * (other[2] - edge[0])
    return bool(min(first, second) <= 0 <= max(first, second))
