"""What an image needs on screen, brought up in turns, so that the window answers in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from napari_medseg.views.looking.cameras import Cameras
from napari_medseg.views.looking.panes import SidePane
from napari_medseg.views.looking.turns import Turns


class Stage(Protocol):
    """Where canvases arrive."""

    @property
    def missing(self) -> Sequence[int]:
        """The layout's panes that have not been made yet."""

    @property
    def sides(self) -> Sequence[SidePane]:
        """The canvases beside napari's own."""

    def make(self, number: int) -> None:
        """Make a pane."""

    def arrange(self) -> None:
        """Put the layout's panes in their places."""

    def fill(self, side: SidePane) -> None:
        """Show the session on a canvas."""


class Arrival:
    """Brings layers and canvases up, one step in each turn of Qt's loop.

    Args:
        stage: where they arrive.
        cameras: fit them when all are there.
    """

    def __init__(self, stage: Stage, cameras: Cameras) -> None:
        self._stage, self._cameras = stage, cameras
        self._turns = Turns()
        self._preparing: Callable[[], None] | None = None
        self.is_in_turns = self.will_fill = False

    @property
    def is_under_way(self) -> bool:
        """Whether something is still to come."""
        return self._turns.is_busy

    @contextmanager
    def in_turns(self) -> Iterator[None]:
        """Let what is shown meanwhile come up one step at a time."""
        before, self.is_in_turns = self.is_in_turns, True
        try:
            yield
        finally:
            self.is_in_turns = before

    def take(self, *steps: Callable[[], object]) -> None:
        """Do these steps, in turns where that is wanted."""
        for step in steps:
            if self.is_in_turns:
                self._turns.add(partial(self._take_one, step))
            else:
                step()

    def prepare(self, make_layer: Callable[[], bool], then: Callable[[], None]) -> None:
        """Make panes and layers while there is no image yet, one at a time.

        An image that comes meanwhile waits for them: it needs them all.

        Args:
            make_layer: makes one of the layers in napari's list; False if there is none to make.
            then: what is done when all are there.
        """
        self._preparing = partial(self._prepare_next, make_layer, then)
        self._turns.add(self._preparing)

    def begin(self, *, is_new: bool) -> None:
        """Bring all canvases up for the session that is shown now.

        Args:
            is_new: whether its image is another, for which the panes are laid out and fitted.
        """
        self.will_fill = True
        self._turns.add(partial(self._make_next, is_new=is_new))

    def finish(self) -> None:
        """Bring up now whatever is still to come."""
        self._turns.finish()

    def stop(self) -> None:
        """Bring up no more of the session; what is made for any goes on."""
        self.will_fill = False
        self._turns.clear()
        if self._preparing is not None:
            self._turns.add(self._preparing)

    def close(self) -> None:
        """Bring up nothing any more."""
        self._preparing = None
        self.stop()

    def _take_one(self, step: Callable[[], object]) -> None:
        with self.in_turns():
            step()

    def _prepare_next(self, make_layer: Callable[[], bool], then: Callable[[], None]) -> None:
        missing = self._stage.missing
        if missing:
            self._stage.make(missing[0])
        elif not any(side.prepare_next() for side in self._stage.sides) and not make_layer():
            self._stage.arrange()
            self._preparing = partial(self._end_preparing, then)
        if self._preparing is not None:
            self._turns.add(self._preparing, is_next=True)

    def _end_preparing(self, then: Callable[[], None]) -> None:
        self._preparing = None
        then()

    def _make_next(self, *, is_new: bool) -> None:
        missing = self._stage.missing if is_new else ()
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
            return
        self.will_fill = False
        if is_new:
            self._cameras.fit_soon()
