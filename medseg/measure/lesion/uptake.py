"""What a lesion takes up: SUVpeak (IBSI's intensity peaks) and total lesion glycolysis.

The peak is the highest mean in a sphere of 1 cm³. A voxel belongs to the sphere where its centre
lies within 6.2 mm (the radius of 1 cm³) of the sphere's. The sphere is centred on voxels of the
segment; what of it lies outside the segment counts, what lies outside the image does not.

Reference:
    Wahl et al. J Nucl Med 50(Suppl 1):122S-150S, 2009 (PERCIST); IBSI VJGA and 0F91.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from medseg.measure.lesion.region import Reading, Region
from medseg.measure.lesion.size import volume
from medseg.raster import widened

RADIUS_MM = 10.0 * (3.0 / (4.0 * math.pi)) ** (1.0 / 3.0)
#: Centres that lie on the sphere belong to it whatever the last digit of the affine.
_ROUNDING_MM = 1e-6
_AT_ONCE = 1 << 22


def global_peak(region: Region) -> Reading:
    """The highest mean of all spheres centred in the segment, with its centre in LPS."""
    return _peak(region, region.mask)


def local_peak(region: Region) -> Reading:
    """The mean of the sphere around the highest value (of several, the highest mean)."""
    if not region.levels.is_defined:
        return Reading(math.nan)
    return _peak(region, region.mask & (region.voxels == region.levels.values[-1]))


def total_lesion_glycolysis(region: Region) -> Reading:
    """Mean value times volume in ml; NaN for an empty segment."""
    return Reading(region.levels.average() * volume(region).value)


def _peak(region: Region, centers: NDArray[np.bool_]) -> Reading:
    if region.image is None or not region.levels.is_defined:
        return Reading(math.nan)
    rods = _sphere(region.geometry.affine[:3, :3])
    best, where = -math.inf, np.zeros(3)
    step = max(1, _AT_ONCE // math.prod(centers.shape[1:]))
    for first in range(0, len(centers), step):
        part = centers[first : first + step]
        if part.any():
            around, inner = _with_margin(region, first, len(part), rods)
            mean, *index = _highest_mean(_running_sums(around), part, inner, rods)
            if math.isnan(mean):  # a value beside the segment is not finite
                return Reading(math.nan)
            if mean > best:
                best, where = mean, np.array(index, np.float64) + np.array((first, 0, 0))
    return Reading(best, (region.point_lps(where),))


def _sphere(steps: NDArray[np.float64]) -> NDArray[np.int64]:
    """The voxels whose centres lie in the sphere, as rods along columns, on any affine grid.

    (n, 4): offset in slices and rows, first and last offset in columns.
    """
    reach = np.floor(RADIUS_MM * np.linalg.norm(np.linalg.inv(steps), axis=1)).astype(int)
    axes = [np.arange(-far, far + 1) for far in reach]
    offsets = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    inside = np.linalg.norm(offsets @ steps.T, axis=-1) <= RADIUS_MM + _ROUNDING_MM
    rods = np.argwhere(inside.any(axis=2))
    lines = inside[rods[:, 0], rods[:, 1]]
    first = lines.argmax(axis=1)
    last = first + lines.sum(axis=1) - 1  # a line meets a sphere in one piece
    return np.column_stack([rods - reach[:2], first - reach[2], last - reach[2]])


def _with_margin(
    region: Region, first: int, count: int, rods: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The image around some slices of the segment, and where those start in it."""
    image: NDArray[Any] = np.empty(0) if region.image is None else region.image
    start = np.array(region.corner) + np.array((first, 0, 0))
    sizes = (count, *region.mask.shape[1:])
    sides = [
        widened(slice(int(at), int(at) + size), int(far), whole)
        for at, size, far, whole in zip(
            start, sizes, np.abs(rods[:, :3]).max(axis=0), image.shape, strict=True
        )
    ]
    return image[tuple(sides)].astype(np.float64), start - [side.start for side in sides]


def _running_sums(voxels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums along columns, (slices, rows, columns + 1) of values; and of how many are not finite.

    Both in one array, one after the other; the second is left out where all values are finite.
    """
    finite = np.isfinite(voxels)
    kinds = 1 if finite.all() else 2
    sums = np.zeros((kinds, *voxels.shape[:2], voxels.shape[2] + 1))
    np.cumsum(np.where(finite, voxels, 0.0), axis=2, out=sums[0, :, :, 1:])
    if kinds == 2:
        np.cumsum(~finite, axis=2, out=sums[1, :, :, 1:])
    return sums


@njit(nogil=True, cache=True)
def _highest_mean(
    sums: NDArray[np.float64],
    centers: NDArray[np.bool_],
    inner: NDArray[np.int64],
    rods: NDArray[np.int64],
) -> tuple[float, int, int, int]:
    """The highest mean over the rods that stay in the array, and its centre.

    NaN where a rod meets a value that is not finite.
    """
    kinds, slices, rows, _ = sums.shape
    best, where = -np.inf, (0, 0, 0)
    added = np.zeros((kinds, centers.shape[2]))
    counts = np.zeros(centers.shape[2], np.int64)
    for index, row in np.ndindex(centers.shape[:2]):
        line = centers[index, row]
        if not line.any():
            continue
        added[:] = 0.0
        counts[:] = 0
        for rod in rods:
            i, j = index + inner[0] + rod[0], row + inner[1] + rod[1]
            if 0 <= i < slices and 0 <= j < rows:
                for kind in range(kinds):
                    _add_rod(
                        sums[kind, i, j], inner[2] + rod[2], inner[2] + rod[3] + 1, added[kind]
                    )
                _count_rod(sums.shape[3], inner[2] + rod[2], inner[2] + rod[3] + 1, counts)
        for column in range(line.size):
            if not line[column]:
                continue
            if kinds == 2 and added[1, column] > 0:
                return np.nan, 0, 0, 0
            if added[0, column] / counts[column] > best:
                best, where = added[0, column] / counts[column], (index, row, column)
    return best, where[0], where[1], where[2]


@njit(nogil=True, cache=True)
def _add_rod(line: Any, first: int, end: int, added: Any) -> None:
    """Add, for every column, the sum from `first` to `end` after it, as far as there are values.

    On a sheared grid a rod may lie wholly beyond the side.
    """
    low = min(max(0, -first), added.size)
    high = max(low, min(added.size, line.size - end))
    here, there = line[low + first : high + first], line[low + end : high + end]
    middle = added[low:high]
    for column in range(middle.size):  # nothing is cut off: many at once
        middle[column] += there[column] - here[column]
    for number in range(low + added.size - high):
        column = number if number < low else number - low + high
        start, stop = max(0, column + first), min(line.size - 1, column + end)
        if stop > start:
            added[column] += line[stop] - line[start]


@njit(nogil=True, cache=True)
def _count_rod(size: int, first: int, end: int, counts: Any) -> None:
    """Add how many values that are."""
    for column in range(counts.size):
        start, stop = max(0, column + first), min(size - 1, column + end)
        counts[column] += max(0, stop - start)
