"""The plugin in napari's window: opened, drawn on with the mouse, keyed, saved, closed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medseg import formats
from medseg.annotate import fill_polygon
from medseg.formats.sample import sample_case
from medseg.model import Finding, Geometry, Segment, Segmentation
from napari_medseg.display import NOUN, Display
from tests.plugin.cases import write_image

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5


# -- the hand and the keyboard --------------------------------------------------------------


def canvas_of(panel: Any) -> Any:
    """The widget that napari draws the image on; the largest, for histograms are drawn too."""
    from qtpy.QtWidgets import QWidget

    widgets = panel.window().findChildren(QWidget)
    canvases = [one for one in widgets if type(one).__name__.startswith("CanvasBackend")]
    return max(canvases, key=lambda canvas: canvas.width() * canvas.height())


def press(panel: Any, *keys: str) -> None:
    """Press keys on the canvas, each as "P" or "Ctrl+Z"."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    modifiers = {
        "Ctrl": Qt.KeyboardModifier.ControlModifier,
        "Shift": Qt.KeyboardModifier.ShiftModifier,
    }
    for combination in keys:
        *held, key = combination.split("+")
        modifier = Qt.KeyboardModifier.NoModifier
        for name in held:
            modifier |= modifiers[name]
        QTest.keyClick(canvas_of(panel), getattr(Qt.Key, f"Key_{key}"), modifier)


def drag(panel: Any, points: np.ndarray, *, shift: bool = False, let_go: bool = True) -> None:
    """Drag the mouse with the left button through canvas points (x, y)."""
    from qtpy.QtCore import QEvent, QPointF, Qt
    from qtpy.QtGui import QMouseEvent
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QApplication

    QApplication.processEvents()  # so that the canvas has its size and has been drawn
    canvas = canvas_of(panel)
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier

    def send(kind: Any, point: np.ndarray, button: Any, held: Any) -> None:
        here = QPointF(*(float(part) for part in point))
        event = QMouseEvent(kind, here, canvas.mapToGlobal(here), button, held, modifier)
        QApplication.sendEvent(canvas, event)

    send(QEvent.Type.MouseMove, points[0], none, none)
    send(QEvent.Type.MouseButtonPress, points[0], left, left)
    for point in points[1:]:
        QTest.qWait(11)  # what moves again within 10 ms is left out before napari hears of it
        send(QEvent.Type.MouseMove, point, none, left)
    if let_go:
        send(QEvent.Type.MouseButtonRelease, points[-1], left, none)


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


def assert_nothing_is_cut_off(panel: Any) -> None:
    """All labels, buttons and pages in sight have the room that their texts need."""
    from qtpy.QtWidgets import QAbstractButton, QLabel

    page = panel.tabs.currentWidget()
    assert page.page.width() <= page.viewport().width()
    for button in panel.findChildren(QAbstractButton):
        if button.isVisible() and button.text():
            assert button.width() >= button.sizeHint().width(), button.text()
    for label in panel.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
        elif label.isVisible():
            assert label.width() >= label.sizeHint().width(), label.text()


def noun_layers(viewer: Any) -> list[Any]:
    return [layer.metadata[NOUN] for layer in viewer.layers if NOUN in layer.metadata]


# -- opening and saving through napari's own menus ------------------------------------------


def test_file_open_with_the_panel_shows_image_and_mask_ready_to_work_on(window, image_path):
    viewer, panel = window()
    (image,) = viewer.open(str(image_path), plugin="medseg")
    session = panel.model.session
    assert noun_layers(viewer) == [session.volume, session.segmentation]
    assert tuple(image.scale) == (3, 1, 1)
    assert viewer.layers.selection.active is image
    panel.model.lesions.add_outline(3, SQUARE)
    mask_path = image_path.with_name("mine.nii.gz")
    labels = viewer.layers["lesions"]
    assert labels.save(str(mask_path), plugin="medseg") == [str(mask_path)]
    panel.model.keeping.save(mask_path)

    # Another mask goes on the image's grid and takes the place of the saved one.
    other_path = image_path.with_name("other_mask.nrrd")
    other = Segmentation(
        np.full((12, 40, 50), 7, np.uint8), session.volume.geometry, (Segment.unnamed(7, "All"),)
    )
    formats.write_segmentation(other, other_path)
    (other_layer,) = viewer.open(str(other_path), plugin="medseg")
    assert [row.label for row in panel.model.lesions.rows] == ["All"]
    assert panel.model.keeping.mask_path == other_path
    assert noun_layers(viewer) == [session.volume, other_layer.metadata[NOUN]]
    assert not other_layer.editable


