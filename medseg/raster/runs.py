"""Run lists: where each label lies in each slice, as (start, end) pairs.

A slice is read as one long line, row after row with the columns fastest, so a run may go on
past the end of a row into the next one. `start` is the first voxel, `end` the one after the
last. The kernel walks the memory as it lies, forwards or backwards, and passes over eight
bytes of one and the same label at a time, so a sparse mask costs little more than reading it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Slices copied together where columns do not lie side by side in memory: 64 bytes of such a
# line are fetched at once anyhow, so all of them are used.
_BLOCK = 64
_WORD_BYTES = 8


def runs_by_slice(labels: NDArray[Any]) -> Iterator[tuple[int, int, NDArray[np.uint32]]]:
    """Each (slice, label, runs) of a label array; slices ascend, and labels within a slice.

    Runs are (n, 2) of (start, end) along the flattened slice, columns fastest, end exclusive,
    ascending, never touching each other. Background and absent labels give nothing.

    Args:
        labels: (slice, row, column), uint8 or uint16, any strides; only read. A view in
            another orientation is fine and is not copied where its columns, forwards or
            backwards, lie side by side in memory.
    """
    line = _Line.of(labels)
    if line is not None:
        yield from _runs_on_line(line, labels.shape)
        return
    for first in range(0, labels.shape[0], _BLOCK):
        block = _with_neighbouring_columns(labels[first : first + _BLOCK])
        for index, label, runs in runs_by_slice(block):
            yield first + index, label, runs


def _with_neighbouring_columns(block: NDArray[Any]) -> NDArray[Any]:
    """A C-contiguous copy, made tile by tile along the axis that is fastest in memory."""
    copy = np.zeros(block.shape, block.dtype)
    tile = np.empty((_BLOCK, _BLOCK), block.dtype)
    slices_are_fastest = abs(block.strides[0]) < abs(block.strides[1])
    for index in range(block.shape[1 if slices_are_fastest else 0]):
        plane = (slice(None), index) if slices_are_fastest else (index,)
        _copy_tiles(block[plane], copy[plane], tile)
    return copy


@njit(nogil=True, cache=True)
def _copy_tiles(source: NDArray[Any], target: NDArray[Any], tile: NDArray[Any]) -> None:
    """Copy a plane whose first axis is fastest in memory to one whose second is.

    `target` holds zeros, so tiles of background are only read.
    """
    side = tile.shape[0]
    for first_a in range(0, source.shape[0], side):
        size_a = min(side, source.shape[0] - first_a)
        for first_b in range(0, source.shape[1], side):
            size_b = min(side, source.shape[1] - first_b)
            seen = 0
            for b in range(size_b):
                for a in range(size_a):
                    value = source[first_a + a, first_b + b]
                    tile[b, a] = value
                    seen |= value
            if seen:
                for a in range(size_a):
                    for b in range(size_b):
                        target[first_a + a, first_b + b] = tile[b, a]


@dataclass(frozen=True, eq=False)
class _Line:
    """A 3D view as steps along one contiguous line of memory, all counted in elements."""

    flat: NDArray[Any]
    words: NDArray[np.uint64]
    lead: int  # elements before the first whole, aligned word
    start: int  # where the view's first voxel lies
    steps: tuple[int, int, int]

    @classmethod
    def of(cls, view: NDArray[Any]) -> _Line | None:
        """The line, or None if memory has gaps or columns are not neighbours in it."""
        forwards = view[tuple(slice(None, None, -1 if step < 0 else 1) for step in view.strides)]
        slowest_first = np.argsort([-step for step in forwards.strides], kind="stable")
        memory = forwards.transpose(slowest_first)
        slice_step, row_step, column_step = (step // view.itemsize for step in view.strides)
        if view.shape[2] == 1:
            column_step = 1  # a lone column has no neighbour, its step says nothing
        if abs(column_step) != 1 or not memory.flags.c_contiguous:
            return None
        flat = memory.reshape(-1)
        flat.setflags(write=False)
        ends = zip(view.shape, view.strides, strict=True)
        start = sum((size - 1) * -step // view.itemsize for size, step in ends if step < 0)
        words, lead = _words(flat)
        return cls(flat, words, lead, start, (slice_step, row_step, column_step))


def _words(flat: NDArray[Any]) -> tuple[NDArray[np.uint64], int]:
    """The line as aligned 8-byte words, and how many elements come before the first."""
    lead = (-flat.ctypes.data % _WORD_BYTES) // flat.itemsize
    per_word = _WORD_BYTES // flat.itemsize
    whole = max(0, flat.size - lead) // per_word * per_word
    words = flat[lead : lead + whole].view(np.uint64)
    words.setflags(write=False)
    return words, lead


def _runs_on_line(
    line: _Line, shape: tuple[int, ...]
) -> Iterator[tuple[int, int, NDArray[np.uint32]]]:
    slices, rows, columns = shape
    slice_step, row_step, column_step = line.steps
    if row_step == columns * column_step:  # rows follow each other: one long row
        rows, columns = 1, rows * columns
    found = np.empty(rows * columns, line.flat.dtype)
    runs = np.empty((rows * columns, 2), np.uint32)
    per_word = _WORD_BYTES // line.flat.itemsize
    shift, spread = (3, 0x0101010101010101) if per_word == 8 else (2, 0x0001000100010001)
    for index in range(slices):
        start = line.start + index * slice_step
        if rows > 1 and abs(row_step) == columns and _is_blank(line, start, row_step, rows):
            continue
        steps = (row_step, column_step, rows, columns)
        word = (line.lead, shift, np.uint64(spread))
        count = _scan(line.flat, line.words, word, start, steps, found, runs)
        if count:
            yield from _by_label(index, found[:count], runs[:count])


def _is_blank(line: _Line, start: int, row_step: int, rows: int) -> bool:
    """Whether a slice that fills one stretch of memory surely has no label; reads it all.

    Asked where rows or columns alone run backwards: the scan then jumps to and fro, which no
    processor foresees, and goes four times faster in what was read just before.
    """
    columns = abs(row_step)
    forwards = line.steps[2] == 1
    lowest = start + min(0, (rows - 1) * row_step) - (0 if forwards else columns - 1)
    first, last = lowest - line.lead, lowest + rows * columns - 1 - line.lead
    per_word = _WORD_BYTES // line.flat.itemsize
    covered = first >= 0 and last // per_word < line.words.size
    seen = _any_bit(line.words[max(first, 0) // per_word : last // per_word + 1])
    return covered and seen == 0


@njit(nogil=True, cache=True)
def _any_bit(words: NDArray[np.uint64]) -> np.uint64:
    seen = np.uint64(0)
    for word in words:
        seen |= word
    return seen


def _by_label(
    index: int, found: NDArray[Any], runs: NDArray[np.uint32]
) -> Iterator[tuple[int, int, NDArray[np.uint32]]]:
    order = np.argsort(found, kind="stable")  # stable: runs of one label stay ascending
    ordered = found[order]
    firsts = np.flatnonzero(np.diff(ordered, prepend=ordered.dtype.type(0)))
    lasts = np.append(firsts[1:], len(order))
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        yield index, int(ordered[first]), runs[order[first:last]]


@njit(nogil=True, cache=True)
def _scan(
    flat: NDArray[Any],
    words: NDArray[np.uint64],
    word_layout: tuple[int, int, np.uint64],
    start: int,
    steps: tuple[int, int, int, int],
    found: NDArray[Any],
    runs: NDArray[np.uint32],
) -> int:
    """Write the labels and runs of one slice; return how many there are."""
    lead, shift, spread = word_layout
    per_word = 1 << shift
    row_step, column_step, rows, columns = steps
    # A word may be passed over when entered at its near edge: first element or last.
    edge = 0 if column_step == 1 else per_word - 1
    count, began, position = 0, 0, 0
    current = flat[start]
    pattern = np.uint64(current) * spread
    for row in range(rows):
        here = start + row * row_step
        left = columns
        while left > 0:
            value = flat[here]
            if value != current:
                if current != 0:
                    found[count] = current
                    runs[count, 0] = began
                    runs[count, 1] = position
                    count += 1
                current, began = value, position
                pattern = np.uint64(current) * spread
            near = here - lead
            passed = 0
            if near >= 0 and left >= per_word and near & (per_word - 1) == edge:
                word = near >> shift
                limit = min(left >> shift, words.size - word if column_step == 1 else word + 1)
                while passed < limit and words[word] == pattern:
                    word += column_step
                    passed += 1
            moved = passed * per_word if passed else 1
            here += moved * column_step
            position += moved
            left -= moved
    if current != 0:
        found[count] = current
        runs[count, 0] = began
        runs[count, 1] = position
        count += 1
    return count
