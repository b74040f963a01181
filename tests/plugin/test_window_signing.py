"""A project in napari's window: worklist, hand-in, judgement; a signed mask in plain napari."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medseg.model import ReadingState
from medseg.project import Project
from napari_medseg.display import NOUN
from tests.plugin.canvas_hand import canvas_of, press
from tests.plugin.hands import cells_of
from tests.plugin.studies import PASSPHRASE, SmallStudy
from tests.project.cases import Folder

pytestmark = [
    pytest.mark.qt,
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]


def wait_for(is_so: Callable[[], Any], seconds: float = 60.0) -> None:
    """Let the window go on until something is so."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to be so"
        QApplication.processEvents()
        time.sleep(0.01)


def at_rest(panel: Any) -> bool:
    """Whether nothing is done behind, and what was opened is on screen."""
    return not panel.jobs.is_busy and not panel.desk.screen.arrival.is_under_way


def type_passphrase(dialog: Any, text: str) -> None:
    """The passphrase by the keyboard, and Enter."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    QTest.keyClicks(dialog.proof.passphrase, text)
    QTest.keyClick(dialog.proof.passphrase, Qt.Key.Key_Return)


def state_of(study: SmallStudy) -> ReadingState:
    with Project.open(study.folder) as project:
        return project.case(study.case).reading(study.reading).state


def assert_nothing_can_be_changed(panel: Any) -> None:
    """What was handed in stands; the footer says so in a line, its tooltip in full."""
    press(panel, "N")
    assert "not changed" in panel.message.text()
    assert "Read-only" in panel.status.text()
    assert "waits for others" not in panel.status.text()
    assert "waits for others" in panel.status.toolTip()


def test_a_reading_is_handed_in_and_judged_in_the_window(window: Any, tmp_path: Path) -> None:
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    study = SmallStudy.make(tmp_path)
    viewer, panel = window(show=True)
    panel.open_project(study.folder, key=study.key("ana"))
    wait_for(lambda: panel.room.page.table.rows)
    table = panel.room.page.table
    assert table.item(0, 1).text() == "read"
    table.selectRow(0)
    QTest.keyClick(table, Qt.Key.Key_Return)
    wait_for(lambda: panel.model.session is not None and at_rest(panel))
    assert "Dr Ana, annotator" in panel.case_title.text()
    assert panel.image_page.reader.isReadOnly()  # the key says who this is, and nobody's typing
    assert viewer.layers[0].metadata[NOUN] is panel.model.session.volume

    canvas_of(panel).setFocus()
    press(panel, "F11")
    dialog = panel.room.dialog
    wait_for(lambda: dialog.model.is_checked)
    assert dialog.findings.count() == len(dialog.model.findings) > 0
    panel.reading.planes.go_to_stored((0, 0, 0))
    (row,) = [n for n, one in enumerate(dialog.model.findings) if one.code == "ONE_SLICE_LESION"]
    item = dialog.findings.item(row)
    dialog.findings.itemClicked.emit(item)
    assert panel.reading.planes.stored_index[0] == 4  # the click goes to the speck
    type_passphrase(dialog, "wrong")
    wait_for(lambda: dialog.model.is_refusal)
    assert "passphrase" in dialog.message.text()
    assert dialog.proof.passphrase.text() == ""  # wiped as soon as it was taken
    type_passphrase(dialog, PASSPHRASE)
    wait_for(lambda: dialog.model.is_done and at_rest(panel))
    dialog.close()
    assert state_of(study) is ReadingState.SUBMITTED
    assert_nothing_can_be_changed(panel)

    panel.open_project(study.folder, key=study.key("rob"))
    wait_for(lambda: panel.room.page.table.rows and "Rob" in panel.project_model.who)
    press(panel, "Shift+N")
    wait_for(lambda: panel.project_model.turn == "review" and at_rest(panel))
    press(panel, "F10")
    dialog = panel.room.dialog
    wait_for(lambda: dialog.model.preview is not None)
    assert [row[1] for row in cells_of(dialog.lesions)] == ["Nodule", "Speck", "Cyst"]
    assert "complete and correct" in dialog.meaning.text()
    dialog.choices["reject"].click()
    dialog.reason.setPlainText("The speck is an artefact.")
    type_passphrase(dialog, PASSPHRASE)
    wait_for(lambda: dialog.model.is_done and at_rest(panel))
    dialog.close()
    assert state_of(study) is ReadingState.RETURNED


def test_plain_napari_tells_the_verdict_on_a_signed_mask(
    window: Any, make_napari_viewer: Any, tmp_path: Path
) -> None:
    from napari.utils.notifications import notification_manager

    from napari_medseg.viewer import add_panel, make_known

    folder = Folder.make(tmp_path / "plain")
    folder.sign()
    make_known()
    viewer = make_napari_viewer()
    viewer.open(str(folder.image), plugin="medseg")
    (layer,) = viewer.open(str(folder.mask), plugin="medseg")
    told = layer.metadata["medseg_verdict"]
    wait_for(lambda: told["word"] != "BEING CHECKED")
    assert told["word"] == "NOT ESTABLISHED"  # a sound signature of somebody nobody vouches for
    assert [one["code"] for one in told["verdicts"]] == ["SIGNER_NOT_ESTABLISHED"]
    wait_for(lambda: [one for one in notification_manager.records if told["word"] in one.message])
    panel = add_panel(viewer)
    wait_for(lambda: "NOT ESTABLISHED" in panel.room.verdict_line.label.text())
