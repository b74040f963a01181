"""The outline tool: what a hand draws on one slice until it lets go."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.easel import ADDING, TAKING_AWAY, Easel
from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.sketch import Line, Shape

#: Points nearer to the last one than this, in voxels, add nothing to an outline.
_THINNEST = 0.2


class OutlineTool(Tool):
    """A freehand outline in the making, in shown indices (slice, row, column).

    Args:
        case: where a finished outline goes.
        easel: how it goes there; None makes one.
        seconds: a clock that never goes back, for the time the hand was at work.
    """

    command = "outline"
    hint = "Draw around the lesion and let go. Shift takes away."
    wants = ("over", "limits")

    def __init__(
        self,
        case: CaseViewModel,
        easel: Easel | None = None,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._easel = easel or Easel(case)
        self._seconds = seconds
        self._points: list[NDArray[np.float64]] = []
        self._through = 0
        self._takes_away = False
        self._began = 0.0

    @property
    def points(self) -> NDArray[np.float64]:
        """The outline so far, shown indices (n, 3); none when the hand is not down."""
        return np.array(self._points).reshape(-1, 3)

    def press(self, touch: Touch) -> None:
        """Put the hand down on the slice nearest to the point."""
        self._takes_away, self._began = touch.takes_away, self._seconds()
        self._through = touch.through
        self._points = [self._on_slice(touch, touch.slice_index)]

    def drag(self, touch: Touch) -> None:
        """Draw on, in the slice where the outline began; what hardly moved adds nothing."""
        if not self._points:
            return
        point = self._on_slice(touch, self._points[0][self._through])
        if np.abs(point - self._points[-1]).max() >= _THINNEST:
            self._points.append(point)
            self.changed.emit()

    def release(self, touch: Touch) -> None:
        """Let go: the outline closes and goes to the current lesion."""
        self.drag(touch)
        points = self.points
        self.cancel()
        if not len(points) or self._easel.session is None:
            return
        if len(points) < 3:
            self._easel.case.say(
                "An outline is drawn with the button held down, around the lesion."
            )
            return
        seconds = self._seconds() - self._began
        takes_away = self._takes_away
        self._easel.fill(points, self._through, "outline", takes_away=takes_away, seconds=seconds)

    def cancel(self) -> bool:
        """Give the outline up."""
        was_drawing, self._points = bool(self._points), []
        if was_drawing:
            self.changed.emit()
        return was_drawing

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The line so far, on the slice where it began."""
        if not self._points or through != self._through:
            return ()
        if index != round(float(self._points[0][through])):
            return ()
        return (Line(self.points, TAKING_AWAY if self._takes_away else ADDING),)

    def _on_slice(self, touch: Touch, index: float) -> NDArray[np.float64]:
        point = np.array(touch.index, dtype=np.float64)
        point[self._through] = index
        return point
