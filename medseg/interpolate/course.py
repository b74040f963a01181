"""How a number that belongs to each key slice, as an area, runs from one to the next."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

#: Two keys alone: a small end section is the cap of an object that ends this many slices beyond.
BEYOND_SLICES = 0.5
#: A section of so few pixels is a cap, one of so many a cut; between them it is partly both.
CAP_PIXELS, CUT_PIXELS = 70.0, 100.0
#: So steep, against the straight line to the next key, may an area rise from a cap.
STEEPEST = 8.0


@numba.njit(nogil=True, cache=True)
def slopes(values: NDArray[Any], steps: NDArray[Any], known: NDArray[Any]) -> tuple[float, float]:
    """The slopes at the two keys of a gap: of the parabola through each key and its neighbours.

    At a key without a neighbour outside, it is that of the one parabola through three keys; of
    two keys alone, that of the straight line.

    Args:
        values: at four keys in a row; the gap is between the second and the third.
        steps: from each to the next, in mm or slices.
        known: whether there is a first, and whether there is a fourth.
    """
    rise = (values[2] - values[1]) / steps[1]
    low = high = rise
    if known[0]:
        before = (values[1] - values[0]) / steps[0]
        low = (before * steps[1] + rise * steps[0]) / (steps[0] + steps[1])
    if known[1]:
        after = (values[3] - values[2]) / steps[2]
        high = (after * steps[1] + rise * steps[2]) / (steps[2] + steps[1])
    if known[1] and not known[0]:
        low = 2.0 * rise - high
    if known[0] and not known[1]:
        high = 2.0 * rise - low
    return low, high


@numba.njit(nogil=True, cache=True)
def area_slopes(
    areas: NDArray[Any], steps: NDArray[Any], known: NDArray[Any], beyond: NDArray[Any]
) -> tuple[float, float]:
    """The slopes of the area, whose course is a parabola for ellipsoids and cones.

    Two keys alone say nothing about the curvature: they are the ends of a cut cone (the radius
    runs straight), unless the smaller section is so small that it must be the cap of something
    round, which rises more steeply.

    Args:
        areas: in pixels, at four keys in a row; the gap is between the second and the third.
        steps: from each to the next.
        known: whether there is a first, and whether there is a fourth.
        beyond: how far beyond the second, and the third, an object with its cap there ends.
    """
    if known[0] or known[1]:
        return slopes(areas, steps, known)
    first, last = np.sqrt(areas[1]), np.sqrt(areas[2])
    rise = 2.0 * (last - first) / steps[1]
    low, high = rise * first, rise * last
    if rise > 0:
        low = _from_cap(areas[1], areas[2], low, steps[1], beyond[0])
    elif rise < 0:
        high = -_from_cap(areas[2], areas[1], -high, steps[1], beyond[1])
    return low, high


@numba.njit(nogil=True, cache=True)
def _from_cap(area: float, larger: float, as_cut: float, step: float, beyond: float) -> float:
    """The slope at the smaller section: if it is a cap, of the parabola through 0 beyond it."""
    rise = (larger - area) / step
    as_cap = min((area / beyond * step + rise * beyond) / (step + beyond), STEEPEST * rise)
    share = min(max((CUT_PIXELS - area) / (CUT_PIXELS - CAP_PIXELS), 0.0), 1.0)
    return max(share * as_cap + (1.0 - share) * as_cut, as_cut)


@numba.njit(nogil=True, cache=True)
def between(
    first: float, last: float, low: float, high: float, step: float, onward: float, back: float
) -> float:
    """The cubic through two values with two slopes (Hermite).

    Written so that the mirrored question gives exactly the mirrored answer.

    Args:
        first: the value at the one end.
        last: the value at the other.
        low: the slope at the one end.
        high: the slope at the other.
        step: from the one end to the other.
        onward: share of the way from the first to the last, 0 to 1.
        back: share of the way back; the two add up to 1.
    """
    straight = (1.0 + 2.0 * onward) * back * back * first
    straight += (1.0 + 2.0 * back) * onward * onward * last
    return straight + step * onward * back * (back * low - onward * high)
