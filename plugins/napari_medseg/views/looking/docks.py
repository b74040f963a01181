"""napari's own docks: the layer list and its controls, which a reader seldom needs."""

from __future__ import annotations

from typing import Any

from qtpy.compat import isalive
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMainWindow, QMenu, QWidget

from napari_medseg import keys
from napari_medseg.views.looking.board import canvas_widget_of

_WORDS = "napari's layer list and controls"


class NapariDocks:
    """Puts napari's own docks out of the way, or brings them back.

    They take a quarter of a small screen; medseg's own panel has what reading needs of them.

    Args:
        viewer: napari's viewer.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = getattr(viewer, "__wrapped__", viewer)
        self._action: QAction | None = None

    @property
    def are_shown(self) -> bool:
        """Whether either of them is there; False without a window."""
        return any(dock.isVisibleTo(dock.window()) for dock in self._docks)

    def show(self, wanted: bool) -> None:
        """Show them, or put them out of the way."""
        for dock in self._docks:
            dock.setVisible(wanted)
        if self._action is not None:
            self._action.setChecked(wanted)

    def toggle(self) -> None:
        """Show them if neither is there, else put them out of the way."""
        self.show(not self.are_shown)

    def join_menu(self) -> None:
        """Add an entry for them to the window's View menu, which shows the key too."""
        widget = canvas_widget_of(self._viewer)
        window = widget.window() if widget is not None else None
        menu = _view_menu(window) if isinstance(window, QMainWindow) else None
        if menu is None or self._action is not None:
            return
        # No QAction shortcut: napari would take it for a second meaning of the same key.
        self._action = QAction(f"{_WORDS} ({keys.shown('docks')})", menu)
        self._action.setCheckable(True)
        self._action.setChecked(self.are_shown)
        self._action.triggered.connect(lambda _checked=False: self.toggle())
        menu.addSeparator()
        menu.addAction(self._action)

    def close(self) -> None:
        """Take the entry out of the menu."""
        action, self._action = self._action, None
        if action is not None and isalive(action):  # a window that closes takes its menus along
            action.deleteLater()

    @property
    def _docks(self) -> tuple[QWidget, ...]:
        widget = canvas_widget_of(self._viewer)
        return (widget.dockLayerControls, widget.dockLayerList) if widget is not None else ()


def _view_menu(window: QMainWindow) -> QMenu | None:
    menus = (action.menu() for action in window.menuBar().actions())
    return next((menu for menu in menus if menu and menu.title().replace("&", "") == "View"), None)
