"""Filling in napari's window: dashed between two drawn slices, accepted by keys, on the strip."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medseg.model import Origin
from napari_medseg.viewmodels.contouring.filling.slice_states import SliceState
from tests.plugin.hands import pixels_of_image

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]


#: The colour of the axial plane's caption and lines.
AXIAL = (255, 111, 97)


def wait(milliseconds: int = 60) -> None:
    from qtpy.QtTest import QTest

    QTest.qWait(milliseconds)


def mouse(widget: Any, kind: str, x: float, y: float, *, is_held: bool = False) -> None:
    """A mouse event of the left button on a widget, at a place in its pixels."""
    from qtpy.QtCore import QEvent, QPointF, Qt
    from qtpy.QtGui import QMouseEvent
    from qtpy.QtWidgets import QApplication

    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    here = QPointF(x, y)
    event = QMouseEvent(
        getattr(QEvent.Type, f"Mouse{kind}"),
        here,
        widget.mapToGlobal(here),
        none if kind == "Move" else left,
        left if is_held or kind == "ButtonPress" else none,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)


def draw_circle(view: Any, radius_mm: float, *, right_mm: float = 0.0) -> None:
    """Drag the outline tool round the middle of the image."""
    shape, scale = view.image.data.shape, view.image.scale
    middle = [(shape[axis] - 1) / 2 * scale[axis] for axis in (1, 2)]
    turn = np.linspace(0, 2 * np.pi, 24)
    points = [
        view.marks.on_canvas((middle[0] + down, middle[1] + right_mm + right))
        for down, right in zip(radius_mm * np.sin(turn), radius_mm * np.cos(turn), strict=True)
    ]
    mouse(view.canvas, "Move", points[0].x(), points[0].y())
    mouse(view.canvas, "ButtonPress", points[0].x(), points[0].y())
    for point in points[1:]:
        wait(12)  # napari leaves out what moves again within 10 ms
        mouse(view.canvas, "Move", point.x(), point.y(), is_held=True)
    mouse(view.canvas, "ButtonRelease", points[-1].x(), points[-1].y())
    wait()


def press(view: Any, key: str, modifier: str = "No") -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    held = getattr(Qt.KeyboardModifier, f"{modifier}Modifier")
    QTest.keyClick(view.canvas, getattr(Qt.Key, f"Key_{key}"), held)
    wait()


def pixels_of(widget: Any, color: tuple[int, int, int]) -> int:
    """How many pixels of a widget, as it is drawn, are of this colour, nearly."""
    raw = pixels_of_image(widget.grab().toImage())
    return int((np.abs(raw.astype(int) - color).max(axis=2) < 30).sum())


@pytest.fixture
def drawn(window: Any, home: Any, image_path: Any) -> Any:
    """Three planes, and one lesion drawn with the mouse on slices 3 and 7."""
    (home / "viewer.json").write_text('{"layout": "one and two"}', encoding="utf-8")
    viewer, panel = window(image_path, show=True)
    viewer.window.resize(1500, 900)
    wait(150)
    panel.desk.screen.fit()
    main = panel.desk.screen.views[0]
    press(main, "D")
    for index in (3, 7):
        panel.reading.planes.go_to_slice(0, index)
        draw_circle(main, 8, right_mm=index - 5)
    return panel, main


def test_dashes_appear_are_corrected_by_hand_accepted_rejected_and_undone(drawn):
    panel, main = drawn
    model, planes = panel.model, panel.reading.planes
    mask, provenance = model.session.segmentation.array, model.session.segmentation.provenance
    color = model.session.segmentation.segment(1).color
    assert sorted(model.filling.slices(1)) == [4, 5, 6]
    planes.go_to_slice(0, 5)
    wait()
    for view in panel.desk.screen.views:
        dashed = [shape for shape in view.marks.shapes if getattr(shape, "is_dashed", False)]
        assert dashed, "in each of the planes"
        assert pixels_of(view.marks, color) > 30
    assert not mask[5].any()
    text = panel.contour_page.filling.text.text()
    assert "2 key slices, 3 proposed" in text
    assert "Return accepts this slice" in text

    # A correction of what is proposed: one edit, one undo step, and a key slice from then on.
    draw_circle(main, 3, right_mm=8)
    assert provenance[1, 5].origin is Origin.CORRECTED
    assert mask[5].sum() > mask[3].sum()
    assert sorted(model.filling.slices(1)) == [4, 6]
    assert model.filling.keys == (3, 5, 7)
    press(main, "Z", "Control")
    assert not mask[5].any()
    assert sorted(model.filling.slices(1)) == [4, 5, 6]

    press(main, "Return")
    assert provenance[1, 5].origin is Origin.INTERPOLATED
    assert not mask[4].any()
    press(main, "Return", "Shift")
    assert mask[4].any()
    assert mask[6].any()
    assert "all between is filled" in panel.contour_page.filling.text.text()
    press(main, "Z", "Control")
    press(main, "Z", "Control")
    assert sorted(model.filling.slices(1)) == [4, 5, 6]

    press(main, "Escape")
    assert not model.filling.slices(1)
    assert panel.desk.toolbox.active is not None, "the tool is put down by the next one"
    press(main, "Escape")
    assert panel.desk.toolbox.active is None
    assert not any(getattr(shape, "is_dashed", False) for shape in main.marks.shapes)


def test_the_strip_marks_the_slices_and_goes_to_them(drawn):
    panel, main = drawn
    strip, planes = panel.desk.proposals.strip, panel.reading.planes
    assert strip.isVisible()
    color = panel.model.session.segmentation.segment(1).color
    proposed = pixels_of(strip, color)
    assert proposed > 40
    assert panel.model.filling.states[4] is SliceState.PROPOSED
    panel.desk.commands["accept_all"]()
    wait()
    assert pixels_of(strip, color) > proposed, "what was hollow is filled"
    for kind, index in (("ButtonPress", 9), ("Move", 2)):
        mouse(strip, kind, strip.place_of(index), strip.height() / 2, is_held=True)
        assert planes.crosshair[0] == index
    wait()
    press(main, "Up", "Control")
    assert planes.crosshair[0] == 3
    press(main, "Up", "Control")
    assert planes.crosshair[0] == 7
    press(main, "Down", "Control")
    assert planes.crosshair[0] == 3
    assert "key slice, drawn" in strip.words_on(3)
    assert strip.words_on(3).startswith("<b>Axial slice 3</b>")
    assert pixels_of(strip, AXIAL) > 10, "the name of its plane, in that plane's colour"
    assert "filled between" in strip.words_on(5)
