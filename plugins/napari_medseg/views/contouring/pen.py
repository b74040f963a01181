"""A pen on a tablet: how hard it presses, and which of its ends is down."""

from __future__ import annotations

import time

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QPointingDevice, QTabletEvent
from qtpy.QtWidgets import QWidget

#: A pen that was not heard of for so long is no longer near the tablet.
_GONE_SECONDS = 0.5


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
        self.pressure = 1.0
        self._is_eraser, self._is_down, self._told = False, False, 0.0
        canvas.installEventFilter(self)

    @property
    def is_eraser(self) -> bool:
        """Whether the pen's other end is at the canvas; a pen that went away tells nobody."""
        is_here = self._is_down or time.monotonic() - self._told < _GONE_SECONDS
        return self._is_eraser and is_here

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take note of the pen; all events pass."""
        if isinstance(event, QTabletEvent):
            kind, self._told = event.type(), time.monotonic()
            if kind == QEvent.Type.TabletPress:
                self._is_down = True
            elif kind == QEvent.Type.TabletRelease:
                self._is_down = False
            # A pen in the air, and the mouse, press with all that there is.
            self.pressure = float(event.pressure()) if self._is_down else 1.0
            self._is_eraser = event.pointerType() == QPointingDevice.PointerType.Eraser
        elif event.type() == QEvent.Type.Leave:
            self.pressure, self._is_down = 1.0, False
        return False

    def close(self) -> None:
        """Stop listening."""
        if isalive(self._canvas):
            self._canvas.removeEventFilter(self)
