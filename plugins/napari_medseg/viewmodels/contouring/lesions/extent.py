"""Where in a mask anything is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def extent_of(array: NDArray[Any]) -> tuple[slice, slice, slice]:
    """The smallest box of a 3D array that holds all that is not 0; of no size where all is.

    Planes of background, which is most of them, cost one fast look.
    """
    slices = [index for index, plane in enumerate(array) if plane.any()]
    if not slices:
        return slice(0, 0), slice(0, 0), slice(0, 0)
    first, last = slices[0], slices[-1] + 1
    flat = np.bitwise_or.reduce(array[first:last], axis=0)
    return slice(first, last), _span(flat.any(axis=1)), _span(flat.any(axis=0))


def _span(hit: NDArray[np.bool_]) -> slice:
    where = np.flatnonzero(hit)
    return slice(int(where[0]), int(where[-1]) + 1)
