"""Parts that belong together on both keys of a gap: their sums, their box, their distances."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.parts import BOTTOM, LEFT, RIGHT, TOP, together
from medseg.raster.distance import signed_distance

#: Pixels kept around the sections on each side, so that moved fields stay inside.
ROOM = 4


@numba.njit(nogil=True, cache=True)
def beside(
    inner_groups: NDArray[Any],
    outer_groups: NDArray[Any],
    outer: NDArray[Any],
    chosen: NDArray[Any],
) -> tuple[bool, NDArray[Any]]:
    """What the chosen parts come from on the key beyond theirs: whether anything, and its sums.

    Only if it belongs to them alone: where it is shared with others, as the trunk is by its
    branches, its area says nothing about one of them.

    Args:
        inner_groups: the group of each part of the inner key in the gap beyond, from `link`.
        outer_groups: that of each part of the key beyond.
        outer: sums of the parts of the key beyond.
        chosen: which parts of the inner key are meant.
    """
    theirs = np.zeros(len(outer), np.bool_)
    for part in range(len(chosen)):
        for other in range(len(chosen)):
            if chosen[part] and not chosen[other] and inner_groups[part] == inner_groups[other]:
                return False, together(outer, theirs)
        for other in range(len(outer)):
            theirs[other] |= chosen[part] and inner_groups[part] == outer_groups[other]
    return bool(theirs.any()), together(outer, theirs)


@numba.njit(nogil=True, cache=True)
def box_around(
    first: NDArray[Any], last: NDArray[Any], rows: int, columns: int
) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of the box around two groups of parts, with room."""
    top = int(min(first[TOP], last[TOP])) - ROOM
    left = int(min(first[LEFT], last[LEFT])) - ROOM
    bottom = int(max(first[BOTTOM], last[BOTTOM])) + 1 + ROOM
    right = int(max(first[RIGHT], last[RIGHT])) + 1 + ROOM
    return max(top, 0), max(left, 0), min(bottom, rows), min(right, columns)


@numba.njit(nogil=True, cache=True)
def field_of(
    parts: NDArray[Any],
    chosen: NDArray[Any],
    box: tuple[int, int, int, int],
    spacing: tuple[float, float],
    whole: NDArray[Any],
) -> NDArray[Any]:
    """Signed distance in mm to the chosen parts of a key, inside the box.

    Args:
        parts: 2D, the number of each pixel's part on that key.
        chosen: which parts are meant.
        box: as from `box_around`.
        spacing: a pixel's height and width in mm.
        whole: the distances to all parts of that key, known inside the box at least.
    """
    if not chosen.all():
        return distances_to(parts, chosen, box, spacing)
    top, left, bottom, right = box
    return whole[top:bottom, left:right].copy()


@numba.njit(nogil=True, cache=True)
def distances_to(
    parts: NDArray[Any],
    chosen: NDArray[Any],
    box: tuple[int, int, int, int],
    spacing: tuple[float, float],
) -> NDArray[Any]:
    """Signed distance in mm to the chosen parts, inside the box."""
    top, left, bottom, right = box
    mask = np.zeros((bottom - top, right - left), np.bool_)
    for row in range(top, bottom):
        for column in range(left, right):
            part = parts[row, column]
            if part and chosen[part - 1]:
                mask[row - top, column - left] = True
    field = np.empty(mask.shape, np.float32)
    signed_distance(mask, spacing[0], spacing[1], field)
    return field
