"""The nearest of many points to each of some places, by boxes around points that lie together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_LEAF = 16  # points in a box, and boxes in a box of the next level
_DEEPEST = 8  # levels of boxes: enough for 16 to the power of 8 points


def nearest_numbers(wanted: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.int64]:
    """The number of the nearest point to each wanted place.

    Args:
        wanted: places (n, 3), best such that each lies near the one before.
        points: (m, 3), at least one, in an order in which points that follow each other lie near
            each other: it decides how small the boxes are.
    """
    boxes, starts = _boxes(points)
    found: NDArray[np.int64] = _search(wanted, points, boxes, starts)
    return found


def _boxes(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Boxes (n, 2, 3), level after level from the points up, and where each level starts."""
    low = high = points
    levels: list[NDArray[np.float64]] = []
    starts = [0]
    while len(low) > 1 or not levels:
        firsts = np.arange(0, len(low), _LEAF)
        low, high = np.minimum.reduceat(low, firsts), np.maximum.reduceat(high, firsts)
        levels.append(np.stack([low, high], axis=1))
        starts.append(starts[-1] + len(low))
    return np.concatenate(levels), np.array(starts)


@njit(nogil=True, cache=True)
def _search(wanted: Any, points: Any, boxes: Any, starts: Any) -> Any:
    """The number of the nearest point to each wanted place."""
    found = np.empty(len(wanted), np.int64)
    stack = np.empty((_DEEPEST * _LEAF, 2), np.int64)
    squares = np.empty(_DEEPEST * _LEAF)
    best = 0  # the last place's is a good first guess
    for number in range(len(wanted)):
        best = _nearest(wanted, number, points, boxes, starts, (stack, squares), best)
        found[number] = best
    return found


@njit(nogil=True, cache=True)
def _nearest(
    wanted: Any, number: int, points: Any, boxes: Any, starts: Any, open_boxes: Any, best: int
) -> int:
    """The nearest point to one place: boxes are opened while they may hold a nearer one."""
    stack, squares = open_boxes
    least = _squared(wanted, number, points, best)
    stack[0, 0], stack[0, 1], squares[0] = len(starts) - 2, 0, 0.0
    depth = 1
    while depth:
        depth -= 1
        if squares[depth] >= least:
            continue
        level, first = stack[depth, 0], stack[depth, 1] * _LEAF
        if level == 0:
            for point in range(first, min(first + _LEAF, len(points))):
                squared = _squared(wanted, number, points, point)
                if squared < least:
                    best, least = point, squared
            continue
        for child in range(first, min(first + _LEAF, starts[level] - starts[level - 1])):
            squared = _squared_to_box(wanted, number, boxes, starts[level - 1] + child)
            if squared < least:
                # The nearest child stays on top, to be opened first.
                under = depth
                if depth > 0 and stack[depth - 1, 0] == level - 1 and squares[depth - 1] < squared:
                    under = depth - 1
                    stack[depth, 0], stack[depth, 1] = stack[under, 0], stack[under, 1]
                    squares[depth] = squares[under]
                stack[under, 0], stack[under, 1], squares[under] = level - 1, child, squared
                depth += 1
    return best


@njit(nogil=True, cache=True)
def _squared(wanted: Any, number: int, points: Any, point: int) -> float:
    total = 0.0
    for axis in range(3):
        total += (wanted[number, axis] - points[point, axis]) ** 2
    return total


@njit(nogil=True, cache=True)
def _squared_to_box(wanted: Any, number: int, boxes: Any, box: int) -> float:
    total = 0.0
    for axis in range(3):
        place = wanted[number, axis]
        total += max(boxes[box, 0, axis] - place, place - boxes[box, 1, axis], 0.0) ** 2
    return total
