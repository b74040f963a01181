"""One section of an object between two others: the blended field, cut at the area that is due."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.blend import blend
from medseg.interpolate.blocks import cut_in_blocks
from medseg.interpolate.level import lower_to_area
from medseg.interpolate.moving import Way, moved

#: A field of so many pixels is worth looking at in blocks.
_LARGE = 4096
#: How far from 0 in a small field the level is looked for first, in pixels.
_CLOSE = 1.0


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
    if depth.size >= _LARGE and cut_in_blocks(fields, ways, weights, spacing, area, depth):
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
