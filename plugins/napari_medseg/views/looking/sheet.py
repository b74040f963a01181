"""A clear sheet over a canvas, on which Qt draws without drawing the image anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtGui import QFont, QPainter
from qtpy.QtWidgets import QWidget

_POINTS = 9.0


class Sheet(QWidget):
    """Covers a canvas whatever its size, and is drawn again when the camera moves.

    The mouse goes through to the canvas.

    Args:
        canvas: the widget that napari draws on.
        viewer: whose camera tells where a point of the world is on the canvas.
        follows: the camera's values whose changes move what is drawn.
    """

    seen = Signal()
    """The canvas has come into sight."""
    left = Signal()
    """The pointer has left the canvas."""
    resized = Signal()
    """The canvas has another size."""

    def __init__(self, canvas: QWidget, viewer: Any, follows: Sequence[str]) -> None:
        super().__init__(canvas)
        events = viewer.scene.camera.events
        self._followed = tuple(getattr(events, name) for name in follows)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        canvas.installEventFilter(self)
        self.setGeometry(canvas.rect())
        for event in self._followed:
            event.connect(self._camera_moved)
        self.show()

    def close_marks(self) -> None:
        """Let go of the camera and of the canvas, and go."""
        for event in self._followed:
            event.disconnect(self._camera_moved)
        if isalive(self):  # where the window is closed, Qt has taken it away with the canvas
            self.hide()
            self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Cover the canvas whatever its size; all events pass."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
            self.resized.emit()
        elif event.type() == QEvent.Type.Leave:
            self.left.emit()
        elif event.type() == QEvent.Type.Show:
            self.seen.emit()
        return False

    def painter(self) -> QPainter:
        """What draws on the sheet, smoothly and in the font of all marks; its user ends it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPointSizeF(_POINTS)
        painter.setFont(font)
        return painter

    def _camera_moved(self, _event: Any = None) -> None:
        self.update()
