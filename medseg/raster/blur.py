"""Gaussians in mm, on any grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from medseg.raster.reach import offsets_mm

#: A Gaussian is cut off here, in sigmas: what is beyond weighs a hundredth of all.
CUT = 3.0
_NOTHING = 1e-6


def blurred(
    values: NDArray[Any], steps_mm: NDArray[np.float64], sigma_mm: float
) -> NDArray[np.float64]:
    """A 3D array averaged under a Gaussian that is round in the patient.

    Voxels beyond the array and those without a finite value have no part in the average; where
    nothing else is within three sigmas the result is NaN.

    Args:
        values: 3D.
        steps_mm: (3, 3), the affine's columns: steps along slice, row, column, as vectors.
        sigma_mm: standard deviation, above 0.
    """
    reach = CUT * sigma_mm
    away = offsets_mm(steps_mm, reach, values.shape)
    kernel = np.exp(-0.5 * (np.minimum(away, reach) / sigma_mm) ** 2) * (away <= reach)
    known = np.isfinite(values)
    weights = fftconvolve(known.astype(np.float64), kernel, mode="same")
    # About the mean, so that rounding in the transform is small beside the differences.
    middle = float(values[known].mean()) if known.any() else 0.0
    sums = fftconvolve(np.where(known, values - middle, 0.0), kernel, mode="same")
    seen = weights > _NOTHING
    return np.where(seen, middle + sums / np.where(seen, weights, 1.0), np.nan)


def gradient_mm(values: NDArray[np.float64], steps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """The gradient per mm of a 3D array as vectors in the patient: (slice, row, column, 3).

    Along an axis of one voxel it is 0.
    """
    along = [
        np.gradient(values, axis=axis) if values.shape[axis] > 1 else np.zeros(values.shape)
        for axis in range(3)
    ]
    return np.asarray(np.stack(along, axis=-1) @ np.linalg.inv(steps_mm))
