"""A closed planar polygon in the patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import GeometryError
from medseg.model.geometry import Geometry

#: How far a contour may leave a slice's plane, as a part of the slice gap.
_IN_PLANE = 0.05


@dataclass(frozen=True, eq=False)
class Contour:
    """A closed planar polygon in LPS mm; the last point joins the first.

    Args:
        points_lps: (n, 3) with n >= 3, finite.
        segment: number of the segment it outlines.

    Raises:
        GeometryError: fewer than three points, or a coordinate is not finite.
    """

    points_lps: NDArray[np.float64]
    segment: int

    def __post_init__(self) -> None:
        points = np.array(self.points_lps, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or len(points) < 3:
            raise GeometryError(f"A contour is (n >= 3, 3) points; found {points.shape}.")
        if not np.isfinite(points).all():
            raise GeometryError("A contour's points are finite numbers; found NaN or infinity.")
        points.setflags(write=False)
        object.__setattr__(self, "points_lps", points)

    @classmethod
    def on_slice(
        cls, geometry: Geometry, slice_index: int, points_rc: ArrayLike, segment: int
    ) -> Contour:
        """The contour of (n, 2) points in (row, column) indices on one slice of a grid."""
        points = np.asarray(points_rc, dtype=np.float64).reshape(-1, 2)
        index = np.column_stack([np.full(len(points), slice_index), points])
        return cls(geometry.to_patient(index), segment)

    def to_slice(self, geometry: Geometry) -> tuple[int, NDArray[np.float64]]:
        """The slice it lies on and its points there: (n, 2) in (row, column) indices.

        Raises:
            GeometryError: it does not lie in one of the grid's slices, within a twentieth of
                the gap between them.
        """
        index = geometry.to_index(self.points_lps)
        nearest = round(float(index[:, 0].mean()))
        off = float(np.abs(index[:, 0] - nearest).max())
        if off > _IN_PLANE or not 0 <= nearest < geometry.shape[0]:
            raise GeometryError(
                f"A contour lies in one slice of the grid; this one is {off:.2f} slices off "
                f"slice {nearest} of 0 to {geometry.shape[0] - 1}."
            )
        return nearest, np.asarray(index[:, 1:])
