"""Livewire: a contour that clings to the edges of the image between anchor points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.annotate.conditions import is_amount, point_in_patient
from medseg.annotate.drawing.edge_ways import EdgeWays, Pixel, Way
from medseg.errors import EditError
from medseg.model import Contour, Volume

_ROUNDING = 1e-6


class Livewire:
    """A contour in the making on one plane of an image.

    The first anchor starts it; `path_to` shows the way from the last anchor to the pointer,
    which runs along strong edges and in their direction; `anchor` keeps that way; `close`
    leads back to the first anchor. Ways run over pixel centres. Distances are in mm, so that
    oblong pixels and sheared grids make no difference.

    Args:
        volume: the image; voxels without a finite value count as its darkest.
        index: the plane, counted along `axis`.
        axis: the array axis that the plane lies across; 0 for a slice.
        sigma_mm: edges are looked for in the image smoothed by this much; 0 for not at all.

    Raises:
        EditError: there is no such plane, or sigma is not 0 mm or more.

    Reference:
        Mortensen & Barrett. SIGGRAPH 1995, 191-198 (intelligent scissors).
    """

    def __init__(self, volume: Volume, index: int, *, axis: int = 0, sigma_mm: float = 1.0) -> None:
        if axis not in (0, 1, 2) or not 0 <= index < volume.geometry.shape[axis]:
            raise EditError(
                f"A livewire lies in a plane of the image; there is no plane {index} along axis "
                f"{axis} of {volume.geometry.shape}."
            )
        if not is_amount(sigma_mm, or_zero=True):
            raise EditError(f"An image is smoothed by 0 mm or more; found {sigma_mm} mm.")
        self._geometry = volume.geometry
        self._index, self._axis = index, axis
        self._edges = EdgeWays(
            volume.voxels.take(index, axis),
            np.delete(volume.geometry.affine[:3, :3], axis, axis=1),
            sigma_mm,
        )
        self._anchors: list[Pixel] = []
        self._ways: list[Way] = []

    @property
    def anchors_lps(self) -> NDArray[np.float64]:
        """The anchors so far, (n, 3) in LPS mm."""
        return self._to_patient(np.array(self._anchors, dtype=np.int64).reshape(-1, 2))

    @property
    def points_lps(self) -> NDArray[np.float64]:
        """The ways between the anchors so far, (n, 3) in LPS mm."""
        if not self._ways:
            return self.anchors_lps
        return self._to_patient(np.concatenate([way[1:] for way in self._ways]))

    def anchor(self, point_lps: ArrayLike) -> None:
        """Fix an anchor at the pixel under a point, and the way there from the last one.

        Raises:
            EditError: the point is not three finite numbers, or lies in another plane.
        """
        pixel = self._pixel(point_lps)
        if self._anchors:
            self._ways.append(self._edges.way(self._anchors[-1], pixel))
        self._anchors.append(pixel)

    def undo_anchor(self) -> None:
        """Take the last anchor back; without any, nothing happens."""
        if self._anchors:
            self._anchors.pop()
        if self._ways:
            self._ways.pop()

    def path_to(self, point_lps: ArrayLike) -> NDArray[np.float64]:
        """The way from the last anchor to the pixel under a point: (n, 3) in LPS mm.

        A point beside the image counts as the nearest pixel.

        Raises:
            EditError: there is no anchor yet; the point is not three finite numbers, or lies
                in another plane.
        """
        if not self._anchors:
            raise EditError("A livewire starts at an anchor; set the first one.")
        return self._to_patient(self._edges.way(self._anchors[-1], self._pixel(point_lps)))

    def close(self, segment: int) -> Contour:
        """The closed contour, back along the edges to the first anchor.

        Raises:
            EditError: the anchors are fewer than two, or all on one spot.
        """
        if len(set(self._anchors)) < 2:
            raise EditError("A livewire closes around something; set two anchors or more apart.")
        back = self._edges.way(self._anchors[-1], self._anchors[0])
        pixels = np.concatenate([way[:-1] for way in (*self._ways, back)])
        if len(pixels) < 3:
            raise EditError("A livewire closes around something; this one has no inside.")
        return Contour(self._to_patient(pixels), segment)

    def _pixel(self, point_lps: ArrayLike) -> Pixel:
        point = point_in_patient(point_lps, "A pointer")
        index = self._geometry.to_index(point)
        if abs(index[self._axis] - self._index) > 0.5 + _ROUNDING:
            raise EditError(
                f"A livewire stays in its plane, {self._index} along axis {self._axis}; found a "
                f"point at {index[self._axis]:.2f}."
            )
        row, column = np.delete(index, self._axis)
        return self._edges.nearest_pixel(float(row), float(column))

    def _to_patient(self, pixels: Way) -> NDArray[np.float64]:
        return self._geometry.to_patient(np.insert(pixels, self._axis, self._index, axis=1))
