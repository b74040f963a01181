"""Regions of similar intensity: around a point, or the one that stands out most."""

from __future__ import annotations

from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError
from medseg.model import Volume

_SEED_RADIUS_MM = 2.5
_SMALLEST_ML, _LARGEST_ML = 0.05, 60.0
# Intensity ranges tried for the most conspicuous region: from this percentile upwards.
_BRIGHT_PERCENTILES = (99.0, 97.0, 90.0)


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
    """The region connected to a point, within a ball around it.

    The range let in is the mean of the voxels within 2.5 mm of the point, give or take 2.5
    standard deviations, and at least a tenth of the display window's width.

    Raises:
        EditError: the point lies outside the image.
    """
    seed = _index_of(volume, point_lps)
    away_mm = _distance_from(volume, point_lps)
    near = volume.voxels[away_mm <= max(_SEED_RADIUS_MM, away_mm[seed] + 1e-6)]
    spread = max(2.5 * float(near.std()), volume.display_window.width / 10)
    low, high = float(near.mean()) - spread, float(near.mean()) + spread
    inside = (volume.voxels >= low) & (volume.voxels <= high) & (away_mm <= radius_mm)
    inside[seed] = True
    parts = cc3d.connected_components(inside, connectivity=6)
    return Region(np.asarray(parts == parts[seed]), low, high)


def _index_of(volume: Volume, point_lps: tuple[float, float, float]) -> tuple[int, int, int]:
    index = np.rint(volume.geometry.to_index(point_lps)).astype(int)
    if (index < 0).any() or (index >= volume.geometry.shape).any():
        low = volume.geometry.corners_lps.min(axis=0).round(1).tolist()
        high = volume.geometry.corners_lps.max(axis=0).round(1).tolist()
        raise EditError(
            f"A region grows from a point inside the image; {point_lps} is outside. "
            f"The image spans L, P, S from {low} to {high} mm."
        )
    return int(index[0]), int(index[1]), int(index[2])


def _distance_from(volume: Volume, point_lps: tuple[float, float, float]) -> NDArray[np.float32]:
    """Distance of each voxel's centre from a point, in mm, right on oblique and sheared grids."""
    offset = np.asarray(point_lps) - volume.geometry.affine[:3, 3]
    squared = np.zeros(volume.geometry.shape, np.float32)
    steps = volume.geometry.affine[:3, :3]
    slices, rows, columns = np.ogrid[tuple(slice(size) for size in volume.geometry.shape)]
    for axis in range(3):
        along = steps[axis, 0] * slices + steps[axis, 1] * rows + steps[axis, 2] * columns
        squared += ((along - offset[axis]) ** 2).astype(np.float32)
    return np.sqrt(squared)


def conspicuous_region(volume: Volume) -> Region:
    """The brightest compact region: the one that fills its bounding box best.

    Looked for among the voxels above the 99th, then the 97th, then the 90th percentile. It
    holds 0.05 to 60 ml, spans three slices or more, and touches no side of the image.

    Raises:
        EditError: there is no such region.
    """
    high = float(volume.voxels.max())
    for percentile in _BRIGHT_PERCENTILES:
        low = float(np.percentile(volume.voxels, percentile))
        found = _most_compact(volume, volume.voxels >= low)
        if found is not None:
            return Region(found, low, high)
    raise EditError(
        f"No compact bright region of {_SMALLEST_ML} to {_LARGEST_ML} ml stands out in "
        f"{volume.description or 'this image'}; give a point in LPS mm instead."
    )


def _most_compact(volume: Volume, bright: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    parts = cc3d.connected_components(bright, connectivity=6)
    statistics = cc3d.statistics(parts)
    voxel_ml = volume.geometry.voxel_volume_mm3 / 1000
    best, best_score = 0, 0.0
    for part, box in enumerate(statistics["bounding_boxes"]):
        if part == 0 or _touches_a_side(box, bright.shape):
            continue
        count = int(statistics["voxel_counts"][part])
        if not _SMALLEST_ML <= count * voxel_ml <= _LARGEST_ML or box[0].stop - box[0].start < 3:
            continue
        box_count = np.prod([side.stop - side.start for side in box])
        # Compactness first; among the equally compact the larger one is seen first.
        score = count / float(box_count) * np.log(2 + count)
        if score > best_score:
            best, best_score = part, score
    return np.asarray(parts == best) if best else None


def _touches_a_side(box: tuple[slice, slice, slice], shape: tuple[int, ...]) -> bool:
    # The first and the last slice count: a region cut off there has no end to draw.
    return any(side.start == 0 or side.stop == size for side, size in zip(box, shape, strict=True))
