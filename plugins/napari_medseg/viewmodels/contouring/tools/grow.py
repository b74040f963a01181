"""Region growing: click, and drag for more or less of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.annotate import Growing, paint_edit
from medseg.errors import EditError, MedsegError
from medseg.model import Change
from medseg.raster import edge_contours
from medseg.raster.capsule import Corner
from medseg.session import Session
from napari_medseg.viewmodels.contouring.tools.easel import ADDING, TAKING_AWAY, Easel
from napari_medseg.viewmodels.contouring.tools.ring import ring_on
from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.sketch import Line, Shape, Text

#: A drag over so many mm doubles the tolerance, or halves it.
_DOUBLES_MM = 20.0

_HELD = (
    "All that was found is in the lesion already. Drag to the right for more, or click beside "
    "what is drawn."
)


class GrowTool(Tool):
    """What hangs together with the voxel under the click and has about its value.

    Args:
        easel: what it is drawn on.
        seconds: a clock that never goes back, for the time the hand was at work.
    """

    command = "grow"
    hint = "Click inside; drag right for more, left for less."
    wants = ("reach_mm", "is_ball", "over", "limits")

    def __init__(self, easel: Easel, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._easel, self._seconds = easel, seconds
        self._at: Touch | None = None
        self._first: Touch | None = None
        self._growing: Growing | None = None
        self._tolerance = self._began = 0.0
        self._region: tuple[Corner, NDArray[np.bool_]] | None = None
        easel.options.changed.connect(self.changed.emit)

    def press(self, touch: Touch) -> None:
        """Grow with the tolerance that the values around the click suggest."""
        session = self._easel.session
        if session is None:
            return
        try:
            point, reach = self._easel.point_lps(touch), self._easel.options.now.reach_mm
            self._growing = Growing(session.volume, point, radius_mm=reach)
        except MedsegError as error:
            self._easel.refuse(error)
            return
        self._first, self._began = touch, self._seconds()
        self._grow(self._growing.suggested_tolerance)

    def drag(self, touch: Touch) -> None:
        """To the right the tolerance grows, to the left it shrinks."""
        if self._growing is None or self._first is None:
            return
        across = 2 if self._first.through != 2 else 1
        step_mm = self._easel.display.spacing_mm[across]
        away_mm = float(touch.index[across] - self._first.index[across]) * step_mm
        self._grow(self._growing.suggested_tolerance * 2 ** (away_mm / _DOUBLES_MM))

    def release(self, touch: Touch) -> None:
        """Give the region to the current lesion."""
        del touch
        region, first = self._region, self._first
        tolerance, seconds = self._tolerance, self._seconds() - self._began
        self.cancel()
        if region is None or first is None:
            return
        easel = self._easel
        corner, inside = region

        def build(session: Session, number: int) -> Change:
            if not first.takes_away and _is_held(session, corner, inside, number):
                raise EditError(_HELD)
            return paint_edit(
                session.segmentation,
                corner,
                inside,
                number,
                session.by(f"region growing, tolerance {tolerance:g}", seconds),
                mode="subtract" if first.takes_away else "add",
                protection=easel.protection(session),
            )

        hit = np.flatnonzero(inside.any(axis=(1, 2))) + corner[0]
        verb = "taken away" if first.takes_away else "grown"
        easel.make(build, f"region {verb}, tolerance {tolerance:.3g}.", slices=hit.tolist())

    def hover(self, touch: Touch | None) -> None:
        """Let the ring follow the pointer."""
        self._at = touch
        self.changed.emit()

    def cancel(self) -> bool:
        """Give the region up."""
        was_begun, self._growing = self._growing is not None, None
        self._region = self._first = None
        if was_begun:
            self.changed.emit()
        return was_begun

    def resize(self, steps: float) -> bool:
        """Let the region reach further, or less far."""
        self._easel.options.resize("reach_mm", steps)
        return True

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The ring, and dashed what the region would be."""
        at = self._first or self._at
        if at is None or self._easel.session is None:
            return ()
        color = TAKING_AWAY if at.takes_away else ADDING
        now, shown = self._easel.options.now, self._easel.display.shown
        plane = (through, index)
        shapes: list[Shape] = [
            *ring_on(shown, at, now.reach_mm, plane, is_ball=now.is_ball, color=color)
        ]
        if self._region is not None:
            shapes += [
                Line(ring, color, is_dashed=True, is_closed=True) for ring in self._rings(plane)
            ]
            place = (float(at.index[0]), float(at.index[1]), float(at.index[2]))
            if plane == (at.through, at.slice_index):
                shapes.append(Text(place, f"± {self._tolerance:.3g}"))
        return shapes

    def _grow(self, tolerance: float) -> None:
        growing, first = self._growing, self._first
        if growing is None or first is None:
            return
        self._tolerance = tolerance
        corner, inside = growing.region(tolerance)
        if not self._easel.options.now.is_ball:
            axis, layer = self._easel.layer(first.through, first.slice_index)
            at = layer - corner[axis]
            inside = inside.take([at], axis)
            corner = (
                layer if axis == 0 else corner[0],
                layer if axis == 1 else corner[1],
                layer if axis == 2 else corner[2],
            )
        self._region = corner, inside
        self.changed.emit()

    def _rings(self, plane: tuple[int, int]) -> list[NDArray[np.float64]]:
        """The region's contours on one slice, shown indices."""
        if self._region is None:
            return []
        corner, inside = self._region
        axis, layer = self._easel.layer(*plane)
        if not 0 <= layer - corner[axis] < inside.shape[axis]:
            return []
        start = np.delete(corner, axis)
        rings = edge_contours(np.ascontiguousarray(inside.take(layer - corner[axis], axis)))
        return [
            self._easel.display.to_shown(np.insert(ring + start, axis, layer, axis=1))
            for ring in rings
        ]


def _is_held(session: Session, corner: Corner, inside: NDArray[np.bool_], number: int) -> bool:
    """Whether a lesion has all voxels of a region already."""
    box = tuple(
        slice(start, start + size) for start, size in zip(corner, inside.shape, strict=True)
    )
    return bool((session.segmentation.array[box][inside] == number).all())
