"""The windows in which one acts on a reading, without a viewer: focus, drafts, and their ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from medseg.errors import ReviewError
from medseg.model import EndingKind, Finding, Verification
from napari_medseg.viewmodels.reviewing.acting.assigning import AssigningViewModel
from napari_medseg.viewmodels.reviewing.review import ReviewViewModel
from tests.plugin.bare_room import Room, a_new_case, events, keys, tabs, wait_for
from tests.plugin.studies import PASSPHRASE, SmallStudy

pytestmark = [
    pytest.mark.qt,
    pytest.mark.filterwarnings("ignore:`json_encoders` is deprecated"),
]

REJECTED = Finding(
    "REJECTED",
    "error",
    "The mask was rejected by Dr. Rob as reviewer at 2026-11-23T05:22:01.883+00:00: "
    "The speck: an artefact. Take it out.",
)
CHANGED = Finding("TAMPERED_VOXELS", "error", "The voxels of Speck changed after signing.")


@pytest.fixture
def room(screen: None, qapp: Any, study: SmallStudy) -> Iterator[Room]:
    room = Room(study)
    yield room
    room.close()


def test_the_passphrase_is_where_one_types_and_stays_there_when_it_was_wrong(room: Room) -> None:
    room.come("ana")
    room.open()
    room.room.show_submit()
    dialog = room.dialog
    room.rest()
    assert dialog.proof.signer.isVisible()
    assert dialog.proof.signer.text() == "p-ana"
    assert dialog.focusWidget() is dialog.proof.passphrase
    wait_for(lambda: dialog.model.is_checked)
    keys(dialog, "wrong", "Return")
    room.rest()
    assert dialog.model.is_refusal
    assert dialog.focusWidget() is dialog.proof.passphrase
    assert dialog.proof.passphrase.text() == ""
    keys(dialog, PASSPHRASE, "Return")
    room.rest()
    assert dialog.model.is_done


def test_without_an_id_that_is_typed_first(room: Room) -> None:
    from napari_medseg.panels.reviewing.proof import Proof

    proof = Proof(None)
    proof.ask(for_id=True)
    assert proof.first is proof.signer
    proof.ask(for_id=False)
    assert proof.first is proof.passphrase
    proof.deleteLater()


def test_tab_goes_through_the_fields_and_then_to_the_act(room: Room) -> None:
    room.come("ana")
    room.open()
    room.room.show_submit()
    dialog = room.dialog
    room.rest()
    wait_for(lambda: dialog.model.is_checked)
    keys(dialog, "some")
    assert dialog.act.isEnabled()
    order = [dialog.act, dialog.leave, dialog.again, dialog.kinds[EndingKind.LESIONS]]
    assert tabs(dialog, 4) == order
    assert tabs(dialog, 2)[-1] is dialog.findings
    assert dialog.act.isDefault()
    assert not dialog.leave.isDefault()


def test_return_on_a_button_presses_that_button_and_not_the_act(room: Room) -> None:
    room.come("ana")
    room.open()
    room.room.show_submit()
    dialog = room.dialog
    room.rest()
    wait_for(lambda: dialog.model.is_checked)
    keys(dialog, PASSPHRASE)
    model = dialog.model
    dialog.leave.setFocus()
    keys(dialog, key="Return")
    assert room.dialog is None
    assert not model.is_done
    assert not model.is_busy


def test_handing_over_and_exporting_begin_with_what_is_filled_in(room: Room) -> None:
    room.come("ana")
    room.open()
    room.room.show_hand_over()
    room.rest()
    assert room.dialog.focusWidget() is room.dialog.people
    room.room.show_export()
    room.rest()
    assert room.dialog.focusWidget() is room.dialog.choose


def test_a_window_ends_with_its_reading_and_says_so(room: Room) -> None:
    other = a_new_case(room.study, "ana")
    room.come("ana")
    room.open()
    reading = room.room.home.reading.reading_id
    room.room.show_submit()
    ends: list[int] = []
    room.dialog.finished.connect(ends.append)
    room.rest()
    assert not ends
    room.open(case=other)
    assert room.room.home.reading.reading_id != reading
    assert room.dialog is None
    assert len(ends) == 1
    assert f"The window for {reading} was closed" in room.case.notice.text


def test_what_was_typed_is_given_back_for_the_same_reading_alone(room: Room) -> None:
    other = a_new_case(room.study, "ana")
    room.come("ana")
    room.open()
    room.room.show_submit()
    room.rest()
    keys(room.dialog, PASSPHRASE)
    room.dialog.remark.setText("breathing")
    keys(room.dialog, key="Escape")
    assert room.dialog is None
    room.room.show_hand_over()
    room.dialog.note.setPlainText("upper lobes are done")
    room.room.show_submit()
    assert room.dialog.remark.text() == room.dialog.model.text == "breathing"
    assert room.dialog.proof.passphrase.text() == ""
    room.room.show_hand_over()
    assert room.dialog.model.note == room.dialog.note.toPlainText() == "upper lobes are done"
    room.rest()
    room.open(case=other)
    room.room.show_submit()
    assert room.dialog.remark.text() == ""
    room.rest()


def test_a_judgement_with_its_reason_is_given_back_until_it_is_signed(room: Room) -> None:
    room.come("ana")
    room.open()
    room.room.show_submit()
    room.rest()
    wait_for(lambda: room.dialog.model.is_checked)
    keys(room.dialog, PASSPHRASE, "Return")
    room.rest()
    assert room.dialog.model.is_done
    room.dialog.close()
    room.come("rob")
    room.open(room.study.reading)
    room.room.show_sign()
    room.rest()
    room.dialog.choices["reject"].click()
    room.dialog.reason.setPlainText("The speck is an artefact.")
    keys(room.dialog, key="Escape")
    room.room.show_sign()
    room.rest()
    dialog = room.dialog
    assert dialog.choices["reject"].isChecked()
    assert dialog.model.reason == dialog.reason.toPlainText() == "The speck is an artefact."
    assert dialog.focusWidget() is dialog.proof.passphrase
    keys(dialog, PASSPHRASE, "Return")
    room.rest()
    assert dialog.model.is_done, dialog.model.said
    dialog.close()
    room.room.show_sign()
    assert room.dialog.reason.toPlainText() == ""
    room.rest()


def test_the_window_of_assigning_stays_within_the_screen(room: Room) -> None:
    from napari_medseg.panels.reviewing.assigning import AssignDialog

    room.come("sig")
    cases = [f"c-{number:08d}" for number in range(60)]
    model = AssigningViewModel(room.room.home, cases, given=events)
    dialog = AssignDialog(model, room.panel)
    dialog.show()
    model.begin()
    room.rest()
    low = dialog.height()
    why = "A case has 1 reading in this project, and this has as many. Hand an open one over."
    told = "\n".join(f"{case}: {why}" for case in cases)
    dialog.model.refuse(ReviewError(told))
    wait_for(lambda: dialog.height() > low)
    assert cases[-1] in dialog.message.text()
    assert cases[-1] in dialog.what.text()
    room.rest()
    assert dialog.height() < 500
    assert dialog.act.isVisible()
    # All of it can be scrolled to.
    bar = dialog.message.verticalScrollBar()
    label = dialog.message.label
    assert bar.maximum() + bar.pageStep() >= label.heightForWidth(label.width()) > 1000
    dialog.model.say("Nothing.")
    room.rest()
    wait_for(lambda: dialog.message.height() < 40)
    assert dialog.message.verticalScrollBar().maximum() == 0  # a line is seen whole
    dialog.close()


def test_what_was_begun_on_a_case_is_not_said_of_another(room: Room) -> None:
    from napari_medseg.panels.reviewing.comment_list import CommentPage
    from napari_medseg.panels.reviewing.page import ReviewPage

    other = a_new_case(room.study, "ana")
    review = ReviewViewModel(room.case, room.planes, lambda _number: None)
    review.attach(project=room.room.home, viewings=room.room.viewings, jobs=room.room.jobs)
    page = ReviewPage(review, review.commands | {"submit": events, "sign": events}, None)
    room.come("ana")
    room.open()
    page.queries.text.setText("Is this the second scan?")
    review.comments.begin()
    assert isinstance(page.comments, CommentPage)
    page.comments.text.setText("The speck is noise")
    room.room.home.reload()
    room.rest()
    assert page.queries.text.text() == "Is this the second scan?"
    room.open(case=other)
    assert room.room.home.case.case_id == other
    assert page.queries.text.text() == ""
    assert f"The comment begun on {room.study.case} was not kept." in room.case.notice.text
    review.comments.begin()
    assert page.comments.text.text() == ""
    room.open()
    assert other not in room.case.notice.text  # nothing was typed there
    page.let_go()
    page.close()


def test_a_rejected_mask_says_who_and_why_first(room: Room) -> None:
    from napari_medseg.panels.reviewing.verdict import VerdictLine

    model = room.room.verdict
    model._mask = Path("lesions.nii.gz")
    model.verification = Verification((CHANGED, REJECTED))
    line = VerdictLine(model)
    said = line.label.text()
    assert "Sent back by Dr. Rob:</b></span> The speck: an artefact. Take it out." in said
    assert "2026" not in said
    assert "INVALID" in line.toolTip()
    later = Finding("SUPERSEDED", "error", "It is about an earlier version.")
    model.verification = Verification((REJECTED, later))
    model.changed.emit()
    assert "An earlier version was sent back by Dr. Rob:" in line.label.text()
    line.let_go()
    line.deleteLater()
