"""A large blended field cut at the area that is due: only blocks near the edge are looked at."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.blend import Weights, blend_along, blend_at
from medseg.interpolate.level import level_between, level_for, take_first
from medseg.interpolate.moving import Way

#: Pixels along a side of the blocks that are decided as a whole far from the edge.
_BLOCK = 8
#: A blend of distances changes by at most this per millimetre: 1, and what sampling adds.
_STEEPEST = 1.5
#: How far from the first guess of the level the final one may lie, in pixels.
_SLACK = 3.0


@numba.njit(nogil=True, cache=True)
def cut_in_blocks(
    fields: tuple[NDArray[Any], NDArray[Any]],
    ways: tuple[Way, Way],
    weights: Weights,
    spacing: tuple[float, float],
    area: float,
    depth: NDArray[Any],
) -> bool:
    """Write the blend, shifted to its area, as `section.cut_at_area` asks for.

    False if the level is not where it was looked for; `depth` has no sense then.
    """
    rows, columns = depth.shape
    middles = _middles(fields, ways, weights, spacing, rows, columns)
    guess = _guess(middles, rows, columns, area)
    slack = _SLACK * max(spacing[0], spacing[1])
    reach = _STEEPEST * 0.5 * _BLOCK * np.hypot(spacing[0], spacing[1]) + slack
    values = np.empty(rows * columns, depth.dtype)
    rooms = np.empty(columns), np.empty(columns)
    near, inside = 0, 0
    for i in range(middles.shape[0]):
        top, bottom = i * _BLOCK, min((i + 1) * _BLOCK, rows)
        j = 0
        while j < middles.shape[1]:
            begin, far = j, abs(middles[i, j] - guess) > reach
            if far:
                right = min((j + 1) * _BLOCK, columns)
                depth[top:bottom, j * _BLOCK : right] = middles[i, j]
                if middles[i, j] > guess:
                    inside += (bottom - top) * (right - j * _BLOCK)
                j += 1
                continue
            while j < middles.shape[1] and not abs(middles[i, j] - guess) > reach:
                j += 1
            left, right = begin * _BLOCK, min(j * _BLOCK, columns)
            for row in range(top, bottom):
                line = depth[row, left:right]
                blend_along(fields, ways, weights, spacing, row, (left, right), rooms, line)
                values[near : near + right - left] = line
                near += right - left
    count = round(area) - inside
    if not 1 <= count < near:
        return False
    between = guess - slack, guess + slack
    level, told = level_between(values[:near], count, area - inside, inside, between)
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
    weights: Weights,
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
            middles[i, j] = blend_at(fields, ways, weights, spacing, row, column)
    return middles


@numba.njit(nogil=True, cache=True)
def _guess(middles: NDArray[Any], rows: int, columns: int, area: float) -> float:
    """The level at which as large a part of the blocks' middles lies above it as is asked for."""
    count = min(max(round(area * middles.size / (rows * columns)), 1), middles.size)
    return level_for(middles.copy().ravel(), count, float(count), 0)[0]
