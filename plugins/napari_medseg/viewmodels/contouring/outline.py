"""The outline tool: what a hand draws on one slice until it lets go."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_medseg.display import Display
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tool import Tool, Touch
from napari_medseg.viewmodels.sketch import Line, Shape

ADDING, TAKING_AWAY = "#ffe14d", "#ff4d4d"

#: Points nearer to the last one than this, in voxels, add nothing to an outline.
_THINNEST = 0.2


class OutlineTool(Tool):
    """A freehand outline in the making, in shown indices (slice, row, column).

    Args:
        case: where a finished outline goes.
        seconds: a clock that never goes back, for the time the hand was at work.
    """

    command = "outline"

    def __init__(
        self, case: CaseViewModel, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._case = case
        self._seconds = seconds
        self._points: list[NDArray[np.float64]] = []
        self._takes_away = False
        self._began = 0.0

    @property
    def points(self) -> NDArray[np.float64]:
        """The outline so far, shown indices (n, 3); none when the hand is not down."""
        return np.array(self._points).reshape(-1, 3)

    def why_not(self, through: int) -> str | None:
        """Outlines are drawn in the plane of the slices."""
        session = self._case.session
        if through == 0 or session is None:
            return None
        return f"Outlines are drawn on {Display(session.volume.geometry).plane} slices."

    def press(self, touch: Touch) -> None:
        """Put the hand down on the slice nearest to the point."""
        self._takes_away, self._began = touch.takes_away, self._seconds()
        self._points = [np.array([round(float(touch.index[0])), *touch.index[1:]])]

    def drag(self, touch: Touch) -> None:
        """Draw on, in the slice where the outline began; what hardly moved adds nothing."""
        if not self._points:
            return
        point = np.array([self._points[0][0], *touch.index[1:]])
        if np.abs(point - self._points[-1]).max() >= _THINNEST:
            self._points.append(point)
            self.changed.emit()

    def release(self, touch: Touch) -> None:
        """Let go: the outline closes and goes to the current lesion."""
        self.drag(touch)
        points, session = self.points, self._case.session
        self.cancel()
        if session is None or not len(points):
            return
        if len(points) < 3:
            self._case.say("An outline is drawn with the button held down, around the lesion.")
            return
        stored = Display(session.volume.geometry).to_stored(points)
        self._case.lesions.add_outline(
            round(float(stored[0, 0])),
            stored[:, 1:],
            subtract=self._takes_away,
            seconds=self._seconds() - self._began,
        )

    def cancel(self) -> bool:
        """Give the outline up."""
        was_drawing, self._points = bool(self._points), []
        if was_drawing:
            self.changed.emit()
        return was_drawing

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The line so far, on the slice where it began."""
        if not self._points or (through, index) != (0, round(float(self._points[0][0]))):
            return ()
        return (Line(self.points, TAKING_AWAY if self._takes_away else ADDING),)
