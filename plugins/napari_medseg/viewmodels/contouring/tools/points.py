"""Contour points: set one by one for a new contour, or moved on one that is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.annotate import moved_outline_edit
from medseg.errors import EditError
from medseg.model import Change, Contour
from medseg.session import Session
from napari_medseg.viewmodels.contouring.tools import ring_points
from napari_medseg.viewmodels.contouring.tools.begun import Begun
from napari_medseg.viewmodels.contouring.tools.easel import ADDING, TAKING_AWAY, Easel
from napari_medseg.viewmodels.contouring.tools.section_rings import SectionRings
from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.sketch import Disc, Line, Shape

_HANDLE = "#ffffff"
#: What is said where the first step of something is taken back.
GIVEN_UP = "With its first step all of it is given up; begin anew."


class PointsTool(Tool):
    """A polygon in the making; where none is begun, the current lesion's contour to take hold of.

    Args:
        easel: where a finished contour goes.
        seconds: a clock that never goes back, for the time the hand was at work.
    """

    command = "points"
    hint = "Click points, Return closes. Shift+click deletes one."
    wants = ("over", "limits")

    def __init__(self, easel: Easel, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._easel, self._seconds = easel, seconds
        self._sections = SectionRings(easel)
        self._points: NDArray[np.float64] = np.zeros((0, 3))
        self._taken: list[NDArray[np.float64]] = []  # back, one by one
        self._before: NDArray[np.float64] | None = None  # of a contour that was there
        self._held: int | None = None
        self._plane = (0, 0)
        self._at: Touch | None = None
        self._takes_away, self._began = False, 0.0

    @property
    def is_begun(self) -> bool:
        """Whether there are points that are not in the mask yet."""
        return len(self._points) > 0

    @property
    def begun(self) -> Begun | None:
        """The polygon in the making."""
        return self._begun if self.is_begun and self._before is None else None

    @property
    def _begun(self) -> Begun:
        return Begun("contour", f"on {self._easel.place(*self._plane)}", self._plane)

    def set_aside(self) -> None:
        """Keep the polygon until the tool is in the hand again."""
        self._held = None
        if self.begun is None:
            self.cancel()

    def press(self, touch: Touch) -> None:
        """Take hold of a point or a line, or set a point."""
        if self._easel.session is None:
            return
        self._taken.clear()
        if self.is_begun:
            self._press_begun(touch)
        elif not self._take_hold(touch):
            self._plane = (touch.through, touch.slice_index)
            self._takes_away, self._began = touch.takes_away, self._seconds()
            self._points, self._held = np.array(touch.index, dtype=np.float64)[None], 0
        self.changed.emit()

    def drag(self, touch: Touch) -> None:
        """Move the point that is held."""
        self._at = touch
        if self._held is not None and touch.through == self._plane[0]:
            self._points = ring_points.moved(self._points, self._held, self._placed(touch))
        self.changed.emit()

    def release(self, touch: Touch) -> None:
        """Let go of the point; a contour that was there is changed in the mask at once."""
        del touch
        self._held = None
        if self._before is not None:
            self._change()

    def hover(self, touch: Touch | None) -> None:
        """Show the line that a click would add, or the points that can be taken hold of."""
        self._at = touch
        self.changed.emit()

    def finish(self) -> bool:
        """Close the polygon and fill it."""
        if not self.is_begun or self._before is not None:
            return False
        if len(self._points) < 3:
            self._easel.refuse(EditError("A contour has three points at least; set another one."))
            return True
        points, through = self._points, self._plane[0]
        seconds, takes_away = self._seconds() - self._began, self._takes_away
        self.cancel()
        self._easel.fill(points, through, "polygon", takes_away=takes_away, seconds=seconds)
        return True

    def step_back(self) -> bool:
        """Take the last point back."""
        if not self.is_begun or self._before is not None:
            return False
        if len(self._points) == 1:
            self._easel.case.say(GIVEN_UP)
            return self.cancel()
        self._taken.append(self._points[-1])
        self._points = self._points[:-1]
        self.changed.emit()
        return True

    def step_forward(self) -> bool:
        """Set the point again that was taken back last."""
        if not self._taken:
            return False
        self._points = np.vstack([self._points, self._taken.pop()])
        self.changed.emit()
        return True

    def cancel(self) -> bool:
        """Give up the polygon, or the change of a contour."""
        was_begun = self.is_begun
        self._points, self._before, self._held = np.zeros((0, 3)), None, None
        self._taken.clear()
        if was_begun:
            self.changed.emit()
        return was_begun

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The polygon with its points, or those of the contour under the pointer's plane."""
        if self.is_begun:
            return self._begun_shapes() if (through, index) == self._plane else ()
        at = self._at
        if at is None or (at.through, at.slice_index) != (through, index):
            return ()
        shapes: list[Shape] = []
        for ring in self._sections.on(through, index, at.near_mm):
            shapes += [Line(ring, _HANDLE, 1.0, is_closed=True), *_handles(ring, _HANDLE)]
        return shapes

    def _press_begun(self, touch: Touch) -> None:
        if (touch.through, touch.slice_index) != self._plane:
            self._easel.refuse(EditError(self._begun.elsewhere))
            return
        steps, near = self._easel.display.spacing_mm, touch.near_mm
        here = self._placed(touch)
        point = ring_points.nearest_point(self._points, here, steps, near)
        if point is not None and touch.takes_away:
            self._points = ring_points.without(self._points, point)
        elif point == 0 and len(self._points) > 2:
            self.finish()
        elif point is not None:
            self._held = point
        else:
            edge = ring_points.nearest_edge(self._points, here, steps, near / 2, is_closed=False)
            place = len(self._points) - 1 if edge is None else edge
            self._points = ring_points.inserted(self._points, place, here)
            self._held = place + 1

    def _take_hold(self, touch: Touch) -> bool:
        """Take hold of a point of the contour that is there, or add one; False if none is near."""
        steps, near = self._easel.display.spacing_mm, touch.near_mm
        here = np.array(touch.index, dtype=np.float64)
        here[touch.through] = touch.slice_index
        for ring in self._sections.on(touch.through, touch.slice_index, near):
            point = ring_points.nearest_point(ring, here, steps, near)
            edge = ring_points.nearest_edge(ring, here, steps, near / 2, is_closed=True)
            if point is None and (edge is None or touch.takes_away):
                continue
            self._plane, self._began = (touch.through, touch.slice_index), self._seconds()
            self._before, self._takes_away = ring, False
            if point is not None and touch.takes_away:
                self._points = ring_points.without(ring, point) if len(ring) > 3 else ring
            elif point is not None:
                self._points, self._held = ring, point
            else:
                self._points = ring_points.inserted(ring, edge or 0, here)
                self._held = (edge or 0) + 1
            return True
        return False

    def _change(self) -> None:
        """Bring the contour that was there into the mask as it is now."""
        before, after, through = self._before, self._points, self._plane[0]
        self.cancel()
        if before is None or (len(before) == len(after) and np.array_equal(before, after)):
            return
        easel, seconds = self._easel, self._seconds() - self._began
        axis, _ = easel.layer(through, self._plane[1])
        was, now = easel.to_patient(before), easel.to_patient(after)

        def build(session: Session, number: int) -> Change:
            return moved_outline_edit(
                session.segmentation,
                Contour(was, number),
                Contour(now, number),
                session.by(easel.named("contour points", through), seconds),
                axis=axis,
                protection=easel.protection(session),
            )

        easel.make(
            build, "contour changed.", slices=easel.slices_of(np.concatenate([before, after]))
        )

    def _placed(self, touch: Touch) -> NDArray[np.float64]:
        point = np.array(touch.index, dtype=np.float64)
        point[self._plane[0]] = self._plane[1]
        return point

    def _begun_shapes(self) -> Sequence[Shape]:
        color = TAKING_AWAY if self._takes_away else ADDING
        is_there = self._before is not None
        shapes: list[Shape] = [Line(self._points, color, is_closed=is_there)]
        if not is_there and self._at is not None and self._held is None:
            ahead = np.stack([self._points[-1], self._placed(self._at), self._points[0]])
            shapes.append(Line(ahead, color, 1.0, is_dashed=True))
        return [*shapes, *_handles(self._points, color)]


def _handles(points: NDArray[np.float64], color: str) -> list[Shape]:
    return [Disc((float(s), float(r), float(c)), 0.0, color, radius_px=2.5) for s, r, c in points]
