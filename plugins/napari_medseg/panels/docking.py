"""How wide the panel's dock is: as narrow as the panel allows, for the image is what counts."""

from __future__ import annotations

from qtpy.compat import isalive
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget


def begin_narrow(panel: QWidget, width: int) -> None:
    """Give the dock that a panel lies in this width, once; without a dock nothing happens.

    Args:
        panel: just shown; its window is laid out after this.
        width: in pixels; the reader may drag the dock wider, or narrower down to what fits.
    """
    dock = _dock_of(panel)
    if dock is None:
        return
    # A dock with a least width of its own never becomes narrower than what it once held, which
    # before napari's style sheet counts is 100 pixels more than is needed.
    dock.setMinimumWidth(0)
    QTimer.singleShot(0, lambda: _resize(dock, width))


def _resize(dock: QDockWidget, width: int) -> None:
    window = dock.parentWidget() if isalive(dock) else None
    if isinstance(window, QMainWindow) and not dock.isFloating():
        window.resizeDocks([dock], [width], Qt.Orientation.Horizontal)


def _dock_of(panel: QWidget) -> QDockWidget | None:
    around = panel.parentWidget()
    while around is not None and not isinstance(around, QDockWidget):
        around = around.parentWidget()
    return around
