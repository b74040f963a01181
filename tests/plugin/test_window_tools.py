"""The palette in napari's window: real mouse, keys and pen on all three planes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]


def wait(milliseconds: int = 12) -> None:
    """Let Qt work; what moves again within 10 ms is left out before napari hears of it."""
    from qtpy.QtTest import QTest

    QTest.qWait(milliseconds)


@pytest.fixture
def three(window: Any, home: Any, image_path: Any) -> Any:
    """A window with the axial plane large and the other two beside it."""
    (home / "viewer.json").write_text('{"layout": "one and two"}', encoding="utf-8")
    viewer, panel = window(image_path, show=True)
    viewer.window.resize(1500, 900)
    wait(150)
    panel.desk.screen.fit()
    wait(150)
    return viewer, panel


def place(view: Any, shown_index: Any) -> Any:
    """Where a shown index is drawn, in the canvas's pixels."""
    world = np.asarray(shown_index, float) * np.asarray(view.image.scale)
    return view.marks.on_canvas(tuple(world[list(view.viewer.dims.displayed)]))


def send(
    view: Any, kind: str, shown_index: Any, *, button: str = "Left", held: bool = True
) -> None:
    """A mouse event of Qt at a shown index."""
    from qtpy.QtCore import QEvent, Qt
    from qtpy.QtGui import QMouseEvent
    from qtpy.QtWidgets import QApplication

    wait()
    here, none = place(view, shown_index), Qt.MouseButton.NoButton
    ours = getattr(Qt.MouseButton, f"{button}Button")
    event = QMouseEvent(
        getattr(QEvent.Type, kind),
        here,
        view.canvas.mapToGlobal(here),
        none if kind == "MouseMove" else ours,
        ours if held else none,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view.canvas, event)


def drag(view: Any, points: Any, *, button: str = "Left") -> None:
    """Move there, press, drag through the points, let go."""
    send(view, "MouseMove", points[0], held=False)
    send(view, "MouseButtonPress", points[0], button=button)
    for point in points[1:]:
        send(view, "MouseMove", point, button=button)
    send(view, "MouseButtonRelease", points[-1], button=button, held=False)


def press(view: Any, key: str, modifier: str = "No") -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    held = Qt.KeyboardModifier.NoModifier
    for name in modifier.split("+"):
        held |= getattr(Qt.KeyboardModifier, f"{name}Modifier")
    QTest.keyClick(view.canvas, getattr(Qt.Key, f"Key_{key}"), held)


def wheel(view: Any, notches: int) -> None:
    """Turn the wheel over the middle of a canvas with Ctrl held."""
    from qtpy.QtCore import QPoint, QPointF, Qt
    from qtpy.QtGui import QWheelEvent
    from qtpy.QtWidgets import QApplication

    here = QPointF(view.canvas.width() / 2, view.canvas.height() / 2)
    event = QWheelEvent(
        here,
        view.canvas.mapToGlobal(here),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.canvas, event)


def pen(
    view: Any,
    kind: str = "TabletPress",
    pressure: float = 1.0,
    *,
    eraser: bool = False,
    held: bool = True,
    feels: bool = True,
) -> None:
    """What a tablet tells before Qt makes mouse events of it.

    Args:
        view: the plane.
        kind: as Qt spells it.
        pressure: 0 to 1.
        eraser: whether it is the pen's other end.
        held: whether the pen touches the tablet.
        feels: whether the tablet knows of pressure at all.
    """
    from qtpy.QtCore import QEvent, QPointF, Qt
    from qtpy.QtGui import QInputDevice, QPointingDevice, QTabletEvent
    from qtpy.QtWidgets import QApplication

    ends, can = QPointingDevice.PointerType, QInputDevice.Capability
    device = QPointingDevice(
        "pen",
        7,
        QInputDevice.DeviceType.Stylus,
        ends.Eraser if eraser else ends.Pen,
        can.Position | can.Pressure if feels else can.Position,
        1,
        1,
    )
    buttons, here = Qt.MouseButton, QPointF(10, 10)
    changes = buttons.NoButton if kind == "TabletMove" else buttons.LeftButton
    down = buttons.LeftButton if held else buttons.NoButton
    keys = Qt.KeyboardModifier.NoModifier
    event = QTabletEvent(
        getattr(QEvent.Type, kind),
        device,
        here,
        here,
        pressure,
        *(0.0, 0.0, 0.0, 0.0, 0.0),
        keys,
        changes,
        down,
    )
    QApplication.sendEvent(view.canvas, event)


def check_second_press(view: Any, center: np.ndarray, shown: np.ndarray) -> None:
    """A press that Qt takes for a double click paints too, until the button is let go."""
    aside = np.array((0, 0, 2))
    drag(view, [center, center + aside])
    once = np.count_nonzero(shown)
    send(view, "MouseButtonDblClick", center)
    send(view, "MouseMove", center + 3 * aside)
    send(view, "MouseButtonRelease", center + 3 * aside, held=False)
    twice = np.count_nonzero(shown)
    send(view, "MouseMove", center - 4 * aside, held=False)
    assert np.count_nonzero(shown) == twice > once
    press(view, "Z", "Control")
    assert np.count_nonzero(shown) == once
    press(view, "Z", "Control")


