"""Three planes in napari's window: linked, drawn in, laid out, and given back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medseg.model import Geometry
from tests.plugin.canvas_hand import FRAME_MS, send_mouse
from tests.plugin.cases import write_image

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5


@pytest.fixture
def three(window: Any, home: Any, image_path: Any) -> Any:
    """A window with the axial plane large and the other two beside it."""
    (home / "viewer.json").write_text('{"layout": "one and two"}', encoding="utf-8")
    viewer, panel = window(image_path, show=True)
    viewer.window.resize(1500, 900)
    settle()
    panel.desk.screen.fit()
    settle()
    return viewer, panel


def settle() -> None:
    from qtpy.QtTest import QTest

    QTest.qWait(150)


def mouse(view: Any, kind: str, x: float, y: float, *, button: str = "Left") -> None:
    """A mouse event on a canvas at a place in its pixels."""
    from qtpy.QtTest import QTest

    QTest.qWait(FRAME_MS)
    changes, held = {
        "MouseMove": ("No", "No"),
        "MouseButtonPress": (button, button),
        "drag": ("No", button),
        "MouseButtonRelease": (button, "No"),
        "MouseButtonDblClick": (button, button),
    }[kind]
    spelling = "MouseMove" if kind == "drag" else kind
    send_mouse(view.canvas, spelling, (x, y), changes=changes, held=held)


def click(view: Any, shown_index: Any) -> tuple[float, float]:
    """Click where a shown index is drawn; the place in pixels."""
    world = np.asarray(shown_index) * np.asarray(view.image.scale)
    at = view.marks.on_canvas(tuple(world[list(view.viewer.dims.displayed)]))
    for kind in ("MouseMove", "MouseButtonPress", "MouseButtonRelease"):
        mouse(view, kind, at.x(), at.y())
    return at.x(), at.y()


def wheel(view: Any, notches: int, *, ctrl: bool = False) -> None:
    from qtpy.QtCore import QPoint, QPointF, Qt
    from qtpy.QtGui import QWheelEvent
    from qtpy.QtWidgets import QApplication

    here = QPointF(view.canvas.width() / 2, view.canvas.height() / 2)
    modifier = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        here,
        view.canvas.mapToGlobal(here),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.canvas, event)


def press(view: Any, key: str, modifier: str = "No") -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    QTest.keyClick(
        view.canvas,
        getattr(Qt.Key, f"Key_{key}"),
        getattr(Qt.KeyboardModifier, f"{modifier}Modifier"),
    )


def steps(view: Any) -> list[int]:
    return [int(step) for step in view.viewer.dims.current_step]


def test_three_planes_follow_one_crosshair_by_click_wheel_and_keys(three):
    _, panel = three
    views, planes = panel.desk.screen.views, panel.reading.planes
    assert len(views) == 3
    names = [view.marks.caption[0].split()[0] for view in views]
    assert names == ["axial", "coronal", "sagittal"]
    assert [view.overlays.letters()["left"] for view in views] == ["R", "R", "A"]
    assert [view.overlays.letters()["top"] for view in views] == ["A", "S", "S"]
    axial, coronal, sagittal = views

    click(axial, (planes.crosshair[0], 12, 31))
    assert planes.crosshair[1:] == (12, 31)
    assert steps(coronal)[1] == 12
    assert steps(sagittal)[2] == 31
    click(sagittal, (9, 25, 31))
    assert planes.crosshair == (9, 25, 31)
    assert steps(axial)[0] == 9
    assert steps(coronal)[1] == 25

    # Up goes to the head and to the front: slices ascend, rows descend.
    wheel(axial, 1)
    wheel(coronal, 2)
    assert planes.crosshair == (10, 23, 31)
    press(coronal, "PageDown")
    press(sagittal, "Home")
    press(axial, "Down")
    assert planes.crosshair == (9, 33, 0)
    assert [steps(view)[axis] for view, axis in ((axial, 0), (coronal, 1), (sagittal, 2))] == [
        9,
        33,
        0,
    ]

    # The slider below napari's canvas leads as well; Ctrl and wheel zoom and move no slice.
    axial.viewer.dims.set_current_step(0, 4)
    assert planes.crosshair[0] == 4
    zoom = coronal.viewer.scene.camera.zoom
    wheel(coronal, 1, ctrl=True)
    assert coronal.viewer.scene.camera.zoom > zoom
    assert planes.crosshair == (4, 33, 0)

    # The read-out tells the voxel under the pointer; off the canvas it goes.
    click(axial, (4, 20, 25))
    volume = panel.model.session.volume
    assert coronal.marks.readout == ()
    assert axial.marks.readout[1].startswith("slice 4  row 20  column 25:")
    assert str(volume.voxels[4, 20, 25]) in axial.marks.readout[1]
    wheel(axial, 1)
    assert axial.marks.readout[1].startswith("slice 5  row 20  column 25:")


def test_what_an_edit_changes_is_on_the_graphics_card_in_every_plane(three):
    _, panel = three
    screen, model = panel.desk.screen, panel.model
    panel.reading.planes.go_to((5, 15, 15))

    def shown() -> list[np.ndarray]:
        settle()
        return [side.widget.screenshot(flash=False) for side in screen.sides]

    before = shown()
    model.lesions.add_outline(5, SQUARE)
    model.lesions.add_outline(9, SQUARE)
    model.lesions.fill()
    drawn = shown()
    for side, was, now in zip(screen.sides, before, drawn, strict=True):
        assert not np.array_equal(was, now)
        side.mask.refresh()
    for one, other in zip(drawn, shown(), strict=True):
        np.testing.assert_array_equal(one, other)
    for _ in range(3):
        press(screen.views[1], "Z", "Control")
    assert not model.session.segmentation.array.any()
    for one, other in zip(before, shown(), strict=True):
        np.testing.assert_array_equal(one, other)

    # What changed while a plane was out of sight is there when it comes back.
    panel.layout_model.choose("one")
    for _ in range(3):
        model.lesions.redo()
    panel.layout_model.choose("one and two")
    for one, other in zip(drawn, shown(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_window_and_looks_are_those_of_all_planes(three):
    viewer, panel = three
    screen = panel.desk.screen
    images = [view.image for view in screen.views]
    axial = screen.views[0]
    width = panel.reading.windows.window.width
    mouse(axial, "MouseMove", 100, 100)
    mouse(axial, "MouseButtonPress", 100, 100, button="Right")
    mouse(axial, "drag", 350, 100, button="Right")
    mouse(axial, "MouseButtonRelease", 350, 100, button="Right")
    assert panel.reading.windows.window.width == pytest.approx(2 * width)
    assert len({tuple(image.contrast_limits) for image in images}) == 1
    images[0].contrast_limits = (10, 90)  # napari's own slider
    assert all(tuple(image.contrast_limits) == (10, 90) for image in images)
    assert all("W 80  L 50" in view.marks.caption[-1] for view in screen.views)
    press(screen.views[1], "R")
    press(screen.views[2], "G")
    press(axial, "T")
    assert {image.colormap.name for image in images} == {"gray inverted"}
    assert {str(image.interpolation2d) for image in images} == {"linear"}
    assert {str(image.projection_mode) for image in images} == {"max"}
    assert [view.viewer.dims.thickness[view.through] for view in screen.views] == [10] * 3
    viewer.layers["lesions"].opacity = 0.2
    assert {side.mask.opacity for side in screen.sides} == {0.2}


def test_panes_are_maximised_laid_out_refilled_and_napari_gets_its_canvas_back(
    three, image_path, home
):
    viewer, panel = three
    screen = panel.desk.screen
    main, coronal = screen.views[0].canvas, screen.views[1]
    mouse(coronal, "MouseButtonDblClick", 50, 50)
    settle()
    assert coronal.canvas.isVisible()
    assert not main.isVisible()
    mouse(coronal, "MouseButtonDblClick", 50, 50)
    settle()
    assert main.isVisible()
    press(coronal, "Q")
    settle()
    assert "one and three" in (home / "viewer.json").read_text()
    assert screen.scene.widget.isVisible()
    panel.layout_model.choose("with and without")
    settle()
    bare = screen.sides[2]
    assert bare.widget.isVisible()
    assert not bare.mask.visible
    assert "without contours" in bare.view.marks.caption[0]
    assert steps(bare.view) == steps(screen.views[0])
    panel.layout_model.choose("side by side")
    settle()
    assert "side by side" in (home / "viewer.json").read_text()
    widths = [view.canvas.width() for view in screen.views[:3]]
    assert max(widths) - min(widths) < 60

    # Another image, of another orientation, in the same canvases.
    sagittal_grid = Geometry((9, 30, 20), [[3, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    panel.open(write_image(image_path.with_name("b.nii.gz"), sagittal_grid))
    settle()
    shown = screen.views[:3]
    assert [view.marks.caption[0].split()[0] for view in shown] == ["sagittal", "axial", "coronal"]
    assert [view.overlays.letters()["left"] for view in shown] == ["A", "R", "R"]
    assert [view.overlays.letters()["top"] for view in shown] == ["S", "A", "S"]
    assert all(len(side.model.layers) == 2 for side in screen.sides)

    wheel_before = len(viewer.mouse_wheel_callbacks)
    screen.close()
    settle()
    assert main.isVisible()
    assert len(viewer.mouse_wheel_callbacks) > wheel_before
    assert viewer.scene.camera.mouse_zoom
    over = panel.window().centralWidget().findChildren(type(coronal.marks))
    assert not any(marks.isVisible() for marks in over)


def test_an_image_read_in_the_background_shows_its_middle_slice_first(window, image_path):
    from qtpy.QtTest import QTest

    from medseg.formats.sample import sample_case

    viewer, panel = window(show=True)
    names, loading = [], panel.loading
    loading.previewed.connect(lambda _volume: names.append([one.name for one in viewer.layers]))
    panel.entrance.begin(sample_case().dicom)
    assert panel.progress.isVisible()
    for _ in range(600):
        QTest.qWait(50)
        if not loading.is_busy and not panel.desk.screen.arrival.is_under_way:
            break
    assert "being read" in names[0][-1]
    assert panel.model.title.startswith("CT")
    assert len(viewer.layers) == 2
    assert all(layer.visible for layer in viewer.layers)
    assert not panel.progress.isVisible()

    # With a case open nothing is shown of the next one: letters and place would be wrong for it.
    session = panel.model.session
    panel.desk.on_screen.show_preview(session.volume)
    assert len(viewer.layers) == 2
    panel.entrance.begin(image_path)
    panel.progress.stop.click()
    assert panel.model.session is session
    assert not loading.is_busy
    panel.entrance.begin(image_path.with_name("absent.nii.gz"))
    for _ in range(100):
        QTest.qWait(50)
        if not loading.is_busy:
            break
    assert "absent.nii.gz" in panel.model.notice.text
    assert panel.model.session is session
