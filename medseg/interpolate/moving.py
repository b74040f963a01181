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

# A way from the pixels of a slice back to those of a section: where the slice's pixel (0, 0) comes
# from, and how far a step of one row, and one of one column, leads there.
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
) -> NDArray[Any]:
    """The way from a slice where the object's centroid is `here` to the section it comes from.

    Args:
        row: of the section's centroid.
        column: of the section's centroid.
        here_row: of the centroid on the slice.
        here_column: of the centroid on the slice.
        turn: by which the section is turned against the slice, from columns towards rows.
        ratio: a pixel's height over its width.
    """
    way = np.empty(6)
    cos, sin = np.cos(turn), np.sin(turn)
    way[ROW_PER_ROW], way[COLUMN_PER_ROW] = cos, -sin * ratio
    way[ROW_PER_COLUMN], way[COLUMN_PER_COLUMN] = sin / ratio, cos
    way[ROW] = row - (cos * here_row + way[ROW_PER_COLUMN] * here_column)
    way[COLUMN] = column - (cos * here_column + way[COLUMN_PER_ROW] * here_row)
    return way


@numba.njit(nogil=True, cache=True)
def sample(
    field: NDArray[Any], way: NDArray[Any], row: int, column: int, spacing: tuple[float, float]
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
        value -= np.hypot((at_row - r) * spacing[0], (at_column - c) * spacing[1])
    return float(value)


@numba.njit(nogil=True, cache=True)
def moved(
    field: NDArray[Any], way: NDArray[Any], spacing: tuple[float, float], out: NDArray[Any]
) -> None:
    """Write the whole field as it comes to lie on a slice of the same shape.

    Without a turn all pixels come from between pixels in the same way, which is fast.
    """
    rows, columns = out.shape
    if way[ROW_PER_COLUMN] != 0.0:
        for row in range(rows):
            for column in range(columns):
                out[row, column] = sample(field, way, row, column, spacing)
        return
    top, left = int(np.floor(way[ROW])), int(np.floor(way[COLUMN]))
    down, along = way[ROW] - top, way[COLUMN] - left
    weights = (1 - down) * (1 - along), (1 - down) * along, down * (1 - along), down * along
    first, last = max(0, -left), max(min(columns, columns - 1 - left), 0)
    for row in range(rows):
        inside = 0 <= row + top < rows - 1 and first < last
        begin, end = (first, last) if inside else (columns, columns)
        for column in range(min(begin, columns)):
            out[row, column] = sample(field, way, row, column, spacing)
        if inside:
            above, below = field[row + top], field[row + top + 1]
            for column in range(begin, end):
                out[row, column] = (
                    weights[0] * above[column + left]
                    + weights[1] * above[column + left + 1]
                    + weights[2] * below[column + left]
                    + weights[3] * below[column + left + 1]
                )
        for column in range(end, columns):
            out[row, column] = sample(field, way, row, column, spacing)


@numba.njit(nogil=True, cache=True)
def share_moved(
    field_a: NDArray[Any],
    field_b: NDArray[Any],
    way_a: NDArray[Any],
    way_b: NDArray[Any],
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
    common = size = common_moved = size_moved = 0
    for row in range(0, rows, stride):
        for column in range(0, columns, stride):
            if stride > 1:
                a_moved[row, column] = sample(field_a, way_a, row, column, spacing)
                b_moved[row, column] = sample(field_b, way_b, row, column, spacing)
            a, b = field_a[row, column] > 0, field_b[row, column] > 0
            common += int(a) & int(b)
            size += int(a) + int(b)
            a, b = a_moved[row, column] > 0, b_moved[row, column] > 0
            common_moved += int(a) & int(b)
            size_moved += int(a) + int(b)
    if common == 0:
        return 1.0, False, 2.0 * common_moved / max(size_moved, 1)
    moved_dice, in_place = 2.0 * common_moved / max(size_moved, 1), 2.0 * common / size
    share = min(max(0.5 + 4.0 * (moved_dice - in_place), 0.0), 1.0)
    return share, True, max(moved_dice, in_place)
