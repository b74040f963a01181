"""What a patch of new labels would change: where, whose voxels, and whose provenance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError
from medseg.model.segmentation import Segmentation
from medseg.model.values import Values

Box = tuple[slice, slice, slice]


def box_at(corner: tuple[int, int, int], size: tuple[int, ...], grid: tuple[int, int, int]) -> Box:
    """The box of a patch.

    Raises:
        EditError: the patch is not 3D, or leaves the grid.
    """
    inside = len(size) == 3 and all(
        start >= 0 and start + extent <= limit
        for start, extent, limit in zip(corner, size, grid, strict=True)
    )
    if not inside:
        raise EditError(f"A patch lies inside the grid {grid}; found {size} at {corner}.")
    sides = [slice(start, start + extent) for start, extent in zip(corner, size, strict=True)]
    return sides[0], sides[1], sides[2]


def bounding_box(changed: NDArray[np.bool_]) -> Box:
    """The smallest box around what is True; of size 0 where nothing is."""
    ends = (changed[:1], changed[-1:], changed[:, :1], changed[:, -1:])
    if all(end.any() for end in (*ends, changed[:, :, :1], changed[:, :, -1:])):
        return slice(0, changed.shape[0]), slice(0, changed.shape[1]), slice(0, changed.shape[2])
    plane: NDArray[np.bool_] = np.asarray(changed.any(axis=0))
    hits = (slices_of(changed), plane.any(axis=1), plane.any(axis=0))
    sides = []
    for hit in hits:
        where = np.flatnonzero(hit)
        sides.append(slice(int(where[0]), int(where[-1]) + 1) if where.size else slice(0, 0))
    return sides[0], sides[1], sides[2]


def slices_of(changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which slices hold a True."""
    slices, rows, columns = changed.shape
    return np.asarray(changed.reshape(slices, rows * columns).any(axis=1))


def shifted(box: Box, corner: tuple[int, int, int]) -> Box:
    """The box moved by a corner's index."""
    sides = [
        slice(side.start + start, side.stop + start)
        for side, start in zip(box, corner, strict=True)
    ]
    return sides[0], sides[1], sides[2]


def check_named(numbers: tuple[int, ...], segmentation: Segmentation) -> None:
    """Pass if each number but 0 is a segment's.

    Raises:
        EditError: some are not.
    """
    unnamed = sorted(set(numbers) - {0, *segmentation.numbers})
    if unnamed:
        raise EditError(f"Every number in a mask has a segment; none names {unnamed}.")


def check_unlocked(numbers: tuple[int, ...], segmentation: Segmentation) -> None:
    """Pass if none of the numbers is a locked segment's.

    Raises:
        EditError: some are.
    """
    locked = [
        segment.label
        for segment in segmentation.segments
        if segment.is_locked and segment.number in numbers
    ]
    if locked:
        raise EditError(
            f"A locked segment gains and loses no voxel; {', '.join(locked)} would. Unlock it "
            "first, or leave its voxels out."
        )


def touched_by(
    changed: NDArray[np.bool_], old: Values, new: Values, first_slice: int
) -> list[tuple[int, int]]:
    """(segment, slice) of every segment that gains or loses a voxel, ascending, no background."""
    slices = np.flatnonzero(slices_of(changed))
    if old.held.size <= 1 and new.held.size <= 1:  # a brush upon one segment, many times a second
        numbers = sorted({*old.distinct, *new.distinct} - {0})
        return list(product(numbers, (first_slice + slices).tolist()))
    # Slice by slice, as numpy counts whole arrays far quicker than along an axis.
    ends = np.cumsum([np.count_nonzero(changed[index]) for index in slices], dtype=np.int64)
    return sorted(
        {
            (number, first_slice + index)
            for values in (old, new)
            for number, at in values.distinct_by_part(ends)
            if number
            for index in slices[at].tolist()
        }
    )


def box_around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all of them; of size 0 where there are none."""
    if not boxes:
        return slice(0, 0), slice(0, 0), slice(0, 0)
    sides = [
        slice(min(box[axis].start for box in boxes), max(box[axis].stop for box in boxes))
        for axis in range(3)
    ]
    return sides[0], sides[1], sides[2]


def stored(value: Any, array: NDArray[Any], marked: NDArray[np.bool_]) -> None:
    """Store one value in the marked voxels of an array; both lie in memory in one piece.

    It is several times as quick as to pick the voxels out.
    """
    marks = marked.view(np.uint8).astype(array.dtype, copy=False)
    array *= marks ^ array.dtype.type(1)
    array += marks * array.dtype.type(value)
