"""Lesions drawn with mouse and keys in napari's window, beside napari's own tools and planes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medseg import formats
from medseg.annotate import fill_polygon
from medseg.model import Geometry
from napari_medseg.display import Display
from tests.plugin.canvas_hand import circle, drag, points_of_tool, press
from tests.plugin.cases import write_image

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5


def logged_drags(viewer: Any) -> list[Any]:
    """A list that gets the world positions of each drag, as napari tells them."""
    positions: list[Any] = []

    def log(_viewer: Any, event: Any) -> Any:
        positions.append(event.position)
        yield
        while event.type == "mouse_move":
            positions.append(event.position)
            yield
        positions.append(event.position)

    viewer.mouse_drag_callbacks.append(log)
    return positions


def test_a_lesion_drawn_with_mouse_and_keys_is_filled_saved_and_undone(window, tmp_path):
    # Slices go up, rows to anterior, columns to the right: both are turned on screen.
    stored = Geometry((11, 60, 70), [[0, 0, -1, 0], [0, -1, 0, 0], [3, 0, 0, 0], [0, 0, 0, 1]])
    viewer, panel = window(write_image(tmp_path / "scan.nii.gz", stored), show=True)
    mask, display = panel.model.session.segmentation, Display(stored)
    positions = logged_drags(viewer)

    # Before the tool is taken up, dragging pans and draws nothing.
    drag(panel, circle(panel, 60))
    assert not mask.array.any()
    viewer.reset_view()

    press(panel, "N", "D")
    assert panel.desk.toolbox.active is not None
    for index in (3, 7):
        viewer.dims.set_current_step(0, index)
        positions.clear()
        drag(panel, circle(panel, 60))
        points = np.array([viewer.layers["lesions"].world_to_data(p) for p in positions])
        wanted = np.zeros(display.shown.shape, bool)
        wanted[index] = fill_polygon(points[:, 1:], display.shown.shape[1:])
        assert wanted.any()
        difference = display.show(mask.array[:]).astype(bool)[index] ^ wanted[index]
        assert difference.sum() <= 2  # points nearer than a fifth of a voxel are left out
    np.testing.assert_array_equal(np.flatnonzero(mask.array.any(axis=(1, 2))), [3, 7])

    # Shift takes away; Escape gives up, and nothing is left of the line.
    drawn = int(mask.array.sum())
    drag(panel, circle(panel, 20), shift=True)
    cut = int(mask.array.sum())
    assert cut < drawn
    drag(panel, circle(panel, 90), let_go=False)
    assert points_of_tool(panel) > 10
    press(panel, "Escape")
    drag(panel, circle(panel, 90)[:1])
    assert points_of_tool(panel) == 0
    assert int(mask.array.sum()) == cut

    press(panel, "Ctrl+Z", "I")
    assert panel.model.lesions.slices_of(1) == (3, 4, 5, 6, 7)
    (row,) = panel.model.lesions.rows
    assert row.slices == "2 drawn, 3 interpolated"

    # What is on the graphics card after all these patches is what a full refresh shows.
    before = viewer.screenshot(canvas_only=True, flash=False)
    viewer.layers["lesions"].refresh()
    np.testing.assert_array_equal(before, viewer.screenshot(canvas_only=True, flash=False))

    panel.questions.path_to_save = lambda suggested: suggested
    press(panel, "S")
    assert panel.model.keeping.status.startswith("Saved")
    saved = formats.read_segmentation(tmp_path / "scan-lesions.nii.gz")
    np.testing.assert_array_equal(saved.array, mask.array)
    press(panel, "Ctrl+Z", "Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
    assert not mask.array.any()
    assert mask.segments == ()
    press(panel, "Ctrl+Shift+Z", "Ctrl+Shift+Z", "Ctrl+Shift+Z", "Ctrl+Shift+Z")
    np.testing.assert_array_equal(saved.array, mask.array)
    press(panel, "Escape")
    assert not panel.desk.toolbox.active is not None


def test_naparis_own_paint_fill_and_undo_keys_leave_array_and_history_in_agreement(
    window, image_path
):
    viewer, panel = window(image_path, show=True)
    panel.model.lesions.add_outline(6, SQUARE)
    session = panel.model.session
    array, last = session.segmentation.array.copy(), session.history.last
    labels = viewer.layers["lesions"]
    stroke = circle(panel, 40)[::4]
    for key in ("P", "F", "E", "L", "M", "X", "B", *"1234567"):
        viewer.layers.selection.active = labels
        press(panel, key)
        assert labels.mode == "pan_zoom"
        drag(panel, stroke)
        drag(panel, stroke[:1])
        np.testing.assert_array_equal(session.segmentation.array, array)
        assert session.history.last is last

    # napari's undo and redo are ours here: the edit goes and comes back, in array and history.
    viewer.layers.selection.active = labels
    press(panel, "Ctrl+Z")
    assert not session.segmentation.array.any()
    assert session.history.can_redo
    assert session.history.last is not last
    press(panel, "Ctrl+Shift+Z")
    np.testing.assert_array_equal(session.segmentation.array, array)
    assert session.history.last is last
    assert labels.data is not None
    assert np.shares_memory(labels.data, session.segmentation.array)

    # The control: on a layer of somebody else the same keys and strokes do paint and undo.
    theirs = viewer.add_labels(np.zeros((12, 40, 50), np.uint8), scale=(3, 1, 1), units="mm")
    viewer.reset_view()
    press(panel, "P")
    drag(panel, stroke)
    assert theirs.data.any()
    press(panel, "Ctrl+Z")
    assert not theirs.data.any()
    np.testing.assert_array_equal(session.segmentation.array, array)


def test_letters_and_tool_follow_the_plane_on_screen(window, image_path):
    viewer, panel = window(image_path, show=True)
    letters = panel.desk.screen.views[0].overlays.letters
    assert letters() == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    panel.desk.toolbox.toggle("outline")

    viewer.dims.order = (2, 0, 1)  # sagittal: anterior on the left, head up
    assert letters() == {"left": "A", "right": "P", "top": "S", "bottom": "I"}
    assert [str(way) for way in viewer.scene.camera.orientation2d] == ["up", "right"]
    drag(panel, circle(panel, 30))
    assert "drawn on sagittal" in panel.model.notice.text
    assert panel.model.session.segmentation.array.any()
    panel.model.lesions.undo()
    viewer.dims.order = (1, 0, 2)  # coronal
    assert letters() == {"left": "R", "right": "L", "top": "S", "bottom": "I"}

    viewer.dims.order = (0, 1, 2)
    assert [str(way) for way in viewer.scene.camera.orientation2d] == ["down", "right"]
    viewer.dims.ndisplay = 3
    assert set(letters().values()) == {""}
    (hand, *_), tool = panel.desk.hands, panel.desk.toolbox.active
    assert "2D" in hand.why_not(tool)
    viewer.dims.ndisplay = 2
    assert letters()["left"] == "R"
    assert not panel.model.session.segmentation.array.any()

    viewer.layers.remove(panel.desk.screen.views[0].image)
    assert "not on screen" in hand.why_not(tool)
    viewer.layers.remove("lesions")
    panel.model.lesions.add_outline(3, SQUARE)  # the mask comes back with the next edit
    assert "lesions" in viewer.layers
