"""Mouse and keys on napari's canvas as Qt's own events, at places in the canvas's pixels."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

#: napari leaves out what moves again within 10 ms.
FRAME_MS = 12


def canvas_of(panel: Any) -> Any:
    """The widget that napari draws the image on; there is one as soon as an image is open."""
    return panel.desk.screen.views[0].canvas


def key_click(widget: Any, combination: str) -> None:
    """Press and let go a key as "D" or "Ctrl+Shift+Z" on a widget."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    names = {"Ctrl": "ControlModifier", "Shift": "ShiftModifier"}
    *held, key = combination.split("+")
    modifier = Qt.KeyboardModifier.NoModifier
    for name in held:
        modifier |= getattr(Qt.KeyboardModifier, names[name])
    QTest.keyClick(widget, getattr(Qt.Key, f"Key_{key}"), modifier)


def send_mouse(
    canvas: Any,
    kind: str,
    place: Any,
    *,
    changes: str = "No",
    held: str = "No",
    shift: bool = False,
) -> None:
    """Send one mouse event to a canvas.

    Args:
        canvas: the widget.
        kind: as Qt spells it, "MouseMove" or "MouseButtonPress".
        place: (x, y) in its pixels.
        changes: the button that goes down or up, as "Left".
        held: the button that is down afterwards.
        shift: whether the Shift key is down.
    """
    from qtpy.QtCore import QEvent, QPointF, Qt
    from qtpy.QtGui import QMouseEvent
    from qtpy.QtWidgets import QApplication

    here = QPointF(*(float(part) for part in place))
    modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    buttons = (getattr(Qt.MouseButton, f"{name}Button") for name in (changes, held))
    event = QMouseEvent(
        getattr(QEvent.Type, kind), here, canvas.mapToGlobal(here), *buttons, modifier
    )
    QApplication.sendEvent(canvas, event)


def press(panel: Any, *keys: str) -> None:
    """Press keys on the canvas, each as "P" or "Ctrl+Z"."""
    for combination in keys:
        key_click(canvas_of(panel), combination)


def drag(panel: Any, points: np.ndarray, *, shift: bool = False, let_go: bool = True) -> None:
    """Drag the mouse with the left button through canvas points (x, y)."""
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QApplication

    QApplication.processEvents()  # so that the canvas has its size and has been drawn
    send = partial(send_mouse, canvas_of(panel), shift=shift)
    send("MouseMove", points[0])
    send("MouseButtonPress", points[0], changes="Left", held="Left")
    for point in points[1:]:
        QTest.qWait(FRAME_MS)
        send("MouseMove", point, held="Left")
    if let_go:
        send("MouseButtonRelease", points[-1], changes="Left")


def circle(panel: Any, radius: float, *, center: tuple[float, float] = (0, 0)) -> np.ndarray:
    """Points of a circle around the middle of the canvas, in its pixels."""
    canvas = canvas_of(panel)
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    middle = np.array([canvas.width() / 2, canvas.height() / 2]) + center
    return middle + radius * np.column_stack([np.cos(turn), np.sin(turn)])


def points_of_tool(panel: Any) -> int:
    """How many points of a tool's line are drawn over the first canvas."""
    from napari_medseg.viewmodels.contouring.tools.easel import ADDING

    plane = panel.desk.screen.views[0]
    plane.draw()
    return sum(len(shape.points) for shape in plane.marks.shapes if shape.color == ADDING)
