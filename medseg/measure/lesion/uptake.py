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
    """(2, slices, rows, columns + 1): sums along columns, of values and of how many are odd."""
    finite = np.isfinite(voxels)
    sums = np.zeros((2, *voxels.shape[:2], voxels.shape[2] + 1))
    np.cumsum(np.where(finite, voxels, 0.0), axis=2, out=sums[0, :, :, 1:])
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
    _, slices, rows, columns = sums.shape
    best, where = -np.inf, (0, 0, 0)
    for index, row, column in np.ndindex(centers.shape):
        if not centers[index, row, column]:
            continue
        total, odd, count = 0.0, 0.0, 0
        for rod in range(len(rods)):
            i, j = index + inner[0] + rods[rod, 0], row + inner[1] + rods[rod, 1]
            if 0 <= i < slices and 0 <= j < rows:
                start = max(0, column + inner[2] + rods[rod, 2])
                stop = min(columns - 1, column + inner[2] + rods[rod, 3] + 1)
                total += sums[0, i, j, stop] - sums[0, i, j, start]
                odd += sums[1, i, j, stop] - sums[1, i, j, start]
                count += stop - start
        if odd > 0:
            return np.nan, 0, 0, 0
        if total / count > best:
            best, where = total / count, (index, row, column)
    return best, where[0], where[1], where[2]
