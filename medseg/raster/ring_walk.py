"""Even steps along a closed ring."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def evenly(
    ring: NDArray[np.float64], step: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points at even steps along a ring, six at least, and unit normals there.

    Args:
        ring: (n, 2); the last point joins the first.
        step: how far apart, about, in the ring's unit.

    Returns:
        (m, 2) points and (m, 2) normals, to the left of the way.
    """
    lengths = np.linalg.norm(np.roll(ring, -1, axis=0) - ring, axis=1)
    closed = np.concatenate((ring, ring[:1]))
    at = np.concatenate(([0.0], np.cumsum(lengths)))
    count = max(6, int(np.ceil(at[-1] / step)))
    wanted = np.arange(count) * at[-1] / count
    points = np.column_stack([np.interp(wanted, at, closed[:, axis]) for axis in (0, 1)])
    way = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    way /= np.maximum(np.linalg.norm(way, axis=1), 1e-12)[:, None]
    return points, np.column_stack((-way[:, 1], way[:, 0]))
