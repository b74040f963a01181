"""The ruler and the caliper: tools that measure in the patient, in mm, on any plane."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.model import Caliper
from napari_medseg.display import Display
from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.looking.caliper_shape import crossed, longest_first, with_end
from napari_medseg.viewmodels.looking.calipers import CalipersViewModel
from napari_medseg.viewmodels.sketch import Shape

# How near to an end the hand takes hold of it, in mm and at least in voxels.
_REACH_MM, _REACH_VOXELS = 3.0, 2.0
# What is shorter was a click and no length.
_SHORTEST_MM = 0.5


class Ruler(Tool):
    """Draws a line and tells its length; an end taken hold of is corrected, with Shift removed.

    Args:
        calipers: where finished lengths are kept.
        seconds: a clock that never goes back, for the time the hand was at work.
    """

    command = "ruler"
    draws = False

    def __init__(
        self, calipers: CalipersViewModel, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._calipers, self._seconds = calipers, seconds
        self._held: Caliper | None = None
        self._made: Caliper | None = None
        self._end = 1
        self._began = 0.0
        self._place = (0, 0)
        self._hovered = (0, 0)

    def press(self, touch: Touch) -> None:
        """Take hold of an end that is near, or begin a line; with Shift remove what is near."""
        self._place, self._began = _place_of(touch), self._seconds()
        found = self._near(touch)
        if touch.takes_away:
            if found is not None:
                self._calipers.remove(found[0].uid)
        elif found is not None:
            self._held, self._end = found
            self._show(self._held)
        else:
            point = _point(self._lps(touch))
            self._held, self._end = Caliper((point, point)), 1

    def drag(self, touch: Touch) -> None:
        """Take the end along, in the slice where the hand went down."""
        display = self._calipers.display
        if self._held is None or display is None:
            return
        normal = _normal(display, self._place[0])
        self._show(with_end(self._held, self._end, self._lps(touch), normal))

    def release(self, touch: Touch) -> None:
        """Let go: the length is stored; one that was hardly drawn is not."""
        self.drag(touch)
        made, held = self._made, self._held
        is_new = held is not None and held.uid not in {one.uid for one in self._calipers.all}
        self.cancel()
        if made is None or held is None or made.longest_mm < _SHORTEST_MM:
            return
        if is_new:
            made = self._completed(made)
        if made.lines != held.lines:
            self._calipers.store(longest_first(made), seconds=self._seconds() - self._began)

    def hover(self, touch: Touch | None) -> None:
        """Show the grips of what lies in the slice under the pointer."""
        place = _place_of(touch) if touch is not None else (-1, -1)
        if place != self._hovered:
            self._hovered = place
            self.changed.emit()

    def cancel(self) -> bool:
        """Give up what is being drawn or corrected."""
        was_busy, self._held, self._made = self._held is not None, None, None
        self._calipers.hide("")
        if was_busy:
            self.changed.emit()
        return was_busy

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """What is being drawn, or the grips of what can be corrected here."""
        if self._made is not None:
            if (through, index) != self._place:
                return ()
            return self._calipers.shapes_of(self._made, has_grips=True)
        if (through, index) != self._hovered:
            return ()
        found = self._calipers.on_slice(through, index)
        return [shape for one in found for shape in self._calipers.shapes_of(one, has_grips=True)]

    def _completed(self, made: Caliper) -> Caliper:
        """A new length as it is stored."""
        return made

    def _show(self, made: Caliper) -> None:
        self._made = made
        self._calipers.hide(made.uid)
        self.changed.emit()

    def _lps(self, touch: Touch) -> NDArray[np.float64]:
        display = self._calipers.display
        if display is None:
            return np.zeros(3)
        index = np.array(touch.index, dtype=np.float64)
        index[self._place[0]] = self._place[1]
        return display.shown.to_patient(index)

    def _near(self, touch: Touch) -> tuple[Caliper, int] | None:
        """The length of which an end is near, the nearest of several, and which end."""
        display = self._calipers.display
        if display is None:
            return None
        here, steps = self._lps(touch), np.array(display.shown.spacing_mm)
        reach = max(_REACH_MM, _REACH_VOXELS * float(np.delete(steps, touch.through).max()))
        found = [
            (float(np.linalg.norm(here - np.asarray(point))), one, 2 * row + column)
            for one in self._calipers.on_slice(*self._place)
            for row, line in enumerate(one.lines)
            for column, point in enumerate(line)
        ]
        nearest = min(found, key=lambda each: each[0], default=None)
        return nearest[1:] if nearest is not None and nearest[0] <= reach else None


class TwoDiameters(Ruler):
    """A caliper: the longest diameter is drawn, the one across is there to be corrected."""

    command = "caliper"

    def _completed(self, made: Caliper) -> Caliper:
        display = self._calipers.display
        if display is None:
            return made
        longest, across = crossed(*made.longest, _normal(display, self._place[0]))
        return made.moved(longest, across, made.author)


def _normal(display: Display, through: int) -> NDArray[np.float64]:
    """The normal of a plane on screen, in the patient: of what runs in it, not through it."""
    first, second = (axis for axis in range(3) if axis != through)
    steps = display.shown.affine[:3, :3]
    normal: NDArray[np.float64] = np.cross(steps[:, first], steps[:, second])
    return normal / np.linalg.norm(normal)


def _place_of(touch: Touch) -> tuple[int, int]:
    return touch.through, round(float(touch.index[touch.through]))


def _point(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
