"""Where in each row of a mask its first and its last voxel are: what all else looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_CHUNK = 32


@dataclass(frozen=True, eq=False)
class Spans:
    """A mask with the span of its voxels in each row.

    Args:
        voxels: (slice, row, column), uint8, C-contiguous; not 0 is inside. A plane has one slice.
        spans: (slice, row, 2), the first column with a voxel and the one after the last; both 0
            where a row has none.
        box: (2, 3), the first index along each axis with a voxel, and the one after the last;
            all 0 for an empty mask.
        planar: whether it is a plane, which has no neighbour slices.
    """

    voxels: NDArray[np.uint8]
    spans: NDArray[np.int32]
    box: NDArray[np.int64]
    planar: bool

    @classmethod
    def of(cls, mask: NDArray[Any]) -> Spans:
        """Those of a mask (slice, row, column) or (row, column); it is copied only if it must."""
        array = mask if mask.dtype.itemsize == 1 else mask != 0
        array = np.ascontiguousarray(array).view(np.uint8)
        array = array[None] if array.ndim == 2 else array[:]
        array.setflags(write=False)  # always, so that kernels are compiled for one kind of array
        spans = np.zeros((*array.shape[:2], 2), np.int32)
        box = _spans(array, spans) if array.size else np.zeros((2, 3), np.int64)
        return cls(array, spans, box, mask.ndim == 2)


def common_box(one: Spans, other: Spans) -> NDArray[np.int64]:
    """The smallest box (2, 3) that holds both masks' voxels; all 0 if both are empty."""
    if not one.box[1, 0] or not other.box[1, 0]:
        return other.box if other.box[1, 0] else one.box
    box = np.minimum(one.box, other.box)
    box[1] = np.maximum(one.box[1], other.box[1])
    return box


@njit(nogil=True, cache=True)
def _spans(voxels: Any, spans: Any) -> Any:
    """Write the spans; the box."""
    slices, rows, length = voxels.shape
    box = np.zeros((2, 3), np.int64)
    top, left, bottom, right = rows, length, 0, 0
    for index in range(slices):
        for row in range(rows):
            line = voxels[index, row]
            if _any(line):
                first, end = 0, length
                while not _any(line[first : first + _CHUNK]):
                    first += _CHUNK
                while line[first] == 0:
                    first += 1
                while not _any(line[max(end - _CHUNK, 0) : end]):
                    end -= _CHUNK
                while line[end - 1] == 0:
                    end -= 1
                spans[index, row, 0], spans[index, row, 1] = first, end
                if box[1, 0] == 0:
                    box[0, 0] = index
                box[1, 0] = index + 1
                top, bottom = min(top, row), max(bottom, row + 1)
                left, right = min(left, first), max(right, end)
    if bottom:
        box[0, 1], box[1, 1], box[0, 2], box[1, 2] = top, bottom, left, right
    return box


@njit(nogil=True, cache=True)
def _any(line: Any) -> bool:
    """Whether a part of a row has a voxel."""
    seen = np.uint8(0)
    for column in range(line.size):
        seen = np.uint8(seen | line[column])  # kept narrow: 32 voxels at once
    return bool(seen)
