"""A pen on a tablet: how hard it presses, and which of its ends is down."""

from __future__ import annotations

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QPointingDevice, QTabletEvent
from qtpy.QtWidgets import QWidget

_DOWN = (QEvent.Type.TabletPress, QEvent.Type.TabletMove)


class Pen(QObject):
    """Listens to a canvas for what its mouse events do not tell.

    napari's canvas takes no tablet events, so Qt makes mouse events of them, which come right
    after: the tools hear of the pen's way from those, and ask here how hard it pressed.

    Args:
        canvas: the widget that is drawn on.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__()
        self._canvas = canvas
        self.pressure, self.is_eraser = 1.0, False
        canvas.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take note of the pen; all events pass."""
        if isinstance(event, QTabletEvent):
            if event.type() in _DOWN:
                hovers = event.type() == QEvent.Type.TabletMove and not event.buttons()
                self.pressure = 1.0 if hovers else float(event.pressure())
                self.is_eraser = event.pointerType() == QPointingDevice.PointerType.Eraser
            elif event.type() == QEvent.Type.TabletRelease:
                self.pressure = 1.0  # the mouse, or the pen's next stroke
        elif event.type() == QEvent.Type.Leave:
            self.pressure, self.is_eraser = 1.0, False
        return False

    def close(self) -> None:
        """Stop listening."""
        if isalive(self._canvas):
            self._canvas.removeEventFilter(self)
