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
        self._costs = np.zeros((len(STEPS), rows, columns), dtype=np.uint16)
        self._costs[:, 1:-1, 1:-1] = costs.transpose(2, 0, 1)
        self._reached = np.full((rows, columns), -1, dtype=np.int32)
        self._reached[1:-1, 1:-1] = _UNREACHED
        # As many buckets as a step can cost, and one; a power of two, for the remainder's sake.
        # A bucket is a list of entries (pixel, next entry). A pixel reached anew at less cost
        # gets another entry, at most one for each neighbour, and the old one is passed over.
        self._first = np.full(1 << int(costs.max()).bit_length(), -1, dtype=np.int32)
        self._entries = np.empty((8 * rows * columns, 2), dtype=np.int32)
        self._progress = np.array((1, 1, 0))  # entries made, entries waiting, cost reached
        here = self._flat(*start)
        self._reached.ravel()[here] = 0
        self._first[0], self._entries[0] = 0, (here, -1)

    def way_to(self, row: int, column: int) -> NDArray[np.int64]:
        """The way to a pixel: (n, 2), row and column, start first and the pixel last."""
        here = self._flat(row, column)
        self._spread(here)
        width = self._reached.shape[1]
        flat = _way_back(*self._flattened, here, width)[::-1]
        return np.stack(np.divmod(flat, width), axis=1) - 1

    def cost_to(self, row: int, column: int) -> int:
        """What the way to a pixel costs."""
        self._spread(self._flat(row, column))
        return int(self._reached[row + 1, column + 1])

    def _flat(self, row: int, column: int) -> int:
        return (row + 1) * int(self._reached.shape[1]) + column + 1

    @property
    def _flattened(self) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
        """Costs and what is reached, each pixel by its number."""
        return self._costs.reshape(len(STEPS), -1), self._reached.ravel()

    def _spread(self, target: int) -> None:
        _spread(
            *self._flattened,
            self._first,
            self._entries,
            self._progress,
            target,
            self._reached.shape[1],
        )


@numba.njit(nogil=True, cache=True)
def _spread(
    costs: NDArray[Any],
    reached: NDArray[Any],
    first: NDArray[Any],
    entries: NDArray[Any],
    progress: NDArray[Any],
    target: int,
    width: int,
) -> None:
    """Take pixels in the order of their cost from a ring of buckets, up to the target's."""
    # Indices without a sign spare a question for each: is it counted from the end?
    last, wide, one = np.uint64(first.size - 1), np.uint64(width), np.uint64(1)
    east, south_west, south, south_east = costs[0], costs[1], costs[2], costs[3]
    used, waiting, cost = np.uint64(progress[0]), progress[1], progress[2]
    while waiting and reached[target] > cost:
        entry = first[np.uint64(cost) & last]
        if entry < 0:
            cost += 1
            continue
        waiting -= 1
        here = np.uint64(entries[np.uint64(entry), 0])
        first[np.uint64(cost) & last] = entries[np.uint64(entry), 1]
        if reached[here] != cost:
            continue
        above, below = here - wide, here + wide
        # One by one, since a loop over the eight would ask each time which of them it is at.
        for there, more in (
            (here + one, east[here]),
            (below - one, south_west[here]),
            (below, south[here]),
            (below + one, south_east[here]),
            (here - one, east[here - one]),
            (above + one, south_west[above + one]),
            (above, south[above]),
            (above - one, south_east[above - one]),
        ):
            total = cost + more
            if total < reached[there]:
                reached[there] = total
                bucket = np.uint64(total) & last
                entries[used, 0], entries[used, 1] = there, first[bucket]
                first[bucket] = used
                used += one
                waiting += 1
    progress[0], progress[1], progress[2] = used, waiting, cost


@numba.njit(nogil=True, cache=True)
def _way_back(
    costs: NDArray[Any], reached: NDArray[Any], here: int, width: int
) -> NDArray[np.int64]:
    """The pixels from one back to the start: each time one whose step here costs the difference.

    It need not be noted on the way out, which is most of the work.
    """
    way = [here]
    while reached[here] > 0:
        for there, more in (
            (here - 1, costs[0, here - 1]),
            (here - width + 1, costs[1, here - width + 1]),
            (here - width, costs[2, here - width]),
            (here - width - 1, costs[3, here - width - 1]),
            (here + 1, costs[0, here]),
            (here + width - 1, costs[1, here]),
            (here + width, costs[2, here]),
            (here + width + 1, costs[3, here]),
        ):
            if reached[there] >= 0 and reached[there] + more == reached[here]:
                here = there
                break
        way.append(here)
    return np.array(way)
