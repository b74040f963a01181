"""The left button let go over a canvas; napari tells of it only after a press of its own."""

from __future__ import annotations

from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QWidget

_LEFT = Qt.MouseButton.LeftButton


class Lifted(QObject):
    """Listens to a canvas for the left button's release.

    Args:
        canvas: the widget that is drawn on.
    """

    happened = Signal()
    """The left button was let go."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__()
        self._canvas = canvas
        canvas.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Tell of the release; all events pass."""
        is_release = event.type() == QEvent.Type.MouseButtonRelease
        if is_release and isinstance(event, QMouseEvent) and event.button() == _LEFT:
            self.happened.emit()
        return False

    def close(self) -> None:
        """Stop listening."""
        if isalive(self._canvas):
            self._canvas.removeEventFilter(self)
