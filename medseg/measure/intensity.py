"""The image's values inside a segment."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from medseg.measure.region import Reading, Region


def mean(region: Region) -> Reading:
    """Arithmetic mean; NaN for an empty segment, or where a voxel's value is NaN."""
    return _of(region, np.mean)


def sd(region: Region) -> Reading:
    """Standard deviation over all voxels, divided by their number; NaN for an empty segment."""
    return _of(region, np.std)


def minimum(region: Region) -> Reading:
    """The smallest value; NaN for an empty segment."""
    return _of(region, np.min)


def maximum(region: Region) -> Reading:
    """The largest value; NaN for an empty segment."""
    return _of(region, np.max)


def median(region: Region) -> Reading:
    """The median, the mean of the middle two for an even count; NaN for an empty segment."""
    return _of(region, np.median)


def _of(region: Region, statistic: Callable[..., Any]) -> Reading:
    if not region.values.size:
        return Reading(math.nan)
    return Reading(float(statistic(region.values)))
