"""The voxels that a ball sweeps over on its way, in mm, on any grid."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Corner = tuple[int, int, int]

# A centre at just the radius is within it, whatever rounding the affine brought.
_SLACK = 1e-9


def swept_capsule(
    steps_mm: NDArray[np.float64],
    shape: tuple[int, int, int],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    radius_mm: float,
    *,
    axis: int | None = None,
) -> tuple[Corner, NDArray[np.bool_]]:
    """Where a ball goes between two points: a patch's first voxel, and the patch (boolean, 3D).

    It holds the voxels whose centres are within the radius of the way, measured in the patient
    (right on sheared grids too), and always those that the centre of the ball passes through,
    so that a brush smaller than a voxel leaves an unbroken line. What lies off the grid is cut
    off; a way off the grid gives a patch without voxels.

    Args:
        steps_mm: (3, 3), the affine's columns: steps along slice, row, column, as vectors.
        shape: the grid's size.
        start: index (slice, row, column) where the way begins, fractional.
        end: where it ends.
        radius_mm: radius of the ball, above 0.
        axis: the array axis that a disc lies across; None for a ball. A disc is painted into
            the layer of voxels in which `end` lies, and the way is moved into that layer.
    """
    start, end = start.astype(np.float64), end.astype(np.float64)
    reach = radius_mm * (1 + _SLACK) * np.sqrt(np.square(np.linalg.inv(steps_mm)).sum(axis=1))
    if axis is not None:
        start[axis] = end[axis] = np.floor(end[axis] + 0.5)
        reach[axis] = 0.0
    reach = np.maximum(reach, 0.5)  # for the voxels that the centre passes through
    first, last = np.ceil(np.minimum(start, end) - reach), np.floor(np.maximum(start, end) + reach)
    low = np.minimum(np.maximum(first, 0), shape).astype(np.int64)
    past = np.minimum(np.maximum(last + 1, low), shape).astype(np.int64)
    inside = np.zeros(past - low, dtype=np.bool_)
    if inside.size:
        steps = np.array(steps_mm, dtype=np.float64, order="C")
        _sweep(steps, steps @ (low - start), steps @ (end - start), radius_mm, inside)
        _mark_way(start - low, end - low, inside)
    return (int(low[0]), int(low[1]), int(low[2])), inside


@numba.njit(nogil=True, cache=True)
def _sweep(
    steps: NDArray[Any], first: NDArray[Any], way: NDArray[Any], radius: float, inside: NDArray[Any]
) -> None:
    """Mark the centres within the radius of the way; `first` leads from its start, all in mm."""
    slices, rows, columns = inside.shape
    # Numbers of their own, not read from arrays, let the compiler take several voxels at once;
    # so does counting along the row in floats.
    way_x, way_y, way_z = way[0], way[1], way[2]
    step_x, step_y, step_z = steps[0, 2], steps[1, 2], steps[2, 2]
    along = np.arange(columns).astype(np.float64)
    squared = way_x * way_x + way_y * way_y + way_z * way_z
    moves = squared > 0
    inverse = 1.0 / squared if moves else 0.0
    limit = radius * radius * (1 + 2 * _SLACK)
    for one in range(slices):
        for two in range(rows):
            x0 = first[0] + one * steps[0, 0] + two * steps[0, 1]
            y0 = first[1] + one * steps[1, 0] + two * steps[1, 1]
            z0 = first[2] + one * steps[2, 0] + two * steps[2, 1]
            row = inside[one, two]
            for three in range(columns):
                x = x0 + along[three] * step_x
                y = y0 + along[three] * step_y
                z = z0 + along[three] * step_z
                if moves:
                    part = (x * way_x + y * way_y + z * way_z) * inverse
                    part = part if part > 0.0 else 0.0
                    part = part if part < 1.0 else 1.0
                    x -= part * way_x
                    y -= part * way_y
                    z -= part * way_z
                row[three] = x * x + y * y + z * z <= limit


@numba.njit(nogil=True, cache=True)
def _mark_way(start: NDArray[Any], end: NDArray[Any], inside: NDArray[Any]) -> None:
    """Mark the voxels on the way itself, one for each step along its longest side."""
    count = int(np.ceil(np.abs(end - start).max()))
    for step in range(count + 1):
        part = step / max(count, 1)
        one = int(np.floor(start[0] + part * (end[0] - start[0]) + 0.5))
        two = int(np.floor(start[1] + part * (end[1] - start[1]) + 0.5))
        three = int(np.floor(start[2] + part * (end[2] - start[2]) + 0.5))
        on_grid = 0 <= one < inside.shape[0] and 0 <= two < inside.shape[1]
        if on_grid and 0 <= three < inside.shape[2]:
            inside[one, two, three] = True
