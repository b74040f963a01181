"""Small grids and masks with known answers, shared by all tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medseg.model import Geometry, Segment, Segmentation, Source, Volume

ANISOTROPIC_MM = (2.5, 0.7, 0.8)


def oblique_geometry(shape: tuple[int, int, int] = (6, 8, 10), *, shear: float = 0.0) -> Geometry:
    """A rotated, anisotropic grid; `shear` moves each next slice along the rows, in mm."""
    turn_x, turn_z = np.radians((20.0, 35.0))
    about_x = np.array(
        [
            [1, 0, 0],
            [0, np.cos(turn_x), -np.sin(turn_x)],
            [0, np.sin(turn_x), np.cos(turn_x)],
        ]
    )
    about_z = np.array(
        [
            [np.cos(turn_z), -np.sin(turn_z), 0],
            [np.sin(turn_z), np.cos(turn_z), 0],
            [0, 0, 1],
        ]
    )
    steps = np.zeros((3, 3))
    steps[2, 0], steps[1, 1], steps[0, 2] = ANISOTROPIC_MM
    steps[1, 0] = shear
    affine = np.eye(4)
    affine[:3, :3] = about_z @ about_x @ steps
    affine[:3, 3] = (-31.25, 12.5, 207.0)
    return Geometry(shape, affine)


def ellipsoid(
    geometry: Geometry, center_srk: tuple[float, float, float], radii_mm: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """An ellipsoid along the grid's axes: radii in mm along (slice, row, column)."""
    axes = [
        (np.arange(size) - center) * step / radius
        for size, center, step, radius in zip(
            geometry.shape, center_srk, geometry.spacing_mm, radii_mm, strict=True
        )
    ]
    slices, rows, columns = np.meshgrid(*axes, indexing="ij")
    return np.asarray(slices**2 + rows**2 + columns**2 <= 1.0)


def two_lesions(geometry: Geometry | None = None) -> Segmentation:
    """Two lesions of a few voxels each on a small oblique grid."""
    grid = geometry or oblique_geometry()
    array = np.zeros(grid.shape, np.uint8)
    array[1:4, 2:5, 3:7] = 1
    array[4, 6, 8] = 2
    return Segmentation(array, grid, (Segment.unnamed(1, "Nodule"), Segment.unnamed(2, "Speck")))


def ramp_volume(geometry: Geometry | None = None) -> Volume:
    """A volume whose value is 100 * slice + 10 * row + column, in HU."""
    from pathlib import Path

    grid = geometry or oblique_geometry()
    slices, rows, columns = np.indices(grid.shape)
    voxels = (100 * slices + 10 * rows + columns).astype(np.int16)
    source = Source("nifti", Path("ramp.nii.gz"), "ramp.nii.gz", stored_dtype="int16")
    return Volume(voxels, grid, "HU", source, modality="CT", description="ramp")
