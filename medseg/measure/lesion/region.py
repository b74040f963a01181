"""One segment cut out for measuring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError
from medseg.measure.lesion.hulls import edge_hulls
from medseg.measure.lesion.levels import Levels
from medseg.measure.lesion.mesh import Mesh
from medseg.measure.lesion.moments import Moments
from medseg.measure.lesion.sections import CrossSection, widest_section
from medseg.model import Geometry, Segmentation, Volume
from medseg.raster import Box, box_of

Point = tuple[float, float, float]


class Reading(NamedTuple):
    """A value, NaN where it is not defined, and the LPS points in mm that it was read between."""

    value: float
    points_lps: tuple[Point, ...] = ()


@dataclass(frozen=True, eq=False)
class Region:
    """One segment's voxels in their bounding box, with the image around them.

    What several measures need (values in order, the mesh's sums, the voxels' moments) is had
    once and kept.

    Args:
        mask: 3D boolean, C order; (0, 0, 0) in shape where the segment has no voxel.
        corner: index of the box's first voxel in the grid (slice, row, column).
        geometry: the whole grid.
        image: the whole image's voxels; None without an image.
    """

    mask: NDArray[np.bool_]
    corner: tuple[int, int, int]
    geometry: Geometry
    image: NDArray[Any] | None = None

    @property
    def voxels(self) -> NDArray[Any]:
        """The image in the segment's box; none without an image."""
        if self.image is None:
            return np.empty((0, 0, 0))
        ends = zip(self.corner, self.mask.shape, strict=True)
        return self.image[tuple(slice(first, first + size) for first, size in ends)]

    @cached_property
    def levels(self) -> Levels:
        """The image's values inside the segment, ascending; none without an image."""
        if self.image is None:
            return Levels(np.empty(0))
        return Levels.inside(self.voxels, self.mask)

    @cached_property
    def edge_hulls(self) -> list[NDArray[np.float64]]:
        """For each slice of the box (n, 2) row and column of its outline's convex hull."""
        return edge_hulls(self.mask)

    @cached_property
    def widest_section(self) -> CrossSection:
        """The cross-section with the longest chord in the plane of acquisition."""
        return widest_section(self.mask, self.edge_hulls, self.corner, self.geometry)

    @cached_property
    def mesh(self) -> Mesh:
        """Volume and area of the surface mesh."""
        return Mesh.around(self.mask, self.geometry)

    @cached_property
    def moments(self) -> Moments:
        """Number, centre and spread of the voxels' centres, indices from the box's corner."""
        return Moments.of(self.mask)

    def point_lps(self, index_srk: NDArray[np.float64]) -> Point:
        """A place in LPS mm, for an index counted from the box's corner."""
        x, y, z = self.geometry.to_patient(index_srk + np.array(self.corner)).tolist()
        return x, y, z

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
        image = None if volume is None else volume.voxels
        box = box or box_of(segmentation.array, number)
        if box is None:
            empty = np.zeros((0, 0, 0), np.bool_)
            return cls(empty, (0, 0, 0), segmentation.geometry, image)
        mask = np.equal(segmentation.array[box], number, order="C")
        corner = (box[0].start, box[1].start, box[2].start)
        return cls(mask, corner, segmentation.geometry, image)
