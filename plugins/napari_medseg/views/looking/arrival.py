"""Canvases that come up one at a time, so that the window answers and draws in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Protocol

from napari_medseg.viewmodels.looking.layouts import PRIOR_PANE, SCENE_PANE, LayoutViewModel
from napari_medseg.views.looking.cameras import Cameras
from napari_medseg.views.looking.panes import SidePane
from napari_medseg.views.looking.turns import Turns


class Stage(Protocol):
    """Where canvases arrive."""

    @property
    def sides(self) -> Sequence[SidePane]:
        """Those that there are beside napari's own."""

    def make(self, number: int) -> object:
        """Make the canvas of a pane."""

    def arrange(self) -> None:
        """Put the layout's canvases in their places."""

    def fill(self, side: SidePane) -> None:
        """Show the session on a canvas."""


class Arrival:
    """Brings the canvases beside napari's own up, one step in each turn of Qt's loop.

    Args:
        stage: where they arrive.
        layout: which are wanted.
        cameras: fit them when all are there.
    """

    def __init__(self, stage: Stage, layout: LayoutViewModel, cameras: Cameras) -> None:
        self._stage, self._layout, self._cameras = stage, layout, cameras
        self._turns = Turns()
        self.is_in_turns = False

    @property
    def is_under_way(self) -> bool:
        """Whether canvases are still to come, so that a blank one will be filled."""
        return self._turns.is_busy

    @contextmanager
    def in_turns(self) -> Iterator[None]:
        """Let what is shown meanwhile come up one canvas at a time."""
        self.is_in_turns = True
        try:
            yield
        finally:
            self.is_in_turns = False

    def prepare(self) -> None:
        """Make canvases and layers while there is no image yet."""
        self._turns.add(self._prepare_next)

    def begin(self, *, is_new: bool) -> None:
        """Bring all up for the session that is shown now.

        Args:
            is_new: whether its image is another, for which the panes are laid out and fitted.
        """
        self._turns.add(partial(self._make_next, is_new=is_new))

    def stop(self) -> None:
        """Bring up no more."""
        self._turns.clear()

    @property
    def _missing(self) -> tuple[int, ...]:
        """The layout's planes that have no canvas yet."""
        made = (0, SCENE_PANE, PRIOR_PANE, *(side.number for side in self._stage.sides))
        return tuple(n for n in chain(*self._layout.columns) if n not in made)

    def _prepare_next(self) -> None:
        unready = next((side for side in self._stage.sides if side.image is None), None)
        missing = self._missing
        if unready is not None:
            unready.prepare()
        elif missing:
            self._stage.make(missing[0])
        else:
            return
        self._turns.add(self._prepare_next)

    def _make_next(self, *, is_new: bool) -> None:
        missing = self._missing if is_new else ()
        if missing:
            self._stage.make(missing[0])
            self._turns.add(partial(self._make_next, is_new=is_new))
            return
        if is_new:
            self._stage.arrange()
        self._turns.add(partial(self._fill_next, is_new=is_new))

    def _fill_next(self, *, is_new: bool) -> None:
        blank = next((side for side in self._stage.sides if side.is_blank), None)
        if blank is not None:
            self._stage.fill(blank)
            self._turns.add(partial(self._fill_next, is_new=is_new))
        elif is_new:
            self._cameras.fit_soon()
