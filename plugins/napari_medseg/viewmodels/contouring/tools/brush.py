"""The brush: the mask itself changes while the hand moves, and one undo takes the stroke back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.annotate import Brush, Stroke
from medseg.errors import MedsegError
from medseg.model import Edit
from napari_medseg.viewmodels.contouring.tools.easel import ADDING, TAKING_AWAY, Easel
from napari_medseg.viewmodels.contouring.tools.ring import ring_on, size_below
from napari_medseg.viewmodels.contouring.tools.tool import Tool, Touch
from napari_medseg.viewmodels.sketch import Shape

#: The least part of its size that a brush has under a pen that hardly presses.
_LIGHTEST = 0.2


class BrushTool(Tool):
    """A disc on one plane, or a ball, that paints or erases.

    Args:
        easel: what it paints on, and the palette's options.
        seconds: a clock that never goes back, for the time the hand was at work.
    """

    command = "brush"
    hint = "Paint; Shift erases. Ctrl+wheel, [ and ] change the size."
    wants = ("size_mm", "is_ball", "over", "limits", "uses_pressure")

    def __init__(self, easel: Easel, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._easel, self._seconds = easel, seconds
        self._at: Touch | None = None
        self._stroke: Stroke | None = None
        self._name, self._through, self._slice = "brush", 0, 0
        self._takes_away = self._has_painted = self._tells_size = False
        self._before: object = None  # the state of the history when the brush was put down
        self._last = 0.0
        self._seen: set[int] = set()
        easel.options.changed.connect(self.changed.emit)

    def press(self, touch: Touch) -> None:
        """Put the brush down: the first dab."""
        session = self._easel.session
        if session is None:
            return
        try:
            number = self._easel.case.lesions.ready()
            axis, _ = self._easel.layer(touch.through, touch.slice_index)
            now = self._easel.options.now
            shape = "ball" if now.is_ball else "disc"
            self._stroke = Stroke(
                session.segmentation,
                number,
                Brush(now.size_mm / 2, "ball" if now.is_ball else "disc", axis),
                mode="subtract" if touch.takes_away else "add",
                protection=self._easel.protection(session),
            )
        except MedsegError as error:
            self._easel.refuse(error)
            return
        self._name = self._easel.named(f"brush, {shape}", touch.through)
        self._through, self._slice = touch.through, touch.slice_index
        self._takes_away, self._has_painted, self._seen = touch.takes_away, False, set()
        self._before = session.history.state
        self._last = self._seconds()
        self._dab(touch)

    def drag(self, touch: Touch) -> None:
        """Paint on from where the brush was; the stroke stays on the slice where it began."""
        if self._stroke is not None:
            self._dab(touch)

    def release(self, touch: Touch) -> None:
        """Lift the brush: the stroke is one change."""
        self._at = touch
        self._end()

    def hover(self, touch: Touch | None) -> None:
        """Let the ring follow the pointer."""
        self._at, self._tells_size = touch, False
        self.changed.emit()

    def cancel(self) -> bool:
        """Give up the stroke that is under way."""
        if self._stroke is None:
            return False
        self._stroke = None
        if self._is_begun:
            self._give_up("The stroke was given up.")
        return True

    def resize(self, steps: float) -> bool:
        """Make the brush larger or smaller; the ring tells its size until the pointer moves."""
        self._tells_size = True
        self._easel.options.resize("size_mm", steps)
        return True

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The ring, wherever the brush meets the slice."""
        at, session = self._at, self._easel.session
        if at is None or session is None:
            return ()
        now = self._easel.options.now
        color = TAKING_AWAY if at.takes_away else ADDING
        radius = now.size_mm / 2 * (self._pressed(at) if self._stroke is not None else 1.0)
        shown = self._easel.display.shown
        ring = ring_on(shown, at, radius, (through, index), is_ball=now.is_ball, color=color)
        tells = self._tells_size and through == at.through and ring
        return (*ring, *(size_below(shown, at, now.size_mm) if tells else ()))

    def _dab(self, touch: Touch) -> None:
        at = self._at = self._held(touch)
        session, stroke = self._easel.session, self._stroke
        if session is None or stroke is None:
            return
        began, self._last = self._last, self._seconds()
        by = session.by(self._name, self._last - began)
        point = self._easel.point_lps(at)
        try:
            with self._easel.upon_proposal(self._fresh(at), continues=self._is_begun) as continues:
                edit = stroke.to(point, by, pressure=self._pressed(at))
                if edit.old.count:
                    session.do(edit, continues=continues)
                    self._has_painted = True
        except MedsegError as error:
            self._end()
            self._easel.refuse(error)
            return
        if edit.old.count:
            self._easel.case.lesions.painted.emit(edit)
        self.changed.emit()

    def _end(self) -> None:
        session = self._easel.session
        if self._stroke is None or session is None:
            return
        self._stroke = None
        if self._has_painted and self._is_begun:
            session.history.end_stroke()
            self._easel.case.lesions.made(session.history.last, self._said(session.history.last))
        elif self._is_begun:
            self._give_up("Nothing changed there; what was proposed is proposed again.")
        self._easel.notice.changed.emit()

    @property
    def _is_begun(self) -> bool:
        """Whether the stroke has a step in the history, be it only what was proposed there."""
        session = self._easel.session
        return session is not None and session.history.state is not self._before

    def _give_up(self, text: str) -> None:
        """Leave the mask, and what can be undone and redone, as if there had been no stroke."""
        try:
            self._easel.case.lesions.made(self._easel.at_work.history.give_up(), text)
        except MedsegError as error:
            self._easel.refuse(error)

    def _said(self, change: object) -> str:
        verb = "erased" if self._takes_away else "painted"
        count = change.old.count if isinstance(change, Edit) else 0
        return f"{count:,} voxels {verb}." if count else f"Voxels {verb}."

    def _held(self, touch: Touch) -> Touch:
        """The touch on the slice where the stroke began."""
        if touch.slice_index == self._slice and touch.through == self._through:
            return touch
        index: NDArray[np.float64] = np.array(touch.index, dtype=np.float64)
        index[self._through] = self._slice
        return Touch(index, self._through, touch.takes_away, touch.pressure, touch.near_mm)

    def _fresh(self, at: Touch) -> tuple[int, ...]:
        """The stored slices that the brush reaches here for the first time in this stroke."""
        now, display = self._easel.options.now, self._easel.display
        is_thick = now.is_ball or self._through != 0
        reach = now.size_mm / 2 / display.spacing_mm[0] if is_thick else 0.0
        last, place = display.geometry.shape[0] - 1, float(at.index[0])
        ends = (min(max(place - reach, 0), last), min(max(place + reach, 0), last))
        low, high = sorted(self._easel.layer(0, end)[1] for end in ends)
        if low in self._seen and high in self._seen:
            return ()  # and all between, for a stroke goes on without gaps
        fresh = set(range(low, high + 1)) - self._seen
        self._seen |= fresh
        return tuple(sorted(fresh))

    def _pressed(self, at: Touch) -> float:
        """The part of its size that the brush has under this pressure."""
        if not self._easel.options.now.uses_pressure:
            return 1.0
        return _LIGHTEST + (1 - _LIGHTEST) * min(max(at.pressure, 0.0), 1.0)
