"""The lesions of a mask, and which of two masks' lesions lie on each other.

A mask is held as runs of voxels along its rows, so that the work goes by the lesions' size and
not by the image's: cc3d labels every voxel of the box, of which lesions fill a few hundredths.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from medseg.measure.masks.spans import Spans


@dataclass(frozen=True, eq=False)
class Parts:
    """The lesions of a mask: what hangs together by faces, edges or corners within one segment.

    Args:
        runs: (n, 5), the slice, the row, the first column, the one after the last, and the segment
            of voxels of one segment that lie side by side, in the order of the array.
        numbers: (n,), each run's lesion, from 1 on in the order of the array.
        segments: each lesion's segment; that of number 1 comes first.
        sizes: voxels of each lesion.
        boxes: (lesions, 2, 3), the first index along each axis and the one after the last.
        planar: whether the mask is a plane.
    """

    runs: NDArray[np.int64]
    numbers: NDArray[np.int64]
    segments: NDArray[np.int64]
    sizes: NDArray[np.int64]
    boxes: NDArray[np.int64]
    planar: bool

    @classmethod
    def of(cls, labels: NDArray[Any]) -> Parts:
        """Those of an array (slice, row, column) or (row, column); each number is a segment."""
        mask = Spans.of(labels)
        voxels = mask.voxels
        if labels.dtype.itemsize > 1:
            native = labels.astype(labels.dtype.newbyteorder("="), order="C", copy=False)
            voxels = native.view(f"u{labels.dtype.itemsize}").reshape(mask.voxels.shape)
            voxels.setflags(write=False)
        runs = _runs(voxels, mask.spans, mask.box)
        numbers, count = _numbers(runs)
        segments = np.zeros(count, np.int64)
        segments[numbers - 1] = runs[:, 4]
        sizes = np.zeros(count, np.int64)
        boxes = np.zeros((count, 2, 3), np.int64)
        _tally(runs, numbers, sizes, boxes)
        return cls(runs, numbers, segments, sizes, boxes, mask.planar)

    @cached_property
    def sorted_runs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The runs lesion by lesion, and where each begins and the last one ends."""
        order = np.argsort(self.numbers, kind="stable")
        ends = np.cumsum(np.bincount(self.numbers, minlength=len(self.sizes) + 1))
        return self.runs[order], ends

    def runs_of(self, lesion: int) -> NDArray[np.int64]:
        """The runs of a lesion by its number."""
        runs, ends = self.sorted_runs
        return runs[ends[lesion - 1] : ends[lesion]]


def mask_of_runs(runs: NDArray[np.int64], box: NDArray[np.int64], planar: bool) -> Spans:
    """A lesion by itself, in a box that holds it."""
    voxels = np.zeros((box[1] - box[0]).tolist(), np.uint8)
    spans = np.zeros((*voxels.shape[:2], 2), np.int32)
    inner = paint(runs, box[0], voxels, spans)
    voxels.setflags(write=False)
    return Spans(voxels, spans, inner, planar)


