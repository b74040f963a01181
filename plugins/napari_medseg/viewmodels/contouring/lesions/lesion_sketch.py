"""The lesions' outlines and numbers over the planes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from medseg.model import Change, Changes, Edit
from medseg.session import Session
from napari_medseg.viewmodels.contouring.lesions.lesions import LesionsViewModel
from napari_medseg.viewmodels.contouring.lesions.plane_rings import PlaneRings
from napari_medseg.viewmodels.sketch import Line, Point, Shape, Text

_THIN, _THICK = 1.4, 2.6

#: Under a coloured line, so that it is seen on bright tissue too.
_SHADE = "#000000"


class LesionSketch:
    """Draws each lesion's number, and outlines: of all in outline mode, else of the current one.

    Args:
        lesions: the lesions of the case.
    """

    changed = Signal()
    """Other shapes are to be seen."""

    def __init__(self, lesions: LesionsViewModel) -> None:
        self._lesions, self._looks = lesions, lesions.looks
        self._session: Session | None = None
        self._rings: PlaneRings | None = None
        self._current = lesions.current
        lesions.edited.connect(self.take)
        lesions.painted.connect(self.take)
        lesions.notice.changed.connect(self._notice_current)
        self._looks.changed.connect(self._tell)

    def let_go(self) -> None:
        """Listen no longer."""
        self._lesions.edited.disconnect(self.take)
        self._lesions.painted.disconnect(self.take)
        self._lesions.notice.changed.disconnect(self._notice_current)
        self._looks.changed.disconnect(self._tell)

    def work_on(self, session: Session) -> None:
        """Draw this session's lesions from now on."""
        self._session, self._rings = session, PlaneRings(session.segmentation)
        self.changed.emit()

    def take(self, change: Change) -> None:
        """Draw anew what a change has touched."""
        if self._rings is not None:
            for leaf in Changes((change,)).leaves:
                if isinstance(leaf, Edit):
                    self._rings.take(leaf)
        self.changed.emit()

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The outlines and numbers on one slice."""
        session = self._lesions.session
        if (
            self._rings is None
            or session is None
            or session is not self._session
            or not self._looks.shows_lesions
        ):
            return ()
        shapes: list[Shape] = []
        rings = self._rings.on(through, index)
        for segment in session.segmentation.segments:
            if segment.number in rings and self._looks.shows(segment.number):
                is_current = segment.number == self._lesions.current
                color = "#{:02x}{:02x}{:02x}".format(*segment.color)
                own = rings[segment.number]
                shapes.extend(self._outlines(own, color, is_current=is_current))
                shapes.append(Text(_beside(own, through), f"{segment.number}", color))
        return shapes

    def _outlines(
        self, rings: Iterable[NDArray[np.float64]], color: str, *, is_current: bool
    ) -> list[Shape]:
        if not (is_current or self._looks.is_outline):
            return []
        width = _THICK if is_current else _THIN
        shade = [Line(ring, _SHADE, width + 1.6, is_closed=True) for ring in rings]
        return [*shade, *(Line(ring, color, width, is_closed=True) for ring in rings)]

    def _tell(self) -> None:
        self.changed.emit()

    def _notice_current(self) -> None:
        if self._lesions.current != self._current:
            self._current = self._lesions.current
            self.changed.emit()


def _beside(rings: Sequence[NDArray[np.float64]], through: int) -> Point:
    """Where a lesion's number goes: up and right of its largest part."""
    largest = max(rings, key=lambda ring: float(np.ptp(ring, axis=0).sum()))
    down, right = (axis for axis in range(3) if axis != through)
    point = largest[np.argmax(largest[:, right] - largest[:, down])]
    return float(point[0]), float(point[1]), float(point[2])
