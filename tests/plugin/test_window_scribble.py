"""Scribbles, the pane that is looked at only, and what comes into a stroke, in a window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medseg import formats
from tests.plugin.canvas_hand import send_mouse
from tests.plugin.hands import Hands, count_color, picture, wait, wait_for

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

RED = (255, 77, 77)
#: Of the ball of 10 mm in the middle of the image: slice, row, column.
MIDDLE = np.array((6.0, 19.5, 24.5))


@pytest.fixture
def hands(window: Any, home: Path, image_path: Path) -> Hands:
    """The image with contours and, beside it, without."""
    (home / "viewer.json").write_text('{"layout": "with and without"}', encoding="utf-8")
    viewer, panel = window(image_path, show=True)
    viewer.window.resize(1400, 800)
    wait(200)
    panel.reading.planes.go_to(MIDDLE.astype(int))
    panel.desk.screen.fit()
    wait(200)
    return Hands(panel)


def places(*points: tuple[float, float]) -> list[Any]:
    """Places on the slice through the middle, from its middle: row, column."""
    return [tuple(MIDDLE + np.array((0, row, column))) for row, column in points]


def test_scribbles_are_drawn_proposed_taken_and_taken_back(hands):
    panel = hands.panel
    mask, ball = panel.model.session.segmentation, panel.model.session.volume.voxels == 200
    shown = panel.desk.easel.display.show
    hands.press("Shift+Y")
    assert panel.desk.toolbox.active.command == "scribble"
    assert panel.contour_page.tools.tools["scribble"].isChecked()
    canvas = hands.view(0).canvas
    plain = count_color(picture(canvas), RED)  # the plane's own name has about this colour
    hands.drag(0, places((-3, -3), (3, 3)))
    assert "Shift" in panel.message.text()
    hands.drag(0, places((-14, -14), (-14, 14), (14, 14)), shift=True)
    wait_for(lambda: not panel.desk.toolbox.is_busy, "the proposal")
    wait(60)
    strokes = count_color(picture(canvas), RED) - plain
    assert strokes > 300, "the strokes beside are seen"
    assert not mask.array.any()
    hands.press("Return")
    drawn = shown(mask.array)[6] == 1
    wanted = shown(ball)[6]
    assert 2 * (drawn & wanted).sum() / (drawn.sum() + wanted.sum()) > 0.97
    wait(60)
    ring = count_color(picture(canvas), RED) - plain
    assert ring < strokes / 4, "and gone once it is taken, but for the ring"
    hands.press("Ctrl+Z")
    assert not mask.array.any()
    hands.press("Ctrl+Shift+Z")
    np.testing.assert_array_equal(shown(mask.array)[6] == 1, drawn)
    check_bare_pane(panel)


def check_bare_pane(panel: Any) -> None:
    """Beside, nothing is drawn: the image moves as ever, and it is said once."""
    (bare,) = (side for side in panel.desk.screen.sides if side.is_bare)
    canvas, camera = bare.view.canvas, bare.view.viewer.scene.camera
    history = panel.model.session.history
    state, center = history.state, camera.center
    assert bare.view.viewer.cursor.style == "standard"
    for is_first in (True, False):
        panel.model.say("")
        send_mouse(canvas, "MouseButtonPress", (200, 200), changes="Left", held="Left")
        for step in range(1, 5):
            wait()
            send_mouse(canvas, "MouseMove", (200 + 10 * step, 200), held="Left")
        send_mouse(canvas, "MouseButtonRelease", (240, 200), changes="Left")
        wait()
        assert ("to be compared" in panel.message.text()) == is_first
    assert history.state is state
    assert camera.center != center


def begin(hands: Hands, *points: tuple[float, float]) -> None:
    """Press the left button and draw; it stays down."""
    first, *others = places(*points)
    hands._mouse(0, "MouseMove", first, shift=False)
    hands._mouse(0, "MouseButtonPress", first, "Left", "Left", shift=False)
    for place in others:
        for part in np.linspace(0.25, 1.0, 4):  # napari leaves out moves where it has no time
            between = tuple(np.array(first) * (1 - part) + np.array(place) * part)
            hands._mouse(0, "MouseMove", between, "No", "Left", shift=False)
        first = place
    wait(30)


def test_whatever_comes_into_a_stroke_finds_it_whole(hands, tmp_path):
    panel, path = hands.panel, tmp_path / "mine.nii.gz"
    session, model = panel.model.session, panel.model
    hands.press("N", "D")
    begin(hands, (-5, -5), (-5, 5), (5, 5))
    assert not session.segmentation.array.any()
    lock = panel.contour_page.lesions.lines.index(0, 0)
    panel.contour_page.lesions.toggled.emit(
        panel.contour_page.lesions.lines.number_at(lock), "lock"
    )
    drawn = session.segmentation.array.copy()
    assert drawn.any(), "the outline was closed where the hand was"
    assert session.segmentation.segment(1).is_locked
    place = places((5, -5))[0]
    hands._mouse(0, "MouseMove", place, "No", "Left", shift=False)
    hands._mouse(0, "MouseButtonRelease", place, "Left", shift=False)
    np.testing.assert_array_equal(session.segmentation.array, drawn)
    hands.press("Ctrl+Z")
    assert not session.segmentation.segment(1).is_locked
    np.testing.assert_array_equal(session.segmentation.array, drawn)

    model.keeping.save(path)
    hands.press("W")
    asked = []
    panel.questions.what_about_changes = lambda: asked.append("asked") or "save"
    begin(hands, (12, -8), (12, 8))
    painted = session.segmentation.array.copy()
    assert (painted != drawn).any()
    for _ in range(3):
        model.keeping.tick()  # autosave looks, and waits
    assert formats.read_segmentation(path).array.sum() == drawn.sum()
    assert panel.may_go(), "as the window asks when it is closed"
    assert asked == ["asked"]
    assert not model.notice.gesture.is_under_way
    held = formats.read_segmentation(path, like=session.volume)
    np.testing.assert_array_equal(held.array, painted)
    hands._mouse(0, "MouseMove", places((0, 15))[0], "No", "Left", shift=False)
    np.testing.assert_array_equal(session.segmentation.array, painted)
