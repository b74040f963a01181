"""The image's values inside a segment: the statistics of IBSI's chapter 3.3.

All are NaN for an empty segment, and where a voxel's value is NaN or infinite. Variance and all
that rests on it divide by the number of voxels; percentiles are linear between ranks.

Reference:
    Image Biomarker Standardisation Initiative, reference manual v11, chapter 3.3
    (intensity-based statistical features), arXiv:1612.07003.
"""

from __future__ import annotations

import math

from medseg.measure.lesion.region import Reading, Region


def mean(region: Region) -> Reading:
    """Arithmetic mean."""
    return Reading(region.levels.average())


def variance(region: Region) -> Reading:
    """Mean of the squared differences from the mean."""
    return Reading(_moment(region, 2))


def sd(region: Region) -> Reading:
    """Standard deviation over all voxels, divided by their number."""
    return Reading(math.sqrt(_moment(region, 2)))


def skewness(region: Region) -> Reading:
    """Third central moment over the cube of the standard deviation; NaN where that is 0."""
    return _ratio(_moment(region, 3), _moment(region, 2) ** 1.5)


def excess_kurtosis(region: Region) -> Reading:
    """Fourth central moment over the squared variance, minus 3; NaN where that is 0."""
    return Reading(_ratio(_moment(region, 4), _moment(region, 2) ** 2).value - 3.0)


def minimum(region: Region) -> Reading:
    """The smallest value."""
    return Reading(region.levels.percentile(0))


def maximum(region: Region) -> Reading:
    """The largest value."""
    return Reading(region.levels.percentile(100))


def median(region: Region) -> Reading:
    """The median, the mean of the middle two for an even count."""
    return Reading(region.levels.percentile(50))


def percentile_10(region: Region) -> Reading:
    """The value that a tenth of the voxels do not exceed."""
    return Reading(region.levels.percentile(10))


def percentile_90(region: Region) -> Reading:
    """The value that nine tenths of the voxels do not exceed."""
    return Reading(region.levels.percentile(90))


def interquartile_range(region: Region) -> Reading:
    """From the 25th to the 75th percentile."""
    return Reading(region.levels.percentile(75) - region.levels.percentile(25))


def value_range(region: Region) -> Reading:
    """From the smallest to the largest value."""
    return Reading(region.levels.percentile(100) - region.levels.percentile(0))


def mean_absolute_deviation(region: Region) -> Reading:
    """Mean distance from the mean."""
    levels = region.levels
    return Reading(levels.average(about=levels.average(), absolute=True))


def robust_mean_absolute_deviation(region: Region) -> Reading:
    """Mean distance from the mean of the values from the 10th to the 90th percentile."""
    levels = region.levels
    if not levels.is_defined:
        return Reading(math.nan)
    inner = levels.between(levels.percentile(10), levels.percentile(90))
    return Reading(inner.average(about=inner.average(), absolute=True))


def median_absolute_deviation(region: Region) -> Reading:
    """Mean distance from the median."""
    levels = region.levels
    return Reading(levels.average(about=levels.percentile(50), absolute=True))


def coefficient_of_variation(region: Region) -> Reading:
    """Standard deviation over the mean; NaN where that is 0."""
    return _ratio(sd(region).value, mean(region).value)


def quartile_coefficient_of_dispersion(region: Region) -> Reading:
    """Interquartile range over the sum of both quartiles; NaN where that is 0."""
    low, high = region.levels.percentile(25), region.levels.percentile(75)
    return _ratio(high - low, high + low)


def energy(region: Region) -> Reading:
    """Sum of the squared values."""
    levels = region.levels
    return Reading(levels.average(2) * levels.number)


def root_mean_square(region: Region) -> Reading:
    """Root of the mean squared value."""
    return Reading(math.sqrt(region.levels.average(2)))


def _moment(region: Region, power: int) -> float:
    levels = region.levels
    return levels.average(power, about=levels.average())


def _ratio(one: float, other: float) -> Reading:
    return Reading(one / other if other else math.nan)
