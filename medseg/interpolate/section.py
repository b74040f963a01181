"""One section of an object between two others: the blended field, cut at the area that is due."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.level import level_for, lower_to_area, take_first
from medseg.interpolate.moving import Way, moved, sample

#: Pixels along a side of the blocks that are decided as a whole far from the edge.
_BLOCK = 8
#: A field of so many pixels is worth looking at in blocks.
_LARGE = 4096
#: A blend of distances changes by at most this per millimetre: 1, and what sampling adds.
_STEEPEST = 1.5
#: How far from the first guess of the level the final one may lie, in pixels.
_SLACK = 3.0
#: And from 0 in a small field, where it is looked for there first.
_CLOSE = 1.0


@numba.njit(nogil=True, cache=True)
def blend(
    in_place: tuple[float, float],
    moved_there: tuple[float, float],
    weights: tuple[float, float, float, float],
) -> float:
    """How deep a pixel lies in the blend of both sections.

    Args:
        in_place: signed distances to the first section and to the second, in mm.
        moved_there: the same where the pixel comes from in either section.
        weights: share of the first, share of the second, how far their moved blend counts
            against the one in place, and how far the blend is smoothed, if it is cut.
    """
    first, last, share, _ = weights
    value = 0.0
    if share > 0.0:
        value = share * (first * moved_there[0] + last * moved_there[1])
    if share < 1.0:
        value += (1.0 - share) * (first * in_place[0] + last * in_place[1])
    return value


@numba.njit(nogil=True, cache=True)
def _at(
    fields: tuple[NDArray[Any], NDArray[Any]],
    ways: tuple[Way, Way],
    weights: tuple[float, float, float, float],
    spacing: tuple[float, float],
    row: int,
    column: int,
) -> float:
    """The blend at one pixel alone."""
    moved_there = (0.0, 0.0)
    if weights[2] > 0.0:
        moved_there = (
            sample(fields[0], ways[0], row, column, spacing),
            sample(fields[1], ways[1], row, column, spacing),
        )
    in_place = np.float64(fields[0][row, column]), np.float64(fields[1][row, column])
    return blend(in_place, moved_there, weights)


@numba.njit(nogil=True, cache=True)
def cut_at_area(
    fields: tuple[NDArray[Any], NDArray[Any]],
    ways: tuple[Way, Way],
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
        fields: signed distances to the first section and to the second, in mm.
        ways: from this slice back to each of them.
        weights: as for `blend`.
        spacing: a pixel's height and width in mm.
        area: in pixels.
        depth: 2D, written.
    """
    if depth.size >= _LARGE and _cut_in_blocks(fields, ways, weights, spacing, area, depth):
        return
    a, b = np.zeros_like(depth), np.zeros_like(depth)
    if weights[2] > 0.0:
        moved(fields[0], ways[0], spacing, a)
        moved(fields[1], ways[1], spacing, b)
    _blended(fields, (a, b), weights, depth)
    if weights[3] > 0.0:
        a[:] = depth
        _smoothed(a, weights[3], fields, depth)
    lower_to_area(depth, area, _CLOSE * max(spacing[0], spacing[1]))


@numba.njit(nogil=True, cache=True)
def _blended(
    fields: tuple[NDArray[Any], NDArray[Any]],
    moved_fields: tuple[NDArray[Any], NDArray[Any]],
    weights: tuple[float, float, float, float],
    out: NDArray[Any],
) -> None:
    """Write the blend of whole fields."""
    a, b = fields[0].reshape(-1), fields[1].reshape(-1)
    a_moved, b_moved = moved_fields[0].reshape(-1), moved_fields[1].reshape(-1)
    flat = out.reshape(-1)
    for pixel in range(len(flat)):
        there = np.float64(a_moved[pixel]), np.float64(b_moved[pixel])
        flat[pixel] = blend((np.float64(a[pixel]), np.float64(b[pixel])), there, weights)


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
    ways: tuple[Way, Way],
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
                        depth[row, column] = _at(fields, ways, weights, spacing, row, column)
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
    ways: tuple[Way, Way],
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
            middles[i, j] = _at(fields, ways, weights, spacing, row, column)
    return middles


@numba.njit(nogil=True, cache=True)
def _guess(middles: NDArray[Any], rows: int, columns: int, area: float) -> float:
    """The level at which as large a part of the blocks' middles lies above it as is asked for."""
    count = min(max(round(area * middles.size / (rows * columns)), 1), middles.size)
    return level_for(middles.copy().ravel(), count, float(count), 0)[0]
