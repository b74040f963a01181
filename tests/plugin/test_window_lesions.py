"""The lesions in napari's window: the table, H held down, outlines, and autosave's line."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from medseg import formats
from medseg.model import Code, palette_color
from napari_medseg.viewmodels.contouring.keeping import autosave
from napari_medseg.viewmodels.sketch import Line, Text
from tests.plugin.canvas_hand import canvas_of, press

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

BLUE = (20, 40, 240)
SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5


def cell(panel: Any, line: int, name: str) -> Any:
    from napari_medseg.panels.contouring.lesion_columns import NAMES

    return panel.contour_page.lesions.lines.index(line, NAMES.index(name))


def click(panel: Any, index: Any, *, twice: bool = False) -> None:
    """Click into a cell of the table with the mouse."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    table = panel.contour_page.lesions
    point = table.visualRect(index).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=point)
    if twice:
        QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=point)


def blue_pixels(viewer: Any) -> int:
    """How many pixels of the canvas are bluish, as a lesion's colour and nothing else there."""
    from qtpy.QtTest import QTest

    QTest.qWait(30)  # what is drawn over the canvas follows a frame later
    pixels = viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    return int((pixels[..., 2] > pixels[..., :2].max(axis=2) + 40).sum())


def check_names_and_order(panel: Any) -> None:
    from qtpy.QtWidgets import QLineEdit

    table = panel.contour_page.lesions
    click(panel, cell(panel, 0, "label"), twice=True)
    (editor,) = table.findChildren(QLineEdit)
    editor.setText("Renamed")
    table.commitData(editor)
    assert panel.model.session.segmentation.segment(1).label == "Renamed"
    lung = Code("39607008", "SCT", "Lung")
    panel.contour_page.lesion_panel.code_for = lambda segment: (segment.type, lung)
    table.change_wanted.emit(1, "code")
    assert cell(panel, 0, "code").data() == "Lesion, Lung"

    table.order_by("volume", is_upwards=False)
    assert [cell(panel, line, "label").data() for line in (0, 1)] == ["Large", "Renamed"]
    assert panel.model.lesion_list.order == ("volume", False)
    panel.contour_page.lesion_panel.search.setText("ren lung")
    assert table.lines.rowCount() == 1
    panel.contour_page.lesion_panel.search.clear()


def check_menu(panel: Any) -> None:
    """A lesion's menu moves it in the list's own order, and gives all of them safe colours."""
    table, mask = panel.contour_page.lesions, panel.model.session.segmentation
    actions = {one.text().split(" (")[0]: one for one in table.lesion_menu(1).actions()}
    assert actions["Move down"].isEnabled()
    actions["Move down"].trigger()
    assert mask.numbers == (2, 1)
    actions["Move up"].trigger()
    assert mask.numbers == (1, 2)
    actions["Colours of all lesions: safe for colour-blind eyes"].trigger()
    assert mask.segment(1).color == palette_color(1) != BLUE
    panel.model.lesions.undo()
    table.order_by("volume", is_upwards=True)
    moves = [one for one in table.lesion_menu(1).actions() if one.text().startswith("Move")]
    assert not any(one.isEnabled() for one in moves)
    table.order_by("", is_upwards=True)


def check_no_number_is_cut_off(panel: Any) -> None:
    """In a narrow panel the least needed columns go."""
    from qtpy.QtTest import QTest

    table = panel.contour_page.lesions
    table.resize(300, 200)
    QTest.qWait(20)
    for name in ("volume", "diameters"):
        index = cell(panel, 0, name)
        assert not table.isColumnHidden(index.column())
        text = table.fontMetrics().horizontalAdvance(index.data())
        assert text < table.columnWidth(index.column())
    assert table.isColumnHidden(cell(panel, 0, "assisted").column())
    table.header_menu().actions()[0].trigger()
    assert not table.isColumnHidden(cell(panel, 0, "code").column())


def test_the_table_jumps_hides_locks_renames_sorts_and_filters(window, image_path):
    from qtpy.QtWidgets import QApplication

    viewer, panel = window(image_path, show=True)
    lesions = panel.model.lesions
    for index, name in ((3, "Small"), (8, "Large")):
        lesions.new_lesion(name)
        lesions.add_outline(index, SQUARE)
    lesions.add_outline(9, SQUARE)
    lesions.measured.wait()
    QApplication.processEvents()
    panel.model.lesion_list.set_color(1, BLUE)

    click(panel, cell(panel, 0, "volume"))
    assert lesions.current == 1
    assert viewer.dims.current_step[0] == 3
    seen = blue_pixels(viewer)
    assert seen > 300
    (view, *_) = panel.desk.screen.views
    assert [shape.text for shape in view.marks.shapes if isinstance(shape, Text)] == ["1"]

    click(panel, cell(panel, 0, "eye"))
    assert blue_pixels(viewer) == 0
    lesions.undo()  # an edit does not open the eye again
    lesions.redo()
    assert blue_pixels(viewer) == 0
    click(panel, cell(panel, 0, "eye"))
    assert blue_pixels(viewer) == seen
    click(panel, cell(panel, 0, "lock"))
    assert panel.model.session.segmentation.segment(1).is_locked

    click(panel, cell(panel, 0, "lock"))
    check_menu(panel)
    check_names_and_order(panel)
    check_no_number_is_cut_off(panel)
    press(panel, "J", "Delete")
    assert panel.model.notice.text.endswith("Undo brings it back.") != panel.model.notice.is_refusal


def test_keys_hide_outline_and_fade_and_the_file_follows_by_itself(
    window, image_path, tmp_path, monkeypatch
):
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    monkeypatch.setattr(autosave, "REST_SECONDS", 0.2)
    viewer, panel = window(image_path, show=True)
    lesions, looks = panel.model.lesions, panel.model.lesions.looks
    lesions.add_outline(6, SQUARE)
    panel.desk.go_to_lesion(1)
    panel.model.lesion_list.set_color(1, BLUE)
    labels = viewer.layers["lesions"]
    seen = blue_pixels(viewer)
    (view, *_) = panel.desk.screen.views

    canvas = canvas_of(panel)
    QTest.keyPress(canvas, Qt.Key.Key_H)
    assert looks.is_held_back
    assert blue_pixels(viewer) == 0
    assert not view.marks.shapes
    QTest.keyRelease(canvas, Qt.Key.Key_H)
    assert not looks.is_held_back
    assert blue_pixels(viewer) == seen

    press(panel, "Shift+F")
    assert not labels.visible
    assert blue_pixels(viewer) == 0  # the outlines are drawn by Qt over the canvas
    assert [shape.color for shape in view.marks.shapes if isinstance(shape, Line)][-1] == "#1428f0"
    press(panel, "Shift+F", "Minus", "Minus", "Equal")
    assert labels.visible
    assert labels.opacity == looks.opacity == 0.4
    press(panel, "Shift+H")
    assert not panel.reading.shows_crosshair
    press(panel, "Shift+L", "Shift+E")
    assert panel.model.session.segmentation.segment(1).is_locked
    assert looks.hidden == {1}

    path = tmp_path / "mine.nii.gz"
    panel.model.keeping.save(path)
    press(panel, "Shift+L")
    lesions.add_outline(8, SQUARE)
    assert "Unsaved changes, kept in the journal" in panel.status.text()
    deadline = time.monotonic() + 20
    while panel.model.keeping.has_unsaved_changes and time.monotonic() < deadline:
        QTest.qWait(50)
    assert formats.read_segmentation(path).array[8].any()
    QTest.qWait(600)
    assert "Saved" in panel.status.text()
    assert "to mine.nii.gz" in panel.status.text()
