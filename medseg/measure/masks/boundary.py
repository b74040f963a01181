"""The places on a grid where a mask's surface is, and how much of it is at each.

By the convention **surfel**, places are cells between voxel centres, weighted with the area of
surface in them; by **voxel_border**, they are the voxels inside that have a neighbour outside
over a face, each with the weight 1. What lies beyond the array is outside, so a mask that touches
the array's side has surface there. A plane has no neighbour slices: its outline is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from medseg.measure.masks.spans import Spans

Margin = tuple[int, int, int]
_EIGHT_INSIDE = np.uint64(2**64 - 1)


@dataclass(frozen=True, eq=False)
class Boundary:
    """A mask's surface on a grid that is wider than the mask.

    Args:
        shape: of the grid (slice, row, column).
        places: flat indices of where the surface is, ascending.
        codes: the kind of surface at each place, uint8.
        bits: one bit for each place of the grid in flat order, the lowest first; 1 on the surface.
    """

    shape: tuple[int, int, int]
    places: NDArray[np.int64]
    codes: NDArray[np.uint8]
    bits: NDArray[np.uint8]


def surfels_of(mask: Spans, box: NDArray[np.int64], margin: Margin) -> Boundary:
    """The cut cells of a mask with their codes, on a grid around a box that holds the mask.

    A plane counts as two equal ones that lie on each other, which leaves its outline.
    """
    cells = box[1] - box[0] + 1
    if mask.planar:
        cells[0] = 1
    return _boundary(cut_cells, mask, cells, box[0], margin)


def border_voxels_of(mask: Spans, box: NDArray[np.int64], margin: Margin) -> Boundary:
    """The voxels of a mask with a neighbour outside over a face; in a plane, over an edge."""
    return _boundary(_border_voxels, mask, box[1] - box[0], box[0], margin)


def _boundary(
    kernel: Callable[..., Any],
    mask: Spans,
    size: NDArray[np.int64],
    first: NDArray[np.int64],
    margin: Margin,
) -> Boundary:
    slices, rows, columns = (
        sides + 2 * beyond for sides, beyond in zip(size.tolist(), margin, strict=True)
    )
    bits = np.zeros(slices * rows * columns // 8 + 1, np.uint8)
    # A flat index is found from a voxel's by strides and one shift.
    strides = rows * columns, columns, 1
    corner = zip(strides, margin, first.tolist(), strict=True)
    shift = sum(stride * (beyond - index) for stride, beyond, index in corner)
    places, codes = kernel(mask.voxels, mask.spans, mask.box, mask.planar, bits, strides, shift)
    return Boundary((slices, rows, columns), places, codes, bits)


# Loops run over slices of rows: so the compiler takes many voxels at once.


@njit(nogil=True, cache=True)
def cut_cells(
    voxels: Any, spans: Any, box: Any, planar: bool, bits: Any, strides: Any, shift: int
) -> tuple[Any, Any]:
    """Set the bits of the cut cells; their places and codes.

    The cell of an index lies between that voxel and the ones before it along each axis.
    """
    corners, line = _row_of(voxels), _row_of(voxels)
    lists = np.empty(1024, np.int64), np.empty(1024, np.uint8)
    count = 0
    for layer in range(box[0, 0], box[1, 0] + (0 if planar else 1)):
        for row in range(box[0, 1], box[1, 1] + 1):
            first, end = voxels.shape[2], 0
            for corner in range(4):
                index, at = _neighbour(layer, row, corner, planar)
                span = _span(spans, index, at)
                first, end = min(first, span[0]), max(end, span[1])
            if end == 0:
                continue
            corners[first : end + 2] = 0
            for corner in range(4):
                index, at = _neighbour(layer, row, corner, planar)
                span = _span(spans, index, at)
                if span[1]:
                    here = voxels[index, at, span[0] : span[1]]
                    _add(here, 1 << (2 * corner), corners[span[0] + 1 : span[1] + 1])
            _join(corners[first : end + 1], corners[first + 1 : end + 2], line[first : end + 1])
            start = layer * strides[0] + row * strides[1] + shift
            lists, count = _kept(line, (first, end + 1), start, bits, lists, count)
    return lists[0][:count].copy(), lists[1][:count].copy()


@njit(nogil=True, cache=True)
def _neighbour(layer: int, row: int, corner: int, planar: bool) -> tuple[int, int]:
    """The slice and row of a corner of a cell; a plane is its own neighbour slice."""
    return layer if planar else layer - 1 + corner // 2, row - 1 + corner % 2


@njit(nogil=True, cache=True)
def _add(voxels: Any, value: int, sums: Any) -> None:
    """Add a value where there is a voxel."""
    each = np.uint8(value)
    for column in range(voxels.size):
        sums[column] = sums[column] + np.uint8(voxels[column] != 0) * each


@njit(nogil=True, cache=True)
def _join(before: Any, after: Any, codes: Any) -> None:
    """The codes of cells from the corners at their first and second column."""
    for column in range(codes.size):
        codes[column] = before[column] | (after[column] << 1)


@njit(nogil=True, cache=True)
def _border_voxels(
    voxels: Any, spans: Any, box: Any, planar: bool, bits: Any, strides: Any, shift: int
) -> tuple[Any, Any]:
    """Set the bits of the border voxels; their places, and 1 for each."""
    around, line = _row_of(voxels), _row_of(voxels)
    lists = np.empty(1024, np.int64), np.empty(1024, np.uint8)
    count = 0
    for index in range(box[0, 0], box[1, 0]):
        for row in range(box[0, 1], box[1, 1]):
            first, end = _span(spans, index, row)
            if end == 0:
                continue
            here = voxels[index, row, first:end]
            around[first:end] = 2 if planar else 0
            for side in range(2 if planar else 0, 4):
                step = 2 * (side % 2) - 1
                other, at = index + (step if side < 2 else 0), row + (step if side > 1 else 0)
                span = _span(spans, other, at)
                low, high = max(first, span[0]), min(end, span[1])
                if low < high:
                    _add(voxels[other, at, low:high], 1, around[low:high])
            _add(here[:-1], 1, around[first + 1 : end])
            _add(here[1:], 1, around[first : end - 1])
            _edge(here, around[first:end], line[first:end])
            start = index * strides[0] + row * strides[1] + shift
            lists, count = _kept(line, (first, end), start, bits, lists, count)
    return lists[0][:count].copy(), lists[1][:count].copy()


@njit(nogil=True, cache=True)
def _edge(here: Any, around: Any, codes: Any) -> None:
    """1 where there is a voxel with less than six neighbours."""
    for column in range(codes.size):
        codes[column] = np.uint8(here[column] != 0) & np.uint8(around[column] < 6)


@njit(nogil=True, cache=True)
def _row_of(voxels: Any) -> Any:
    """A row of bytes with room for two more cells, of a length that words divide."""
    return np.zeros((voxels.shape[2] + 2 + 7) // 8 * 8, np.uint8)


@njit(nogil=True, cache=True)
def _span(spans: Any, index: int, row: int) -> Any:
    """The span of a row; an empty one beyond the array."""
    if 0 <= index < spans.shape[0] and 0 <= row < spans.shape[1] and spans[index, row, 1]:
        return spans[index, row, 0], spans[index, row, 1]
    return np.int32(2147483647), np.int32(0)


@njit(nogil=True, cache=True)
def _kept(line: Any, part: Any, start: int, bits: Any, lists: Any, count: int) -> tuple[Any, int]:
    """The lists of places and codes with those of a part of a row, whose bits are set.

    Codes 0 and 255 are no surface: all outside, all inside. Eight of a kind are passed over.
    """
    first, end = part
    places, found = lists
    if count + end - first > places.size:
        size = 2 * places.size + end - first
        places, found = _longer(places, size), _longer(found, size)
    words = line.view(np.uint64)
    for number in range(first >> 3, (end + 7) >> 3):
        if words[number] == 0 or words[number] == _EIGHT_INSIDE:
            continue
        for column in range(max(first, 8 * number), min(end, 8 * number + 8)):
            code = line[column]
            if (code + 1) & 255 > 1:
                place = start + column
                bits[place >> 3] |= np.uint8(1 << (place & 7))
                places[count], found[count] = place, code
                count += 1
    return (places, found), count


@njit(nogil=True, cache=True)
def _longer(numbers: Any, size: int) -> Any:
    """The same numbers with room for more; by a loop, which compiles sooner than a slice."""
    longer = np.empty(size, numbers.dtype)
    for number in range(numbers.size):
        longer[number] = numbers[number]
    return longer
