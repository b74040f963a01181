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


class ProposalSketch:
    """The outlines of what is proposed; contours are traced once for each slice that is looked at.

    Args:
        filling: what is proposed.
        lesions: their colours, and which of them are hidden.
    """

    changed = Signal()
    """Something else is proposed, or is to be seen."""

    def __init__(self, filling: FillingViewModel, lesions: LesionsViewModel) -> None:
        self._filling, self._lesions = filling, lesions
        self._display: Display | None = None
        self._traced: dict[tuple[int, int], tuple[Shape, ...]] = {}
        filling.changed.connect(self._forget)
        lesions.looks.changed.connect(self._forget)

    def close(self) -> None:
        """Stop listening."""
        self._filling.changed.disconnect(self._forget)
        self._lesions.looks.changed.disconnect(self._forget)

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The dashed outlines on one slice of a plane."""
        place = through, index
        if place not in self._traced:
            self._traced[place] = tuple(self._traced_on(through, index))
        return self._traced[place]

    def _forget(self) -> None:
        self._traced.clear()
        self.changed.emit()

    def _traced_on(self, through: int, index: int) -> Iterator[Shape]:
        session = self._lesions.session
        proposed = self._filling.proposed
        if session is None or not proposed:
            return
        if self._display is None or self._display.geometry is not session.volume.geometry:
            self._display = Display(session.volume.geometry)
        axis = self._display.orientation.axes[through]
        shown = np.zeros(3)
        shown[through] = index
        stored = round(float(self._display.to_stored(shown)[axis]))
        for one in proposed:
            if self._lesions.looks.shows(one.number):
                red, green, blue = session.segmentation.segment(one.number).color
                color = f"#{red:02x}{green:02x}{blue:02x}"
                for ring in _rings(one, axis, stored):
                    points = self._display.to_shown(ring)
                    yield Line(points, color, _WIDTH, is_dashed=True, is_closed=True)


def _rings(one: Proposed, axis: int, index: int) -> Iterator[NDArray[np.float64]]:
    """The edges of a proposed shape where a stored plane cuts it: (n, 3) stored indices."""
    place = index - one.shape.corner[axis]
    is_within = 0 <= place < one.shape.mask.shape[axis]
    if not is_within or (axis == 0 and index not in one.slices):
        return
    section = np.take(one.shape.mask, place, axis=axis)
    first = one.shape.corner[0]
    if axis != 0:
        is_open = [first + row in one.slices for row in range(len(section))]
        section = section & np.array(is_open)[:, None]
    others = [side for side in range(3) if side != axis]
    for ring in edge_contours(section):
        points = np.full((len(ring), 3), float(index))
        for column, side in enumerate(others):
            points[:, side] = ring[:, column] + one.shape.corner[side]
        yield points
