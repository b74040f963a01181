"""Filling between key slices: proposed, accepted, rejected, corrected; without a screen."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medseg import read_volume
from medseg.interpolate import Preview, fill_all_edit
from medseg.interpolate import gap_runs as room
from medseg.model import Contour, Finding, Geometry, Origin, Place, Segmentation
from napari_medseg.display import Display
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.filling import proposal
from napari_medseg.viewmodels.contouring.filling.proposal_sketch import ProposalSketch
from napari_medseg.viewmodels.contouring.filling.slice_states import SliceState
from tests.plugin.cases import write_image

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5
BUMP = np.array([(14, 18), (14, 25), (17, 25), (17, 18)]) - 0.5


@pytest.fixture
def case(image_path: Path) -> CaseViewModel:
    model = CaseViewModel("A. Reader")
    model.open(image_path)
    assert model.session is not None, model.notice.text
    return model


def mask_of(model: CaseViewModel) -> np.ndarray:
    assert model.session is not None
    return model.session.segmentation.array


def draw(model: CaseViewModel, *slices: int, columns: float = 0, rows: float = 0) -> None:
    """The current lesion as a square on these slices."""
    for index in slices:
        model.lesions.add_outline(index, SQUARE + np.array([rows, columns]))
    assert model.filling.live.wait()


def proposed_slices(model: CaseViewModel, number: int = 1) -> list[int]:
    assert model.filling.live.wait()
    return sorted(model.filling.slices(number))


def origin(model: CaseViewModel, index: int, number: int = 1) -> Origin | None:
    found = model.session.segmentation.provenance.get((number, index))
    return found.origin if found else None


def filled(model: CaseViewModel) -> np.ndarray:
    """The mask as filling everything would leave it."""
    now = model.session.segmentation
    copy = Segmentation(now.array.copy(), now.geometry, now.segments, dict(now.provenance))
    edit = fill_all_edit(copy, model.session.by("test")).edit
    if edit is not None:
        edit.apply(copy)
    return copy.array


# -- proposing ------------------------------------------------------------------------------


def test_after_the_second_key_slice_those_between_are_proposed_and_nothing_is_changed(case):
    case.lesions.new_lesion()
    assert case.filling.live.wait()
    assert "empty" in case.filling.summary
    draw(case, 3)
    assert proposed_slices(case) == []
    assert case.filling.summary.startswith("One key slice.")
    draw(case, 7, columns=4)
    assert proposed_slices(case) == [4, 5, 6]
    assert not mask_of(case)[4:7].any()
    assert case.filling.summary == "2 key slices, 3 proposed"
    assert case.lesions.rows[0].number in case.lesions.proposed()
    wanted = filled(case)
    (one,) = case.filling.proposed
    shown = np.zeros(wanted.shape, bool)
    where = tuple(
        slice(corner, corner + size)
        for corner, size in zip(one.shape.corner, one.shape.mask.shape, strict=True)
    )
    shown[where] = one.shape.mask
    np.testing.assert_array_equal(shown[4:7], wanted[4:7] == 1)


def test_an_edited_key_has_its_two_gaps_computed_and_no_other(case, monkeypatch):
    draw(case, 0, 2, 5, 7, 10)
    computed: list[tuple[int, ...]] = []
    of = room.LabelRun.of

    def counted(source: Any, label: int, run: Any, *others: Any) -> Any:
        computed.append((run.start, run.stop))
        return of(source, label, run, *others)

    monkeypatch.setattr(room.LabelRun, "of", counted)
    case.lesions.add_outline(5, BUMP)
    assert proposed_slices(case) == [1, 3, 4, 6, 8, 9]
    assert computed == [(2, 7)]
    computed.clear()
    case.lesions.undo()
    assert proposed_slices(case) == [1, 3, 4, 6, 8, 9]
    assert computed == [(2, 7)]


def test_several_lesions_are_proposed_at_once_and_share_no_voxel(case):
    draw(case, 2, 6)
    case.lesions.new_lesion()
    draw(case, 3, 8, columns=6)  # next to the first, where they would run into one another
    assert proposed_slices(case, 1) == [3, 4, 5]
    assert proposed_slices(case, 2) == [4, 5, 6, 7]
    before = mask_of(case).copy()
    wanted = filled(case)
    case.filling.accept_all()
    np.testing.assert_array_equal(mask_of(case), wanted)
    assert "Lesion 1: slices 3 to 5 accepted." in case.notice.text
    assert "Lesion 2: slices 4 to 7 accepted." in case.notice.text
    case.lesions.undo()
    np.testing.assert_array_equal(mask_of(case), before)
    assert proposed_slices(case, 2) == [4, 5, 6, 7]


def test_a_locked_lesion_is_not_proposed_and_unlocked_it_is(case):
    draw(case, 3, 7)
    edit = case.session.change_segment(1, is_locked=True)
    case.lesions.edited.emit(edit)
    assert proposed_slices(case) == []
    assert "is locked" in case.filling.summary
    case.filling.accept_lesion()
    assert case.notice.is_refusal
    assert "is locked" in case.notice.text
    case.lesions.undo()
    assert proposed_slices(case) == [4, 5, 6]


# -- accepting and rejecting ----------------------------------------------------------------


def test_a_slice_is_accepted_then_the_lesion_and_undo_brings_the_proposal_back(case):
    draw(case, 3, 7, columns=2)
    wanted = filled(case)
    case.filling.accept_slice(5)
    np.testing.assert_array_equal(mask_of(case)[5], wanted[5])
    assert not mask_of(case)[4].any()
    assert origin(case, 5) is Origin.INTERPOLATED
    assert proposed_slices(case) == [4, 6]
    assert case.notice.text == "Lesion 1: slice 5 accepted."
    case.filling.accept_lesion()
    np.testing.assert_array_equal(mask_of(case), wanted)
    assert proposed_slices(case) == []
    assert case.filling.summary == "2 key slices, all between is filled."
    case.lesions.undo()
    assert proposed_slices(case) == [4, 6]
    case.lesions.undo()
    assert proposed_slices(case) == [4, 5, 6]
    case.lesions.redo()
    assert proposed_slices(case) == [4, 6]
    case.filling.accept_slice(3)
    assert case.notice.is_refusal
    assert "Nothing is proposed here" in case.notice.text


def test_on_a_slice_without_a_proposal_of_the_current_lesion_the_one_that_is_seen_is_taken(case):
    draw(case, 3, 7)
    case.lesions.new_lesion()
    case.filling.accept_slice(4)
    assert (mask_of(case)[4] == 1).any()


def test_what_is_rejected_returns_when_a_key_beside_it_changes(case):
    draw(case, 1, 4, 8)
    assert case.filling.reject()
    assert proposed_slices(case) == []
    assert "rejected" in case.filling.summary
    assert not case.filling.reject()
    case.lesions.new_lesion()
    draw(case, 5, rows=15)
    assert proposed_slices(case) == [], "another lesion's key is none beside it"
    case.lesions.select(1)
    case.lesions.add_outline(8, BUMP)
    assert proposed_slices(case) == [5, 6, 7]


def test_slices_filled_from_a_key_that_changed_are_stale_and_proposed_anew(case):
    draw(case, 0, 3, 6, 9)
    case.filling.accept_lesion()
    assert proposed_slices(case) == []
    case.lesions.add_outline(3, BUMP)
    assert proposed_slices(case) == [1, 2, 4, 5]
    states = case.filling.states
    assert states[4] is SliceState.STALE
    assert states[7] is SliceState.FILLED
    assert states[3] is SliceState.KEY
    assert case.filling.summary == "4 key slices, 4 proposed, 4 of them stale"
    case.filling.accept_lesion()
    assert proposed_slices(case) == []
    assert not any(state is SliceState.STALE for state in case.filling.states.values())
    case.lesions.undo()
    assert proposed_slices(case) == [1, 2, 4, 5]
    case.lesions.undo()
    assert proposed_slices(case) == []


def test_filling_at_once_takes_what_is_proposed_and_works_while_nothing_is(case):
    draw(case, 3, 7)
    wanted = filled(case)
    case.filling.toggle_live()
    assert proposed_slices(case) == []
    assert "off" in case.filling.summary
    case.filling.fill()
    np.testing.assert_array_equal(mask_of(case), wanted)
    case.lesions.undo()
    case.filling.toggle_live()
    assert proposed_slices(case) == [4, 5, 6]
    case.filling.fill()
    np.testing.assert_array_equal(mask_of(case), wanted)
    assert "accepted" in case.notice.text


def test_whether_slices_are_proposed_is_remembered(tmp_path):
    settings = tmp_path / "viewer.json"
    model = CaseViewModel("A. Reader", settings=settings)
    assert model.filling.is_live
    model.filling.toggle_live()
    assert not CaseViewModel("A. Reader", settings=settings).filling.is_live


# -- while it is computed -------------------------------------------------------------------


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """All is done in the thread, which waits while this event is not set."""
    monkeypatch.setattr(proposal, "QUICK_SECONDS", 0.0)
    event = threading.Event()
    refresh = Preview.refresh

    def held_up(preview: Preview, *touched: Any) -> Any:
        assert event.wait(60)
        return refresh(preview, *touched)

    monkeypatch.setattr(Preview, "refresh", held_up)
    event.set()
    return event


def test_the_hand_never_waits_and_a_command_is_done_when_the_thread_is(case, gate):
    draw(case, 2, 5, 9)
    gate.clear()
    case.lesions.add_outline(7, SQUARE)
    assert case.filling.live.is_busy
    assert case.filling.slices(1) == {3, 4, 6, 8}, "the slice that was drawn is no proposal now"
    case.filling.accept_lesion()
    assert "as soon as it is there" in case.notice.text
    assert not mask_of(case)[3].any()
    assert not case.filling.reject()
    case.lesions.add_outline(5, BUMP)  # the hand goes on meanwhile
    gate.set()
    while case.filling.live.is_busy:
        case.filling.poll()
    case.filling.poll()
    assert mask_of(case)[[3, 4, 6, 8]].any(axis=(1, 2)).all()
    assert "accepted" in case.notice.text


def two_lesions_and_a_wait(case: CaseViewModel, gate: threading.Event) -> None:
    """Proposals for lesions 1 and 2 are there; of lesion 1, whose key changed, it is computed."""
    draw(case, 2, 5)
    case.lesions.new_lesion()
    draw(case, 2, 5, rows=12)
    case.lesions.select(1)
    gate.clear()
    case.lesions.add_outline(5, BUMP)
    assert case.filling.live.is_busy


def let_go(case: CaseViewModel, gate: threading.Event) -> None:
    """The computation ends, and the poll that follows finds it."""
    gate.set()
    assert case.filling.live.wait()
    case.filling.poll()


@pytest.mark.parametrize("takes", ["lesion", "slice"])
def test_what_waits_is_of_the_lesion_that_was_current_at_the_key(case, gate, takes):
    two_lesions_and_a_wait(case, gate)
    if takes == "lesion":
        case.filling.accept_lesion()
    else:
        case.filling.accept_slice(3)
    case.lesions.select(2)
    let_go(case, gate)
    assert (mask_of(case)[3] == 1).any()
    assert (mask_of(case)[4] == 1).any() == (takes == "lesion")
    assert not (mask_of(case)[3:5] == 2).any()
    assert case.notice.text.startswith("Lesion 1: ")


def test_several_slices_may_wait_and_each_is_taken(case, gate):
    two_lesions_and_a_wait(case, gate)
    case.filling.accept_slice(3)
    case.filling.accept_slice(4)
    case.filling.accept_slice(4)
    let_go(case, gate)
    while case.filling.is_waiting:
        let_go(case, gate)
    assert (mask_of(case)[3:5] == 1).any(axis=(1, 2)).all()
    assert not case.notice.is_refusal, "none is asked for twice"


def test_what_waits_is_given_up_in_words_and_nothing_is_taken(case, gate):
    two_lesions_and_a_wait(case, gate)
    before = mask_of(case).copy()
    case.filling.accept_lesion()
    assert case.filling.give_up_waiting()
    assert "stays proposed" in case.notice.text
    assert not case.filling.give_up_waiting()
    let_go(case, gate)
    np.testing.assert_array_equal(mask_of(case), before)
    assert case.filling.slices(1) == {3, 4}


def test_an_undo_before_it_is_there_leaves_nothing_to_accept(case, gate):
    two_lesions_and_a_wait(case, gate)
    case.filling.accept_lesion()
    case.lesions.undo()
    assert case.notice.text.startswith("Undone.")
    assert "given up" in case.notice.text
    let_go(case, gate)
    assert not mask_of(case)[3:5].any()


def test_another_image_has_nothing_of_what_waited(case, gate, tmp_path):
    two_lesions_and_a_wait(case, gate)
    case.filling.accept_lesion()
    gate.set()
    geometry = Geometry.from_spacing((16, 28, 30), (3.0, 1.0, 1.0))
    case.open(write_image(tmp_path / "other.nii.gz", geometry), discard=True)
    assert case.notice.text.startswith("Opened")
    assert "given up" in case.notice.text
    assert not case.filling.is_waiting


def test_a_lesion_that_was_removed_meanwhile_is_not_accepted_nor_another_for_it(case, gate):
    two_lesions_and_a_wait(case, gate)
    case.filling.accept_slice(3)
    case.lesion_list.remove(1)
    let_go(case, gate)
    assert "no longer there" in case.notice.text
    assert not mask_of(case)[3].any()


def test_outlines_on_another_plane_are_told_that_filling_goes_between_slices(case):
    draw(case, 3, 4, 5)
    case.filling.accept_lesion()
    assert "3 key slices with none between them." in case.notice.text
    assert "from one axial slice to another" in case.notice.text


def test_a_thread_that_fails_is_told_in_words_and_the_next_edit_goes_on(case, monkeypatch):
    def fail(*_: Any) -> Any:
        raise MemoryError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(Preview, "refresh", fail)
        draw(case, 3, 7)
        assert case.notice.is_refusal
        assert "no room" in case.notice.text
    assert mask_of(case)[3].any()
    draw(case, 9)
    assert proposed_slices(case) == [4, 5, 6, 8]


def test_nothing_is_proposed_where_nothing_may_be_changed(case):
    draw(case, 3, 7)
    told: list[int] = []
    case.filling.changed.connect(lambda: told.append(1))
    case.session.history.closed_because = "The reading is signed."
    case.notice.changed.emit()
    assert told
    assert not case.filling.proposed
    assert case.filling.summary == "The reading is signed."
    case.filling.accept_all()
    assert case.notice.is_refusal
    assert not case.filling.before_edit(5)


def test_nothing_is_proposed_across_slices_that_the_image_lacks(tmp_path):
    volume = read_volume(
        write_image(tmp_path / "scan.nii.gz", Geometry.from_spacing((12, 40, 50), (3, 1, 1)))
    )
    told = Finding("ABSENT_SLICES", "warning", "Slice 5 is absent.", Place(slices=(5,)))
    lacking = replace(volume, report=(*volume.report, told))
    model = CaseViewModel("A. Reader")
    model.adopt(lacking)
    draw(model, 1, 3, 7)
    assert proposed_slices(model) == [2]
    draw(model, 2)
    assert "The image lacks slice 5" in model.filling.summary


# -- a tool on a slice that holds only a proposal -------------------------------------------


def test_the_hand_corrects_what_is_proposed_and_one_undo_takes_both_back(case):
    draw(case, 3, 7)
    wanted = filled(case)
    assert case.filling.before_edit(5, redraws=BUMP)
    np.testing.assert_array_equal(mask_of(case)[5], wanted[5])
    case.session.draw(outline_of(case, 5, BUMP), continues=True)
    case.lesions.edited.emit(case.session.history.last)
    assert origin(case, 5) is Origin.CORRECTED
    assert mask_of(case)[5, 15, 24]
    assert proposed_slices(case) == [4, 6]
    assert case.filling.keys == (3, 5, 7)
    case.lesions.undo()
    assert not mask_of(case)[5].any()
    assert proposed_slices(case) == [4, 5, 6]


def outline_of(model: CaseViewModel, index: int, points: np.ndarray) -> Any:
    return Contour.on_slice(model.session.volume.geometry, index, points, 1)


def test_an_outline_around_most_of_the_proposal_draws_the_slice_anew(case):
    draw(case, 3, 7)
    assert not case.filling.before_edit(5, redraws=SQUARE + 2)
    assert not mask_of(case)[5].any()


def test_what_was_taken_for_an_edit_that_came_to_nothing_is_proposed_again(case):
    draw(case, 3, 7)
    assert case.filling.before_edit([5, 6])
    assert proposed_slices(case) == [4]
    case.filling.give_back()
    assert not mask_of(case)[4:7].any()
    assert proposed_slices(case) == [4, 5, 6]
    assert not case.filling.before_edit(9)
    case.filling.give_back()
    assert mask_of(case)[3].any()


# -- on screen ------------------------------------------------------------------------------


def test_the_proposal_is_dashed_on_its_slices_in_all_planes_and_traced_once(case):
    draw(case, 3, 7, columns=2)
    sketch, told = ProposalSketch(case.filling, case.lesions), []
    sketch.changed.connect(lambda: told.append(1))
    display = Display(case.session.volume.geometry)
    wanted = display.show(filled(case)) == 1
    wanted[[3, 7]] = False
    for through in range(3):
        for index in range(wanted.shape[through]):
            lines = sketch.shapes_on(through, index)
            assert all(line.is_dashed and line.is_closed for line in lines)
            assert lines is sketch.shapes_on(through, index)
            section = np.take(wanted, index, axis=through)
            assert bool(lines) == bool(section.any())
            if len(lines) == 1:
                down, right = (side for side in range(3) if side != through)
                inner = np.argwhere(section)
                np.testing.assert_allclose(lines[0].points[:, through], index)
                for side, places in ((down, inner[:, 0]), (right, inner[:, 1])):
                    assert lines[0].points[:, side].min() == places.min() - 0.5
                    assert lines[0].points[:, side].max() == places.max() + 0.5
    color = "#{:02x}{:02x}{:02x}".format(*case.session.segmentation.segment(1).color)
    assert sketch.shapes_on(0, 5)[0].color == color
    case.filling.accept_slice(5)
    assert case.filling.live.wait()
    assert told
    assert not sketch.shapes_on(0, 5)
    assert sketch.shapes_on(0, 4)


def test_key_slices_are_stepped_through(case):
    draw(case, 2, 5, 9)
    filling = case.filling
    assert [filling.key_beside(4, +1), filling.key_beside(4, -1)] == [5, 2]
    assert filling.key_beside(5, +1) == 9
    assert filling.key_beside(9, +1) is None


# -- what there is to know of a proposal ----------------------------------------------------


def test_a_part_that_ends_is_told_while_it_is_proposed_and_when_it_is_accepted(case):
    draw(case, 3, 7)
    draw(case, 3, columns=14)  # a second part, on one of the keys alone
    assert case.filling.summary.endswith("; a part ends between slices 3 and 7")
    (found,) = case.filling.findings
    assert found.code == "PART_ENDS"
    asked = fill_all_edit(case.session.segmentation, case.session.by("test")).skipped
    assert [one.text for one in asked] == [found.text], "as filling at once tells it"
    case.filling.accept_slice(5)
    assert "slice 5 accepted" in case.notice.text
    assert found.text in case.notice.text
    case.filling.accept_lesion()
    assert found.text in case.notice.text
    assert not case.filling.findings
    assert "ends" not in case.filling.summary


def test_only_the_gap_that_is_accepted_is_told_of(case):
    draw(case, 1, 4, 8)
    draw(case, 8, columns=14)
    assert [one.where.slices for one in case.filling.findings] == [(5, 6, 7)]
    case.filling.accept_slice(2)
    assert "none to go on to" not in case.notice.text
    case.filling.accept_slice(6)
    assert "none to go on to" in case.notice.text
