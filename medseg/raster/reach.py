"""What lies within so many mm of a mask, on any grid."""

from __future__ import annotations

import edt
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from medseg.raster.boxes import Box, widened

#: Two steps of a grid are at right angles when their cosine is below this.
_RIGHT_ANGLE = 1e-5
#: More voxels than any grid has along an axis.
_MOST = 2.0**31
#: A centre at just the reach is within it, whatever rounding the affine brought.
_SLACK = 1e-6


def distance_to_mm(
    mask: NDArray[np.bool_], steps_mm: NDArray[np.float64], reach_mm: float = np.inf
) -> NDArray[np.float64]:
    """Distance from each voxel's centre to the nearest centre in a mask, in mm; 0 within it.

    Exact: on grids with right angles by a separable transform, on sheared ones by a search
    tree. What lies beyond the array counts for nothing. Distances beyond the reach may come
    out as inf; from an empty mask all are.

    Args:
        mask: 3D boolean.
        steps_mm: (3, 3), the affine's columns: steps along slice, row, column, as vectors.
        reach_mm: how far is of interest.
    """
    if not mask.any():
        return np.full(mask.shape, np.inf)
    if has_right_angles(steps_mm):
        spacing = tuple(np.linalg.norm(steps_mm, axis=0).tolist())
        outside = np.ascontiguousarray(~mask).view(np.uint8)
        found: NDArray[np.float64] = edt.edt(outside, anisotropy=spacing).astype(np.float64)
        return found
    return _by_tree(mask, steps_mm, reach_mm)


def has_right_angles(steps_mm: NDArray[np.float64]) -> bool:
    """Whether a grid's three steps are at right angles to each other."""
    units = steps_mm / np.linalg.norm(steps_mm, axis=0)
    return bool(np.abs(units.T @ units - np.eye(3)).max() < _RIGHT_ANGLE)


def _by_tree(
    mask: NDArray[np.bool_], steps_mm: NDArray[np.float64], reach_mm: float
) -> NDArray[np.float64]:
    tree = cKDTree(np.argwhere(mask) @ steps_mm.T)
    away = np.zeros(mask.shape)
    others = np.argwhere(~mask) @ steps_mm.T
    # The bound is half-open.
    away[~mask] = tree.query(others, distance_upper_bound=reach_mm * (1 + _SLACK) + _SLACK)[0]
    return away


def grown(
    mask: NDArray[np.bool_], steps_mm: NDArray[np.float64], reach_mm: float
) -> NDArray[np.bool_]:
    """The voxels whose centres are within the reach of a centre in the mask."""
    limit = reach_mm * (1 + _SLACK) + _SLACK
    return np.asarray(distance_to_mm(mask, steps_mm, reach_mm) <= limit)


def shrunk(
    mask: NDArray[np.bool_], steps_mm: NDArray[np.float64], reach_mm: float
) -> NDArray[np.bool_]:
    """The voxels of a mask further than the reach from every centre outside; `grown` undone.

    The border of the array takes nothing away: what is beyond is unknown.
    """
    return ~grown(~mask, steps_mm, reach_mm)


def signed_to_mm(mask: NDArray[np.bool_], steps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance to the nearest centre of the other kind, in mm: positive inside.

    Between two neighbours of different kind it is zero halfway.
    """
    return distance_to_mm(~mask, steps_mm) - distance_to_mm(mask, steps_mm)


def voxels_within(steps_mm: NDArray[np.float64], reach_mm: float) -> tuple[int, int, int]:
    """How many voxels along slice, row and column can be within a reach, at most."""
    # A ball's extent along an index axis: the axis's row of the inverse affine.
    per_mm = np.linalg.norm(np.linalg.inv(steps_mm), axis=1)
    counts = np.minimum(np.ceil(per_mm * reach_mm * (1 - _SLACK)), _MOST).astype(int)
    return int(counts[0]), int(counts[1]), int(counts[2])


def widened_by_mm(
    box: Box, steps_mm: NDArray[np.float64], reach_mm: float, shape: tuple[int, int, int]
) -> Box:
    """A box with room for a reach, and one voxel more, on all sides, cut off at the grid."""
    margins = [
        min(count + 1, size)
        for count, size in zip(voxels_within(steps_mm, reach_mm), shape, strict=True)
    ]
    sides = [
        widened(side, margin, size) for side, margin, size in zip(box, margins, shape, strict=True)
    ]
    return sides[0], sides[1], sides[2]


def offsets_mm(
    steps_mm: NDArray[np.float64], reach_mm: float, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Distance from the middle voxel to each voxel around it, in mm, over a box for the reach.

    Args:
        steps_mm: (3, 3), the grid's steps as columns.
        reach_mm: how far is of interest.
        shape: of the array that it is moved over; no two voxels of it are further apart.
    """
    counts = np.minimum(voxels_within(steps_mm, reach_mm), np.array(shape) - 1)
    index = np.indices(2 * counts + 1).reshape(3, -1)
    away = steps_mm @ (index - counts[:, None])
    return np.asarray(np.linalg.norm(away, axis=0).reshape(2 * counts + 1))
