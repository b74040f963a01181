"""What is proposed between key slices, dashed over all planes in the lesions' colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from medseg.raster import edge_contours
from napari_medseg.display import Display
from napari_medseg.viewmodels.contouring.filling.filling import FillingViewModel
from napari_medseg.viewmodels.contouring.filling.proposal import Proposed
from napari_medseg.viewmodels.contouring.lesions.lesions import LesionsViewModel
from napari_medseg.viewmodels.sketch import Line, Shape

_WIDTH = 1.8

Rings = list[NDArray[np.float64]]


class ProposalSketch:
    """The outlines of what is proposed; contours are traced once for each slice that is looked at.

    Those of a gap that is proposed as before are kept when another is computed anew.

    Args:
        filling: what is proposed.
        lesions: their colours, and which of them are hidden.
    """

    changed = Signal()
    """Something else is proposed, or is to be seen."""

    def __init__(self, filling: FillingViewModel, lesions: LesionsViewModel) -> None:
        self._filling, self._lesions = filling, lesions
        self._display: Display | None = None
        self._shapes: dict[tuple[int, int], tuple[Shape, ...]] = {}
        self._traced: dict[Proposed, dict[tuple[int, int], Rings]] = {}
        filling.changed.connect(self._forget)
        lesions.looks.changed.connect(self._forget)

    def close(self) -> None:
        """Stop listening."""
        self._filling.changed.disconnect(self._forget)
        self._lesions.looks.changed.disconnect(self._forget)

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The dashed outlines on one slice of a plane."""
        place = through, index
        if place not in self._shapes:
            self._shapes[place] = tuple(self._shapes_on(through, index))
        return self._shapes[place]

    def _forget(self) -> None:
        self._shapes.clear()
        known, self._traced = self._traced, {}
        for one in self._filling.live.proposed:
            if one in known:
                self._traced[one] = known[one]
        self.changed.emit()

    def _shapes_on(self, through: int, index: int) -> Iterator[Shape]:
        session = self._lesions.session
        proposed = self._filling.proposed
        if session is None or not proposed:
            return
        if self._display is None or self._display.geometry is not session.volume.geometry:
            self._display, self._traced = Display(session.volume.geometry), {}
        display = self._display
        axis = display.orientation.axes[through]
        stored = _turned(display, through, index)
        for one in proposed:
            if _reaches(one, axis, stored) and self._lesions.looks.shows(one.number):
                traced = self._traced.setdefault(one, {})
                if (axis, stored) not in traced:
                    traced[axis, stored] = _rings(one, display, through, index)
                red, green, blue = session.segmentation.segment(one.number).color
                color = f"#{red:02x}{green:02x}{blue:02x}"
                for points in traced[axis, stored]:
                    yield Line(points, color, _WIDTH, is_dashed=True, is_closed=True)


def _turned(display: Display, shown_axis: int, index: int) -> int:
    """The stored index of a shown one, along a shown axis; or the other way round."""
    orientation = display.orientation
    last = display.geometry.shape[orientation.axes[shown_axis]] - 1
    return last - index if orientation.flips[shown_axis] else index


def _reaches(one: Proposed, axis: int, index: int) -> bool:
    """Whether something may be proposed on a stored plane."""
    is_within = 0 <= index - one.shape.corner[axis] < one.shape.mask.shape[axis]
    return is_within and (axis != 0 or index in one.slices)


def _rings(one: Proposed, display: Display, through: int, index: int) -> Rings:
    """The edges of a proposed shape where a plane cuts it: (n, 3) shown indices."""
    axes, flips = display.orientation.axes, display.orientation.flips
    axis, corner = axes[through], one.shape.corner
    section = one.shape.mask.take(_turned(display, through, index) - corner[axis], axis=axis)
    if axis != 0 and len(one.slices) < len(section):
        is_open = [corner[0] + row in one.slices for row in range(len(section))]
        section = section & np.array(is_open)[:, None]
    sides = [side for side in range(3) if side != axis]
    found = []
    for ring in edge_contours(section):
        points = np.empty((len(ring), 3))
        for shown, side in enumerate(axes):
            if side == axis:
                points[:, shown] = index
                continue
            along = ring[:, sides.index(side)]
            last = display.geometry.shape[side] - 1 - corner[side]
            points[:, shown] = last - along if flips[shown] else along + corner[side]
        found.append(points)
    return found
