"""The box of everything that is not 0, in one read of the array."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[slice, slice, slice]


def content_box(array: NDArray[Any]) -> Box | None:
    """The smallest box around the non-zero entries of a 3D array; None if there is none.

    Where memory allows it bytes are looked at in place of numbers, which is several times as fast;
    planes before the first that holds something, and after the last, are looked at once.
    """
    looked = _as_bytes(array)
    planes = np.asarray(looked.reshape(len(looked), -1 if array.size else 0).any(axis=1))
    if not planes.any():  # an array of size 0 too
        return None
    slices = ends(planes)
    held = looked[slices]
    rows = ends(np.asarray(held.any(axis=2).any(axis=0)))
    columns = np.asarray(held[:, rows].any(axis=(0, 1)))
    if len(columns) > array.shape[2]:
        columns = np.asarray(columns.reshape(array.shape[2], -1).any(axis=1))
    return slices, rows, ends(columns)


def _as_bytes(array: NDArray[Any]) -> NDArray[np.bool_]:
    """The same memory byte by byte if rows are contiguous, else where the array is not 0."""
    if array.flags.c_contiguous:
        return array.view(np.bool_)
    return np.asarray(array != 0)


def ends(hit: NDArray[np.bool_]) -> slice:
    """From the first set entry to the last of a 1D boolean array that has one."""
    return slice(int(hit.argmax()), len(hit) - int(hit[::-1].argmax()))