def test_the_panel_takes_over_what_was_opened_before_it(window, make_napari_viewer, image_path):
    from napari_medseg.viewer import add_panel, make_known

    make_known()
    viewer = make_napari_viewer()
    folder = image_path.parent / "study"
    folder.mkdir()
    write_image(folder / "small.nii.gz", Geometry.from_spacing((5, 20, 20), (3, 1, 1)))
    write_image(folder / "large.nii.gz", Geometry.from_spacing((9, 30, 30), (3, 1, 1)))
    (image,) = viewer.open(str(folder), plugin="medseg")
    assert image.data.shape == (9, 30, 30)
    mask_path = folder.parent / "lesions.nii.gz"
    formats.write_segmentation(Segmentation.empty(image.metadata[NOUN].geometry), mask_path)
    (labels,) = viewer.open(str(mask_path), plugin="medseg")
    assert not image.editable
    assert not labels.editable
    panel = add_panel(viewer, author="A. Reader")
    session = panel.model.session
    assert session.volume is image.metadata[NOUN]
    assert session.segmentation is labels.metadata[NOUN]
    assert len(panel.model.series) == 2
    assert add_panel(viewer) is panel  # never a second one in a window


def test_the_sample_opens_from_the_menu(window):
    viewer, panel = window()
    (image,) = viewer.open_sample("medseg", "chest")
    assert image.metadata[NOUN].geometry.shape[0] > 1
    assert panel.model.session.volume is image.metadata[NOUN]
    assert panel.desk.screen.views[0].overlays.letters() == {
        "left": "R",
        "right": "L",
        "top": "A",
        "bottom": "P",
    }


def test_a_dicom_folder_opens_by_the_command_line_and_unread_files_are_listed(window, tmp_path):
    import shutil

    folder = tmp_path / "dicom"
    shutil.copytree(sample_case().dicom, folder)
    (folder / "report.txt").write_text("not an image")
    viewer, panel = window(folder)
    assert len(noun_layers(viewer)) == 2
    assert panel.model.title.startswith("CT")
    listed = [
        panel.image_page.series.item(row).text() for row in range(panel.image_page.series.count())
    ]
    assert len(listed) == len(panel.model.series) + len(panel.model.skipped)
    assert any("report.txt" in text for text in listed) == bool(panel.model.skipped)


# -- working --------------------------------------------------------------------------------


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


# -- the panel ------------------------------------------------------------------------------


def test_no_text_of_the_panel_is_cut_off_at_350_pixels(window, image_path, qtbot):
    from qtpy.QtCore import Qt

    _, panel = window(image_path, show=True)
    panel.model.lesions.add_outline(3, SQUARE)
    panel.model.lesions.add_outline(7, SQUARE)
    panel.model.lesions.fill()
    panel.setParent(None)
    panel.resize(350, 900)
    panel.progress.setVisible(True)
    panel.show()
    qtbot.waitExposed(panel)
    assert panel.width() == 350
    for place in range(panel.tabs.count()):
        panel.tabs.setCurrentIndex(place)
        qtbot.wait(50)
        assert panel.width() == 350
        assert_nothing_is_cut_off(panel)

    # Columns that have no room are left out; those that stay show all of their text.
    panel.tabs.setCurrentIndex(0)
    table = panel.contour_page.lesions
    shown = [at for at in range(table.model().columnCount()) if not table.isColumnHidden(at)]
    heads = [table.model().headerData(at, Qt.Orientation.Horizontal) for at in shown]
    assert {"#", "Lesion", "ml", "mm"} <= set(heads)
    for column in shown:
        if heads[shown.index(column)]:  # lock and eye are pictures
            assert table.columnWidth(column) >= table.sizeHintForColumn(column), heads
    assert table.horizontalHeader().length() <= table.viewport().width()

    # Findings are as tall as they need to be, and scroll where there are many.
    finding = Finding("TILTED", "warning", "The slices are tilted by 18.5 degrees. " * 3)
    panel.image_page.findings.render_findings([finding])
    text = panel.image_page.findings.widget()
    assert panel.image_page.findings.height() >= text.heightForWidth(
        panel.image_page.findings.width()
    )
    panel.image_page.findings.render_findings([finding] * 30)
    assert panel.image_page.findings.height() <= 150
    assert panel.status.isVisible()
    assert panel.status.geometry().bottom() <= panel.height()
    panel.deleteLater()


