"""Masks to polygons along the voxels' edges."""

from __future__ import annotations

from itertools import pairwise
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
    if not mask.size:
        return []
    points, ends, rings = _trace(_with_rim(mask))
    if rings == 1:
        return [points]
    return [points[start:end] for start, end in pairwise([0, *ends[:rings].tolist()])]


def _with_rim(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The mask with background all round, in whole words of eight pixels a row.

    The rim spares the kernel all questions about the border, the words let it pass over eight
    pixels at a time.
    """
    rows, columns = mask.shape
    rim = np.zeros((rows + 2, (columns + 9) // 8 * 8), dtype=np.uint8)
    rim[1:-1, 1 : columns + 1] = mask if mask.dtype == np.bool_ else mask != 0
    return rim


@numba.njit(nogil=True, cache=True)
def _trace(rim: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], int]:
    """All rings' points, one ring after the other, where each ring ends, and how many."""
    words = rim.view(np.uint64)
    corners = np.empty(128, dtype=np.int64)
    ends = np.empty(16, dtype=np.int64)
    count = rings = 0
    for row in range(1, rim.shape[0]):
        for word in range(words.shape[1]):
            if not _begins(words[row - 1, word], words[row, word]):
                continue
            for column in range(8 * word, 8 * word + 8):
                # An edge to the east that is not yet walked, first in its row: at a corner.
                if _begins(rim[row - 1, column], rim[row, column]):
                    corners, count = _walk(rim, row, column, corners, count)
                    if rings == ends.size:
                        ends = _doubled(ends)
                    ends[rings] = count
                    rings += 1
    points = np.empty((count, 2))
    for point in range(count):
        # From corners of pixels within a rim to places between pixels' centres.
        points[point, 0] = corners[2 * point] - 1.5
        points[point, 1] = corners[2 * point + 1] - 1.5
    return points, ends, rings


@numba.njit(nogil=True, cache=True)
def _begins(above: int, here: int) -> bool:
    """Whether pixels are in, those above them are not, and the edge between is not yet walked.

    A pixel or a word of eight: bit 0 of each byte says in, bit 1 that its top edge is walked.
    """
    fresh = np.uint64(here) & ~np.uint64(above) & ~(np.uint64(here) >> np.uint64(1))
    return bool((fresh & np.uint64(0x0101010101010101)) != 0)


@numba.njit(nogil=True, cache=True)
def _walk(
    rim: NDArray[Any], row: int, column: int, corners: NDArray[Any], count: int
) -> tuple[NDArray[Any], int]:
    """Walk one ring with the mask on the right hand, from an edge that runs east.

    Corner (i, j) is the one up and left of pixel (i, j) of the rim.
    """
    start_row, start_column, direction = row, column, 0
    corners, count = _listed(corners, count, row, column)
    while True:
        if direction == 0:
            rim[row, column] |= 2
            column += 1
        elif direction == 1:
            row += 1
        elif direction == 2:
            column -= 1
        else:
            row -= 1
        turned = _turn(rim, row, column, direction)
        if row == start_row and column == start_column and turned == 0:
            return corners, count
        if turned != direction:
            corners, count = _listed(corners, count, row, column)
        direction = turned


@numba.njit(nogil=True, cache=True)
def _listed(corners: NDArray[Any], count: int, row: int, column: int) -> tuple[NDArray[Any], int]:
    if 2 * count == corners.size:
        corners = _doubled(corners)
    corners[2 * count], corners[2 * count + 1] = row, column
    return corners, count + 1


@numba.njit(nogil=True, cache=True)
def _doubled(values: NDArray[Any]) -> NDArray[Any]:
    """The values, with room for as many again."""
    longer = np.empty(2 * values.size, dtype=np.int64)
    for place in range(values.size):
        longer[place] = values[place]
    return longer


@numba.njit(nogil=True, cache=True)
def _turn(rim: NDArray[Any], row: int, column: int, direction: int) -> int:
    """The way on from a corner: right if it can be, which parts diagonal pixels; else on, left."""
    north_west, north_east = rim[row - 1, column - 1] & 1, rim[row - 1, column] & 1
    south_west, south_east = rim[row, column - 1] & 1, rim[row, column] & 1
    # The two pixels ahead, on the left and on the right hand.
    if direction == 0:
        left, right = north_east, south_east
    elif direction == 1:
        left, right = south_east, south_west
    elif direction == 2:
        left, right = south_west, north_west
    else:
        left, right = north_west, north_east
    if not right:
        return (direction + 1) % 4
    return (direction + 3) % 4 if left else direction
