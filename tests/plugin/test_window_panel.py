"""The panel in napari's window: legible, in step with the model, and asking before work is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medseg import formats
from medseg.model import Finding, Geometry
from tests.plugin.cases import write_image

pytestmark = [
    pytest.mark.qt,
    # napari 0.9 declares its models in a way that pydantic has deprecated, on import only.
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5


def contrast(first: str, second: str) -> float:
    """How much two colours differ, from 1 to 21 (WCAG 2.2, relative luminance)."""
    lights = []
    for color in (first, second):
        parts = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ (0.2126, 0.7152, 0.0722)) + 0.05)
    return max(lights) / min(lights)


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


def test_colours_of_words_are_legible_on_both_themes_and_follow_them(window, image_path, qtbot):
    from napari.settings import get_settings
    from napari.utils.theme import get_theme

    from napari_medseg.panels.looks import GOOD, QUIET, SEVERITY_COLORS, is_light, shade

    _, panel = window(image_path, show=True)
    panel.model.notice.say("Something is said.")
    panel.model.notice.changed.emit()
    written = {}
    for theme in ("light", "dark"):
        get_settings().appearance.theme = theme
        qtbot.wait(50)
        assert is_light() == (theme == "light")
        written[theme] = shade(QUIET)
        assert written[theme] in panel.message.text()
        grounds = get_theme(theme)
        for ground in (grounds.background, grounds.foreground, grounds.primary):
            for color in (QUIET, GOOD, *SEVERITY_COLORS.values()):
                assert contrast(shade(color), ground.as_hex(format="long")) >= 4.5, (theme, color)
    assert written["dark"] != written["light"]


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

    # A long name does not push the page out of the panel, also not when the theme changes.
    panel.model.lesion_list.rename(1, "Left upper lobe, apicoposterior, near the aorta")
    panel.setStyleSheet("QWidget { padding: 0px; }")
    qtbot.wait(50)
    assert_nothing_is_cut_off(panel)
    panel.setStyleSheet("")

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

    # Another image: the layers stay and show it, and the reader is asked about their work.
    first, shown = list(viewer.layers), [layer.data for layer in viewer.layers]
    panel.questions.what_about_changes = lambda: "cancel"
    other = write_image(
        image_path.with_name("b.nii.gz"), Geometry.from_spacing((4, 9, 9), (2,) * 3)
    )
    panel.open(other)
    assert all(layer.data is before for layer, before in zip(first, shown, strict=True))
    panel.questions.what_about_changes = lambda: "save"
    panel.questions.path_to_save = lambda _suggested: image_path.with_name("kept.nii.gz")
    panel.open(other)
    assert list(viewer.layers) == first
    assert [layer.data.shape for layer in first] == [(4, 9, 9)] * 2
    assert not first[1].data.any()
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
