"""Regions of similar intensity: around a point, or the one that stands out most."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import edt
import numpy as np
from numpy.typing import NDArray

from medseg.annotate.growing.growing import Growing
from medseg.errors import EditError
from medseg.model import Volume

_SMALLEST_ML, _LARGEST_ML = 0.05, 60.0
# Intensity ranges tried for the most conspicuous region: from each percentile upwards.
_BRIGHT_PERCENTILES = (99.0, 97.0, 95.0, 90.0, 85.0)
_STRING_RADIUS_MM = 2.0


@dataclass(frozen=True, eq=False)
class Region:
    """A connected region (faces only) of voxels between two values.

    Args:
        mask: (slice, row, column) boolean, on the volume's grid.
        low: smallest value let in, in the volume's unit.
        high: largest value let in.
    """

    mask: NDArray[np.bool_]
    low: float
    high: float


def grow_region(
    volume: Volume, point_lps: tuple[float, float, float], *, radius_mm: float = 25.0
) -> Region:
    """The region connected to a point, within a ball around it, with the tolerance suggested.

    Raises:
        EditError: the point lies outside the image or on a voxel without a value, or the
            radius is no finite number above 0.
    """
    growing = Growing(volume, point_lps, radius_mm=radius_mm)
    corner, inside = growing.region(growing.suggested_tolerance)
    mask = np.zeros(volume.geometry.shape, np.bool_)
    box = tuple(slice(at, at + size) for at, size in zip(corner, inside.shape, strict=True))
    mask[box] = inside
    low, high = growing.limits(growing.suggested_tolerance)
    return Region(mask, low, high)


def conspicuous_region(volume: Volume) -> Region:
    """The bright region that stands out most: large, compact, and free of thin strings.

    Looked for above five percentiles of the values, from the 99th to the 85th. Strings thinner
    than about 4 mm are cut off, so that vessels and bone edges do not tie everything together;
    where nothing thicker is left, strings count too. What is left holds 0.05 to 60 ml, spans
    five slices or more and touches no side of the image; the best has the largest product of
    how much of its bounding box it fills, how alike the box's sides are, and the square root
    of its volume.

    Raises:
        EditError: there is no such region.
    """
    high = float(volume.voxels.max())
    lows = [float(low) for low in np.percentile(volume.voxels, _BRIGHT_PERCENTILES)]
    for radius_mm in (max(_STRING_RADIUS_MM, 1.01 * min(volume.geometry.spacing_mm)), 0.0):
        found = [(_most_compact(volume, volume.voxels >= low, radius_mm), low) for low in lows]
        (score, mask), low = max(found, key=lambda one: one[0][0])
        if score > 0:
            return Region(mask, low, high)
    raise EditError(
        f"No compact bright region of {_SMALLEST_ML} to {_LARGEST_ML} ml stands out in "
        f"{volume.description or 'this image'}; give a point in LPS mm instead."
    )


def _most_compact(
    volume: Volume, bright: NDArray[np.bool_], radius_mm: float
) -> tuple[float, NDArray[np.bool_]]:
    """The score of the best part of the bright voxels, 0 if none will do, and the part."""
    spacing_mm = volume.geometry.spacing_mm
    core = _distance_inside(bright, spacing_mm) > radius_mm
    parts = cc3d.connected_components(core, connectivity=6)
    statistics = cc3d.statistics(parts)
    scores = [
        0.0 if part == 0 else _score(box, int(statistics["voxel_counts"][part]), volume)
        for part, box in enumerate(statistics["bounding_boxes"])
    ]
    best = int(np.argmax(scores))
    away_mm = _distance_inside(parts != best, spacing_mm)
    return scores[best], bright & (away_mm <= radius_mm)


def _distance_inside(
    mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> NDArray[np.float32]:
    """Distance of each voxel of a mask to the nearest voxel outside it, in mm; 0 outside."""
    whole = np.ascontiguousarray(mask).view(np.uint8)
    return np.asarray(edt.edt(whole, anisotropy=spacing_mm, black_border=False))


def _score(box: tuple[slice, slice, slice], count: int, volume: Volume) -> float:
    # The first and the last slice count: a region cut off there has no end to draw.
    touches = any(
        side.start == 0 or side.stop == size
        for side, size in zip(box, volume.geometry.shape, strict=True)
    )
    ml = count * volume.geometry.voxel_volume_mm3 / 1000
    if touches or not _SMALLEST_ML <= ml <= _LARGEST_ML or box[0].stop - box[0].start < 5:
        return 0.0
    sides = [side.stop - side.start for side in box]
    sides_mm = np.multiply(sides, volume.geometry.spacing_mm)
    filled = count / float(np.prod(sides))
    return float(filled * sides_mm.min() / sides_mm.max() * np.sqrt(ml))
