"""The cheapest ways over a grid of pixels from one of them to all others."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

#: (row, column) steps whose costs are stored, from each pixel: east, south-west, south,
#: south-east. The way back over an edge costs the same.
STEPS = ((0, 1), (1, -1), (1, 0), (1, 1))

_UNREACHED = np.iinfo(np.int32).max


class CheapestPaths:
    """The cheapest ways from one pixel of a grid to others, over its eight neighbours.

    They are looked for no further than asked: a way to a pixel costs the time to reach all
    that is nearer to the start, and ways within that are read off.

    Args:
        costs: (rows, columns, 4), what a step along each of `STEPS` costs, 1 to 65535; steps
            that leave the grid are not looked at.
        start: (row, column).

    Reference:
        Dial. Communications of the ACM 12 (1969) 632-633.
    """

    def __init__(self, costs: NDArray[np.uint16], start: tuple[int, int]) -> None:
        rows, columns = costs.shape[0] + 2, costs.shape[1] + 2
        # A rim that is never entered spares the kernel all questions about the border.
        self._costs = np.zeros((rows, columns, len(STEPS)), dtype=np.uint16)
        self._costs[1:-1, 1:-1] = costs
        self._reached = np.full((rows, columns), -1, dtype=np.int32)
        self._reached[1:-1, 1:-1] = _UNREACHED
        self._before = np.empty(rows * columns, dtype=np.int32)
        # As many buckets as a step can cost, and one; a power of two, for the remainder's sake.
        # A bucket is a list of entries (pixel, next entry). A pixel reached anew at less cost
        # gets another entry, at most one for each neighbour, and the old one is passed over.
        self._first = np.full(1 << int(costs.max()).bit_length(), -1, dtype=np.int32)
        self._entries = np.empty((8 * rows * columns, 2), dtype=np.int32)
        self._progress = np.array((1, 1, 0))  # entries made, entries waiting, cost reached
        here = self._flat(*start)
        self._reached.ravel()[here], self._before[here] = 0, here
        self._first[0], self._entries[0] = 0, (here, -1)

    def way_to(self, row: int, column: int) -> NDArray[np.int64]:
        """The way to a pixel: (n, 2), row and column, start first and the pixel last."""
        here = self._flat(row, column)
        self._spread(here)
        way = [here]
        while self._before[here] != here:
            here = int(self._before[here])
            way.append(here)
        flat = np.array(way[::-1], dtype=np.int64)
        return np.stack(np.divmod(flat, self._reached.shape[1]), axis=1) - 1

    def cost_to(self, row: int, column: int) -> int:
        """What the way to a pixel costs."""
        self._spread(self._flat(row, column))
        return int(self._reached[row + 1, column + 1])

    def _flat(self, row: int, column: int) -> int:
        return (row + 1) * int(self._reached.shape[1]) + column + 1

    def _spread(self, target: int) -> None:
        _spread(
            self._costs,
            self._reached,
            self._before,
            self._first,
            self._entries,
            self._progress,
            target,
        )


@numba.njit(nogil=True, cache=True)
def _spread(
    rim: NDArray[Any],
    total: NDArray[Any],
    before: NDArray[Any],
    first: NDArray[Any],
    entries: NDArray[Any],
    progress: NDArray[Any],
    target: int,
) -> None:
    """Take pixels in the order of their cost from a ring of buckets, up to the target's."""
    width, last = rim.shape[1], first.size - 1
    costs, reached = rim.ravel(), total.ravel()
    away = np.array((1, width - 1, width, width + 1, -1, 1 - width, -width, -1 - width))
    used, waiting, cost = progress
    while waiting and reached[target] > cost:
        entry = first[cost & last]
        if entry < 0:
            cost += 1
            continue
        waiting -= 1
        here = entries[entry, 0]
        first[cost & last] = entries[entry, 1]
        if reached[here] != cost:
            continue
        for step in range(8):
            there = here + away[step]
            more = costs[4 * here + step] if step < 4 else costs[4 * there + step - 4]
            if cost + more < reached[there]:
                reached[there] = cost + more
                before[there] = here
                bucket = (cost + more) & last
                entries[used, 0], entries[used, 1] = there, first[bucket]
                first[bucket] = used
                used += 1
                waiting += 1
    progress[0], progress[1], progress[2] = used, waiting, cost
