"""The outline tool: what a hand draws on one slice until it lets go."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_medseg.display import Display
from napari_medseg.viewmodels.case import CaseViewModel

#: Points nearer to the last one than this, in voxels, add nothing to an outline.
_THINNEST = 0.2


class DrawingViewModel:
    """A freehand outline in the making, in shown indices (slice, row, column).

    Args:
        case: where a finished outline goes.
        seconds: a clock that never goes back, for the time the hand was at work.
    """

    changed = Signal()
    """The tool was taken up or put down."""
    line_changed = Signal(object)
    """The outline so far: shown indices, (n, 3); empty when it is finished or given up."""

    def __init__(
        self, case: CaseViewModel, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._case = case
        self._seconds = seconds
        self._points: list[NDArray[np.float64]] = []
        self._subtract = False
        self._began = 0.0
        self.is_active = False

    @property
    def is_drawing(self) -> bool:
        """Whether the hand is down."""
        return bool(self._points)

    @property
    def is_subtracting(self) -> bool:
        """Whether the outline takes away instead of adding."""
        return self._subtract

    def toggle(self) -> None:
        """Take the tool up, or put it down; without an image it stays down and says why."""
        why_not = self._case.lesions.cannot_draw
        if why_not and not self.is_active:
            self._case.say(why_not)
            return
        self._give_up()
        self.is_active = not self.is_active
        self.changed.emit()

    def begin(self, shown_index: NDArray[np.float64], *, subtract: bool) -> None:
        """Put the hand down on the slice nearest to the point."""
        self._subtract, self._began = subtract, self._seconds()
        self._points = [np.array([round(float(shown_index[0])), *shown_index[1:]])]

    def extend(self, shown_index: NDArray[np.float64]) -> None:
        """Draw on, in the slice where the outline began; what hardly moved adds nothing."""
        if not self._points:
            return
        point = np.array([self._points[0][0], *shown_index[1:]])
        if np.abs(point - self._points[-1]).max() >= _THINNEST:
            self._points.append(point)
            self.line_changed.emit(np.array(self._points))

    def finish(self) -> None:
        """Let go: the outline closes and goes to the current lesion."""
        points, session = np.array(self._points), self._case.session
        self._give_up()
        if session is None or not len(points):
            return
        if len(points) < 3:
            self._case.say("An outline is drawn with the button held down, around the lesion.")
            return
        stored = Display(session.volume.geometry).to_stored(points)
        self._case.lesions.add_outline(
            round(float(stored[0, 0])),
            stored[:, 1:],
            subtract=self._subtract,
            seconds=self._seconds() - self._began,
        )

    def cancel(self) -> None:
        """Give the outline up; if there is none, put the tool down."""
        if self.is_drawing:
            self._give_up()
            self._case.say("Outline given up.")
        elif self.is_active:
            self.toggle()

    def _give_up(self) -> None:
        if self._points:
            self._points = []
            self.line_changed.emit(np.empty((0, 3)))
