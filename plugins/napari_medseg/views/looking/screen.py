"""The window's planes as a whole: napari's canvas, those beside it, and what they share."""

from __future__ import annotations

from functools import partial
from typing import Any

from napari.layers import Image, Labels
from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtWidgets import QWidget

from medseg.model import Edit
from medseg.session import Session
from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox
from napari_medseg.viewmodels.looking.layouts import PRIOR_PANE, SCENE_PANE, LayoutViewModel
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.looking.prior import PriorViewModel
from napari_medseg.viewmodels.looking.reading import ReadingViewModel
from napari_medseg.viewmodels.sketch import Sketch
from napari_medseg.views.looking.arrival import Arrival
from napari_medseg.views.looking.board import Board, canvas_widget_of
from napari_medseg.views.looking.cameras import Cameras
from napari_medseg.views.looking.cine import Cine
from napari_medseg.views.looking.hand import Hand
from napari_medseg.views.looking.panes import SidePane, look
from napari_medseg.views.looking.plane import PlaneView
from napari_medseg.views.looking.plane_keys import Commands, plane_commands
from napari_medseg.views.looking.prior_pane import PriorPane
from napari_medseg.views.looking.scene_pane import ScenePane


class Screen:
    """All canvases of a window; without a window nothing is shown and nothing fails.

    Args:
        viewer: napari's viewer.
        reading: how the image is looked at.
        layout: which planes are on screen.
        toolbox: which tool has the left button, if any.
        commands: what keys do wherever they are pressed.
        prior: an image beside the case.
    """

    made = Signal(object)
    """A plane has come into being: its PlaneView."""
    lesion_picked = Signal(int)
    """A lesion was clicked on in 3D: its number."""

    def __init__(
        self,
        viewer: Any,
        reading: ReadingViewModel,
        layout: LayoutViewModel,
        *,
        toolbox: Toolbox,
        commands: Commands,
        prior: PriorViewModel,
    ) -> None:
        self._viewer = getattr(viewer, "__wrapped__", viewer)
        self._reading, self._layout, self._toolbox = reading, layout, toolbox
        self._commands, self._prior = commands, prior
        self._session: Session | None = None
        self._layers: tuple[Image, Labels] | None = None
        self._board: Board | None = None
        self._main: PlaneView | None = None
        self._sides: dict[int, SidePane] = {}
        self.scene: ScenePane | None = None
        self.beside: PriorPane | None = None
        self._sketches: list[tuple[Sketch, bool]] = []
        self._is_closed = False
        self._cine = Cine(reading.planes)
        self._cameras = Cameras(reading, lambda: self.views)
        self.arrival = Arrival(self, layout, self._cameras)
        layout.changed.connect(self.arrange)
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
        self.arrival.stop()
        is_new = self._session is None or self._session.volume is not session.volume
        self._session, self._layers = session, (image, mask)
        self._make_main()
        self._reading.work_on(session)
        if self._main is not None:
            self._main.show(session.volume, image)
        for side in self._sides.values():
            side.blank()
        if self.scene is not None:
            self.scene.show(session)
        image.events.contrast_limits.connect(self._take_window)
        self._look()
        if self.arrival.is_in_turns and self._board is not None:
            self.arrival.begin(is_new=is_new)
            return
        for side in self._sides.values():
            self.fill(side)
        if self._board is not None and is_new:
            self.arrange()

    def prepare(self) -> None:
        """Make the canvases of the layout while there is no image yet, one at a time."""
        if self._session is None:
            self._make_main()
            self.arrival.prepare()

    def refresh(self, edit: Edit | None) -> None:
        """Bring an edit to the planes beside napari's own; None: names or colours changed."""
        for side in self._sides.values():
            side.refresh(edit)
        if self.scene is not None:
            self.scene.refresh(edit)

    def add_sketch(self, sketch: Sketch, *, is_of_mask: bool = False) -> None:
        """Draw this sketch over all planes, those made later too.

        Args:
            sketch: what is drawn.
            is_of_mask: whether it shows the mask, which the pane without contours leaves out.
        """
        self._sketches.append((sketch, is_of_mask))
        for view in self.views:
            self._draw_on(view, sketch, is_of_mask=is_of_mask)

    def fit(self) -> None:
        """Let each plane fill its canvas; where planes are linked, all by the same measure."""
        self._cameras.fit()

    def plane_commands(
        self, view: PlaneView | None, planes: PlanesViewModel | None = None
    ) -> Commands:
        """What keys do that move through the slices of one canvas; `planes` None: the case's."""

        def through() -> int | None:
            canvas = view or self._main
            return canvas.through if canvas is not None else None

        return plane_commands(planes or self._reading.planes, through, self._cine.toggle)

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
        self.arrival.stop()
        self._cameras.close()
        self._cine.stop()
        self._layout.changed.disconnect(self.arrange)
        self._reading.changed.disconnect(self._look)
        self._reading.planes.moved.disconnect(self._bring_into_sight)
        if self._layers is not None:
            self._layers[0].events.contrast_limits.disconnect(self._take_window)
        for side in self._sides.values():
            side.close()
            if isalive(side.widget) and side.widget.parentWidget() is None:
                side.widget.close()  # made in advance, and never shown
        self._sides.clear()
        if self.scene is not None:
            self.scene.close()
        if self.beside is not None:
            self.beside.close()
        self.scene = self.beside = None
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
        make = {SCENE_PANE: self._make_scene, PRIOR_PANE: self._make_prior}
        return make.get(number, partial(self._make_side, number))()

    def _make_prior(self) -> QWidget:
        hand = Hand(
            self._prior.reading,
            toolbox=None,  # nothing is drawn on another image
            maximise=lambda: self._layout.toggle_maximised(PRIOR_PANE),
        )
        planes = self._prior.reading.planes
        self.beside = PriorPane(
            self._prior, hand, lambda view: {**self._commands, **self.plane_commands(view, planes)}
        )
        self._cameras.watch(self.beside.view)
        widget: QWidget = self.beside.widget
        return widget

    def _make_scene(self) -> QWidget:
        scene = ScenePane(
            self._reading,
            {**self._commands, **self.plane_commands(None)},
            lambda: self._layout.toggle_maximised(SCENE_PANE),
        )
        self.scene = scene
        scene.picked.connect(self.lesion_picked.emit)
        if self._session is not None:
            scene.show(self._session)
        widget: QWidget = scene.widget
        return widget

    def _make_side(self, number: int) -> QWidget:
        side = self._sides.get(number) or self.make(number)
        if side.is_blank and not self.arrival.is_under_way:  # or its turn comes
            self.fill(side)
        widget: QWidget = side.widget
        return widget

    def fill(self, side: SidePane) -> None:
        """Show the session on a canvas beside napari's own."""
        if self._session is not None and self._layers is not None:
            side.show(self._session, *self._layers)
            look(side.image, self._reading, side.model.dims)

    def make(self, number: int) -> SidePane:
        """The canvas of a pane beside napari's own, new, with nothing on it."""
        side = SidePane(
            number,
            self._reading,
            self._new_hand(number),
            lambda view: {**self._commands, **self.plane_commands(view)},
        )
        self._sides[number] = side
        self._link(side.view)
        return side

    def _new_hand(self, pane: int) -> Hand:
        return Hand(
            self._reading,
            toolbox=self._toolbox,
            maximise=lambda: self._layout.toggle_maximised(pane),
        )

    def arrange(self) -> None:
        """Put the layout's canvases in their places."""
        if self._board is None or self._session is None:
            return
        self._board.arrange(self._layout.columns)
        self._cameras.fit_soon()

    def _look(self) -> None:
        if self._layers is None:
            return
        look(self._layers[0], self._reading, self._viewer.dims)
        for side in self._sides.values():
            if side.image is not None and not side.is_blank:  # its turn comes
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

    def _draw_on(self, view: PlaneView, sketch: Sketch, *, is_of_mask: bool) -> None:
        is_bare = any(side.view is view and side.is_bare for side in self._sides.values())
        if not (is_of_mask and is_bare):
            view.add_sketch(sketch)

    def _link(self, view: PlaneView) -> None:
        for sketch, is_of_mask in self._sketches:
            self._draw_on(view, sketch, is_of_mask=is_of_mask)
        self.made.emit(view)
        self._cameras.watch(view)
