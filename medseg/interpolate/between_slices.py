"""Fill the slices between those that are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.interpolate.arguments import (
    Keys,
    checked_axis,
    checked_mask,
    checked_positions,
    checked_spacing,
    keys_by_label,
)
from medseg.interpolate.groups import ROOM
from medseg.interpolate.stack import fill_stack
from medseg.raster import widened
from medseg.raster.content import Box, content_box

#: Arrays up to this many voxels are not searched for what they hold: it would take longer.
_SMALL = 1 << 16


def fill_between_slices(
    mask: NDArray[Any],
    spacing_mm: Sequence[float],
    *,
    axis: int = 0,
    keys: Keys = None,
    positions_mm: ArrayLike | None = None,
) -> NDArray[Any]:
    """The mask with each object filled between its key slices: same shape and type, a new array.

    Key slices come back bit-identical. Between a label's first and last key its voxels are
    replaced; beyond them nothing is touched. Towards a key that is listed but empty the object
    ends: nothing is filled between. A label with fewer than two keys stays as it is.

    Each gap between two keys is filled by the blend of the signed distances in mm to the two
    sections, moved along with the object, and cut where the section has the area that is due;
    both the way and the area run as cubics through the keys beside. So a gap depends on its
    two keys and on one further on either side, on nothing else. The slices in reversed order
    give exactly the mirrored result. docs/interpolation.md has it all.

    Labels never take voxels that another holds on a key slice of its own or outside its keys.
    Where two would grow into one another, the deeper one has the voxel, and where one follows
    upon another no gap opens between them. If they are equally deep, the one with the larger
    two sections has it, then the one that begins nearer to row 0, then to column 0. The
    labels' numbers play no part.

    Args:
        mask: 3D, boolean or any integer type; 0 is background.
        spacing_mm: size of a voxel along the array's three axes, in their order, in mm.
        axis: the axis along which the slices lie.
        keys: None: each label's own non-empty slices. A sequence: these slices for all labels.
            A dict: label -> slices; labels that it does not name are left alone.
        positions_mm: one strictly monotonic position per slice along the axis, in place of its
            spacing, for slices that are unevenly spaced.

    Raises:
        EditError: any of the arguments is not of that form; nothing was computed then.

    Reference:
        Herman, Zheng, Bucholtz. IEEE Comput Graph Appl 12(3):69-79, 1992 (shape-based).
    """
    array, across = checked_mask(mask), checked_axis(axis)
    spacing = checked_spacing(spacing_mm)
    positions = checked_positions(positions_mm, array.shape[across])
    in_plane = tuple(step for other, step in enumerate(spacing) if other != across)
    filled, box = _copy_of(array, across)
    if box is None:
        return filled
    inner, target = array[box], filled[box]
    if across:
        inner, target = np.moveaxis(inner, across, 0), np.moveaxis(target, across, 0)
    by_label, pixel = keys_by_label(inner, keys), (in_plane[0], in_plane[1])
    fill_stack(inner, target, by_label, pixel, positions, is_clear=keys is None)
    return filled


def _with_room(content: Box, shape: tuple[int, ...], across: int) -> Box:
    """All slices, and in them the box with room to move."""
    sides = [
        slice(None) if axis == across else widened(side, ROOM, size)
        for axis, (side, size) in enumerate(zip(content, shape, strict=True))
    ]
    return sides[0], sides[1], sides[2]


def _copy_of(array: NDArray[Any], across: int) -> tuple[NDArray[Any], Box | None]:
    """A contiguous copy, and the box that filling looks at; None if nothing is in the array."""
    if array.size <= _SMALL:
        return array.copy(order="C"), (slice(None), slice(None), slice(None))
    content = content_box(array)
    filled = np.zeros(array.shape, array.dtype)  # unlike zeros_like it touches no memory yet
    if content is None:
        return filled, None
    filled[content] = array[content]
    return filled, _with_room(content, array.shape, across)
