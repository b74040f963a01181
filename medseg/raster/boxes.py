"""Where in an array something is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

Box = tuple[slice, slice, slice]


def box_of(labels: NDArray[Any], number: int) -> Box | None:
    """The smallest box of a 3D array that holds every voxel of that number; None without any.

    Slices are looked at one by one, so a large array costs one slice of extra memory.
    """
    slices: list[int] = []
    rows = np.zeros(labels.shape[1], dtype=np.bool_)
    columns = np.zeros(labels.shape[2], dtype=np.bool_)
    for index, plane in enumerate(labels):
        hit = plane == number
        in_rows = hit.any(axis=1)
        if in_rows.any():
            slices.append(index)
            rows |= in_rows
            columns |= hit.any(axis=0)
    if not slices:
        return None
    return slice(slices[0], slices[-1] + 1), span(rows), span(columns)


def boxes_of(labels: NDArray[Any]) -> dict[int, Box]:
    """The smallest box of each number but 0 in a 3D array of labels, in one pass over it."""
    found = find_objects(labels)
    return {number: box for number, box in enumerate(found, start=1) if box is not None}


def span(hit: NDArray[np.bool_]) -> slice:
    """From the first set entry to the last of a 1D boolean array that has one."""
    where = np.flatnonzero(hit)
    return slice(int(where[0]), int(where[-1]) + 1)


def widened(side: slice, margin: int, size: int) -> slice:
    """The same range with a margin on both ends, kept within 0 to `size`."""
    return slice(max(0, side.start - margin), min(size, side.stop + margin))
