"""A region that grows from a click while its tolerance is dragged."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.annotate.conditions import checked_mm, checked_points, image_for, voxels_at
from medseg.annotate.painting import Mode, Protection, paint_edit
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Segmentation, Volume
from medseg.raster.capsule import Corner, swept_capsule
from medseg.raster.flood import flooded

#: Voxels this near to the click say what its intensity is.
_SAMPLE_MM = 2.5


class Growing:
    """What a region needs that does not depend on its tolerance, looked up once per click.

    The region is what hangs together by faces with the voxel clicked on, inside a ball around
    the click, and differs from the intensity there (the mean of the voxels within 2.5 mm) by
    no more than the tolerance. Only the ball's box is looked at, so time does not depend on
    the size of the image. Voxels without a finite value are never part of it.

    Args:
        volume: the image.
        point_lps: the click, in LPS mm.
        radius_mm: radius of the ball.

    Raises:
        EditError: the point lies outside the image or on a voxel without a value, or the
            radius is no finite number above 0.
    """

    def __init__(self, volume: Volume, point_lps: ArrayLike, *, radius_mm: float = 25.0) -> None:
        radius_mm = checked_mm(radius_mm, "A radius")
        point = checked_points(point_lps, "A region grows from a point")[:1]
        seed = voxels_at(volume.geometry, point, "A region grows from a point")[0]
        self._volume = volume
        index = volume.geometry.to_index(point)[0]
        self._corner, self._ball = _ball(volume, index, radius_mm)
        sides = [
            slice(at, at + size) for at, size in zip(self._corner, self._ball.shape, strict=True)
        ]
        self._values = volume.voxels[sides[0], sides[1], sides[2]]
        one, two, three = (int(at) for at in seed - self._corner)
        self._seed = (one, two, three)
        if not np.isfinite(self._values[self._seed]):
            raise EditError(
                f"A region grows from a voxel with a value; the one at {point[0].tolist()} mm has "
                "none. Click beside it."
            )
        self.intensity, self._spread = self._sample(index)

    @property
    def suggested_tolerance(self) -> float:
        """2.5 standard deviations of the intensity there, or a tenth of the display window."""
        return max(2.5 * self._spread, self._volume.display_window.width / 10)

    def limits(self, tolerance: float) -> tuple[float, float]:
        """The lowest and the highest value that a tolerance lets in.

        Raises:
            EditError: the tolerance is no finite number from 0 up.
        """
        if not (tolerance >= 0 and math.isfinite(tolerance)):
            raise EditError(f"A tolerance is a finite number from 0 up; found {tolerance}.")
        return self.intensity - tolerance, self.intensity + tolerance

    def region(self, tolerance: float) -> tuple[Corner, NDArray[np.bool_]]:
        """The region for a tolerance in the image's unit: first voxel, and which voxels.

        The voxel clicked on is always part of it.

        Raises:
            EditError: the tolerance is no finite number from 0 up.
        """
        low, high = self.limits(tolerance)
        return self._corner, flooded(self._values, self._ball, self._seed, low, high)

    def edit(
        self,
        segmentation: Segmentation,
        number: int,
        tolerance: float,
        authorship: Authorship,
        *,
        mode: Mode = "add",
        protection: Protection | None = None,
    ) -> Edit:
        """The edit that gives a segment the region for a tolerance, or takes it away.

        Args:
            segmentation: what would be changed; it is only read.
            number: the segment.
            tolerance: in the image's unit.
            authorship: who, when, with what.
            mode: "add" or "subtract"; "replace" also takes away the rest within the ball's box.
            protection: what may be changed; None for the background alone.

        Raises:
            EditError: the tolerance is no finite number from 0 up, there is no such segment,
                or it is locked.
            GeometryError: the image is on another grid than the segmentation.
        """
        image_for(segmentation, self._volume, "A growing region")
        return paint_edit(
            segmentation,
            *self.region(tolerance),
            number,
            authorship,
            mode=mode,
            protection=protection,
        )

    def _sample(self, index: NDArray[np.float64]) -> tuple[float, float]:
        corner, near = _ball(self._volume, index, _SAMPLE_MM)
        sides = [slice(at, at + size) for at, size in zip(corner, near.shape, strict=True)]
        values = self._volume.voxels[sides[0], sides[1], sides[2]][near].astype(np.float64)
        values = values[np.isfinite(values)]
        return float(values.mean()), float(values.std())


def _ball(
    volume: Volume, index: NDArray[np.float64], radius_mm: float
) -> tuple[Corner, NDArray[np.bool_]]:
    steps = volume.geometry.affine[:3, :3]
    return swept_capsule(steps, volume.geometry.shape, index, index, radius_mm)
