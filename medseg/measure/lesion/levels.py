"""The values inside a segment as an ascending list, which every statistic of them reads.

Images of 8 and 16 bits are counted by value, so that a segment of any size costs a short list.
Others are sorted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 1 << 20


@dataclass(frozen=True, eq=False)
class Levels:
    """Ascending values, and how many voxels have each.

    All statistics are NaN where there is no value at all, and where one is NaN or infinite: a
    statistic that left such voxels out would be about another set of voxels than the segment.

    Args:
        values: ascending, of the image's own type or float64.
        counts: voxels with each value; None means one each.
    """

    values: NDArray[Any]
    counts: NDArray[np.int64] | None = None

    @classmethod
    def inside(cls, voxels: NDArray[Any], mask: NDArray[np.bool_]) -> Levels:
        """The values of the voxels that the mask holds; both of one shape."""
        if voxels.dtype.kind in "iu" and voxels.dtype.itemsize <= 2:
            return _counted(voxels, mask)
        values = voxels[mask]
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        values.sort()  # NaN comes last
        return cls(values)

    @cached_property
    def number(self) -> int:
        """How many voxels there are."""
        return int(self.values.size if self.counts is None else self.counts.sum())

    @cached_property
    def is_defined(self) -> bool:
        """Whether there are values, all of them finite."""
        ends = self.values[[0, -1]] if self.values.size else np.array([np.nan])
        return bool(np.isfinite(ends).all())

    def average(self, power: int = 1, *, about: float = 0.0, absolute: bool = False) -> float:
        """The mean of (value - about) to a power, or of its absolute value."""
        if not self.is_defined:
            return math.nan
        total = 0.0
        for values, counts in self._parts():
            apart = values - about if about else values
            term = (np.abs(apart) if absolute else apart) ** power
            total += float(term.sum() if counts is None else term @ counts)
        return total / self.number

    def percentile(self, percent: float) -> float:
        """The value at that rank, linear between neighbours: 50 is the median."""
        if not self.is_defined:
            return math.nan
        rank = (self.number - 1) * percent / 100.0
        below = math.floor(rank)
        low, high = self._at(below), self._at(math.ceil(rank))
        return low + (high - low) * (rank - below)

    def between(self, low: float, high: float) -> Levels:
        """Those from one value to another, both included."""
        first = int(np.searchsorted(self.values, low, side="left"))
        last = int(np.searchsorted(self.values, high, side="right"))
        counts = None if self.counts is None else self.counts[first:last]
        return Levels(self.values[first:last], counts)

    def _at(self, rank: int) -> float:
        if self.counts is None:
            return float(self.values[rank])
        return float(self.values[np.searchsorted(self._up_to, rank, side="right")])

    @cached_property
    def _up_to(self) -> NDArray[np.int64]:
        return np.cumsum(np.ones(0, np.int64) if self.counts is None else self.counts)

    def _parts(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int64] | None]]:
        """The values a part at a time, so that a large segment needs no second copy."""
        for first in range(0, self.values.size, _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            values = self.values[part].astype(np.float64, copy=False)
            yield values, None if self.counts is None else self.counts[part]


def _counted(voxels: NDArray[Any], mask: NDArray[np.bool_]) -> Levels:
    lowest = int(np.iinfo(voxels.dtype).min)
    size = int(np.iinfo(voxels.dtype).max) - lowest + 1
    counts = np.zeros(size, np.int64)
    step = max(1, _AT_ONCE // max(1, math.prod(mask.shape[1:])))
    for first in range(0, mask.shape[0], step):
        part = slice(first, first + step)
        values = voxels[part][mask[part]].astype(np.intp)
        counts += np.bincount(values - lowest, minlength=size)
    present = np.flatnonzero(counts)
    return Levels((present + lowest).astype(np.float64), counts[present])
