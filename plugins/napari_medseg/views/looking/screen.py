"""The window's planes as a whole: napari's canvas, those beside it, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from napari.layers import Image, Labels
from psygnal import Signal
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from medseg.model import Edit
from medseg.session import Session
from napari_medseg.viewmodels.contouring.toolbox import Toolbox
from napari_medseg.viewmodels.looking.layouts import LayoutViewModel
from napari_medseg.viewmodels.looking.planes import PAGE
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.sketch import Sketch
from napari_medseg.views.looking.board import Board, canvas_widget_of
from napari_medseg.views.looking.cine import Cine
from napari_medseg.views.looking.hand import Hand
from napari_medseg.views.looking.panes import SidePane, look
from napari_medseg.views.looking.plane import PlaneView

Commands = dict[str, Callable[[], None]]


class Screen:
    """All canvases of a window; without a window nothing is shown and nothing fails.

    Args:
        viewer: napari's viewer.
        reading: how the image is looked at.
        layout: which planes are on screen.
        toolbox: which tool has the left button, if any.
        commands: what keys do wherever they are pressed.
    """

    made = Signal(object)
    """A plane has come into being: its PlaneView."""

    def __init__(
        self,
        viewer: Any,
        reading: ReadingViewModel,
        layout: LayoutViewModel,
        *,
        toolbox: Toolbox,
        commands: Commands,
    ) -> None:
        self._viewer = getattr(viewer, "__wrapped__", viewer)
        self._reading, self._layout, self._toolbox = reading, layout, toolbox
        self._commands = commands
        self._session: Session | None = None
        self._layers: tuple[Image, Labels] | None = None
        self._board: Board | None = None
        self._main: PlaneView | None = None
        self._sides: dict[int, SidePane] = {}
        self._sketches: list[Sketch] = []
        self._is_closed = self._is_linking = False
        self._cine = Cine(reading.planes)
        self._fit_soon = QTimer()
        self._fit_soon.setSingleShot(True)
        self._fit_soon.timeout.connect(self.fit)
        layout.changed.connect(self._arrange)
        reading.changed.connect(self._look)
        reading.planes.moved.connect(self._bring_into_sight)

    @property
    def views(self) -> tuple[PlaneView, ...]:
        """The canvases made so far, napari's own first."""
        main = (self._main,) if self._main is not None else ()
        return (*main, *(side.view for side in self._sides.values()))

    @property
    def sides(self) -> tuple[SidePane, ...]:
        """The canvases beside napari's own."""
        return tuple(self._sides.values())

    def show(self, session: Session, image: Image, mask: Labels) -> None:
        """Show this session, whose layers in napari's list are given."""
        self._cine.stop()
        is_new = self._session is None or self._session.volume is not session.volume
        self._session, self._layers = session, (image, mask)
        self._make_main()
        self._reading.work_on(session)
        if self._main is not None:
            self._main.show(session.volume, image)
        for side in self._sides.values():
            side.show(session, image, mask)
        image.events.contrast_limits.connect(self._take_window)
        self._look()
        if self._board is not None and is_new:
            self._arrange()

    def refresh(self, edit: Edit | None) -> None:
        """Bring an edit to the planes beside napari's own; None: names or colours changed."""
        for side in self._sides.values():
            side.refresh(edit)

    def add_sketch(self, sketch: Sketch) -> None:
        """Draw this sketch over all planes, those made later too."""
        self._sketches.append(sketch)
        for view in self.views:
            view.add_sketch(sketch)

    def fit(self) -> None:
        """Let each plane fill its canvas; where planes are linked, all by the same measure."""
        shown = [view for view in self.views if view.canvas.isVisible() and view.image is not None]
        for view in shown:
            view.viewer.reset_view()
        if self._reading.is_linked and shown:
            zoom = min(float(view.viewer.scene.camera.zoom) for view in shown)
            for view in shown:
                view.viewer.scene.camera.zoom = zoom

    def plane_commands(self, view: PlaneView | None) -> Commands:
        """What keys do that move through the slices of one canvas."""
        planes = self._reading.planes

        def along(command: Callable[[int], None]) -> None:
            canvas = view or self._main
            if canvas is not None and canvas.through is not None:
                command(canvas.through)

        return {
            "slice_up": partial(along, lambda through: planes.step_up(through, 1)),
            "slice_down": partial(along, lambda through: planes.step_up(through, -1)),
            "page_up": partial(along, lambda through: planes.step_up(through, PAGE)),
            "page_down": partial(along, lambda through: planes.step_up(through, -PAGE)),
            "top": partial(along, lambda through: planes.go_to_end(through, up=True)),
            "cine": partial(along, self._cine.toggle),
            "bottom": partial(along, lambda through: planes.go_to_end(through, up=False)),
        }

    def close(self) -> None:
        """Give napari its canvas back as it was; closing twice does no harm."""
        board = self._let_go()
        if board is not None:
            board.give_back()

    def _window_closes(self) -> None:
        board = self._let_go()
        if board is not None:
            board.let_go()

    def _let_go(self) -> Board | None:
        if self._is_closed:
            return None
        self._is_closed = True
        self._fit_soon.stop()
        self._cine.stop()
        self._layout.changed.disconnect(self._arrange)
        self._reading.changed.disconnect(self._look)
        self._reading.planes.moved.disconnect(self._bring_into_sight)
        if self._layers is not None:
            self._layers[0].events.contrast_limits.disconnect(self._take_window)
        for side in self._sides.values():
            side.close()
        self._sides.clear()
        if self._main is not None:
            self._main.close()
        board, self._board, self._main = self._board, None, None
        return board

    def _make_main(self) -> None:
        is_wanted = self._main is None and not self._is_closed
        widget = canvas_widget_of(self._viewer) if is_wanted else None
        if widget is None:
            return
        self._board = Board(widget, self._make_pane)
        self._board.closing.connect(self._window_closes)
        hand = self._new_hand(0)
        self._main = PlaneView(self._viewer, widget.canvas.native, self._reading, hand)
        self._link(self._main)

    def _make_pane(self, number: int) -> QWidget:
        side = SidePane(
            number,
            self._reading,
            self._new_hand(number),
            lambda view: {**self._commands, **self.plane_commands(view)},
        )
        self._sides[number] = side
        if self._session is not None and self._layers is not None:
            side.show(self._session, *self._layers)
            look(side.image, self._reading, side.model.dims)
        self._link(side.view)
        widget: QWidget = side.widget
        return widget

    def _new_hand(self, pane: int) -> Hand:
        return Hand(
            self._reading,
            toolbox=self._toolbox,
            maximise=lambda: self._layout.toggle_maximised(pane),
        )

    def _arrange(self) -> None:
        if self._board is None or self._session is None:
            return
        self._board.arrange(self._layout.columns)
        self._fit_soon.start(0)  # once the canvases have their new sizes

    def _look(self) -> None:
        if self._layers is None:
            return
        look(self._layers[0], self._reading, self._viewer.dims)
        for side in self._sides.values():
            look(side.image, self._reading, side.model.dims)

    def _take_window(self, event: Any) -> None:
        """Napari's own slider has moved the window."""
        low, high = (float(limit) for limit in event.source.contrast_limits)
        if (low, high) != self._reading.windows.window.limits:
            self._reading.windows.set_limits(low, high)

    def _bring_into_sight(self) -> None:
        for view in self.views:
            if view.canvas.isVisible():
                view.bring_into_sight()

    def _link(self, view: PlaneView) -> None:
        for sketch in self._sketches:
            view.add_sketch(sketch)
        self.made.emit(view)
        camera = view.viewer.scene.camera
        camera.events.zoom.connect(partial(self._follow_camera, view))
        camera.events.center.connect(partial(self._follow_camera, view))

    def _follow_camera(self, leader: PlaneView, _event: Any = None) -> None:
        """Where planes are linked, the others zoom and move as the one that was moved."""
        if not self._reading.is_linked or self._is_linking:
            return
        self._is_linking = True
        try:
            for view in self.views:
                if view is not leader and view.canvas.isVisible():
                    _look_alike(leader.viewer, view.viewer)
        finally:
            self._is_linking = False


def _look_alike(leader: Any, other: Any) -> None:
    """Give a canvas the zoom of another, and its centre along the axis that both show."""
    centers = dict(
        zip(leader.dims.displayed, np.asarray(leader.scene.camera.center)[-2:], strict=True)
    )
    own = np.asarray(other.scene.camera.center)[-2:]
    wanted = [
        float(centers.get(axis, center))
        for axis, center in zip(other.dims.displayed, own, strict=True)
    ]
    if other.scene.camera.zoom != leader.scene.camera.zoom:
        other.scene.camera.zoom = leader.scene.camera.zoom
    if not np.allclose(wanted, own):
        other.scene.camera.center = tuple(wanted)
