"""The blend of two sections' depths: at a pixel, and along a row of them."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.moving import COLUMN, ROW, ROW_PER_COLUMN, Way, sample

#: How far each section counts, how far their moved blend does, and how far it is smoothed.
Weights = tuple[float, float, float, float]


@numba.njit(nogil=True, cache=True)
def blend(
    in_place: tuple[float, float], moved_there: tuple[float, float], weights: Weights
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
def blend_at(
    fields: tuple[NDArray[Any], NDArray[Any]],
    ways: tuple[Way, Way],
    weights: Weights,
    spacing: tuple[float, float],
    row: int,
    column: int,
) -> float:
    """The blend at one pixel alone.

    Args:
        fields: signed distances to the first section and to the second, in mm.
        ways: from this slice back to each of them.
        weights: as for `blend`.
        spacing: a pixel's height and width in mm.
        row: of the pixel.
        column: of the pixel.
    """
    moved_there = (0.0, 0.0)
    if weights[2] > 0.0:
        moved_there = (
            sample(fields[0], ways[0], row, column, spacing),
            sample(fields[1], ways[1], row, column, spacing),
        )
    in_place = np.float64(fields[0][row, column]), np.float64(fields[1][row, column])
    return blend(in_place, moved_there, weights)


@numba.njit(nogil=True, cache=True)
def blend_along(  # noqa: PLR0913, PLR0917 - a kernel; what it is given has no name of its own
    fields: tuple[NDArray[Any], NDArray[Any]],
    ways: tuple[Way, Way],
    weights: Weights,
    spacing: tuple[float, float],
    row: int,
    columns: tuple[int, int],
    rooms: tuple[NDArray[Any], NDArray[Any]],
    out: NDArray[Any],
) -> None:
    """Write `blend_at` for pixels of a row: the same numbers, many times as quickly.

    Args:
        fields: as for `blend_at`.
        ways: likewise.
        weights: likewise.
        spacing: likewise.
        row: of the pixels.
        columns: of the first pixel, and the end.
        rooms: two lines of at least so many float64, written.
        out: the pixels' depths.
    """
    start, stop = columns
    count, share = stop - start, weights[2]
    if share > 0.0:
        for side in range(2):
            _sampled(fields[side], ways[side], row, start, spacing, rooms[side][:count])
    a, b = fields[0][row, start:stop], fields[1][row, start:stop]
    a_moved, b_moved = rooms[0][:count], rooms[1][:count]
    if share <= 0.0:
        _mix(a, b, weights, out)
    elif share < 1.0:
        _mix_both(a, b, a_moved, b_moved, weights, out)
    else:
        _mix(a_moved, b_moved, weights, out)


@numba.njit(nogil=True, cache=True)
def _sampled(
    field: NDArray[Any],
    way: Way,
    row: int,
    start: int,
    spacing: tuple[float, float],
    out: NDArray[Any],
) -> None:
    """Write what `sample` gives for pixels side by side, from column `start` on.

    Without a turn those that come from inside the field do so in the same way, which is fast.
    """
    rows, columns = field.shape
    at_row, first = way[ROW] + row, int(np.floor(way[COLUMN])) + start
    low, high = max(-first, 0), min(len(out), columns - 1 - first)
    is_even = way[ROW_PER_COLUMN] == 0.0 and 0.0 <= at_row <= rows - 1.0 and low < high
    if is_even:
        top = min(int(at_row), rows - 2)
        above, below = field[top, first + low :], field[top + 1, first + low :]
        is_even = _between(above, below, at_row - top, way, start + low, first + low, out[low:high])
    if not is_even:
        low = high = len(out)
    for place in range(low):
        out[place] = sample(field, way, row, start + place, spacing)
    for place in range(high, len(out)):
        out[place] = sample(field, way, row, start + place, spacing)


@numba.njit(nogil=True, cache=True)
def _between(
    above: NDArray[Any],
    below: NDArray[Any],
    down: float,
    way: Way,
    column: int,
    left: int,
    out: NDArray[Any],
) -> bool:
    """Write the means of four pixels each; False if one is rounded into the next pixel."""
    count, outside = len(out), 0
    upper_left, upper_right = above[:count], above[1 : count + 1]
    lower_left, lower_right = below[:count], below[1 : count + 1]
    for place in range(count):
        along = way[COLUMN] + float(column + place) - float(left + place)
        outside += int(not 0.0 <= along < 1.0)
        upper = (1.0 - along) * upper_left[place] + along * upper_right[place]
        lower = (1.0 - along) * lower_left[place] + along * lower_right[place]
        out[place] = (1.0 - down) * upper + down * lower
    return outside == 0


@numba.njit(nogil=True, cache=True)
def _mix(a: NDArray[Any], b: NDArray[Any], weights: Weights, out: NDArray[Any]) -> None:
    """Write the blend of two lines, moved both or both in place."""
    first, last = weights[0], weights[1]
    for place in range(len(out)):
        out[place] = first * np.float64(a[place]) + last * np.float64(b[place])


@numba.njit(nogil=True, cache=True)
def _mix_both(
    a: NDArray[Any],
    b: NDArray[Any],
    a_moved: NDArray[Any],
    b_moved: NDArray[Any],
    weights: Weights,
    out: NDArray[Any],
) -> None:
    """Write the blend of two lines in place and the same lines moved."""
    first, last, share, _ = weights
    for place in range(len(out)):
        there = share * (first * a_moved[place] + last * b_moved[place])
        here = first * np.float64(a[place]) + last * np.float64(b[place])
        out[place] = there + (1.0 - share) * here
