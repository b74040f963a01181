"""The values of many voxels in a row, held in as few bytes as a simple form allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError

_RUN_BYTES = 4


@dataclass(frozen=True, eq=False, slots=True)
class Values:
    """A row of label values: one for all, or runs, or each of them, whichever is smallest.

    Args:
        held: one value for all, one per run, or one per voxel; uint8 or uint16.
        count: how many voxels there are.
        lengths: voxels per run, uint32; None where the values are no runs.

    Raises:
        EditError: the parts contradict each other.
    """

    held: NDArray[Any]
    count: int
    lengths: NDArray[np.uint32] | None = None

    def __post_init__(self) -> None:
        if self.lengths is None:
            fits = self.held.size == self.count or (self.held.size == 1 and self.count > 1)
        else:
            fits = self.held.size == self.lengths.size > 0 and self.lengths.min() > 0
            fits = fits and int(self.lengths.sum(dtype=np.uint64)) == self.count
        if not fits:
            raise EditError(f"Values are as many as the voxels that they are of, {self.count}.")

    @classmethod
    def of(cls, values: NDArray[Any]) -> Values:
        """The values of a one-dimensional array; it is copied."""
        if values.size < 2:
            return cls(values.copy(), values.size)
        starts = np.flatnonzero(values[1:] != values[:-1]) + 1
        if not starts.size:
            return cls(values[:1].copy(), values.size)
        if (starts.size + 1) * (values.itemsize + _RUN_BYTES) >= values.nbytes:
            return cls(values.copy(), values.size)
        edges = np.concatenate(([0], starts, [values.size]))
        return cls(values[edges[:-1]], values.size, np.diff(edges).astype(np.uint32))

    @classmethod
    def repeated(cls, value: int, count: int, dtype: np.dtype[Any]) -> Values:
        """The same value, which the type can hold, for all voxels."""
        return cls(np.full(min(count, 1), value, dtype), count)

    @classmethod
    def where(cls, array: NDArray[Any], marked: NDArray[np.bool_]) -> Values:
        """The values of an array's marked voxels, in C order."""
        if marked.size:
            first = array.flat[marked.argmax()]
            differs = array != first  # much quicker than picking out the voxels
            differs &= marked
            if not differs.any():
                return cls.repeated(int(first), int(np.count_nonzero(marked)), array.dtype)
        return cls.of(array[marked])

    def are_in(self, array: NDArray[Any], marked: NDArray[np.bool_]) -> bool:
        """Whether they are the values of an array's marked voxels, in C order."""
        if self.held.size != 1:
            return np.array_equal(array[marked], self.dense)
        differs = array != self.held[0]  # much quicker than picking out the voxels
        differs &= marked
        return self.count == np.count_nonzero(marked) and not differs.any()

    @property
    def dense(self) -> NDArray[Any]:
        """One value per voxel; read-only where one stands for all."""
        if self.lengths is not None:
            return np.repeat(self.held, self.lengths)
        return self.held if self.held.size == self.count else np.broadcast_to(self.held, self.count)

    def placed(self, marked: NDArray[np.bool_]) -> NDArray[Any]:
        """An array with the values in its marked voxels, or the one value for all, (1,)."""
        if self.held.size == 1:
            return self.held
        array = np.zeros(marked.shape, self.held.dtype)
        array[marked] = self.dense
        return array

    @property
    def distinct(self) -> tuple[int, ...]:
        """The values that occur, ascending."""
        if self.held.size == 1:
            return (int(self.held[0]),)
        return tuple(int(value) for value in np.unique(self.held))

    def distinct_by_part(self, ends: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Each value that occurs, and in which parts of the row, ascending.

        Args:
            ends: one past the last voxel of each part, ascending; no part is empty.
        """
        if self.held.size == 1:
            yield int(self.held[0]), np.arange(len(ends))
            return
        lengths = np.ones(self.count, np.uint32) if self.lengths is None else self.lengths
        run_ends = np.cumsum(lengths, dtype=np.int64)
        # Where a run ends or a part does; a cut that stands twice says the same twice.
        cuts = np.sort(np.concatenate((run_ends, ends)), kind="stable")
        parts = np.searchsorted(ends, cuts)
        values = self.held[np.searchsorted(run_ends, cuts)]
        for value in self.distinct:
            yield value, np.flatnonzero(np.bincount(parts[values == value]))

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, in bytes."""
        return self.held.nbytes + (0 if self.lengths is None else self.lengths.nbytes)
