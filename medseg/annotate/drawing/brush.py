"""A brush in mm, and which voxels it covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import cc3d
import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.annotate.conditions import is_amount, point_in_patient
from medseg.errors import EditError
from medseg.model import Geometry, Volume
from medseg.raster.capsule import Corner, swept_capsule
from medseg.raster.flood import between

#: Beyond this distance from the grid, in voxels, a pointer is a mistake and not a place.
_FARTHEST = 1e6
#: The part of an adaptive brush's radius whose voxels say what the local intensity is.
_SAMPLE = 0.5

Patch = tuple[Corner, NDArray[np.bool_]]


@dataclass(frozen=True)
class Brush:
    """What a stroke paints or erases with.

    Args:
        radius_mm: measured in the patient; a brush smaller than a voxel paints the voxel under
            the pointer, one larger than the volume is cut off.
        shape: a "disc" in one layer of voxels, or a "ball".
        axis: the array axis that a disc lies across: 0 for a disc in a slice.
        spread: None for a plain brush. An adaptive one takes only voxels whose value is within
            this many standard deviations of the mean around the pointer (within half the
            radius), and that hang together with the voxel under the pointer.

    Raises:
        EditError: a radius that is no finite number above 0, a negative spread, another shape
            or axis.
    """

    radius_mm: float
    shape: Literal["disc", "ball"] = "disc"
    axis: int = 0
    spread: float | None = None

    def __post_init__(self) -> None:
        if not is_amount(self.radius_mm):
            raise EditError(f"A brush has a radius above 0 mm; found {self.radius_mm} mm.")
        if self.shape not in ("disc", "ball") or self.axis not in (0, 1, 2):
            raise EditError(
                'A brush is a "disc" across axis 0, 1 or 2, or a "ball"; found '
                f"{self.shape!r} across {self.axis!r}."
            )
        if self.spread is not None and not is_amount(self.spread, or_zero=True):
            raise EditError(
                f"An adaptive brush spreads over 0 or more standard deviations; found "
                f"{self.spread}."
            )

    def patch(
        self, geometry: Geometry, start_lps: ArrayLike, end_lps: ArrayLike, pressure: float = 1.0
    ) -> Patch:
        """What the brush covers on its way between two points: first voxel, and which voxels.

        Args:
            geometry: the grid.
            start_lps: where the way begins, in LPS mm.
            end_lps: where it ends; the layer of a disc is the one in which it lies.
            pressure: of the pen, above 0; the radius is that many times as large.

        Raises:
            EditError: a point that is not three finite numbers near the grid, or a pressure
                that is no finite number above 0.
        """
        end = pointer_index(geometry, end_lps)
        start = end if start_lps is end_lps else pointer_index(geometry, start_lps)
        return self.swept(geometry, start, end, pressure)

    def swept(
        self,
        geometry: Geometry,
        start: NDArray[np.float64],
        end: NDArray[np.float64],
        pressure: float = 1.0,
    ) -> Patch:
        """The same as `patch` between two places that `pointer_index` has given.

        Raises:
            EditError: a pressure that is no finite number above 0.
        """
        if not is_amount(pressure):
            raise EditError(f"A pen presses with more than 0; found a pressure of {pressure}.")
        return swept_capsule(
            geometry.affine[:3, :3],
            geometry.shape,
            start,
            end,
            self.radius_mm * pressure,
            axis=self.axis if self.shape == "disc" else None,
        )

    def alike(self, volume: Volume, point_lps: ArrayLike, patch: Patch) -> Patch:
        """The part of a patch that an adaptive brush keeps: alike, and in one piece (by faces).

        Nothing is kept where the pointer is off the grid or on a voxel without a finite value.
        """
        corner, inside = patch
        kept = np.zeros_like(inside)
        pointer = np.floor(pointer_index(volume.geometry, point_lps) + 0.5).astype(int)
        there = pointer[0] - corner[0], pointer[1] - corner[1], pointer[2] - corner[2]
        if self.spread is None or not all(
            0 <= at < size for at, size in zip(there, inside.shape, strict=True)
        ):
            return corner, kept
        low, high = self._range(volume, point_lps)
        values = _voxels(volume, patch)
        near = inside & between(values, low, high)
        near[there] = bool(np.isfinite(values[there]))
        if near[there]:
            parts = cc3d.connected_components(near, connectivity=6)
            kept = np.asarray(parts == parts[there])
        return corner, kept

    def _range(self, volume: Volume, point_lps: ArrayLike) -> tuple[float, float]:
        """The mean of the values around a point, less and plus the spread."""
        sample = self.patch(volume.geometry, point_lps, point_lps, _SAMPLE)
        values = _voxels(volume, sample)[sample[1]].astype(np.float64)
        values = values[np.isfinite(values)]
        if not values.size:
            return np.inf, -np.inf
        away = (self.spread or 0.0) * float(values.std())
        return float(values.mean()) - away, float(values.mean()) + away


def _voxels(volume: Volume, patch: Patch) -> NDArray[Any]:
    corner, inside = patch
    sides = [slice(at, at + size) for at, size in zip(corner, inside.shape, strict=True)]
    return volume.voxels[sides[0], sides[1], sides[2]]


def pointer_index(geometry: Geometry, point_lps: ArrayLike) -> NDArray[np.float64]:
    """Where a pointer is on the grid: slice, row and column, fractional, (3,).

    Raises:
        EditError: a point that is not three finite numbers near the grid.
    """
    point = point_in_patient(point_lps, "A pointer")
    index = geometry.to_index(point)
    farthest = max(map(abs, index.tolist()))
    if farthest > _FARTHEST:
        raise EditError(
            f"A pointer is near the image; {point.tolist()} mm is "
            f"{farthest:.3g} voxels away. Points are in LPS millimetres."
        )
    return index