def shared_voxels(one: Parts, other: Parts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of lesions (n, 2) by their numbers, ascending, and the voxels that each pair shares."""
    keys, counts = _shared(one.runs, one.numbers, other.runs, other.numbers)
    pairs, where = np.unique(keys, return_inverse=True)
    shared = np.bincount(where, counts, len(pairs)).astype(np.int64)
    return np.stack(np.divmod(pairs, np.int64(1) << 32), axis=1), shared


@njit(nogil=True, cache=True)
def _runs(voxels: Any, spans: Any, box: Any) -> Any:
    runs = np.empty((256, 5), np.int64)
    count = 0
    for index in range(box[0, 0], box[1, 0]):
        for row in range(box[0, 1], box[1, 1]):
            end = spans[index, row, 1]
            if end == 0:  # most rows have none: nothing else is looked at
                continue
            column, line = spans[index, row, 0], voxels[index, row]
            while column < end:
                first, segment = column, line[column]
                while column < end and line[column] == segment:
                    column += 1
                if count == len(runs):
                    runs = np.concatenate((runs, np.empty((count, 5), np.int64)))
                runs[count, 0], runs[count, 1] = index, row
                runs[count, 2], runs[count, 3], runs[count, 4] = first, column, segment
                count += 1
                while column < end and line[column] == 0:
                    column += 1
    return runs[:count].copy()


@njit(nogil=True, cache=True)
def _numbers(runs: Any) -> tuple[Any, int]:
    """The lesion of each run, and how many lesions there are.

    Each run is joined with those of its segment in the row before and in the three rows of the
    slice before that come within a column of it. Four cursors follow it through these rows.
    """
    root = np.arange(len(runs))
    cursors = np.zeros(4, np.int64)
    for number in range(len(runs)):
        index, row, first, end, segment = runs[number]
        for side in range(4):
            other_slice = index if side == 0 else index - 1
            other_row = row - 1 if side == 0 else row - 2 + side
            at = cursors[side]
            while at < number and _ends_before(runs, at, other_slice, other_row, first):
                at += 1
            cursors[side] = at
            while (
                at < number
                and runs[at, 0] == other_slice
                and runs[at, 1] == other_row
                and runs[at, 2] <= end
            ):
                if runs[at, 4] == segment:
                    _join(root, number, at)
                at += 1
    return _in_order(root)


@njit(nogil=True, cache=True)
def _ends_before(runs: Any, at: int, index: int, row: int, column: int) -> bool:
    """Whether a run ends, in the order of the array, before that column."""
    if runs[at, 0] != index:
        return bool(runs[at, 0] < index)
    if runs[at, 1] != row:
        return bool(runs[at, 1] < row)
    return bool(runs[at, 3] < column)


@njit(nogil=True, cache=True)
def _join(root: Any, one: int, other: int) -> None:
    """Give both runs' lesions the earlier one's first run as their root."""
    first, second = _root(root, one), _root(root, other)
    root[max(first, second)] = min(first, second)


@njit(nogil=True, cache=True)
def _root(root: Any, run: int) -> int:
    while root[run] != run:
        root[run] = root[root[run]]
        run = root[run]
    return run


@njit(nogil=True, cache=True)
def _in_order(root: Any) -> tuple[Any, int]:
    numbers = np.zeros(root.size, np.int64)
    count = 0
    for run in range(root.size):
        first = _root(root, run)
        if first == run:
            count += 1
            numbers[run] = count
        else:
            numbers[run] = numbers[first]
    return numbers, count


@njit(nogil=True, cache=True)
def _tally(runs: Any, numbers: Any, sizes: Any, boxes: Any) -> None:
    """Count each lesion's voxels and find its box."""
    for run in range(len(runs)):
        index, row, first, end, _ = runs[run]
        lesion = numbers[run] - 1
        low, high = boxes[lesion, 0], boxes[lesion, 1]
        if sizes[lesion] == 0:
            low[0], low[1], low[2] = index, row, first
        sizes[lesion] += end - first
        low[1], low[2] = min(low[1], row), min(low[2], first)
        high[0], high[1], high[2] = index + 1, max(high[1], row + 1), max(high[2], end)


@njit(nogil=True, cache=True)
def _shared(runs_a: Any, numbers_a: Any, runs_b: Any, numbers_b: Any) -> tuple[Any, Any]:
    """For two runs that share voxels, a key of both lesions, and how many they share."""
    keys = np.empty(len(runs_a) + len(runs_b), np.int64)
    counts = np.empty(keys.size, np.int64)
    found = a = b = 0
    while a < len(runs_a) and b < len(runs_b):
        if _ends_before(runs_a, a, runs_b[b, 0], runs_b[b, 1], runs_b[b, 2] + 1):
            a += 1
        elif _ends_before(runs_b, b, runs_a[a, 0], runs_a[a, 1], runs_a[a, 2] + 1):
            b += 1
        else:
            end_a, end_b = runs_a[a, 3], runs_b[b, 3]
            keys[found] = numbers_a[a] << 32 | numbers_b[b]
            counts[found] = min(end_a, end_b) - max(runs_a[a, 2], runs_b[b, 2])
            found += 1
            if end_a <= end_b:
                a += 1
            else:
                b += 1
    return keys[:found].copy(), counts[:found].copy()


@njit(nogil=True, cache=True)
def paint(runs: Any, corner: Any, voxels: Any, spans: Any) -> Any:
    """Set the runs' voxels and widen the rows' spans; the box that holds them."""
    box = np.zeros((2, 3), np.int64)
    box[0, 0], box[0, 1], box[0, 2] = voxels.shape
    for run in range(len(runs)):
        index, row = runs[run, 0] - corner[0], runs[run, 1] - corner[1]
        first, end = runs[run, 2] - corner[2], runs[run, 3] - corner[2]
        voxels[index, row, first:end] = 1
        if spans[index, row, 1] == 0:
            spans[index, row, 0] = first
        spans[index, row, 1] = end
        box[0, 0], box[1, 0] = min(box[0, 0], index), index + 1
        box[0, 1], box[1, 1] = min(box[0, 1], row), max(box[1, 1], row + 1)
        box[0, 2], box[1, 2] = min(box[0, 2], first), max(box[1, 2], end)
    return box
