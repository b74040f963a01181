"""Two sections' signed distances, moved and turned to where the object is due, and blended."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

#: Sections at least so long for their width have a direction that can be followed.
ELONGATED = 1.5
#: A turn of more than this from one key to the next is not believed.
LARGEST_TURN = np.pi / 4

#: A way from the pixels of a slice back to those of a section: where the slice's pixel (0, 0) comes
#: from, and how far a step of one row, and one of one column, leads there.
Way = tuple[float, float, float, float, float, float]
ROW, COLUMN, ROW_PER_ROW, COLUMN_PER_ROW, ROW_PER_COLUMN, COLUMN_PER_COLUMN = range(6)


@numba.njit(nogil=True, cache=True)
def turn_between(long_a: float, angle_a: float, long_b: float, angle_b: float) -> float:
    """From the first section's long axis to the second's, -pi/4 to pi/4; 0 if it has no sense."""
    if min(long_a, long_b) < ELONGATED:
        return 0.0
    turn = angle_b - angle_a
    if turn > np.pi / 2:
        turn -= np.pi
    elif turn < -np.pi / 2:
        turn += np.pi
    return turn if abs(turn) < LARGEST_TURN else 0.0


@numba.njit(nogil=True, cache=True)
def way_back(
    row: float, column: float, here_row: float, here_column: float, turn: float, ratio: float
) -> Way:
    """The way from a slice where the object's centroid is `here` to the section it comes from.

    Args:
        row: of the section's centroid.
        column: of the section's centroid.
        here_row: of the centroid on the slice.
        here_column: of the centroid on the slice.
        turn: by which the section is turned against the slice, from columns towards rows.
        ratio: a pixel's height over its width.
    """
    cos, sin = np.cos(turn), np.sin(turn)
    column_per_row, row_per_column = -sin * ratio, sin / ratio
    return (
        row - (cos * here_row + row_per_column * here_column),
        column - (cos * here_column + column_per_row * here_row),
        cos,
        column_per_row,
        row_per_column,
        cos,
    )


@numba.njit(nogil=True, cache=True)
def sample(
    field: NDArray[Any], way: Way, row: int, column: int, spacing: tuple[float, float]
) -> float:
    """The field where a slice's pixel comes from, linear between pixels.

    Outside the array it falls by a millimetre per millimetre, as a distance does.
    """
    rows, columns = field.shape
    at_row = way[ROW] + way[ROW_PER_ROW] * row + way[ROW_PER_COLUMN] * column
    at_column = way[COLUMN] + way[COLUMN_PER_COLUMN] * column + way[COLUMN_PER_ROW] * row
    r, c = min(max(at_row, 0.0), rows - 1.0), min(max(at_column, 0.0), columns - 1.0)
    top, left = min(int(r), rows - 2), min(int(c), columns - 2)
    down, along = r - top, c - left
    above = (1.0 - along) * field[top, left] + along * field[top, left + 1]
    below = (1.0 - along) * field[top + 1, left] + along * field[top + 1, left + 1]
    value = (1.0 - down) * above + down * below
    if r != at_row or c != at_column:
        away_row, away_column = (at_row - r) * spacing[0], (at_column - c) * spacing[1]
        value -= np.sqrt(away_row * away_row + away_column * away_column)
    return float(value)


@numba.njit(nogil=True, cache=True)
def moved(field: NDArray[Any], way: Way, spacing: tuple[float, float], out: NDArray[Any]) -> None:
    """Write the whole field as it comes to lie on a slice of the same shape.

    Without a turn all pixels come from between pixels in the same way, which is fast.
    """
    rows, columns = out.shape
    if way[ROW_PER_COLUMN] != 0.0:
        _moved_in_part(field, way, spacing, 1, out)
        return
    top, left = int(np.floor(way[ROW])), int(np.floor(way[COLUMN]))
    upper, lower = max(0, -top), min(rows, rows - 1 - top)
    first, last = max(0, -left), min(columns, columns - 1 - left)
    if upper < lower and first < last:
        start, stop = upper * columns + first, (lower - 1) * columns + last
        source = field.reshape(-1)[start + top * columns + left :]
        _between_pixels(source, columns, way[ROW] - top, way[COLUMN] - left, out, start, stop)
    for row in range(rows):
        begin, end = (first, last) if upper <= row < lower and first < last else (columns, columns)
        for column in range(begin):
            out[row, column] = sample(field, way, row, column, spacing)
        for column in range(end, columns):
            out[row, column] = sample(field, way, row, column, spacing)


@numba.njit(nogil=True, cache=True)
def _between_pixels(
    source: NDArray[Any],
    columns: int,
    down: float,
    along: float,
    out: NDArray[Any],
    start: int,
    stop: int,
) -> None:
    """Write the mean of four pixels each, in one go from pixel `start` to `stop`.

    Where that runs past the end of a row what is written has no sense.
    """
    here, count = out.reshape(-1)[start:stop], stop - start
    above, above_right = source[:count], source[1 : count + 1]
    below, below_right = source[columns : columns + count], source[columns + 1 :]
    weights = (1 - down) * (1 - along), (1 - down) * along, down * (1 - along), down * along
    for pixel in range(count):
        here[pixel] = (
            weights[0] * above[pixel]
            + weights[1] * above_right[pixel]
            + weights[2] * below[pixel]
            + weights[3] * below_right[pixel]
        )


@numba.njit(nogil=True, cache=True)
def share_moved(
    field_a: NDArray[Any],
    field_b: NDArray[Any],
    way_a: Way,
    way_b: Way,
    spacing: tuple[float, float],
) -> tuple[float, bool, float]:
    """How far the moved blend counts, whether the sections overlap in place, and their Dice.

    The first is 0 where they agree better in place, 1 where they do when moved; the last is that
    of the better one. Both ways lead from half-way, so that neither section is given preference.
    Large sections are looked at in every second, third ... row and column.
    """
    rows, columns = field_a.shape
    stride = max(1, int(np.sqrt(rows * columns / 4096.0)))
    a_moved, b_moved = np.empty_like(field_a), np.empty_like(field_b)
    if stride == 1:
        moved(field_a, way_a, spacing, a_moved)
        moved(field_b, way_b, spacing, b_moved)
    else:
        _moved_in_part(field_a, way_a, spacing, stride, a_moved)
        _moved_in_part(field_b, way_b, spacing, stride, b_moved)
    common, size = _in_common(field_a, field_b, stride)
    common_moved, size_moved = _in_common(a_moved, b_moved, stride)
    if common == 0:
        return 1.0, False, 2.0 * common_moved / max(size_moved, 1)
    moved_dice, in_place = 2.0 * common_moved / max(size_moved, 1), 2.0 * common / size
    share = min(max(0.5 + 4.0 * (moved_dice - in_place), 0.0), 1.0)
    return share, True, max(moved_dice, in_place)


@numba.njit(nogil=True, cache=True)
def _moved_in_part(
    field: NDArray[Any], way: Way, spacing: tuple[float, float], stride: int, out: NDArray[Any]
) -> None:
    """The same as `moved` in every so manieth row and column alone."""
    for row in range(0, out.shape[0], stride):
        for column in range(0, out.shape[1], stride):
            out[row, column] = sample(field, way, row, column, spacing)


@numba.njit(nogil=True, cache=True)
def _in_common(first: NDArray[Any], last: NDArray[Any], stride: int) -> tuple[int, int]:
    """Pixels inside both, and inside the one plus inside the other; every so manieth counts."""
    common = size = 0
    if stride == 1:
        flat_first, flat_last = first.reshape(-1), last.reshape(-1)
        for pixel in range(len(flat_first)):
            a, b = flat_first[pixel] > 0, flat_last[pixel] > 0
            common += int(a) & int(b)
            size += int(a) + int(b)
    else:
        for row in range(0, first.shape[0], stride):
            for column in range(0, first.shape[1], stride):
                a, b = first[row, column] > 0, last[row, column] > 0
                common += int(a) & int(b)
                size += int(a) + int(b)
    return common, size
