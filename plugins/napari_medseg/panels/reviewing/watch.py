"""What is on screen, told to whoever notes what was displayed."""

from __future__ import annotations

from typing import cast

from qtpy.QtCore import QObject, Qt, QTimer
from qtpy.QtGui import QCursor, QGuiApplication
from qtpy.QtWidgets import QWidget

from medseg.model import PlaneName
from napari_medseg.display import NOUN
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel
from napari_medseg.viewmodels.reviewing.remarks.viewings import Condition, Shown, ViewingsViewModel
from napari_medseg.views.desk import Desk

#: How often the screen is looked at, besides at each move.
_EVERY_MS = 250

#: How often what was displayed is handed to the project.
_KEEP_MS = 15_000


class Watch(QObject):
    """Looks at the planes of a window, while it is in front.

    Args:
        panel: a widget of the window.
        case: what is worked on.
        desk: its planes.
        home: the project, which keeps what was displayed.
        viewings: what is told.
    """

    def __init__(
        self,
        panel: QWidget,
        case: CaseViewModel,
        desk: Desk,
        home: ProjectViewModel,
        viewings: ViewingsViewModel,
    ) -> None:
        super().__init__(panel)
        self._panel, self._case, self._desk = panel, case, desk
        self._home, self._viewings = home, viewings
        self._pointer = QCursor.pos()
        self._often, self._seldom = QTimer(self), QTimer(self)
        self._often.timeout.connect(self._tick)
        self._seldom.timeout.connect(home.keep_viewings)
        self._often.start(_EVERY_MS)
        self._seldom.start(_KEEP_MS)
        desk.reading.planes.moved.connect(self._move)
        desk.reading.changed.connect(self._move)

    def let_go(self) -> None:
        """Look no more; Qt has taken the window away."""
        self._desk.reading.planes.moved.disconnect(self._move)
        self._desk.reading.changed.disconnect(self._move)

    def _tick(self) -> None:
        pointer = QCursor.pos()
        moved, self._pointer = pointer != self._pointer, pointer
        self._look(moved=moved)

    def _move(self) -> None:
        self._look(moved=True)

    def _look(self, *, moved: bool) -> None:
        is_active = _is_in_front(self._panel)
        self._viewings.look(self._shown(), self._condition(), is_active=is_active, moved=moved)
        if moved and is_active and self._home.signer is not None:
            self._home.signer.touch()

    def _shown(self) -> tuple[Shown, ...]:
        """The slices that the planes show; one of a slab is not displayed by itself."""
        reading, session = self._desk.reading, self._case.session
        planes, display = reading.planes, reading.planes.display
        if display is None or session is None or reading.slab != "none":
            return ()
        names = {plane.through: plane.name for plane in planes.planes}
        axes, stored = display.orientation.axes, planes.stored_index
        shown = []
        for view in self._desk.screen.views:
            through, image = view.through, view.image
            if through is None or image is None or not view.canvas.isVisible():
                continue
            if image.metadata.get(NOUN) is session.volume:
                name = cast(PlaneName, names[through])
                shown.append(Shown(name, axes[through], stored[axes[through]]))
        return tuple(shown)

    def _condition(self) -> Condition:
        window = self._desk.reading.windows
        preset = [
            one.name
            for one in window.presets
            if (one.center, one.width) == (window.window.center, window.window.width)
        ]
        numbers = f"{window.window.center:g}/{window.window.width:g}"
        return Condition(self._desk.on_screen.shows_mask, preset[0] if preset else numbers)


def _is_in_front(widget: QWidget) -> bool:
    state = QGuiApplication.applicationState()
    return (
        bool(state == Qt.ApplicationState.ApplicationActive) and not widget.window().isMinimized()
    )
