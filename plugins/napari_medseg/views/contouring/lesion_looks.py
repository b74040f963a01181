"""The lesions' looks on napari's layers, their outlines over the planes, and the H key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.layers import Labels
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QApplication

from medseg.session import Session
from napari_medseg.display import HIDDEN
from napari_medseg.layers import recolour
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.lesions.lesion_sketch import LesionSketch
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.views.looking.screen import Screen


class LesionLooks:
    """Keeps fills and outlines as the reader wants them.

    Args:
        case: whose lesions.
        screen: the planes.
        planes: their crosshair, which goes to what can be recovered.
    """

    def __init__(self, case: CaseViewModel, screen: Screen, planes: PlanesViewModel) -> None:
        self._case, self._looks, self._screen = case, case.lesions.looks, screen
        self._planes = planes
        self._labels: Labels | None = None
        self._hidden: frozenset[int] = frozenset()
        self.sketch = LesionSketch(case.lesions)
        screen.add_sketch(self.sketch, is_of_mask=True)
        screen.add_sketch(case.keeping.recovered_look)
        self._looks.changed.connect(self._look)
        case.keeping.recovered_look.changed.connect(self._show_recovered)
        self._hold = HoldKey(Qt.Key.Key_H, self._looks.hold_back)
        listed = case.lesion_list
        self.commands: dict[str, Callable[[], None]] = {
            "hide_lesions": self._hold.press,
            "outline_or_fill": self._looks.toggle_outline,
            "denser": self._looks.denser,
            "fainter": self._looks.fainter,
            "lock": listed.toggle_lock,
            "eye": listed.toggle_eye,
            "remove_lesion": listed.remove,
        }

    def show(self, session: Session, labels: Labels) -> None:
        """Show this session's lesions, whose layer in napari's list is given."""
        self._labels, self._hidden = labels, frozenset()
        self.sketch.work_on(session)
        self._look()

    def close(self) -> None:
        """Listen no longer."""
        self._looks.changed.disconnect(self._look)
        self._case.keeping.recovered_look.changed.disconnect(self._show_recovered)
        self.sketch.let_go()
        self._hold.let_go()

    def _show_recovered(self) -> None:
        """What waits for a decision is looked at first."""
        place = self._case.keeping.recovered_look.place
        if place is not None:
            self._planes.go_to_stored(place)

    def _look(self) -> None:
        labels, session = self._labels, self._case.session
        if labels is None or session is None:
            return
        if self._looks.hidden != self._hidden:
            self._hidden = self._looks.hidden
            sides = (side.mask for side in self._screen.sides if side.mask is not None)
            for layer in (labels, *sides):
                layer.metadata[HIDDEN] = self._hidden
                recolour(layer, session.segmentation)
        if labels.opacity != self._looks.opacity:
            labels.opacity = self._looks.opacity
        if labels.visible != self._looks.shows_fill:
            labels.visible = self._looks.shows_fill


class HoldKey(QObject):
    """Tells how long a key is held, wherever the keyboard is when it is let go of.

    Napari tells of the press; a release that the canvas never hears of, because the window was
    left meanwhile, must not leave the lesions hidden.

    Args:
        key: the key.
        held: told True when it goes down and False when it is up.
    """

    def __init__(self, key: Qt.Key, held: Callable[[bool], None]) -> None:
        super().__init__()
        self._key, self._held, self._is_down = key, held, False

    def press(self) -> None:
        """The key is down; only while it is, every event of the program is looked at."""
        application = QApplication.instance()
        if application is not None and not self._is_down:  # a held key is pressed many times
            self._is_down = True
            application.installEventFilter(self)
            self._held(True)

    def let_go(self) -> None:
        """The key is up, or the window is gone."""
        application = QApplication.instance()
        if self._is_down and application is not None and isalive(self):
            application.removeEventFilter(self)
        if self._is_down:
            self._is_down = False
            self._held(False)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """See the key go up, or the window lose the keyboard; all events pass."""
        kind: Any = event.type()
        if kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            if event.key() == self._key and not event.isAutoRepeat():
                self.let_go()
        elif kind == QEvent.Type.ApplicationStateChange:
            self.let_go()
        return False