def test_the_panel_shows_what_the_model_says_and_its_buttons_do_it(window, image_path):
    viewer, panel = window(image_path)
    buttons, table, model = panel.contour_page.buttons, panel.contour_page.lesions, panel.model
    for name, why_not in model.why_not.items():
        assert buttons[name].isEnabled() == (why_not is None)
        assert why_not is None or buttons[name].toolTip() == why_not
    buttons["new_lesion"].click()
    model.lesions.add_outline(3, SQUARE)
    buttons["new_lesion"].click()
    model.lesions.measured.wait()
    assert table.lines.rowCount() == 2
    shown = [table.lines.index(0, column).data() for column in range(6)]
    assert shown == ["1", "Lesion 1", "Lesion", "0.30", "13.5 x 13.5", "1"]
    assert table.selectionModel().selectedRows()[0].row() == 1
    viewer.dims.set_current_step(0, 9)
    table.clicked.emit(table.lines.index(0, 1))
    assert model.lesions.current == 1
    assert viewer.dims.current_step[0] == 3
    assert "Kept in the journal; not yet a file" in panel.status.text()
    buttons["undo"].click()
    buttons["undo"].click()
    assert not model.session.segmentation.array.any()
    buttons["redo"].click()
    assert model.session.segmentation.array.any()
    buttons["outline"].click()
    assert panel.desk.toolbox.active is not None
    assert buttons["outline"].isChecked()

    # Another image: the layers of the first go, and the reader is asked about their work.
    first = list(viewer.layers)
    panel.questions.what_about_changes = lambda: "cancel"
    other = write_image(
        image_path.with_name("b.nii.gz"), Geometry.from_spacing((4, 9, 9), (2,) * 3)
    )
    panel.open(other)
    assert list(viewer.layers) == first
    panel.questions.what_about_changes = lambda: "save"
    panel.questions.path_to_save = lambda _suggested: image_path.with_name("kept.nii.gz")
    panel.open(other)
    assert not set(first) & set(viewer.layers)
    assert len(viewer.layers) == 2
    assert formats.read_segmentation(image_path.with_name("kept.nii.gz")).array.any()


def test_the_window_stays_open_over_unsaved_work_until_the_reader_decides(window, image_path):
    _, panel = window(image_path, show=True)
    main = panel.window()
    panel.model.lesions.add_outline(3, SQUARE)
    answers = iter(["cancel", "save"])
    panel.questions.what_about_changes = lambda: next(answers)
    panel.questions.path_to_save = lambda _suggested: None
    main.close()
    assert main.isVisible()
    main.close()  # "save", but then no path was chosen
    assert main.isVisible()
    panel.questions.what_about_changes = lambda: "discard"


def test_the_command_line_opens_image_and_mask_and_names_the_author(
    window, make_napari_viewer, image_path, monkeypatch, qtbot
):
    import napari

    from napari_medseg.viewer import open_viewer

    # A name that does not tell: what stands second on the command line is a mask all the same.
    mask_path = image_path.with_name("second.nrrd")
    geometry = formats.read_volume(image_path).geometry
    formats.write_segmentation(Segmentation.empty(geometry, (Segment.unnamed(1),)), mask_path)
    mask_path.with_name("second.json").unlink()
    made, ran = [], []
    monkeypatch.setattr(
        napari, "Viewer", lambda **_options: made.append(make_napari_viewer()) or made[0]
    )

    def run() -> None:
        panel = made[0].window.add_plugin_dock_widget("medseg", "medseg")[1]
        qtbot.waitUntil(lambda: not panel.loading.is_busy, timeout=30_000)
        ran.append(True)

    monkeypatch.setattr(napari, "run", run)
    open_viewer([image_path, mask_path], author="A. Reader")
    assert ran == [True]
    panel = made[0].window.add_plugin_dock_widget("medseg", "medseg")[1]
    assert panel.model.author == "A. Reader"
    assert panel.image_page.reader.text() == "A. Reader"
    assert panel.model.keeping.mask_path == mask_path
    made.clear()


def test_a_binding_that_uses_up_none_is_told_apart_and_warned_of(monkeypatch):
    from napari_medseg.panels import binding

    said, counts = [], iter([1000, 1000 - 100, 1000, 1000 + 3])
    monkeypatch.setattr(binding, "show_warning", said.append)
    monkeypatch.setattr(binding.sys, "getrefcount", lambda _nothing: next(counts))
    binding.warn_of_leaking_binding()
    assert len(said) == 1
    assert "save often" in said[0]
    binding.warn_of_leaking_binding()
    assert len(said) == 1


def test_the_manifest_is_valid_and_names_what_exists():
    from npe2 import PluginManifest

    import napari_medseg

    manifest = PluginManifest.from_file(Path(napari_medseg.__file__).with_name("napari.yaml"))
    assert manifest.name == "medseg"
    manifest.validate_imports()
