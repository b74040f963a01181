"""The parts that a mask falls into, and the holes in it."""

from __future__ import annotations

from typing import Any, Literal

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

#: Voxels that hang together by faces (6), edges too (18), corners too (26).
Connectivity = Literal[6, 18, 26]


def parts_of(
    mask: NDArray[np.bool_], connectivity: Connectivity = 26
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The parts of a 3D mask, the largest first: an array of 0 and 1 to n, and their n sizes.

    Parts of one size come in the order in which their first voxels lie in memory. An empty
    mask has no part.
    """
    if not mask.size:
        return np.zeros(mask.shape, np.uint16), np.zeros(0, np.int64)
    found, count = cc3d.connected_components(
        mask, connectivity=_sound(connectivity, mask.shape), return_N=True
    )
    sizes = np.bincount(found.reshape(-1), minlength=count + 1)[1:]
    order = np.argsort(-sizes, kind="stable")
    number = np.zeros(count + 1, found.dtype)
    number[order + 1] = np.arange(1, count + 1)
    return number[found], sizes[order]


def parts_in_plane(
    section: NDArray[np.bool_],
) -> tuple[NDArray[Any], list[tuple[slice, slice]]]:
    """The parts of a plane that hang together by edges or corners (8 neighbours), and their boxes.

    An array of 0 and 1 to n, in the order in which each part's first pixel lies in memory; and
    for each part its rows and columns. An empty plane has no part.
    """
    if not section.size:
        return np.zeros(section.shape, np.uint16), []
    numbers = cc3d.connected_components(section[None], connectivity=18)[0]
    return numbers, [(rows, columns) for rows, columns in find_objects(numbers)]


def _sound(connectivity: Connectivity, shape: tuple[int, ...]) -> Connectivity:
    """The same neighbours, asked for in a way that cc3d 4.1.1 gets right.

    With 26 neighbours it may raise where the array is one voxel thin, and with 8 in a plane it
    numbers pixels beyond the mask. A thin array has no corner neighbours: 18 are all there are.
    """
    return 18 if connectivity == 26 and 1 in shape else connectivity


def with_holes_filled(mask: NDArray[np.bool_], axis: int | None = None) -> NDArray[np.bool_]:
    """The mask and what it encloses: 3D boolean, of the same shape.

    A hole is background from which no way over faces leads to the border of the array.

    Args:
        mask: 3D boolean.
        axis: None for holes closed on all sides; an axis for holes in each layer across it,
            such as 0 for each slice by itself.
    """
    if axis is None:
        return _filled(mask)
    layers = np.moveaxis(mask, axis, 0)
    filled = [_filled(layer) if layer.any() else layer for layer in layers]
    return np.moveaxis(np.array(filled, bool).reshape(layers.shape), 0, axis)


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    outside = np.pad(~mask, 1, constant_values=True)
    found = cc3d.connected_components(outside, connectivity=4 if outside.ndim == 2 else 6)
    inner = (slice(1, -1),) * outside.ndim
    return np.asarray(found[inner] != found[(0,) * outside.ndim])
