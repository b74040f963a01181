"""A smooth surface around a mask for the eye; measures are taken from the voxels, never from it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.measure import marching_cubes

# In blocks; enough to take the steps off a slice's edge, too little to move the surface.
_SIGMA = 0.7
_BORDER = 3


def smooth_surface(
    mask: NDArray[np.bool_], *, most_along: int = 64
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Corners (n, 3) as indices of the mask and triangles (m, 3) of the surface around it.

    What lies outside of the array is background, so the surface is closed. A mask that is larger
    than `most_along` is averaged over blocks of voxels first, which bounds the time by that size
    and keeps the volume. Single voxels stay. An empty mask has no corner and no triangle.

    Args:
        mask: 3D.
        most_along: voxels or blocks along each axis at most.

    Reference:
        Lorensen, Cline. Computer Graphics 21(4):163-169, 1987.
    """
    if not mask.any():
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    factors = [max(1, math.ceil(size / most_along)) for size in mask.shape]
    blocks = _averaged(mask, factors)
    smooth = gaussian_filter(np.pad(blocks, _BORDER), _SIGMA)
    level = min(0.5, float(smooth.max()) / 2)
    corners, triangles = marching_cubes(smooth, level)[:2]  # type: ignore[no-untyped-call]
    per_block = np.array(factors, np.float64)
    # A block's centre lies between its voxels' centres.
    placed = (corners.astype(np.float64) - _BORDER) * per_block + (per_block - 1) / 2
    return placed, triangles.astype(np.int64)


def _averaged(mask: NDArray[np.bool_], factors: list[int]) -> NDArray[np.float32]:
    """The part of each block that is inside; what a last block lacks is outside."""
    averaged = mask.astype(np.float32)
    for axis, factor in enumerate(factors):
        lacking = -averaged.shape[axis] % factor
        widths = [(0, lacking if other == axis else 0) for other in range(3)]
        padded = np.pad(averaged, widths)
        shape = (*padded.shape[:axis], padded.shape[axis] // factor, factor)
        averaged = padded.reshape(*shape, *padded.shape[axis + 1 :]).mean(axis=axis + 1)
    return averaged
