"""The livewire: clicks set anchors, and the contour clings to the edges between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.annotate import Livewire
from medseg.errors import EditError, MedsegError
from napari_medseg.viewmodels.contouring.tools.begun import Begun
from napari_medseg.viewmodels.contouring.tools.easel import ADDING, TAKING_AWAY, Easel
from napari_medseg.viewmodels.contouring.tools.points import GIVEN_UP
from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.sketch import Disc, Line, Shape


class LivewireTool(Tool):
    """A contour in the making along the edges of the image, on any plane.

    Args:
        easel: where a finished contour goes.
        seconds: a clock that never goes back, for the time the hand was at work.
    """

    command = "livewire"
    hint = "Click along the edge; Return closes, Backspace goes back."
    wants = ("over", "limits")

    def __init__(self, easel: Easel, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._easel, self._seconds = easel, seconds
        self._wire: Livewire | None = None
        self._plane = (0, 0)
        self._takes_away, self._began = False, 0.0
        self._taken: list[NDArray[np.float64]] = []  # anchors taken back, LPS mm
        self._kept = self._ahead = self._anchors = np.zeros((0, 3))

    @property
    def begun(self) -> Begun | None:
        """The contour in the making."""
        return self._begun if self._wire is not None else None

    @property
    def _begun(self) -> Begun:
        return Begun("contour", f"on {self._easel.place(*self._plane)}", self._plane)

    def set_aside(self) -> None:
        """Keep the contour until the tool is in the hand again."""

    def press(self, touch: Touch) -> None:
        """Set an anchor; on the first one again the contour closes."""
        try:
            if self._wire is None:
                self._begin(touch)
            elif (touch.through, touch.slice_index) != self._plane:
                raise EditError(self._begun.elsewhere)
            elif len(self._anchors) > 1 and self._is_first(touch):
                self.finish()
                return
            if self._wire is not None:
                self._wire.anchor(self._easel.point_lps(touch))
                self._taken.clear()
        except MedsegError as error:
            self._easel.refuse(error)
        self._look()

    def hover(self, touch: Touch | None) -> None:
        """Show the way from the last anchor to the pointer."""
        if self._wire is None or touch is None or touch.slice_index != self._plane[1]:
            return
        if touch.through == self._plane[0] and len(self._anchors):
            self._ahead = self._shown(self._wire.path_to(self._easel.point_lps(touch)))
            self.changed.emit()

    def drag(self, touch: Touch) -> None:
        """Between press and release the way ahead follows too."""
        self.hover(touch)

    def finish(self) -> bool:
        """Lead back to the first anchor and fill the contour."""
        wire = self._wire
        if wire is None:
            return False
        try:
            points = self._shown(wire.close(0).points_lps)
        except MedsegError as error:
            self._easel.refuse(error)
            return True
        seconds, takes_away = self._seconds() - self._began, self._takes_away
        self.cancel()
        through = self._plane[0]
        self._easel.fill(points, through, "livewire", takes_away=takes_away, seconds=seconds)
        return True

    def step_back(self) -> bool:
        """Take the last anchor back; the first one gives the contour up."""
        if self._wire is None:
            return False
        last = self._wire.anchors_lps[-1]
        self._wire.undo_anchor()
        if not len(self._wire.anchors_lps):
            self._easel.case.say(GIVEN_UP)
            return self.cancel()
        self._taken.append(last)
        self._look()
        return True

    def step_forward(self) -> bool:
        """Set the anchor again that was taken back last."""
        if self._wire is None or not self._taken:
            return False
        self._wire.anchor(self._taken.pop())
        self._look()
        return True

    def cancel(self) -> bool:
        """Give the contour up."""
        was_begun, self._wire = self._wire is not None, None
        self._taken.clear()
        self._kept = self._ahead = self._anchors = np.zeros((0, 3))
        if was_begun:
            self.changed.emit()
        return was_begun

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """What is kept, and dashed what would be, on the slice where it began."""
        if self._wire is None or (through, index) != self._plane:
            return ()
        color = TAKING_AWAY if self._takes_away else ADDING
        dots = [
            Disc((float(s), float(r), float(c)), 0.0, color, radius_px=3.5, is_filled=True)
            for s, r, c in self._anchors
        ]
        return (Line(self._kept, color), Line(self._ahead, color, is_dashed=True), *dots)

    def _begin(self, touch: Touch) -> None:
        session = self._easel.session
        if session is None:
            return
        axis, layer = self._easel.layer(touch.through, touch.slice_index)
        sigma_mm = min(1.0, max(session.volume.geometry.spacing_mm))
        self._wire = Livewire(session.volume, layer, axis=axis, sigma_mm=sigma_mm)
        self._plane = (touch.through, touch.slice_index)
        self._takes_away, self._began = touch.takes_away, self._seconds()

    def _look(self) -> None:
        if self._wire is not None:
            self._kept = self._shown(self._wire.points_lps)
            self._anchors = self._shown(self._wire.anchors_lps)
            self._ahead = np.zeros((0, 3))
        self.changed.emit()

    def _is_first(self, touch: Touch) -> bool:
        steps = self._easel.display.spacing_mm
        away = np.linalg.norm((touch.index - self._anchors[0]) * steps)
        return bool(away <= max(touch.near_mm, *steps))

    def _shown(self, points_lps: NDArray[np.float64]) -> NDArray[np.float64]:
        if not len(points_lps):
            return np.zeros((0, 3))
        return np.asarray(self._easel.display.shown.to_index(points_lps))