def check_pen(view: Any, center: np.ndarray, shown: np.ndarray) -> None:
    """A pen in the air draws nothing, one press is one stroke, its other end takes away."""
    aside = np.array((0, 0, 3))
    assert not shown.any()
    pen(view, "TabletMove", 0.0, held=False)
    send(view, "MouseMove", center, held=False)
    send(view, "MouseMove", center + aside, held=False)
    assert not shown.any()

    # The press comes twice: as Qt makes it of the pen's, and as the system does. 0 is a light one.
    for order in ("pen first", "mouse first"):
        if order == "mouse first":
            send(view, "MouseButtonPress", center)
        pen(view, pressure=0.0)
        send(view, "MouseButtonPress", center)
        if order == "pen first":
            send(view, "MouseButtonDblClick", center)
        pen(view, "TabletMove", 0.8)
        send(view, "MouseMove", center + aside)
        send(view, "MouseMove", center + 2 * aside)
        pen(view, "TabletRelease", 0.0, held=False)
        for _ in range(2):
            send(view, "MouseButtonRelease", center + 2 * aside, held=False)
        send(view, "MouseMove", center - 3 * aside, held=False)
        painted = np.count_nonzero(shown)
        assert shown[tuple(np.round(center + 2 * aside).astype(int))]
        assert not shown[tuple(np.round(center - 3 * aside).astype(int))]
        press(view, "Z", "Control")
        assert painted > 0 == np.count_nonzero(shown), order
        press(view, "Z", "Control+Shift")
        assert np.count_nonzero(shown) == painted
        press(view, "Z", "Control")

    # A tablet that feels no pressure paints with the whole brush, and the other end takes it away.
    sizes = []
    for eraser in (False, True):
        pen(view, pressure=0.0, feels=False, eraser=eraser)
        drag(view, [center, center])
        sizes.append(np.count_nonzero(shown))
        pen(view, "TabletRelease", 0.0, held=False, eraser=eraser)
    assert sizes[0] > 40
    assert sizes[1] == 0
    pen(view, "TabletMove", 0.0, held=False)  # the pen is turned again
    press(view, "Z", "Control")
    press(view, "Z", "Control")


def test_brush_and_polygon_work_by_mouse_keys_and_pen_in_every_plane(three):
    _, panel = three
    views, mask = panel.desk.screen.views, panel.model.session.segmentation
    shown, options = panel.desk.easel.display.show(mask.array), panel.desk.easel.options
    options.choose(size_mm=8.0, is_ball=False)
    center = np.array(panel.reading.planes.crosshair, float)
    press(views[0], "W")
    for view in views:
        before = shown.copy()
        way = np.zeros(3)
        way[2 if view.through != 2 else 1] = 4
        drag(view, [center, center + way / 2, center + way])
        changed = np.argwhere(shown != before)
        assert len(changed) > 5
        assert set(changed[:, view.through]) == {int(center[view.through])}
        press(view, "Z", "Control")
        np.testing.assert_array_equal(shown, before)

    # The ring is on screen, and both wheel and keys change its size.
    send(views[0], "MouseMove", center, held=False)
    wait(30)
    assert any(getattr(shape, "radius_mm", 0) == 4 for shape in views[0].marks.shapes)
    press(views[0], "BracketRight")
    assert options.now.size_mm == pytest.approx(9.2)
    wheel(views[1], -1)
    assert options.now.size_mm == pytest.approx(8.0)

    # The right button keeps its own meaning while a tool is up.
    window = panel.reading.windows.window
    drag(views[0], center + np.array([(0, 0, 0), (0, 0, 10)]), button="Right")
    assert panel.reading.windows.window != window
    assert not shown.any()

    # A pen that is pressed less paints less.
    counts = []
    for pressure in (1.0, 0.3):
        pen(views[0], pressure=pressure)
        drag(views[0], [center, center])
        pen(views[0], "TabletRelease", 0.0, held=False)
        counts.append(np.count_nonzero(shown))
        press(views[0], "Z", "Control")
    assert counts[0] > 2 * counts[1] > 0

    check_pen(views[0], center, shown)
    check_second_press(views[0], center, shown)

    # Points by clicks on the coronal plane; a double click closes.
    press(views[1], "D", "Shift")
    assert panel.desk.toolbox.active.command == "points"
    corners = center + np.array([(-3, 0, -8), (-3, 0, 8), (3, 0, 8), (3, 0, -8)])
    for corner in corners:
        drag(views[1], [corner])
    assert not shown.any()
    send(views[1], "MouseButtonDblClick", corners[-1])
    send(views[1], "MouseButtonRelease", corners[-1], held=False)
    drawn = np.argwhere(shown)
    assert set(drawn[:, 1]) == {int(center[1])}
    assert len(drawn) == pytest.approx(6 * 16, rel=0.25)
    button = panel.contour_page.tools.tools["points"]
    assert button.isChecked()
    press(views[1], "Escape")
    assert panel.desk.toolbox.active is None
    assert not button.isChecked()
