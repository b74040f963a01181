"""The window's planes as a whole: napari's canvas, those beside it, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import Any

from napari.layers import Image, Labels
from psygnal import Signal
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
from napari_medseg.views.looking.pane_making import PaneMaker
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
    pane_made = Signal(object)
    """A pane has come into being, of a plane or not: its widget."""
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
        self._reading, self._layout = reading, layout
        self._maker = PaneMaker(reading, layout, prior, toolbox, commands, self.plane_commands)
        self._session: Session | None = None
        self._is_new = False
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
        self.arrival = Arrival(self, self._cameras)
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

    def begin(self, session: Session) -> None:
        """Look at this session from now on; nothing of it is seen until `show`."""
        self._cine.stop()
        self.arrival.stop()
        before = self._session
        self._is_new |= before is None or before.volume is not session.volume
        self._session = session
        self._let_layers_go()
        self._make_main()
        if self._main is not None:
            self._main.image = None  # while layers change, the slider moves by itself
            self._main.write()
        for side in self._sides.values():
            side.blank()
        self._reading.work_on(session)

    def show(self, session: Session, image: Image, mask: Labels) -> None:
        """Show the session that has begun, whose layers in napari's list are given."""
        self._layers = (image, mask)
        image.events.contrast_limits.connect(self._take_window)
        if self._main is not None:
            self._main.show(session.volume, image)
        self._look()
        image.visible = True
        if self.scene is not None:
            self.scene.show(session)
        is_new, self._is_new = self._is_new, False
        if self.arrival.is_in_turns and self._board is not None:
            self.arrival.begin(is_new=is_new)
            return
        for side in self._sides.values():
            self.fill(side)
        if is_new:
            self.arrange()

    def prepare(self, make_layer: Callable[[], bool], then: Callable[[], None]) -> None:
        """Make panes and layers while there is no image yet; see `Arrival.prepare`."""
        if self._session is None and not self.arrival.is_under_way:
            self._make_main()
            self.arrival.prepare(make_layer, then)

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
        self.arrival.close()
        self._cameras.close()
        self._cine.stop()
        self._layout.changed.disconnect(self.arrange)
        self._reading.changed.disconnect(self._look)
        self._reading.planes.moved.disconnect(self._bring_into_sight)
        self._let_layers_go()
        for side in self._sides.values():
            side.close()
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

    def _let_layers_go(self) -> None:
        if self._layers is not None:
            self._layers[0].events.contrast_limits.disconnect(self._take_window)
        self._layers = None

    def _make_main(self) -> None:
        is_wanted = self._main is None and not self._is_closed
        widget = canvas_widget_of(self._viewer) if is_wanted else None
        if widget is None:
            return
        self._board = Board(widget, self._make_pane)
        self._board.closing.connect(self._window_closes)
        hand = self._maker.hand(0)
        self._main = PlaneView(self._viewer, widget.canvas.native, self._reading, hand)
        self._link(self._main)

    def _make_pane(self, number: int) -> QWidget:
        make = {SCENE_PANE: self._make_scene, PRIOR_PANE: self._make_prior}
        widget = make.get(number, partial(self._make_side, number))()
        self.pane_made.emit(widget)
        return widget

    def _make_prior(self) -> QWidget:
        self.beside = self._maker.beside()
        self._cameras.watch(self.beside.view)
        widget: QWidget = self.beside.widget
        return widget

    def _make_scene(self) -> QWidget:
        self.scene = self._maker.scene()
        self.scene.picked.connect(self.lesion_picked.emit)
        if self._layers is not None and self._session is not None:
            self.scene.show(self._session)
        widget: QWidget = self.scene.widget
        return widget

    def _make_side(self, number: int) -> QWidget:
        side = self._sides[number] = self._maker.side(number)
        self._link(side.view)
        if not self.arrival.will_fill:  # or its turn comes
            self.fill(side)
        widget: QWidget = side.widget
        return widget

    def fill(self, side: SidePane) -> None:
        """Show the session on a canvas beside napari's own."""
        if self._session is not None and self._layers is not None:
            side.show(self._session, *self._layers)

    @property
    def missing(self) -> tuple[int, ...]:
        """The layout's panes that have not been made yet."""
        board, wanted = self._board, chain(*self._layout.columns)
        return tuple(n for n in wanted if not board.has(n)) if board is not None else ()

    def make(self, number: int) -> None:
        """Make a pane before it is shown."""
        if self._board is not None:
            self._board.make(number)

    def arrange(self) -> None:
        """Put the layout's canvases in their places."""
        if self._board is None:
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
