"""How far two surfaces lie apart, in mm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_PERCENT = 95.0
_BINS = 1024
_WORTH_BINS = 256
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Apart:
    """The distances from one surface to the other.

    Args:
        distances_mm: from each place on the surface to the nearest of the other; inf where the
            other is empty.
        weights: how much of the surface is at each place; None where all weigh the same.
        if_none: what distances are where there is no surface: inf where the other has one.
    """

    distances_mm: NDArray[np.float64]
    weights: NDArray[np.float64] | None
    if_none: float = math.nan

    @cached_property
    def total(self) -> float:
        """The whole surface."""
        return float(self.distances_mm.size if self.weights is None else self.weights.sum())

    @cached_property
    def weighted_sum(self) -> float:
        """The sum of the distances, each by its weight."""
        if self.weights is None:
            return float(self.distances_mm.sum())
        # Not a dot product: BLAS would start its threads for it.
        return float((self.distances_mm * self.weights).sum())

    @property
    def mean(self) -> float:
        """The mean distance."""
        return self.weighted_sum / self.total if self.total else self.if_none

    @cached_property
    def largest(self) -> float:
        """The largest distance."""
        return float(self.distances_mm.max()) if self.distances_mm.size else self.if_none

    @property
    def percentile_95(self) -> float:
        """The distance that 95 % of the surface keeps within.

        With weights, the smallest distance within which at least that part lies; without, the
        percentile interpolated between places.
        """
        if not self.distances_mm.size or self.largest == math.inf:
            return self.largest
        if self.weights is None:
            return float(np.percentile(self.distances_mm, _PERCENT))
        wanted = self.total * (_PERCENT / 100.0 - _ROUNDING)
        return float(_within_which(self.distances_mm, self.weights, wanted, self.largest))

    def within(self, tolerance_mm: float) -> float:
        """How much of the surface is no farther away than the tolerance."""
        if self.largest <= tolerance_mm:
            return self.total
        near = self.distances_mm <= tolerance_mm
        return float(near.sum() if self.weights is None else self.weights[near].sum())


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


def surface_dice(there: Apart, back: Apart, tolerance_mm: float) -> float:
    """The part of both surfaces that is within the tolerance of the other; NaN without any."""
    total = there.total + back.total
    near = there.within(tolerance_mm) + back.within(tolerance_mm)
    return near / total if total else math.nan
