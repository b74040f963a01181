"""Polygons to masks by the pixel-centre rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

#: A ring is a line, and holds nothing, when no point leaves it by more than this part of its
#: length: far below what a coordinate in a file can say, well above rounding.
_FLAT = 1e-12


def fill_rings(rings: Sequence[NDArray[np.float64]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixel centres lie inside an odd number of the rings: boolean, of the given shape.

    The rule is half-open: a centre exactly on a top or left edge is in, on a bottom or right
    edge out. So a centre on an edge that two polygons share belongs to exactly one of them:
    polygons that tile a region fill each of its pixels once. Both ends of an edge are put in
    one order before anything is computed from them, so rounding cannot break this.

    Args:
        rings: (n, 2) finite points each, (row, column) in pixels with centres at integers; the
            last point joins the first, whether or not it repeats it. Rings may cross, touch
            and lie partly or wholly outside. A ring that is a point or a line holds nothing.
        shape: rows and columns of the mask.
    """
    solid = [ring for ring in rings if not _is_flat(ring)]
    mask = np.zeros(shape, dtype=np.bool_)
    if not solid or not mask.size:
        return mask
    ends = np.cumsum([len(ring) for ring in solid])
    points = np.ascontiguousarray(np.concatenate(solid), dtype=np.float64)
    _fill(points, ends, mask)
    return mask


def _is_flat(ring: NDArray[np.float64]) -> bool:
    if len(ring) < 3:
        return True
    arms = ring - ring[0]
    lengths = np.hypot(arms[:, 0], arms[:, 1])
    longest = int(lengths.argmax())
    if lengths[longest] == 0:
        return True
    along = arms[longest] / lengths[longest]
    off = np.abs(arms[:, 0] * along[1] - arms[:, 1] * along[0])
    return bool(off.max() <= _FLAT * lengths[longest])


@numba.njit(nogil=True, cache=True)
def _fill(points: NDArray[Any], ends: NDArray[Any], mask: NDArray[Any]) -> None:
    """Mark where each row changes sides, then sweep the rows from left to right."""
    first = 0
    for end in ends:
        previous = end - 1
        for here in range(first, end):
            _toggle(points[previous], points[here], mask)
            previous = here
        first = end
    top, bottom = _reach(points[:, 0], mask.shape[0])
    left, right = _reach(points[:, 1], mask.shape[1])
    for row in range(top, bottom):
        inside = False
        for column in range(left, right):
            inside ^= mask[row, column]
            mask[row, column] = inside


@numba.njit(nogil=True, cache=True)
def _reach(coordinates: NDArray[Any], size: int) -> tuple[int, int]:
    """First pixel that the points can touch, and one past the last, within the mask."""
    first = max(0.0, min(float(size), np.floor(coordinates.min()) - 1))
    past = max(0.0, min(float(size), np.ceil(coordinates.max()) + 2))
    return int(first), int(past)


@numba.njit(nogil=True, cache=True)
def _toggle(one: NDArray[Any], other: NDArray[Any], mask: NDArray[Any]) -> None:
    """Toggle, on each row that the edge crosses, the first pixel centre right of it or on it."""
    if one[0] < other[0] or (one[0] == other[0] and one[1] < other[1]):
        top, bottom = one, other
    else:
        top, bottom = other, one
    rows, columns = mask.shape
    rise = bottom[0] - top[0]
    run = bottom[1] - top[1]
    first = int(max(0.0, np.ceil(top[0])))
    past = int(min(float(rows), np.ceil(bottom[0])))
    for row in range(first, past):
        # Multiplied before divided: exact wherever the points are whole or half pixels.
        crossing = top[1] + (row - top[0]) * run / rise
        if crossing <= columns - 1:
            column = max(0, int(np.ceil(crossing)))
            mask[row, column] ^= True
