"""Take the current lesion, or its section on one slice, and put it elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.annotate import Protection, move_edit, reshaped_on_slice
from medseg.errors import EditError
from medseg.model import Change
from medseg.session import Session
from napari_medseg.viewmodels.contouring.tools.easel import ADDING, Easel
from napari_medseg.viewmodels.contouring.tools.section_rings import SectionRings
from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.sketch import Line, Shape


class MoveTool(Tool):
    """Drag the lesion to where it belongs.

    Args:
        easel: whose lesions.
        seconds: a clock that never goes back, for the time the hand was at work.
    """

    command = "move"
    hint = "Drag the current lesion: its slice, or all of it."
    wants = ("is_whole", "over")

    def __init__(self, easel: Easel, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._easel, self._seconds = easel, seconds
        self._sections = SectionRings(easel)
        self._first: Touch | None = None
        self._by: NDArray[np.float64] = np.zeros(3)
        self._began = 0.0

    def press(self, touch: Touch) -> None:
        """Take hold of the lesion."""
        if self._easel.session is None or self._easel.case.lesions.current is None:
            self._easel.refuse(EditError("A lesion is moved once it is drawn; draw it first."))
            return
        if touch.through != 0 and not self._easel.options.now.is_whole:
            self._easel.refuse(EditError("Across the slices a lesion is moved whole; choose that."))
            return
        self._first, self._by, self._began = touch, np.zeros(3), self._seconds()

    def drag(self, touch: Touch) -> None:
        """Its contour goes with the hand."""
        if self._first is not None and touch.through == self._first.through:
            self._by = touch.index - self._first.index
            self._by[touch.through] = 0.0
            self.changed.emit()

    def release(self, touch: Touch) -> None:
        """Put it down there."""
        self.drag(touch)
        first, by, seconds = self._first, self._by, self._seconds() - self._began
        self.cancel()
        if first is None or not by.any():
            return
        easel, is_whole = self._easel, self._easel.options.now.is_whole
        way_mm = easel.display.shown.affine[:3, :3] @ by
        _, layer = easel.layer(first.through, first.slice_index)

        def build(session: Session, number: int) -> Change:
            who, rules = session.by("move", seconds), easel.protection(session)
            mask = session.segmentation
            if is_whole:
                return move_edit(mask, number, who, by_mm=way_mm, protection=rules)
            return reshaped_on_slice(
                mask,
                number,
                layer,
                who,
                lambda alone: move_edit(
                    alone, number, who, by_mm=way_mm, protection=Protection("everything")
                ),
                protection=rules,
            )

        slices = easel.case.lesions.slices_of(easel.case.lesions.current or 0)
        moved = slices if is_whole else (layer,)
        easel.make(build, f"moved by {np.linalg.norm(way_mm):.1f} mm.", slices=moved)

    def cancel(self) -> bool:
        """Leave it where it was."""
        was_held, self._first = self._first is not None, None
        if was_held:
            self.changed.emit()
        return was_held

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """Where its contour would lie."""
        if self._first is None or (through, index) != (
            self._first.through,
            self._first.slice_index,
        ):
            return ()
        rings = self._sections.on(through, index)
        return [Line(ring + self._by, ADDING, is_dashed=True, is_closed=True) for ring in rings]
