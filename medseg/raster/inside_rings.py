"""Which points of a plane lie inside rings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.raster.polygon import joined


def inside_rings(
    points: NDArray[np.float64], rings: Sequence[NDArray[np.float64]]
) -> NDArray[np.bool_]:
    """Which of (n, 2) points lie inside an odd number of rings: boolean, (n,).

    Half-open as `fill_rings`: a point on a lower edge is in, on an upper edge out.

    Args:
        points: where, in any unit.
        rings: (m, 2) points each, in the same unit; the last joins the first.
    """
    inside = np.zeros(len(points), np.bool_)
    if rings and len(points):
        corners, ends = joined(rings)
        low, high = corners.min(axis=0), corners.max(axis=0)
        near = ((points >= low) & (points <= high)).all(axis=1)
        some = np.zeros(int(near.sum()), np.bool_)
        _test(np.ascontiguousarray(points[near]), corners, ends, some)
        inside[near] = some
    return inside


@numba.njit(nogil=True, cache=True)
def _test(
    points: NDArray[Any], corners: NDArray[Any], ends: NDArray[Any], inside: NDArray[Any]
) -> None:
    """Count the edges that a ray along the second coordinate crosses, from each point."""
    for at in range(len(points)):
        u, v = points[at, 0], points[at, 1]
        odd = False
        start = 0
        for end in ends:
            before = end - 1
            for now in range(start, end):
                u0, u1 = corners[before, 0], corners[now, 0]
                if (u0 <= u) != (u1 <= u):
                    part = (u - u0) / (u1 - u0)
                    if corners[before, 1] + part * (corners[now, 1] - corners[before, 1]) <= v:
                        odd = not odd
                before = now
            start = end
        inside[at] = odd
