"""The key slices of segments and what is on them, looked up anew only where something changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.segment_keys import is_key
from medseg.model import Segmentation

#: Eight bytes at once.
_WORD = np.dtype(np.uint64)


class Section(NamedTuple):
    """What a segment is on one of its keys; two are equal where it has the same voxels.

    Args:
        rows: those that it reaches over; empty where a person has left nothing of it.
        columns: likewise.
        bits: its voxels in them, as a digest.
    """

    rows: range
    columns: range
    bits: bytes

    @property
    def is_empty(self) -> bool:
        """Whether the segment has no voxel there."""
        return not self.rows


class KeySections:
    """For each segment its key slices, each with what the segment is there.

    Args:
        segmentation: what is looked at; it is only read.
    """

    def __init__(self, segmentation: Segmentation) -> None:
        self._segmentation = segmentation
        self._known: dict[int, dict[int, Section]] = {}
        self._ascending: dict[int, tuple[int, ...]] = {}

    def look(self, touched: Iterable[tuple[int, int]] | None = None) -> None:
        """Look the keys up, everywhere or where something was touched.

        Args:
            touched: (segment, slice) pairs; None looks at the whole mask, which takes a pass
                over it.
        """
        if touched is None:
            self._known, self._ascending, touched = {}, {}, self._everywhere()
        for number, index in touched:
            self._look_at(number, index)

    def keys(self, number: int) -> tuple[int, ...]:
        """The segment's key slices, ascending."""
        if number not in self._ascending:
            self._ascending[number] = tuple(sorted(self._known.get(number, ())))
        return self._ascending[number]

    def section(self, number: int, key: int) -> Section:
        """What the segment is on one of its keys."""
        return self._known[number][key]

    def _look_at(self, number: int, index: int) -> None:
        section = _section(self._segmentation.array[index], number)
        known = self._segmentation.provenance.get((number, index))
        of_segment = self._known.setdefault(number, {})
        is_now = is_key(known, holds=not section.is_empty)
        if is_now != (index in of_segment):
            self._ascending.pop(number, None)
        if is_now:
            of_segment[index] = section
        else:
            of_segment.pop(index, None)

    def _everywhere(self) -> set[tuple[int, int]]:
        """Each pair that is on record or has a voxel."""
        # A copy made in one step: another thread may put on record meanwhile.
        found = set(dict(self._segmentation.provenance))
        for index, plane in enumerate(self._segmentation.array):
            if plane.any():
                found.update((number, index) for number in _numbers_on(plane))
        return found


def _section(plane: NDArray[Any], number: int) -> Section:
    held = np.flatnonzero(_in_rows(plane))
    if not held.size:
        return Section(range(0), range(0), b"")
    first = int(held[0])
    on_slice = np.asarray(plane[first : int(held[-1]) + 1] == number)
    in_rows = np.flatnonzero(on_slice.any(axis=1))
    if not in_rows.size:
        return Section(range(0), range(0), b"")
    rows = range(first + int(in_rows[0]), first + int(in_rows[-1]) + 1)
    in_columns = np.flatnonzero(on_slice.any(axis=0))
    columns = range(int(in_columns[0]), int(in_columns[-1]) + 1)
    part = on_slice[rows.start - first : rows.stop - first, columns.start : columns.stop]
    return Section(rows, columns, hashlib.blake2b(np.packbits(part).data, digest_size=16).digest())


def _in_rows(plane: NDArray[Any]) -> NDArray[Any]:
    """What is not 0 in a row in which there is something; in words of eight bytes if it may be."""
    row_bytes = plane.shape[1] * plane.itemsize
    if plane.flags.c_contiguous and row_bytes % _WORD.itemsize == 0:
        plane = plane.view(_WORD)
    return np.asarray(np.bitwise_or.reduce(plane, axis=1))


def _numbers_on(plane: NDArray[Any]) -> list[int]:
    numbers: list[int] = np.flatnonzero(np.bincount(plane.ravel())[1:]).tolist()
    return [number + 1 for number in numbers]
