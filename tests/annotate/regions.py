"""Balls in the patient on straight and sheared grids, for tests of tools that work in mm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medseg.model import Authorship, Change, Geometry, Segment, Segmentation, Source, Volume
from tests.phantoms import oblique_geometry

BY = Authorship("Reader", "tool")
STRAIGHT = Geometry.from_spacing((30, 48, 52), (2.0, 1.0, 0.9), (-20.0, 11.0, 5.0))
SHEARED = oblique_geometry((24, 72, 64), shear=1.1)
GRIDS = (STRAIGHT, SHEARED)


def middle(grid: Geometry) -> NDArray[np.float64]:
    return grid.to_patient((np.array(grid.shape) - 1) / 2)


def places(grid: Geometry) -> NDArray[np.float64]:
    """LPS mm of every voxel's centre: (slice, row, column, 3)."""
    return grid.to_patient(np.moveaxis(np.indices(grid.shape), 0, -1))


def ball(
    grid: Geometry, radius_mm: float, offset_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> NDArray[np.bool_]:
    """A ball in the patient, about the grid's middle or beside it."""
    away = places(grid) - (middle(grid) + offset_mm)
    return np.asarray(np.linalg.norm(away, axis=-1) <= radius_mm)


def segmented(grid: Geometry, *masks: NDArray[np.bool_]) -> Segmentation:
    """Segments 1, 2, ... in that order; later ones on top."""
    array = np.zeros(grid.shape, np.uint8)
    for number, mask in enumerate(masks, start=1):
        array[mask] = number
    return Segmentation(array, grid, tuple(Segment.unnamed(n) for n in range(1, len(masks) + 1)))


def image(grid: Geometry, values: NDArray[np.generic]) -> Volume:
    return Volume(values, grid, "HU", Source("nifti", Path("x"), "x"), description="image")


def after(segmentation: Segmentation, change: Change) -> NDArray[np.uint8]:
    """The labels that a change makes; the segmentation is put back by its inverse."""
    before, origins = segmentation.array.copy(), dict(segmentation.provenance)
    segments = segmentation.segments
    change.apply(segmentation)
    made = segmentation.array.copy()
    change.inverse().apply(segmentation)
    np.testing.assert_array_equal(segmentation.array, before)
    assert segmentation.provenance == origins
    assert segmentation.segments == segments
    return made


def volume_mm3(mask: NDArray[np.bool_], grid: Geometry) -> float:
    return float(mask.sum()) * grid.voxel_volume_mm3


def ball_mm3(radius_mm: float) -> float:
    return 4 / 3 * np.pi * radius_mm**3


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Dice."""
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))
