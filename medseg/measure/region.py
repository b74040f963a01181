"""One segment cut out for measuring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError
from medseg.model import Geometry, Segmentation, Volume
from medseg.raster import Box, box_of

Point = tuple[float, float, float]


class Reading(NamedTuple):
    """A value, NaN where it is not defined, and the LPS points in mm that it was read between."""

    value: float
    points_lps: tuple[Point, ...] = ()


@dataclass(frozen=True, eq=False)
class Region:
    """One segment's voxels in their bounding box, with the image's values there.

    Args:
        mask: 3D boolean; (0, 0, 0) in shape where the segment has no voxel.
        corner: index of the box's first voxel in the grid (slice, row, column).
        geometry: the whole grid.
        voxels: the image in the same box; None without an image.
    """

    mask: NDArray[np.bool_]
    corner: tuple[int, int, int]
    geometry: Geometry
    voxels: NDArray[Any] | None = None

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The image's values inside the segment, in array order; none without an image."""
        if self.voxels is None:
            return np.empty(0)
        return np.asarray(self.voxels[self.mask], dtype=np.float64)

    @classmethod
    def of_segment(
        cls,
        segmentation: Segmentation,
        number: int,
        volume: Volume | None = None,
        *,
        box: Box | None = None,
    ) -> Region:
        """The region of one segment; its box is looked for where it is not known.

        Raises:
            EditError: there is no such segment.
            GeometryError: image and segmentation are not on the same grid.
        """
        segmentation.segment(number)
        if volume is not None and not volume.geometry.same_grid(segmentation.geometry):
            raise GeometryError(
                "Values are measured where image and segmentation share one grid; the image has "
                f"{volume.geometry.describe()}, the segmentation {segmentation.geometry.describe()}"
                ". Open the image that the segmentation was drawn on."
            )
        box = box or box_of(segmentation.array, number)
        if box is None:
            return cls(np.zeros((0, 0, 0), np.bool_), (0, 0, 0), segmentation.geometry)
        mask = segmentation.array[box] == number
        corner = (box[0].start, box[1].start, box[2].start)
        voxels = None if volume is None else volume.voxels[box]
        return cls(mask, corner, segmentation.geometry, voxels)
