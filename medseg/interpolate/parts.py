"""The connected parts of a section, and where each lies, how large and how it is turned."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

# What is known of a part, or of several together: sums over their pixels, which add up exactly.
COUNT, ROWS, COLUMNS, ROWS_2, CROSS, COLUMNS_2 = range(6)
# Pixel edges on their outline that are as long as a pixel is high, and as it is wide.
UPRIGHT, LEVEL = 6, 7
# And the box around them: first and last row and column, the last ones included.
TOP, LEFT, BOTTOM, RIGHT = range(8, 12)
WIDTH = 12


@numba.njit(nogil=True, cache=True)
def find_parts(section: NDArray[Any], parts: NDArray[Any]) -> NDArray[Any]:
    """Number the parts from 1 in reading order, pixels at a corner joined, and sum them up.

    Pixels are taken in runs along a row, so a part costs little more than its outline.

    Args:
        section: 2D, non-zero inside.
        parts: of the same shape; each pixel's part is written there, 0 outside.

    Returns:
        (parts, WIDTH): their sums and boxes; whole numbers, so exact.
    """
    runs = _runs_of(section)
    roots = np.arange(len(runs))
    above = 0
    for run in range(len(runs)):
        row, start, stop = runs[run]
        while runs[above, 0] < row - 1 or (runs[above, 0] == row - 1 and runs[above, 2] < start):
            above += 1
        other = above
        while runs[other, 0] == row - 1 and runs[other, 1] <= stop:
            _unite(roots, run, other)
            other += 1
    numbers = np.zeros(len(runs), np.int64)
    count = 0
    for run in range(len(runs)):
        if roots[run] == run:
            count += 1
            numbers[run] = count
    table = np.zeros((count, WIDTH))
    table[:, TOP] = table[:, LEFT] = np.inf
    table[:, BOTTOM] = table[:, RIGHT] = -np.inf
    parts[:] = 0
    for run in range(len(runs)):
        number = numbers[_root(roots, run)]
        row, start, stop = runs[run]
        parts[row, start:stop] = number
        _add_run(table[number - 1], row, start, stop)
        _add_edges(table[number - 1], section, row, start, stop)
    return table


@numba.njit(nogil=True, cache=True)
def _runs_of(section: NDArray[Any]) -> NDArray[Any]:
    """(runs, 3): row, first column and end of each run of pixels along a row."""
    rows, columns = section.shape
    runs = np.empty((rows * (columns // 2 + 1), 3), np.int64)
    count = 0
    for row in range(rows):
        column = 0
        while column < columns:
            if section[row, column]:
                runs[count, 0], runs[count, 1] = row, column
                while column < columns and section[row, column]:
                    column += 1
                runs[count, 2] = column
                count += 1
            column += 1
    return runs[:count]


@numba.njit(nogil=True, cache=True)
def _root(roots: NDArray[Any], run: int) -> int:
    while roots[run] != run:
        run = roots[run]
    return run


@numba.njit(nogil=True, cache=True)
def _unite(roots: NDArray[Any], one: int, other: int) -> None:
    a, b = _root(roots, one), _root(roots, other)
    roots[max(a, b)] = min(a, b)


@numba.njit(nogil=True, cache=True)
def _add_run(line: NDArray[Any], row: int, start: int, stop: int) -> None:
    """Add a run's pixels to the sums of its part."""
    count, last = stop - start, stop - 1
    columns = (start + last) * count / 2.0
    line[COUNT] += count
    line[ROWS] += row * count
    line[COLUMNS] += columns
    line[ROWS_2] += row * row * count
    line[CROSS] += row * columns
    for column in range(start, stop):
        line[COLUMNS_2] += column * column
    line[TOP], line[BOTTOM] = min(line[TOP], row), max(line[BOTTOM], row)
    line[LEFT], line[RIGHT] = min(line[LEFT], start), max(line[RIGHT], last)


@numba.njit(nogil=True, cache=True)
def _add_edges(line: NDArray[Any], section: NDArray[Any], row: int, start: int, stop: int) -> None:
    """Add the edges of a run's pixels to pixels outside."""
    line[UPRIGHT] += 2
    for column in range(start, stop):
        if row == 0 or not section[row - 1, column]:
            line[LEVEL] += 1
        if row == len(section) - 1 or not section[row + 1, column]:
            line[LEVEL] += 1


@numba.njit(nogil=True, cache=True)
def together(table: NDArray[Any], chosen: NDArray[Any]) -> NDArray[Any]:
    """The sums and the box of all chosen parts as if they were one."""
    line = np.zeros(WIDTH)
    line[TOP] = line[LEFT] = np.inf
    line[BOTTOM] = line[RIGHT] = -np.inf
    for part in range(len(chosen)):
        if chosen[part]:
            line[:TOP] += table[part, :TOP]
            line[TOP] = min(line[TOP], table[part, TOP])
            line[LEFT] = min(line[LEFT], table[part, LEFT])
            line[BOTTOM] = max(line[BOTTOM], table[part, BOTTOM])
            line[RIGHT] = max(line[RIGHT], table[part, RIGHT])
    return line


@numba.njit(nogil=True, cache=True)
def axes_of(line: NDArray[Any], row_mm: float, column_mm: float) -> tuple[float, float]:
    """How long a section is for its width, and the angle of its long axis from the columns'.

    Both from the second moments, a pixel taken as a rectangle: 1 is as long as wide; the angle
    is -pi/2 to pi/2.
    """
    count = line[COUNT]
    row, column = line[ROWS] / count, line[COLUMNS] / count
    down = (line[ROWS_2] / count - row * row + 1.0 / 12.0) * row_mm * row_mm
    cross = (line[CROSS] / count - row * column) * row_mm * column_mm
    along = (line[COLUMNS_2] / count - column * column + 1.0 / 12.0) * column_mm * column_mm
    mean, half = 0.5 * (down + along), np.hypot(0.5 * (along - down), cross)
    angle = 0.5 * np.arctan2(2.0 * cross, along - down)
    return np.sqrt((mean + half) / max(mean - half, 1e-9)), angle
