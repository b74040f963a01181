"""The image's values inside a segment.

All are NaN for an empty segment, and where a voxel's value is NaN or infinite: a statistic that
left such voxels out would be about another set of voxels than the segment.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from medseg.measure.region import Reading, Region


def mean(region: Region) -> Reading:
    """Arithmetic mean."""
    return _of(region, np.mean)


def sd(region: Region) -> Reading:
    """Standard deviation over all voxels, divided by their number."""
    return _of(region, np.std)


def minimum(region: Region) -> Reading:
    """The smallest value."""
    return _of(region, np.min)


def maximum(region: Region) -> Reading:
    """The largest value."""
    return _of(region, np.max)


def median(region: Region) -> Reading:
    """The median, the mean of the middle two for an even count."""
    return _of(region, np.median)


def _of(region: Region, statistic: Callable[..., Any]) -> Reading:
    if not region.values.size or not np.isfinite(region.values).all():
        return Reading(math.nan)
    return Reading(float(statistic(region.values)))
