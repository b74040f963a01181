"""The office's work in napari's window: assigned, asked, handed over; a comparison given up."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medseg.project import Project, import_images
from napari_medseg.viewmodels.reviewing.comparing.others import Other
from tests.phantoms import ramp_volume
from tests.plugin.studies import SmallStudy
from tests.plugin.test_window_signing import at_rest, wait_for
from tests.project.cases import save_image

pytestmark = [
    pytest.mark.qt,
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]


def come(panel: Any, study: SmallStudy, name: str) -> None:
    panel.open_project(study.folder, key=study.key(name))
    wait_for(lambda: name.title() in panel.project_model.who and at_rest(panel))


def a_new_case(study: SmallStudy) -> str:
    with Project.open(study.folder) as project:
        path = study.root / "SMITH-JOHN" / "second.nii.gz"
        volume = ramp_volume()
        save_image(replace(volume, voxels=volume.voxels + 1), path)
        (case,) = import_images(project, path, by="p-sig").cases
    return case


def choose(box: Any, text: str) -> None:
    """A choice of a combo box, as a click on it makes it."""
    places = [place for place in range(box.count()) if box.itemText(place).startswith(text)]
    box.setCurrentIndex(places[0])
    box.activated.emit(places[0])


def click_row(table: Any, row: int) -> None:
    """Click on a row of a table; without an event Qt would go by the keys of the last one."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    middle = table.visualRect(table.model().index(row, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=middle)


def assign(panel: Any, study: SmallStudy, new: str) -> None:
    """The lead gives the case that waits to Ben, by a date."""
    page = panel.room.page
    come(panel, study, "sig")
    wait_for(lambda: page.table.rows)
    assert [row.todo for row in page.table.rows] == ["assign"]
    click_row(page.table, 0)
    page.assign.click()
    dialog = panel.room.dialog
    wait_for(lambda: dialog.model.outlook is not None)
    assert new in dialog.what.text()
    assert not dialog.act.isEnabled()
    choose(dialog.people, "Dr Ben")
    dialog.is_due.setChecked(True)
    # As high as what it shows, and no higher.
    wait_for(lambda: dialog.height() == dialog.layout().totalHeightForWidth(dialog.width()))
    dialog.act.click()
    wait_for(lambda: dialog.model.is_done and at_rest(panel))
    assert "Dr Ben reads 1 case." in dialog.message.text()
    assert not dialog.people.isVisible()
    with Project.open(study.folder) as project:
        (reading,) = project.case(new).readings
    assert (reading.reader, reading.due) == ("p-ben", dialog.due.date().toString("yyyy-MM-dd"))
    dialog.close()


def ask(panel: Any, text: str) -> None:
    """Ask the importing site by the keyboard."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    panel.tabs.setCurrentIndex(1)
    asked = panel.review_page.queries
    panel.review_page.lists.setCurrentWidget(asked)
    QTest.keyClicks(asked.text, text)
    QTest.keyClick(asked.text, Qt.Key.Key_Return)
    wait_for(lambda: asked.list.count() == 1 and at_rest(panel))
    assert asked.text.text() == ""


def hand_over(panel: Any, note: str) -> None:
    """Ana gives her reading to Ben from where she is, with an open question."""
    from qtpy.QtTest import QTest

    panel.show_worklist()
    panel.room.page.hand_over.click()
    dialog = panel.room.dialog
    wait_for(lambda: dialog.model.people)
    choose(dialog.people, "Dr Ben")
    QTest.keyClicks(dialog.note, note)
    assert f"Note: {note}" in dialog.told.toPlainText()
    assert "Which scanner? (open)" in dialog.told.toPlainText()
    dialog.act.click()
    wait_for(lambda: dialog.model.is_done and at_rest(panel))
    dialog.close()


def test_a_case_is_assigned_asked_about_handed_over_and_gone_on_with(
    window: Any, tmp_path: Path
) -> None:
    study = SmallStudy.make(tmp_path)
    new = a_new_case(study)
    _, panel = window(show=True)
    assign(panel, study, new)

    come(panel, study, "ana")
    assert not panel.room.page.assign.isVisible()
    panel.project_model.open_reading(study.case)
    wait_for(lambda: panel.model.session is not None and at_rest(panel))
    ask(panel, "Which scanner?")
    panel.reading.planes.go_to_stored((4, 3, 2))
    hand_over(panel, "go on below")

    come(panel, study, "ben")
    panel.reading.planes.go_to_stored((0, 0, 0))
    panel.project_model.open_reading(study.case)
    wait_for(lambda: panel.room.taking_over.left is not None and at_rest(panel))
    assert panel.reading.planes.stored_index == (4, 3, 2)
    line = panel.room.left_line
    assert line.isVisible()
    assert "go on below" in line.text.text()
    line.close_it.click()
    assert not line.isVisible()


def test_comparing_is_given_up_in_the_heading(window: Any, image_path: Path) -> None:
    _, panel = window(image_path, show=True)
    gate, comparing = threading.Event(), panel.desk.review.comparing

    def read(_volume: Any) -> Any:
        assert gate.wait(60)
        return panel.model.session.segmentation

    comparing.offer((Other("slow", "a slow one", read),))
    assert not panel.review_page.busy.isVisible()
    comparing.choose("slow")
    wait_for(panel.review_page.busy.isVisible)  # on whatever page one is
    assert panel.review_page.busy.text.text() == "Comparing with a slow one"
    panel.review_page.busy.stop.click()
    assert comparing.chosen is None
    assert "given up" in panel.message.text()
    assert not panel.review_page.busy.stop.isVisible()
    gate.set()
    wait_for(lambda: not panel.review_page.busy.isVisible())
    assert comparing.result is None
