"""What hangs together with a voxel and lies between two values."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


def flooded(
    values: NDArray[Any],
    allowed: NDArray[np.bool_],
    seed: tuple[int, int, int],
    low: float,
    high: float,
) -> NDArray[np.bool_]:
    """The voxels that a way over faces leads to from the seed, all of them allowed and in range.

    Args:
        values: 3D.
        allowed: boolean, of the same shape: where the way may go.
        seed: index of the first voxel; always part of what comes back.
        low: smallest value let in; NaN never is.
        high: largest value let in.
    """
    free = between(values, low, high) & allowed
    reached = np.zeros(values.shape, np.bool_)
    free[seed] = True
    _flood(free, reached, seed)
    return reached


def between(values: NDArray[Any], low: float, high: float) -> NDArray[np.bool_]:
    """Which values lie between two others, both included; NaN never does."""
    with np.errstate(over="ignore"):  # a limit that the values' type cannot hold lets all pass
        return np.asarray((values >= low) & (values <= high))


@numba.njit(nogil=True, cache=True)
def _flood(free: NDArray[Any], reached: NDArray[Any], seed: tuple[int, int, int]) -> None:
    """Mark run by run: a run of columns is taken as a whole, then looked at from its sides."""
    slices, rows, columns = free.shape
    stack = np.empty((1024, 3), np.int32)
    stack[0] = seed
    count = 1
    while count:
        count -= 1
        one, two, three = stack[count]
        if reached[one, two, three]:
            continue
        first, past = three, three + 1
        while first > 0 and free[one, two, first - 1]:
            first -= 1
        while past < columns and free[one, two, past]:
            past += 1
        reached[one, two, first:past] = True
        for side in range(4):
            a = one + (side == 0) - (side == 1)
            b = two + (side == 2) - (side == 3)
            if 0 <= a < slices and 0 <= b < rows:
                stack, count = _with_runs(free, reached, (a, b, first, past), stack, count)


@numba.njit(nogil=True, cache=True)
def _with_runs(
    free: NDArray[Any],
    reached: NDArray[Any],
    row: tuple[int, int, int, int],
    stack: NDArray[Any],
    count: int,
) -> tuple[NDArray[Any], int]:
    """The stack with one voxel for each run of a row that is free and not reached yet."""
    a, b, first, past = row
    running = False
    for c in range(first, past):
        if not free[a, b, c] or reached[a, b, c]:
            running = False
        elif not running:
            running = True
            if count == len(stack):
                more = np.empty((2 * count, 3), np.int32)
                more[:count] = stack
                stack = more
            stack[count, 0], stack[count, 1], stack[count, 2] = a, b, c
            count += 1
    return stack, count
