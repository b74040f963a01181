"""Drawn lengths over the planes: seen on the slices that they lie in, added, corrected, removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from medseg.errors import EditError
from medseg.model import Caliper, CalipersEdit
from medseg.session import Session
from napari_medseg.display import Display
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.notice import in_words
from napari_medseg.viewmodels.sketch import Disc, Line, Shape, Text

COLOR, GRIP_COLOR = "#5ad1ff", "#ffffff"

# A point within half a slice of the one on screen is taken to lie in it.
_NEAR_SLICES = 0.5


class CalipersViewModel:
    """The rulers and calipers of the case; a sketch over the planes.

    Args:
        case: whose mask they are stored beside.
    """

    changed = Signal()
    """Other lengths, or none, are to be seen."""

    def __init__(self, case: CaseViewModel) -> None:
        self._case = case
        self.notice = case.notice
        self._hidden = ""
        self._drawn: dict[tuple[int, int], tuple[Shape, ...]] = {}
        case.opened.connect(self._forget)
        case.lesions.edited.connect(self._forget)

    @property
    def display(self) -> Display | None:
        """How the image stands on screen; None without one."""
        session = self._case.session
        return Display(session.volume.geometry) if session is not None else None

    @property
    def all(self) -> tuple[Caliper, ...]:
        """All that are stored with the mask."""
        session = self._case.session
        return session.segmentation.calipers if session is not None else ()

    def on_slice(self, through: int, index: int) -> tuple[Caliper, ...]:
        """Those that lie in one slice on screen."""
        return tuple(one for one in self.all if self.lies_in(one, through, index))

    def lies_in(self, caliper: Caliper, through: int, index: int) -> bool:
        """Whether all its ends lie in this slice."""
        points = self.shown([point for line in caliper.lines for point in line])
        return bool((np.abs(points[:, through] - index) <= _NEAR_SLICES).all())

    def shown(self, points_lps: ArrayLike) -> NDArray[np.float64]:
        """Shown indices (n, 3) of points in LPS mm."""
        if self.display is None:
            return np.asarray(points_lps, dtype=np.float64)
        return np.asarray(self.display.shown.to_index(points_lps), dtype=np.float64)

    @in_words
    def store(self, caliper: Caliper, *, seconds: float = 0.0) -> None:
        """Add a length, or put it in the place of the one that it corrects; it can be undone."""
        session = self._at_work()
        by = session.by(caliper.kind, seconds)
        signed = replace(caliper, author=session.author)
        session.do(CalipersEdit.setting(session.segmentation, signed, by))
        self._case.lesions.made(session.history.last, f"Measured {caliper.text}.")

    @in_words
    def remove(self, uid: str) -> None:
        """Take a length away; it can be undone."""
        session = self._at_work()
        session.do(CalipersEdit.without(session.segmentation, uid, session.by("remove")))
        self._case.lesions.made(session.history.last, "The drawn length is taken away.")

    def hide(self, uid: str) -> None:
        """Draw all but this one, because a hand is at work on it; empty: draw all."""
        if uid != self._hidden:
            self._hidden = uid
            self._forget()

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The lengths that lie in this slice, with their values."""
        key = (through, index)
        if key not in self._drawn:
            found = self.on_slice(through, index) if self.all else ()
            self._drawn[key] = tuple(
                shape for one in found if one.uid != self._hidden for shape in self.shapes_of(one)
            )
        return self._drawn[key]

    def shapes_of(self, caliper: Caliper, *, has_grips: bool = False) -> list[Shape]:
        """The lines of one, its ends as grips if wanted, and its value beside."""
        shapes: list[Shape] = []
        for line in caliper.lines:
            ends = self.shown(line)
            shapes.append(Line(ends, COLOR, 1.8))
            color, radius = (GRIP_COLOR, 4.0) if has_grips else (COLOR, 2.5)
            shapes += [Disc(_point(end), 0, color, radius, is_filled=True) for end in ends]
        beside = max(self.shown(caliper.longest).tolist(), key=lambda end: end[2])
        return [*shapes, Text(_point(beside), caliper.text, COLOR)]

    def _at_work(self) -> Session:
        session, why_not = self._case.session, self._case.lesions.cannot_draw
        if session is None or why_not:
            raise EditError(why_not or "Open an image first.")
        return session

    def _forget(self, _change: object = None) -> None:
        self._drawn.clear()
        self.changed.emit()


def _point(index: ArrayLike) -> tuple[float, float, float]:
    first, second, third = (float(part) for part in np.asarray(index))
    return first, second, third
