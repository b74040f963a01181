"""The lowest and highest value of an image, looked up once: all voxels take a tenth of a second."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from medseg.model import Volume

_known: WeakKeyDictionary[Volume, tuple[float, float]] = WeakKeyDictionary()


def value_range(volume: Volume) -> tuple[float, float]:
    """The lowest and highest finite value of an image; 0 and 1 where none is finite.

    Whoever reads an image in the background asks there, so that the window need not.
    """
    found = _known.get(volume)
    if found is None:
        found = _known[volume] = _looked_up(volume)
    return found


def _looked_up(volume: Volume) -> tuple[float, float]:
    low, high = np.inf, -np.inf
    for plane in volume.voxels:  # slice by slice: other threads go on in between
        values = plane if plane.dtype.kind in "iu" else plane[np.isfinite(plane)]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    return (low, high) if low <= high else (0.0, 1.0)
