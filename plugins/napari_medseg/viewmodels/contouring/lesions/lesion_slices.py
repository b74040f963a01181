"""On which slices each lesion is, kept up to date edit by edit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_medseg.viewmodels.contouring.lesions.extent import extent_of

#: So many voxels are looked through in a moment; more in a thread.
QUICK = 20_000_000


class LesionSlices:
    """The stored slices of each number in a mask.

    Args:
        array: the mask's live label array.
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array
        self._known: dict[int, set[int]] = {}
        self._touched: set[int] = set()  # edited before all was known
        self.is_complete = False
        if array.size <= QUICK:
            self.take_all(slices_in(array))

    def of(self, number: int) -> tuple[int, ...]:
        """The slices of a number, ascending; where they are not known they are looked for."""
        is_open = not self.is_complete or number in self._touched
        if number not in self._known and is_open:
            hits = (i for i, plane in enumerate(self._array) if np.any(plane == number))
            self._known[number] = set(hits)
        return tuple(sorted(self._known.get(number, ())))

    def knows(self, number: int) -> bool:
        """Whether `of` answers at once."""
        return number in self._known or (self.is_complete and number not in self._touched)

    def take_all(self, found: dict[int, set[int]]) -> None:
        """Take what `slices_in` found of the array; what was edited meanwhile is known better."""
        fresh = {n: slices for n, slices in found.items() if n not in self._touched}
        self._known = fresh | self._known
        self.is_complete = True
        for number in self._touched:
            self.of(number)
        self._touched.clear()

    def edited(self, number: int, first: int, stop: int) -> None:
        """Look at the slices anew on which an edit has touched a number."""
        if not self.knows(number):
            self._touched.add(number)
            return
        known = self._known.setdefault(number, set())
        known.difference_update(range(first, stop))
        known.update(i for i in range(first, stop) if np.any(self._array[i] == number))
        if not self.is_complete:
            self._touched.add(number)

    def forget_all_but(self, numbers: set[int]) -> None:
        """Forget the numbers that are no longer in use: they hold no voxel."""
        self._known = {n: slices for n, slices in self._known.items() if n in numbers}


def slices_in(array: NDArray[Any]) -> dict[int, set[int]]:
    """The slices of every number in a label array, in one pass."""
    found: dict[int, set[int]] = {}
    slices, rows, columns = extent_of(array)
    for index in range(slices.start, slices.stop):
        counts = np.bincount(array[index, rows, columns].ravel())
        for number in np.flatnonzero(counts[1:]) + 1:
            found.setdefault(int(number), set()).add(index)
    return found
