"""What several readers say of each voxel, counted by the combination of their answers.

Everything that is said about readers together (majority, STAPLE, kappa, generalised Dice) depends
on how often each combination occurs, so a volume of any size becomes a table of a few rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import GeometryError, MedsegError
from medseg.raster import Box, span

#: Combinations are numbered with 16 bits.
MOST_READERS = 16

_Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Votes:
    """How often each combination of yes and no occurs.

    Args:
        readers: their names, two or more.
        patterns: (m, readers) boolean: the combinations that occur in the union box.
        counts: (m,) how many of its voxels have each.
        outside: voxels of the grid beyond the union box, where all say no.
        shape: the grid's.
        box: the smallest box with every voxel that any reader drew; None where none did.
        numbers: the box's voxels, each with its combination: bit k is reader k's yes.
    """

    readers: tuple[str, ...]
    patterns: NDArray[np.bool_]
    counts: NDArray[np.int64]
    outside: int
    shape: tuple[int, int, int]
    box: Box | None
    numbers: NDArray[np.uint16]

    @classmethod
    def of(cls, masks: Mapping[str, ArrayLike]) -> Votes:
        """The votes of masks by their readers' names; all 3D and of one shape, non-zero is yes.

        Raises:
            MedsegError: fewer than two readers, or more than 16, or a mask that holds NaN or no
                numbers.
            GeometryError: the masks differ in shape, or are not 3D.
        """
        arrays = _checked(masks)
        slices, rows, columns = next(iter(arrays.values())).shape
        box = _union_box(list(arrays.values()))
        numbers = _numbered(list(arrays.values()), box)
        occurring = sum(
            (np.bincount(plane.ravel(), minlength=1 << len(arrays)) for plane in numbers),
            np.zeros(1 << len(arrays), np.int64),
        )
        present = np.flatnonzero(occurring)
        patterns = (present[:, None] >> np.arange(len(arrays)) & 1).astype(np.bool_)
        outside = slices * rows * columns - numbers.size
        shape = (slices, rows, columns)
        return cls(tuple(arrays), patterns, occurring[present], outside, shape, box, numbers)

    @property
    def counts_of_grid(self) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Patterns and counts over the whole grid: with what lies outside the union box."""
        nobody = np.zeros((1, len(self.readers)), np.bool_)
        patterns = np.concatenate([nobody, self.patterns])
        counts = np.concatenate([[self.outside], self.counts])
        return patterns[counts > 0], counts[counts > 0]

    def mask_where(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The voxels of the whole grid whose combination is chosen: one yes or no per pattern.

        Voxels outside the union box are never chosen.
        """
        mask = np.zeros(self.shape, np.bool_)
        if self.box is not None:
            wanted = np.zeros(1 << len(self.readers), np.bool_)
            wanted[self.patterns @ (1 << np.arange(len(self.readers)))] = chosen
            mask[self.box] = wanted[self.numbers]
        return mask


def _checked(masks: Mapping[str, ArrayLike]) -> _Arrays:
    if not 2 <= len(masks) <= MOST_READERS:
        raise MedsegError(
            f"Readers are compared with each other: 2 to {MOST_READERS} of them; found "
            f"{len(masks)} ({', '.join(masks) or 'none'})."
        )
    arrays = {reader: _array(mask) for reader, mask in masks.items()}
    first, *others = arrays
    for reader in others:
        if arrays[reader].shape != arrays[first].shape:
            raise GeometryError(
                f"Readers are compared on one grid; found {arrays[first].shape} of {first} and "
                f"{arrays[reader].shape} of {reader}. Bring all onto the same image first."
            )
    for reader, mask in arrays.items():
        if mask.dtype.kind not in "biuf" or (mask.dtype.kind == "f" and np.isnan(mask).any()):
            raise MedsegError(
                f"A mask says of each voxel whether it is inside; that of {reader} holds NaN, or "
                f"is no array of numbers ({mask.dtype})."
            )
    if arrays[first].ndim != 3:
        raise GeometryError(
            f"Readers' masks are (slice, row, column); found the shape {arrays[first].shape}."
        )
    return arrays


def _array(mask: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(mask)
    except ValueError:  # lists of different lengths: no array of numbers
        return np.asarray(None)


def _union_box(arrays: Sequence[NDArray[Any]]) -> Box | None:
    shape = arrays[0].shape
    slices, rows, columns = (np.zeros(size, np.bool_) for size in shape)
    for array in arrays:
        for index, plane in enumerate(array):
            by_row = plane.any(axis=1)
            if by_row.any():
                slices[index] = True
                rows |= by_row
                columns |= plane.any(axis=0)
    return (span(slices), span(rows), span(columns)) if slices.any() else None


def _numbered(arrays: Sequence[NDArray[Any]], box: Box | None) -> NDArray[np.uint16]:
    if box is None:
        return np.zeros((0, 0, 0), np.uint16)
    numbers = np.zeros(arrays[0][box].shape, np.uint16)
    for bit, array in enumerate(arrays):
        for index, plane in enumerate(array[box]):
            numbers[index] |= (plane != 0).astype(np.uint16) << np.uint16(bit)
    return numbers
