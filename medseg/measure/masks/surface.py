"""How far two surfaces lie apart, in mm."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

_PERCENT = 95.0
_BINS = 1024
_WORTH_BINS = 256
_ROUNDING = 1e-12
_BLOCK = 128


class Apart(NamedTuple):
    """The distances from one surface to the other, summed up.

    Args:
        total: the whole surface.
        weighted_sum: the sum of the distances, each by how much of the surface has it.
        largest: the largest distance in mm.
        percentile_95: the distance that 95 % of the surface keeps within. With weights, the
            smallest one within which at least that part lies; without, the percentile
            interpolated between places.
        near: how much of the surface is no farther away than each tolerance.
        if_none: what distances are where there is no surface: inf where the other has one.
    """

    total: float
    weighted_sum: float
    largest: float
    percentile_95: float
    near: tuple[float, ...]
    if_none: float = math.nan

    @classmethod
    def of(
        cls,
        distances_mm: NDArray[np.float64],
        weights: NDArray[np.float64] | None,
        tolerances_mm: tuple[float, ...],
        if_none: float,
    ) -> Apart:
        """From each place's distance, inf where the other surface is empty.

        Args:
            distances_mm: from each place on the surface to the nearest of the other.
            weights: how much of the surface is at each place; None where all weigh the same.
            tolerances_mm: for `near`.
            if_none: as above.
        """
        if not distances_mm.size:
            return cls(0.0, 0.0, if_none, if_none, (0.0,) * len(tolerances_mm), if_none)
        if weights is not None:
            row = np.empty(4 + len(tolerances_mm))
            sum_up(distances_mm, weights, np.array(tolerances_mm), row)
            return cls.of_row(row.tolist())
        largest = float(distances_mm.max())
        return cls(
            float(distances_mm.size),
            float(distances_mm.sum()),
            largest,
            largest if largest == math.inf else float(np.percentile(distances_mm, _PERCENT)),
            tuple(float((distances_mm <= one).sum()) for one in tolerances_mm),
        )

    @classmethod
    def of_row(cls, row: list[float]) -> Apart:
        """From a row that `sum_up` wrote."""
        return cls(row[0], row[1], row[2], row[3], tuple(row[4:]))

    @property
    def mean(self) -> float:
        """The mean distance."""
        return self.weighted_sum / self.total if self.total else self.if_none


@njit(nogil=True, cache=True)
def sum_up(distances: Any, weights: Any, tolerances: Any, row: Any) -> None:
    """Write a surface's numbers: its total, the weighted sum, largest, percentile, near ones.

    In parts of a few places first, so that a million of them add up to the last digits.
    """
    total, weighted, largest = 0.0, 0.0, 0.0
    row[4:] = 0.0
    for first in range(0, distances.size, _BLOCK):
        area, moment = 0.0, 0.0
        for place in range(first, min(first + _BLOCK, distances.size)):
            area += weights[place]
            moment += distances[place] * weights[place]
            largest = max(largest, distances[place])
        total += area
        weighted += moment
    for number in range(tolerances.size):
        row[4 + number] = _near(distances, weights, tolerances[number], largest, total)
    wanted = total * (_PERCENT / 100.0 - _ROUNDING)
    row[0], row[1], row[2], row[3] = total, weighted, largest, largest
    if largest < np.inf:
        row[3] = _within_which(distances, weights, wanted, largest)


@njit(nogil=True, cache=True)
def _near(distances: Any, weights: Any, tolerance: float, largest: float, total: float) -> float:
    """How much of a surface is within a tolerance."""
    if largest <= tolerance:
        return total
    near = 0.0
    for first in range(0, distances.size, _BLOCK):
        part = 0.0
        for place in range(first, min(first + _BLOCK, distances.size)):
            if distances[place] <= tolerance:
                part += weights[place]
        near += part
    return near


@njit(nogil=True, cache=True)
def _within_which(distances: Any, weights: Any, wanted: float, largest: float) -> float:
    """The smallest distance within which the wanted sum of weights lies.

    Of many distances, it sorts only those in the bin that this one falls into.
    """
    if distances.size <= _WORTH_BINS or largest == 0.0:
        return float(_at_sum(distances, weights, 0.0, wanted))
    scale = (_BINS - 1) / largest
    sums = np.zeros(_BINS)
    for place in range(distances.size):
        sums[int(distances[place] * scale)] += weights[place]
    before, last = 0.0, 0
    while last < _BINS - 1 and before + sums[last] < wanted:
        before += sums[last]
        last += 1
    here = np.empty(distances.size, np.int64)
    count = 0
    for place in range(distances.size):
        if int(distances[place] * scale) == last:
            here[count] = place
            count += 1
    here = here[:count]
    return float(_at_sum(distances[here], weights[here], before, wanted))


@njit(nogil=True, cache=True)
def _at_sum(distances: Any, weights: Any, reached: float, wanted: float) -> float:
    """The distance at which the weights up to it complete a sum; else the largest."""
    order = np.argsort(distances)
    for place in order:
        reached += weights[place]
        if reached >= wanted:
            return float(distances[place])
    return float(distances[order[-1]])


def symmetric_mean(there: Apart, back: Apart) -> float:
    """The mean over both surfaces taken as one; NaN where there is none."""
    total = there.total + back.total
    return (there.weighted_sum + back.weighted_sum) / total if total else math.nan


def surface_dice(there: Apart, back: Apart) -> tuple[float, ...]:
    """For each tolerance the part of both surfaces within it of the other; NaN without any."""
    total = there.total + back.total
    return tuple(
        (one + other) / total if total else math.nan
        for one, other in zip(there.near, back.near, strict=True)
    )
