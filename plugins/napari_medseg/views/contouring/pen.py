"""A pen on a tablet: how hard it presses, and which of its ends is down."""

from __future__ import annotations

import time

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent
from qtpy.QtWidgets import QWidget

#: A pen that was not heard of for so long is no longer near the tablet.
_GONE_SECONDS = 0.5
#: A press of the mouse is the pen's own if it came this long before, at most.
_AHEAD_SECONDS = 0.1
_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
_NONE, _LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton


class Pen(QObject):
    """Listens to a canvas for what its mouse events do not tell.

    napari's canvas takes no tablet events, so Qt makes mouse events of them, which come right
    after: the tools hear of the pen's way from those, and ask here how hard it pressed. Some
    systems make mouse events of a pen too; the second press of the two is kept from the canvas,
    or it would cut the stroke in two.

    Args:
        canvas: the widget that is drawn on.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__()
        self._canvas = canvas
        self.pressure = 1.0
        self._is_eraser, self._is_down, self._told = False, False, 0.0
        self._pen_pressed = self._button_pressed = -1.0
        canvas.installEventFilter(self)

    @property
    def is_eraser(self) -> bool:
        """Whether the pen's other end is at the canvas; a pen that went away tells nobody."""
        is_here = self._is_down or time.monotonic() - self._told < _GONE_SECONDS
        return self._is_eraser and is_here

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take note of the pen; all events pass but the press that was told already."""
        if isinstance(event, QTabletEvent):
            self._note(event)
        elif isinstance(event, QMouseEvent):
            return self._is_told_again(event)
        elif event.type() == QEvent.Type.Leave:
            self.pressure, self._is_down = 1.0, False
        return False

    def close(self) -> None:
        """Stop listening."""
        if isalive(self._canvas):
            self._canvas.removeEventFilter(self)

    def _note(self, event: QTabletEvent) -> None:
        kind, self._told = event.type(), time.monotonic()
        if kind == QEvent.Type.TabletMove:
            self._is_down = event.buttons() != _NONE  # its release may have been somebody else's
        else:
            self._is_down = kind == QEvent.Type.TabletPress
            self._pen_pressed = self._told if self._is_down else -1.0
        # A pen in the air, one that feels no pressure, and the mouse, press with all there is.
        feels = event.pointingDevice().hasCapability(QInputDevice.Capability.Pressure)
        self.pressure = float(event.pressure()) if self._is_down and feels else 1.0
        self._is_eraser = event.pointerType() == QPointingDevice.PointerType.Eraser

    def _is_told_again(self, event: QMouseEvent) -> bool:
        """Whether this is a pen's press that the canvas has heard of."""
        if event.button() != _LEFT:
            return False
        is_press, before = event.type() in _PRESSES, self._button_pressed
        self._button_pressed = time.monotonic() if is_press else -1.0
        return is_press and self._is_down and before > self._pen_pressed - _AHEAD_SECONDS >= 0
