"""An ellipsoid from two diameters, as a target lesion is measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.annotate import ellipsoid_edit
from medseg.model import Change
from medseg.session import Session
from napari_medseg.viewmodels.contouring.tools.easel import ADDING, TAKING_AWAY, Easel
from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.sketch import Line, Shape, Text

_TURNS = np.linspace(0, 2 * np.pi, 60, endpoint=False)
_SHORTEST_MM = 0.5


class EllipsoidTool(Tool):
    """Drag along the longest diameter, then move to the width and click.

    Args:
        easel: what it is drawn on.
        seconds: a clock that never goes back, for the time the hand was at work.
    """

    command = "ellipsoid"
    hint = "Drag the longest diameter, then click at its width."
    wants = ("over", "limits")

    def __init__(self, easel: Easel, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._easel, self._seconds = easel, seconds
        self._first: Touch | None = None
        self._last: NDArray[np.float64] | None = None
        self._width: NDArray[np.float64] | None = None
        self._is_long = False  # the long diameter is done
        self._began = 0.0

    def press(self, touch: Touch) -> None:
        """Begin the long diameter; when it is done, the click that sets the width."""
        if self._easel.session is None:
            return
        if self._is_long:
            self._turn(touch)
            return
        self._first, self._began = touch, self._seconds()
        self._last = np.array(touch.index)
        self.changed.emit()

    def drag(self, touch: Touch) -> None:
        """The other end of the diameter, or the width, goes with the hand."""
        if self._is_long:
            self._turn(touch)
        elif self._first is not None and touch.through == self._first.through:
            self._last = self._placed(touch)
            self.changed.emit()

    def release(self, touch: Touch) -> None:
        """End the long diameter, or make the ellipsoid."""
        if self._is_long:
            self._make()
        elif self._first is not None and self._last is not None:
            del touch
            ends = self._lps(np.stack([self._first.index, self._last]))
            self._is_long = float(np.linalg.norm(ends[1] - ends[0])) > _SHORTEST_MM
            if not self._is_long:
                self.cancel()
                self._easel.case.say(self.hint)

    def hover(self, touch: Touch | None) -> None:
        """The width follows the pointer."""
        if self._is_long and touch is not None:
            self._turn(touch)

    def cancel(self) -> bool:
        """Give the ellipsoid up."""
        was_begun = self._first is not None
        self._first = self._last = self._width = None
        self._is_long = False
        if was_begun:
            self.changed.emit()
        return was_begun

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The diameters with their lengths, and dashed the ellipse."""
        first, last = self._first, self._last
        if first is None or last is None or (through, index) != (first.through, first.slice_index):
            return ()
        color = TAKING_AWAY if first.takes_away else ADDING
        long = np.stack([first.index, last])
        length = float(np.linalg.norm(np.diff(self._lps(long), axis=0)))
        shapes: list[Shape] = [Line(long, color)]
        words = f"{length:.1f} mm"
        if self._width is not None:
            shapes += [Line(self._width, color)]
            shapes += [Line(_ellipse(long, self._width), color, is_dashed=True, is_closed=True)]
            words += f" x {np.linalg.norm(np.diff(self._lps(self._width), axis=0)):.1f} mm"
        place = (float(last[0]), float(last[1]), float(last[2]))
        return (*shapes, Text(place, words))

    def _turn(self, touch: Touch) -> None:
        """The width: square to the long diameter in the patient, as wide as the pointer is off."""
        first, last = self._first, self._last
        if first is None or last is None or touch.through != first.through:
            return
        one, other, here = self._lps(np.stack([first.index, last, self._placed(touch)]))
        along, middle = (other - one) / np.linalg.norm(other - one), (one + other) / 2
        off = (here - middle) - ((here - middle) @ along) * along
        if np.linalg.norm(off) * 2 < _SHORTEST_MM:
            return
        ends = np.stack([middle - off, middle + off])
        self._width = np.asarray(self._easel.display.shown.to_index(ends))
        self.changed.emit()

    def _make(self) -> None:
        first, last, width = self._first, self._last, self._width
        seconds = self._seconds() - self._began
        self.cancel()
        if first is None or last is None or width is None:
            return
        easel = self._easel
        diameters = [self._lps(np.stack([first.index, last])), self._lps(width)]

        def build(session: Session, number: int) -> Change:
            return ellipsoid_edit(
                session.segmentation,
                number,
                diameters,
                session.by(easel.named("ellipsoid", first.through), seconds),
                mode="subtract" if first.takes_away else "add",
                protection=easel.protection(session),
            )

        easel.make(build, "ellipsoid drawn.", slices=easel.slices_of(self._reach(diameters)))

    def _reach(self, diameters: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        middle = np.mean(diameters, axis=(0, 1))
        longest = max(float(np.linalg.norm(pair[1] - pair[0])) for pair in diameters) / 2
        shown = self._easel.display.shown
        center, step = shown.to_index(middle), longest / min(shown.spacing_mm)
        return np.stack([center - step, center + step])

    def _placed(self, touch: Touch) -> NDArray[np.float64]:
        point = np.array(touch.index, dtype=np.float64)
        if self._first is not None:
            point[self._first.through] = self._first.index[self._first.through]
        return point

    def _lps(self, shown: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._easel.to_patient(shown)


def _ellipse(long: NDArray[np.float64], wide: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ellipse with these two diameters, shown indices."""
    middle, half, across = long.mean(axis=0), (long[1] - long[0]) / 2, (wide[1] - wide[0]) / 2
    return np.asarray(middle + np.cos(_TURNS)[:, None] * half + np.sin(_TURNS)[:, None] * across)
