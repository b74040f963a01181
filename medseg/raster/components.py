"""The parts that a mask falls into, and the holes in it."""

from __future__ import annotations

from typing import Any, Literal

import cc3d
import numpy as np
from numpy.typing import NDArray

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
    found, count = cc3d.connected_components(mask, connectivity=connectivity, return_N=True)
    sizes = np.bincount(found.reshape(-1), minlength=count + 1)[1:]
    order = np.argsort(-sizes, kind="stable")
    number = np.zeros(count + 1, found.dtype)
    number[order + 1] = np.arange(1, count + 1)
    return number[found], sizes[order]


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
