"""What it costs a way over a picture to leave its edges."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.raster.cheapest_paths import STEPS

# Parts of the cost: of any step, of pixels with a weak gradient, and of steps that go along
# the gradient and so across an edge. Together 1 for a step of the shortest length.
_BASE, _WEAK, _ACROSS = np.float32(0.05), np.float32(0.65), np.float32(0.30)
_LEVELS = np.float32(250)
_MOST = np.float32(65535)
_HALF, _ONE, _TWO = np.float32(0.5), np.float32(1), np.float32(2)


def edge_costs(
    size: NDArray[np.float32],
    along: NDArray[np.float32],
    strong: float,
    steps_mm: NDArray[np.float64],
) -> NDArray[np.uint16]:
    """What the steps from each pixel cost, for `CheapestPaths`: (rows, columns, 4).

    A step costs its length in mm times how weak the gradient is at its ends and how much it
    goes across the edge there instead of along it. The costs are whole numbers from 1, about
    250 at most for the shortest of the steps.

    Args:
        size: (rows, columns), how large the gradient is.
        along: (2, rows, columns), its direction as a vector of length 1 in two orthogonal
            directions of the plane; 0 where there is none.
        strong: a gradient of this size and above costs nothing for its weakness.
        steps_mm: (2, 2), the steps along rows and columns as columns of a matrix, in the same
            two directions, in mm.
    """
    ways = steps_mm @ np.array(STEPS, dtype=np.float64).T
    lengths = np.linalg.norm(ways, axis=0)
    units = np.ascontiguousarray((ways / lengths).T, dtype=np.float32)
    scales = (_LEVELS * lengths / lengths.min()).astype(np.float32)
    weak = 1 - np.minimum(size * np.float32(1 / max(strong, 1e-30)), np.float32(1))
    costs = np.ones((len(STEPS), *size.shape), dtype=np.uint16)
    _fill_costs(weak, np.ascontiguousarray(along), units, scales, costs)
    return costs.transpose(1, 2, 0)


@numba.njit(nogil=True, cache=True)
def _fill_costs(
    weak: NDArray[Any],
    along: NDArray[Any],
    units: NDArray[Any],
    scales: NDArray[Any],
    costs: NDArray[Any],
) -> None:
    """Each step in turn, so that neighbouring pixels can be done at once by the processor."""
    rows, columns = weak.shape
    for step in range(len(STEPS)):
        down, right = STEPS[step]
        one, other, scale = units[step, 1], units[step, 0], scales[step]
        first, past = max(0, -right), columns - max(0, right)
        for row in range(rows - down):
            # Slices, since an index that might be negative is looked at one by one.
            here, there = weak[row, first:past], weak[row + down, first + right : past + right]
            rises, runs = along[0, row, first:past], along[1, row, first:past]
            other_rises = along[0, row + down, first + right : past + right]
            other_runs = along[1, row + down, first + right : past + right]
            out = costs[step, row, first:past]
            for pixel in range(out.size):
                across = abs(rises[pixel] * one - runs[pixel] * other)
                across += abs(other_rises[pixel] * one - other_runs[pixel] * other)
                both = _WEAK * (here[pixel] + there[pixel]) + _ACROSS * (_TWO - across)
                cost = scale * (_BASE + _HALF * both) + _HALF
                out[pixel] = np.uint16(max(_ONE, min(_MOST, cost)))
