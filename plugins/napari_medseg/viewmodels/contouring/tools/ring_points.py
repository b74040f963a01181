"""A ring of points that a hand moves, adds to and takes from, in shown indices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Steps = tuple[float, float, float]


def nearest_point(points: Points, at: Points, steps_mm: Steps, within_mm: float) -> int | None:
    """The point that lies nearest to a place, no further than so many mm; None if none does."""
    if not len(points):
        return None
    away = np.linalg.norm((points - at) * steps_mm, axis=1)
    nearest = int(away.argmin())
    return nearest if away[nearest] <= within_mm else None


def nearest_edge(
    points: Points, at: Points, steps_mm: Steps, within_mm: float, *, is_closed: bool
) -> int | None:
    """The edge that a place lies upon, by the index of its first point; None if upon none."""
    if len(points) < 2:
        return None
    starts = points * np.asarray(steps_mm)
    ends = np.roll(starts, -1, axis=0)
    if not is_closed:
        starts, ends = starts[:-1], ends[:-1]
    along = ends - starts
    place = at * np.asarray(steps_mm)
    squared = np.maximum((along**2).sum(axis=1), 1e-12)
    part = np.clip(((place - starts) * along).sum(axis=1) / squared, 0, 1)
    away = np.linalg.norm(starts + part[:, None] * along - place, axis=1)
    nearest = int(away.argmin())
    return nearest if away[nearest] <= within_mm else None


def inserted(points: Points, after: int, at: Points) -> Points:
    """The points with one more after the one of that index."""
    return np.insert(points, after + 1, at, axis=0)


def moved(points: Points, index: int, to: Points) -> Points:
    """The points with one of them elsewhere."""
    other = points.copy()
    other[index] = to
    return other


def without(points: Points, index: int) -> Points:
    """The points without one of them."""
    return np.delete(points, index, axis=0)
