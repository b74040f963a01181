"""The voxels that a ball sweeps over on its way, in mm, on any grid."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Corner = tuple[int, int, int]

# A centre at just the radius is within it, whatever rounding the affine brought.
_SLACK = 1e-9
# A step aside of so few mm, squared, is none but for rounding.
_STILL = 1e-24


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
    steps = np.array(steps_mm, dtype=np.float64, order="C")
    start, end = start.astype(np.float64), end.astype(np.float64)
    reach = radius_mm * (1 + _SLACK) * _reach_per_mm(steps.tobytes())
    if axis is not None:
        start[axis] = end[axis] = np.floor(end[axis] + 0.5)
        reach[axis] = 0.0
    reach = np.maximum(reach, 0.5)  # for the voxels that the centre passes through
    grid = int(shape[0]), int(shape[1]), int(shape[2])
    return _swept(steps, grid, start, end, reach, float(radius_mm))


@lru_cache(maxsize=8)
def _reach_per_mm(steps: bytes) -> NDArray[np.float64]:
    """How many slices, rows and columns a ball of 1 mm reaches over, for steps as bytes."""
    index_per_mm = np.linalg.inv(np.frombuffer(steps, np.float64).reshape(3, 3))
    return np.asarray(np.sqrt(np.square(index_per_mm).sum(axis=1)))


@numba.njit(nogil=True, cache=True)
def _swept(
    steps: NDArray[Any],
    shape: tuple[int, int, int],
    start: NDArray[Any],
    end: NDArray[Any],
    reach: NDArray[Any],
    radius: float,
) -> tuple[Corner, NDArray[Any]]:
    low, past = np.empty(3), np.empty(3)
    for axis in range(3):
        first = np.ceil(min(start[axis], end[axis]) - reach[axis])
        last = np.floor(max(start[axis], end[axis]) + reach[axis])
        low[axis] = min(max(first, 0.0), shape[axis])
        past[axis] = min(max(last + 1.0, low[axis]), shape[axis])
    size = past - low
    inside = np.zeros((int(size[0]), int(size[1]), int(size[2])), np.bool_)
    if inside.size:
        _sweep(steps, _in_mm(steps, low - start), _in_mm(steps, end - start), radius, inside)
        _mark_way(start - low, end - low, inside)
    return (int(low[0]), int(low[1]), int(low[2])), inside


@numba.njit(nogil=True, cache=True)
def _in_mm(steps: NDArray[Any], index: NDArray[Any]) -> NDArray[Any]:
    way = np.zeros(3)
    for axis in range(3):
        for place in range(3):
            way[axis] += steps[axis, place] * index[place]
    return way


@numba.njit(nogil=True, cache=True)
def _sweep(
    steps: NDArray[Any], first: NDArray[Any], way: NDArray[Any], radius: float, inside: NDArray[Any]
) -> None:
    """Mark the centres within the radius of the way; `first` leads from its start, all in mm.

    What is within the radius has no dent, so that in each row it is one run: from the first to
    the last place of the ball where the way starts, of the one where it ends, and of the
    cylinder between.
    """
    limit = radius * radius * (1 + 2 * _SLACK)
    way_x, way_y, way_z = way[0], way[1], way[2]
    squared = way_x * way_x + way_y * way_y + way_z * way_z
    inverse = 1.0 / squared if squared > 0 else 0.0
    # The step along a row: as a part of the way, and what of it leads aside from the way.
    ahead = (steps[0, 2] * way_x + steps[1, 2] * way_y + steps[2, 2] * way_z) * inverse
    step = steps[0, 2], steps[1, 2], steps[2, 2]
    aside = step[0] - ahead * way_x, step[1] - ahead * way_y, step[2] - ahead * way_z
    for_step, for_aside = _inverse_square(step), _inverse_square(aside)
    columns = inside.shape[2]
    for one in range(inside.shape[0]):
        for two in range(inside.shape[1]):
            x = first[0] + one * steps[0, 0] + two * steps[0, 1]
            y = first[1] + one * steps[1, 0] + two * steps[1, 1]
            z = first[2] + one * steps[2, 0] + two * steps[2, 1]
            low, high = _within(x, y, z, step, for_step, limit)
            if squared > 0:
                start, end = _within(x - way_x, y - way_y, z - way_z, step, for_step, limit)
                low, high = min(low, start), max(high, end)
                part = (x * way_x + y * way_y + z * way_z) * inverse
                x, y, z = x - part * way_x, y - part * way_y, z - part * way_z
                start, end = _within(x, y, z, aside, for_aside, limit)
                begins, ends = _abreast(part, ahead)
                start, end = max(start, begins), min(end, ends)
                if start <= end:
                    low, high = min(low, start), max(high, end)
            if low <= high:
                begin = max(np.ceil(low), 0.0)
                past = max(min(np.floor(high) + 1.0, columns), begin)
                inside[one, two, int(begin) : int(past)] = True


@numba.njit(nogil=True, cache=True)
def _inverse_square(step: tuple[float, float, float]) -> float:
    """One by a step's square; 0 if it is none."""
    squared = step[0] * step[0] + step[1] * step[1] + step[2] * step[2]
    return 1.0 / squared if squared > _STILL else 0.0


@numba.njit(nogil=True, cache=True)
def _within(
    x: float, y: float, z: float, step: tuple[float, float, float], inverse: float, limit: float
) -> tuple[float, float]:
    """From where to where steps from a point are near the origin; from inf to -inf if never."""
    nearest = -(x * step[0] + y * step[1] + z * step[2]) * inverse
    x, y, z = x + nearest * step[0], y + nearest * step[1], z + nearest * step[2]
    left = limit - (x * x + y * y + z * z)
    if left < 0.0:
        return np.inf, -np.inf
    reach = np.sqrt(left * inverse) if inverse > 0.0 else np.inf
    return nearest - reach, nearest + reach


@numba.njit(nogil=True, cache=True)
def _abreast(part: float, ahead: float) -> tuple[float, float]:
    """From where to where steps are abreast of the way, neither before nor behind it."""
    if ahead == 0.0:
        return (-np.inf, np.inf) if 0.0 <= part <= 1.0 else (np.inf, -np.inf)
    one, other = -part / ahead, (1.0 - part) / ahead
    return min(one, other), max(one, other)


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
