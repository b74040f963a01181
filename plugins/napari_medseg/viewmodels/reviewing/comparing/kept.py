"""A mask as it was at one moment, in little memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.model import Segmentation
from medseg.raster.content import content_box


def slices_with_labels(array: NDArray[Any]) -> NDArray[np.bool_]:
    """Which slices of a label array hold a label: (slices,), in one quick look at its bytes."""
    looked = array.view(np.bool_) if array.flags.c_contiguous else array
    return np.array([plane.any() for plane in looked], np.bool_)


class Kept:
    """What a mask held when this was made, whatever becomes of the mask.

    Of each slice only the box around its labels is kept; most slices have none.

    Args:
        segmentation: the mask to keep; it is read at once.
    """

    def __init__(self, segmentation: Segmentation) -> None:
        self._geometry, self._segments = segmentation.geometry, segmentation.segments
        self._dtype = segmentation.array.dtype
        self._patches = []
        for index in np.flatnonzero(slices_with_labels(segmentation.array)).tolist():
            plane = segmentation.array[index]
            box = content_box(plane[None])
            if box is not None:
                self._patches.append(((index, *box[1:]), plane[box[1:]].copy()))

    def again(self) -> Segmentation:
        """The mask as it was, a new one each time."""
        array = np.zeros(self._geometry.shape, self._dtype)
        for place, patch in self._patches:
            array[place] = patch
        return Segmentation(array, self._geometry, self._segments)
