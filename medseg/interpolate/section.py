"""One section of an object between two others: the blended field, cut at the area that is due."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.level import level_for, lower_to_area, take_first
from medseg.interpolate.moving import moved, sample

#: Pixels along a side of the blocks that are decided as a whole far from the edge.
_BLOCK = 8
#: A field of so many pixels is worth looking at in blocks.
_LARGE = 4096
#: A blend of distances changes by at most this per millimetre: 1, and what sampling adds.
_STEEPEST = 1.5
#: How far from the first guess of the level the final one may lie, in pixels.
_SLACK = 3.0


@numba.njit(nogil=True, cache=True)
def blend(
    fields: tuple[NDArray[Any], NDArray[Any]],
    ways: tuple[NDArray[Any], NDArray[Any]],
    weights: tuple[float, float, float, float],
    spacing: tuple[float, float],
    row: int,
    column: int,
) -> float:
    """How deep a pixel lies in the blend of both sections.

    Args:
        fields: signed distances to the first section and to the second, in mm.
        ways: from this slice back to each of them.
        weights: share of the first, share of the second, how far their moved blend counts
            against the one in place, and how far the blend is smoothed, if it is cut.
        spacing: a pixel's height and width in mm.
        row: the pixel's.
        column: the pixel's.
    """
    first, last, share, _ = weights
    value = 0.0
    if share > 0.0:
        a = sample(fields[0], ways[0], row, column, spacing)
        b = sample(fields[1], ways[1], row, column, spacing)
        value = share * (first * a + last * b)
    if share < 1.0:
        value += (1.0 - share) * (first * fields[0][row, column] + last * fields[1][row, column])
    return value


@numba.njit(nogil=True, cache=True)
def cut_at_area(
    fields: tuple[NDArray[Any], NDArray[Any]],
    ways: tuple[NDArray[Any], NDArray[Any]],
    weights: tuple[float, float, float, float],
    spacing: tuple[float, float],
    area: float,
    depth: NDArray[Any],
) -> None:
    """Write the blend, shifted so that `area` pixels are above 0.

    In a large field only the blocks near the edge are looked at pixel by pixel: a distance
    changes by no more than the way walked, so the others lie wholly inside or outside, and
    keep their middle's depth. If the level turns out to lie elsewhere, all pixels are. Such a
    field is not smoothed: its pixels are small.

    Args:
        fields: as for `blend`.
        ways: as for `blend`.
        weights: as for `blend`.
        spacing: as for `blend`.
        area: in pixels.
        depth: 2D, written.
    """
    rows, columns = depth.shape
    if rows * columns >= _LARGE and _cut_in_blocks(fields, ways, weights, spacing, area, depth):
        return
    first, last, share, smooth = weights
    a, b = np.empty_like(depth), np.empty_like(depth)
    if share > 0.0:
        moved(fields[0], ways[0], spacing, a)
        moved(fields[1], ways[1], spacing, b)
    for row in range(rows):
        for column in range(columns):
            value = 0.0
            if share > 0.0:
                value = share * (first * a[row, column] + last * b[row, column])
            if share < 1.0:
                in_place = first * fields[0][row, column] + last * fields[1][row, column]
                value += (1.0 - share) * in_place
            depth[row, column] = value
    if smooth > 0.0:
        a[:] = depth
        _smoothed(a, smooth, fields, depth)
    lower_to_area(depth, area, _SLACK * max(spacing[0], spacing[1]))


@numba.njit(nogil=True, cache=True)
def _smoothed(
    field: NDArray[Any],
    share: float,
    fields: tuple[NDArray[Any], NDArray[Any]],
    out: NDArray[Any],
) -> None:
    """Write the field, mixed with its mean over 3 x 3 pixels in binomial weights.

    What both sections hold becomes no shallower, and what neither holds no deeper: corners that
    they share stay.
    """
    rows, columns = field.shape
    for row in range(1, rows - 1):
        up, here, down = field[row - 1], field[row], field[row + 1]
        for column in range(1, columns - 1):
            corners = up[column - 1] + up[column + 1] + down[column - 1] + down[column + 1]
            sides = up[column] + down[column] + here[column - 1] + here[column + 1]
            mean = 0.25 * here[column] + 0.125 * sides + 0.0625 * corners
            value = (1.0 - share) * here[column] + share * mean
            first, last = fields[0][row, column] > 0.0, fields[1][row, column] > 0.0
            if first and last:
                value = max(value, here[column])
            elif not first and not last:
                value = min(value, here[column])
            out[row, column] = value


@numba.njit(nogil=True, cache=True)
def _cut_in_blocks(
    fields: tuple[NDArray[Any], NDArray[Any]],
    ways: tuple[NDArray[Any], NDArray[Any]],
    weights: tuple[float, float, float, float],
    spacing: tuple[float, float],
    area: float,
    depth: NDArray[Any],
) -> bool:
    """The same in blocks; False if the level is not where it was looked for."""
    rows, columns = depth.shape
    middles = _middles(fields, ways, weights, spacing, rows, columns)
    guess = _guess(middles, rows, columns, area)
    slack = _SLACK * max(spacing[0], spacing[1])
    reach = _STEEPEST * 0.5 * _BLOCK * np.hypot(spacing[0], spacing[1]) + slack
    values = np.empty(rows * columns, depth.dtype)
    near, inside = 0, 0
    for i in range(middles.shape[0]):
        for j in range(middles.shape[1]):
            bottom, right = min((i + 1) * _BLOCK, rows), min((j + 1) * _BLOCK, columns)
            far = abs(middles[i, j] - guess) > reach
            for row in range(i * _BLOCK, bottom):
                for column in range(j * _BLOCK, right):
                    if far:
                        depth[row, column] = middles[i, j]
                    else:
                        depth[row, column] = blend(fields, ways, weights, spacing, row, column)
                        values[near] = depth[row, column]
                        near += 1
            if far and middles[i, j] > guess:
                inside += (bottom - i * _BLOCK) * (right - j * _BLOCK)
    count = round(area) - inside
    if not 1 <= count < near:
        return False
    level, told = level_for(values[:near], count, area - inside, inside)
    if abs(level - guess) > slack:
        return False
    if told:
        depth -= level
    else:
        take_first(depth, level, count)
    return True


@numba.njit(nogil=True, cache=True)
def _middles(
    fields: tuple[NDArray[Any], NDArray[Any]],
    ways: tuple[NDArray[Any], NDArray[Any]],
    weights: tuple[float, float, float, float],
    spacing: tuple[float, float],
    rows: int,
    columns: int,
) -> NDArray[Any]:
    """The blend in the middle of each block."""
    down, along = (rows + _BLOCK - 1) // _BLOCK, (columns + _BLOCK - 1) // _BLOCK
    middles = np.empty((down, along))
    for i in range(down):
        for j in range(along):
            row = min(i * _BLOCK + _BLOCK // 2, rows - 1)
            column = min(j * _BLOCK + _BLOCK // 2, columns - 1)
            middles[i, j] = blend(fields, ways, weights, spacing, row, column)
    return middles


@numba.njit(nogil=True, cache=True)
def _guess(middles: NDArray[Any], rows: int, columns: int, area: float) -> float:
    """The level at which as large a part of the blocks' middles lies above it as is asked for."""
    count = min(max(round(area * middles.size / (rows * columns)), 1), middles.size)
    return level_for(middles.copy().ravel(), count, float(count), 0)[0]
