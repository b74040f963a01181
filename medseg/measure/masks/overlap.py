"""How far two masks cover each other."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from medseg.errors import GeometryError
from medseg.measure.masks.spans import Spans


class Overlap(NamedTuple):
    """Voxels of two masks: in both, in the one, in the other."""

    both: int
    size_a: int
    size_b: int

    @property
    def dice(self) -> float:
        """Twice the overlap over the sum of sizes; NaN if both are empty."""
        sizes = self.size_a + self.size_b
        return 2.0 * self.both / sizes if sizes else math.nan

    @property
    def iou(self) -> float:
        """Overlap over union; NaN if both are empty."""
        union = self.size_a + self.size_b - self.both
        return self.both / union if union else math.nan


def dice(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Twice the overlap over the sum of sizes, 0 (none) to 1 (identical); NaN if both are empty.

    Args:
        a: one mask; non-zero is inside.
        b: the other, of the same shape.

    Raises:
        GeometryError: the shapes differ.

    Reference:
        Dice. Ecology 26(3):297-302, 1945.
    """
    return _overlap(a, b).dice


def iou(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Overlap over union, 0 (none) to 1 (identical); NaN if both are empty.

    Args:
        a: one mask; non-zero is inside.
        b: the other, of the same shape.

    Raises:
        GeometryError: the shapes differ.

    Reference:
        Jaccard. New Phytologist 11(2):37-50, 1912.
    """
    return _overlap(a, b).iou


def _overlap(a: NDArray[Any], b: NDArray[Any]) -> Overlap:
    one, other = np.asarray(a) != 0, np.asarray(b) != 0
    if one.shape != other.shape:
        raise GeometryError(
            f"Masks are compared on one grid; found {one.shape} and {other.shape}. "
            "Bring both onto the same image first."
        )
    both = int(np.count_nonzero(one & other))
    return Overlap(both, int(np.count_nonzero(one)), int(np.count_nonzero(other)))


def overlap_of(a: Spans, b: Spans) -> Overlap:
    """The voxels of two masks of one shape, looked for where they have any."""
    return Overlap(
        _both(a.voxels, a.spans, a.box, b.voxels, b.spans),
        _size(a.voxels, a.spans, a.box),
        _size(b.voxels, b.spans, b.box),
    )


@njit(nogil=True, cache=True)
def _size(voxels: Any, spans: Any, box: Any) -> int:
    size = 0
    for index in range(box[0, 0], box[1, 0]):
        for row in range(box[0, 1], box[1, 1]):
            first, end = spans[index, row]
            for voxel in voxels[index, row, first:end]:
                size += voxel != 0
    return size


@njit(nogil=True, cache=True)
def _both(a: Any, spans_a: Any, box_a: Any, b: Any, spans_b: Any) -> int:
    both = 0
    for index in range(box_a[0, 0], box_a[1, 0]):
        for row in range(box_a[0, 1], box_a[1, 1]):
            first = max(spans_a[index, row, 0], spans_b[index, row, 0])
            end = max(first, min(spans_a[index, row, 1], spans_b[index, row, 1]))
            one, other = a[index, row, first:end], b[index, row, first:end]
            for column in range(one.size):
                both += (one[column] != 0) & (other[column] != 0)
    return both
