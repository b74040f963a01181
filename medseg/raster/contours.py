"""Masks to polygons along the voxels' edges."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

# Directions of travel: 0 east (columns grow), 1 south (rows grow), 2 west, 3 north.


def edge_contours(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """The closed rings that run along the edges of a 2D mask's pixels.

    Each ring is (n, 2), (row, column) in pixels with centres at integers, so its coordinates
    are half-integers; the last point joins the first and is not repeated; only corners are
    listed. Outer rings run clockwise on the screen (rows down), holes the other way. Pixels
    that touch at a corner only are in rings of their own. An empty mask has no rings.

    Filling all rings together (`fill_rings`) gives the mask back, bit for bit, with its holes
    and up to the border.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return []
    box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # A rim of background spares the kernel all questions about the border.
    padded = np.pad(box.astype(np.bool_, copy=False), 1)
    corners, ends = _trace(padded)
    points = corners + np.array((rows[0] - 1.5, columns[0] - 1.5))
    return [np.ascontiguousarray(ring) for ring in np.split(points, ends[:-1])]


@numba.njit(nogil=True, cache=True)
def _trace(mask: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """All corners, ring after ring, and where each ring ends; corner (i, j) is NW of its pixel."""
    most = _count_corners(mask)
    corners = np.empty((most, 2), dtype=np.float64)
    ends = np.empty(most // 4, dtype=np.int64)
    seen = np.zeros(mask.shape, dtype=np.bool_)
    count = rings = 0
    for row in range(1, mask.shape[0]):
        for column in range(1, mask.shape[1]):
            # The first edge towards the east that is not yet walked always starts at a corner.
            if mask[row, column] and not mask[row - 1, column] and not seen[row, column]:
                count = _walk(mask, seen, row, column, corners, count)
                ends[rings] = count
                rings += 1
    return corners, ends[:rings]


@numba.njit(nogil=True, cache=True)
def _count_corners(mask: NDArray[Any]) -> int:
    """How many corners the rings have together; where two pixels touch diagonally it is two."""
    count = 0
    for row in range(1, mask.shape[0]):
        for column in range(1, mask.shape[1]):
            north = int(mask[row - 1, column - 1]) + int(mask[row - 1, column])
            south = int(mask[row, column - 1]) + int(mask[row, column])
            if (north + south) % 2 == 1:
                count += 1
            elif north == 1 and south == 1 and mask[row, column] != mask[row - 1, column]:
                count += 2
    return count


@numba.njit(nogil=True, cache=True)
def _walk(
    mask: NDArray[Any],
    seen: NDArray[Any],
    row: int,
    column: int,
    corners: NDArray[Any],
    count: int,
) -> int:
    """Walk one ring with the mask on the right hand, from an edge that runs east."""
    start_row, start_column, direction = row, column, 0
    corners[count, 0], corners[count, 1] = row, column
    count += 1
    while True:
        if direction == 0:
            seen[row, column] = True
            column += 1
        elif direction == 1:
            row += 1
        elif direction == 2:
            column -= 1
        else:
            row -= 1
        turned = _turn(mask, row, column, direction)
        if row == start_row and column == start_column and turned == 0:
            return count
        if turned != direction:
            corners[count, 0], corners[count, 1] = row, column
            count += 1
        direction = turned


@numba.njit(nogil=True, cache=True)
def _turn(mask: NDArray[Any], row: int, column: int, direction: int) -> int:
    """The way on from a corner: right if it can be, which parts diagonal pixels; else on, left."""
    north_west, north_east = mask[row - 1, column - 1], mask[row - 1, column]
    south_west, south_east = mask[row, column - 1], mask[row, column]
    # An edge leads off where the pixel on its right is in and the one on its left is out.
    leads = (
        south_east and not north_east,
        south_west and not south_east,
        north_west and not south_west,
        north_east and not north_west,
    )
    right = (direction + 1) % 4
    if leads[right]:
        return right
    if leads[direction]:
        return direction
    return (direction + 3) % 4
