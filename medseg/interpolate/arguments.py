"""What `fill_between_slices` is asked, checked: mask, axis, spacing, positions and keys."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import EditError

#: None, the same slices for all labels, or label -> slices.
Keys = Sequence[int] | Mapping[int, Sequence[int]] | None


def keys_by_label(stack: NDArray[Any], keys: Keys) -> dict[int, tuple[int, ...]]:
    """Label -> its key slices, ascending, each once; labels with fewer than two are left out.

    Args:
        stack: labels with the slices along the first axis; 0 is background.
        keys: None for each label's own non-empty slices; else as given by the caller.

    Raises:
        EditError: a label is background or no whole number, or a slice is outside the stack.
    """
    if keys is None:
        found = own_slices(stack)
    elif isinstance(keys, Mapping):
        found = {_label(stack, label): _checked_slices(keys[label], len(stack)) for label in keys}
    else:
        same = _checked_slices(keys, len(stack))
        found = dict.fromkeys(own_slices(stack), same)
    return {label: slices for label, slices in found.items() if len(slices) > 1}


def own_slices(stack: NDArray[Any]) -> dict[int, tuple[int, ...]]:
    """Label -> the slices where it has voxels, ascending."""
    slices: dict[int, list[int]] = {}
    held = np.flatnonzero(np.asarray(stack.any(axis=2)).any(axis=1)).tolist()
    if held and (only := _only_label(stack)):
        return {only: tuple(held)}
    for index in held:
        for label in _labels_on(stack[index]):
            slices.setdefault(label, []).append(index)
    return {label: tuple(found) for label, found in slices.items()}


def _only_label(stack: NDArray[Any]) -> int:
    """The one label of a stack that holds some; 0 if there are several."""
    if stack.dtype == np.bool_:
        return 1
    largest = stack.max()
    alone = np.count_nonzero(stack == largest) == np.count_nonzero(stack)
    return int(largest) if alone else 0


def _labels_on(plane: NDArray[Any]) -> list[int]:
    """The labels of a plane that holds some, ascending, 0 left out."""
    if plane.dtype.kind == "u" and plane.dtype.itemsize <= 2:
        seen = np.zeros(int(np.iinfo(plane.dtype).max) + 1, np.bool_)
        seen[plane] = True
        found: list[int] = np.flatnonzero(seen).tolist()
    else:
        found = np.unique(plane[plane.any(axis=1)]).tolist()
    return [label for label in found if label]


def checked_positions(positions_mm: ArrayLike | None, count: int) -> NDArray[np.float64]:
    """Where each slice lies. Evenly spaced ones are counted: only the ratio of gaps matters."""
    if positions_mm is None:
        return np.arange(count, dtype=np.float64)
    try:
        positions = np.asarray(positions_mm, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EditError(f"Positions are numbers in mm; found {positions_mm!r}.") from error
    if positions.shape != (count,):
        raise EditError(
            f"There is one position per slice; found {positions.shape} for {count} slices."
        )
    steps = np.diff(positions)
    if not np.isfinite(positions).all() or not ((steps > 0).all() or (steps < 0).all()):
        raise EditError(
            "Positions of slices rise from each to the next, or fall, and are finite; "
            f"found {positions.tolist()}. Sort the slices first."
        )
    return np.ascontiguousarray(positions)  # one compiled kernel serves all


def checked_mask(mask: NDArray[Any]) -> NDArray[Any]:
    """The mask as an array; refused unless 3D and boolean or integer."""
    array = np.asarray(mask)
    if array.ndim != 3:
        raise EditError(f"A mask has three axes; found shape {array.shape}.")
    if array.dtype.kind not in "biu":
        raise EditError(f"A mask is boolean or of an integer type; found {array.dtype}.")
    return array


def checked_axis(axis: int) -> int:
    """The axis as 0, 1 or 2; -1 is the last."""
    try:
        whole = operator.index(axis)
    except TypeError as error:
        raise EditError(f"The axis is 0, 1 or 2; found {axis!r}.") from error
    if not -3 <= whole < 3:
        raise EditError(f"The axis is 0, 1 or 2; found {axis}.")
    return whole % 3


def checked_spacing(spacing_mm: Sequence[float]) -> tuple[float, float, float]:
    """The three steps in mm, positive."""
    try:
        steps = tuple(float(step) for step in spacing_mm)
    except (TypeError, ValueError) as error:
        raise EditError(f"The spacing is three numbers in mm; found {spacing_mm!r}.") from error
    if len(steps) != 3 or not all(0 < step < math.inf for step in steps):
        raise EditError(
            "The spacing is three positive lengths in mm, in the order of the mask's axes; "
            f"found {spacing_mm!r}."
        )
    return steps[0], steps[1], steps[2]


def _checked_slices(slices: Sequence[int], count: int) -> tuple[int, ...]:
    try:
        whole = sorted({operator.index(index) for index in slices})
    except TypeError as error:
        raise EditError(f"Key slices are whole numbers; found {slices!r}.") from error
    outside = [index for index in whole if not 0 <= index < count]
    if outside:
        raise EditError(f"Key slices are 0 to {count - 1} here; found {outside}.")
    return tuple(whole)


def _label(stack: NDArray[Any], label: int) -> int:
    try:
        number = operator.index(label)
    except TypeError as error:
        raise EditError(f"Labels are whole numbers; found {label!r}.") from error
    limits = (0, 1) if stack.dtype == np.bool_ else _limits(stack.dtype)
    if number == 0 or not limits[0] <= number <= limits[1]:
        raise EditError(
            f"A label is not 0, the background, and fits the mask's type {stack.dtype}; "
            f"found {number}."
        )
    return number


def _limits(dtype: np.dtype[Any]) -> tuple[int, int]:
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)
