"""Small images on disk for the plugin's tests."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np

from medseg.model import Geometry

# LPS (medseg) and RAS (NIfTI) differ in the sign of the first two axes.
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def write_image(path: Path, geometry: Geometry) -> Path:
    """Write a NIfTI on this grid whose ball of 200 on 0 fills the middle; returns the path."""
    slices, rows, columns = np.indices(geometry.shape)
    middle = [(size - 1) / 2 for size in geometry.shape]
    inside = (slices - middle[0]) ** 2 * 9 + (rows - middle[1]) ** 2 + (columns - middle[2]) ** 2
    voxels = np.where(inside < 100, 200, 0).astype(np.int16)
    # NIfTI's array axes run column, row, slice.
    affine = _LPS_TO_RAS @ geometry.affine @ np.eye(4)[[2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image(voxels.transpose(), affine), path)
    return path
