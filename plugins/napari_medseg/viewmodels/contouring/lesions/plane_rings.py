"""The lesions' contours on a plane, in whichever direction it is cut."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from medseg.model import Edit, Segmentation
from medseg.raster import edge_contours
from napari_medseg.display import Display
from napari_medseg.viewmodels.contouring.lesions.extent import extent_of

#: number -> rings (n, 3) in shown indices, along the voxels' edges.
Rings: TypeAlias = dict[int, list[NDArray[np.float64]]]

_MOST_PLANES = 600


class PlaneRings:
    """The contours of a segmentation on the planes that were looked at, kept until an edit.

    Args:
        segmentation: the mask.
    """

    def __init__(self, segmentation: Segmentation) -> None:
        self._display = Display(segmentation.geometry)
        self._shown = self._display.show(segmentation.array)
        self._known: OrderedDict[tuple[int, int], Rings] = OrderedDict()
        extent = extent_of(segmentation.array)
        self._extent = self._display.shown_box(extent) if extent[0].stop else extent

    def on(self, through: int, index: int) -> Rings:
        """The contours on one plane.

        Args:
            through: the shown axis that runs through it.
            index: its shown index along that axis.
        """
        key = (through, index)
        if key not in self._known:
            self._known[key] = self._cut(through, index)
            if len(self._known) > _MOST_PLANES:
                self._known.popitem(last=False)
        return self._known[key]

    def take(self, edit: Edit) -> None:
        """Forget the planes that an edit has changed."""
        if edit.is_empty:
            return
        box = self._display.shown_box(edit.box)
        for through, index in list(self._known):
            if box[through].start <= index < box[through].stop:
                del self._known[through, index]
        first, second, third = (
            slice(min(old.start, new.start), max(old.stop, new.stop)) if old.stop else new
            for old, new in zip(self._extent, box, strict=True)
        )
        self._extent = first, second, third

    def _cut(self, through: int, index: int) -> Rings:
        side = self._extent[through]
        if not side.start <= index < side.stop:
            return {}
        place: list[slice | int] = list(self._extent)
        place[through] = index
        plane = np.ascontiguousarray(self._shown[tuple(place)])
        down, right = (axis for axis in range(3) if axis != through)
        corner = (self._extent[down].start, self._extent[right].start)
        numbers = np.flatnonzero(np.bincount(plane.ravel()))
        return {
            int(number): [
                _placed(ring, (through, index), (down, right), corner)
                for ring in _rings(plane, int(number))
            ]
            for number in numbers
            if number
        }


def _rings(plane: NDArray[Any], number: int) -> list[NDArray[np.float64]]:
    own = plane == number
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    crop = own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    corner = np.array((rows[0], columns[0]))
    return [ring + corner for ring in edge_contours(crop)]


def _placed(
    ring: NDArray[np.float64],
    plane: tuple[int, int],
    axes: tuple[int, int],
    corner: tuple[int, int],
) -> NDArray[np.float64]:
    points = np.empty((len(ring), 3))
    points[:, plane[0]] = plane[1]
    points[:, axes[0]], points[:, axes[1]] = ring[:, 0] + corner[0], ring[:, 1] + corner[1]
    return points
