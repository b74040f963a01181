"""Autosave and the preview of what a crash left, without a screen."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from medseg import formats
from medseg.errors import FormatError
from medseg.model import SegmentsEdit
from medseg.saving import QuietSave
from medseg.session import Session
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.keeping.autosave import (
    LONG_SECONDS,
    REST_SECONDS,
    RETRY_SECONDS,
    Autosave,
)
from napari_medseg.viewmodels.contouring.keeping.keeping_words import Safety, ago
from napari_medseg.viewmodels.errand import Errand
from napari_medseg.viewmodels.sketch import Line, Text

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def of_day(self) -> datetime:
        return datetime(2026, 11, 22, 12) + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def case(image_path: Path, tmp_path: Path, clock: Clock) -> CaseViewModel:
    """A mask that has a file and one lesion on slice 3."""
    model = CaseViewModel("A. Reader", clock=clock.of_day)
    model.open(image_path)
    model.lesions.add_outline(3, SQUARE)
    model.keeping.save(tmp_path / "mine.nii.gz")
    return model


@pytest.fixture
def autosave(case: CaseViewModel, clock: Clock) -> Autosave:
    case.keeping.autosave = Autosave(case.session, clock=clock)
    return case.keeping.autosave


def on_disk(path: Path) -> list[int]:
    array = formats.read_segmentation(path).array
    return [index for index, plane in enumerate(array) if plane.any()]


def rest(autosave: Autosave, clock: Clock, seconds: float = REST_SECONDS) -> None:
    """Let time go by with nobody drawing, and what begins then come to its end."""
    autosave.poll()
    clock.seconds += seconds
    autosave.poll()
    autosave.wait()


def journal_of(path: Path) -> Path:
    return formats.sidecar.journal_folder(path)


# -- when and what --------------------------------------------------------------------------


def test_the_file_is_up_to_date_some_seconds_after_the_last_edit(case, autosave, clock, tmp_path):
    path = tmp_path / "mine.nii.gz"
    case.lesions.add_outline(5, SQUARE)
    rest(autosave, clock, REST_SECONDS - 1)
    assert on_disk(path) == [3]
    case.lesions.add_outline(6, SQUARE)
    rest(autosave, clock, REST_SECONDS - 1)
    assert on_disk(path) == [3]
    rest(autosave, clock, 1)
    assert on_disk(path) == [3, 5, 6]
    assert not case.session.has_unsaved_changes
    assert not journal_of(path).exists()
    provenance = formats.read_segmentation(path).provenance
    assert {index for _, index in provenance} == {3, 5, 6}


def test_nothing_is_written_where_nothing_changed(case, autosave, clock, tmp_path):
    before = (tmp_path / "mine.nii.gz").stat().st_mtime_ns
    rest(autosave, clock, 10 * LONG_SECONDS)
    assert (tmp_path / "mine.nii.gz").stat().st_mtime_ns == before


def test_after_long_work_a_short_rest_is_enough(case, autosave, clock, tmp_path):
    for _ in range(40):
        case.lesions.add_outline(5, SQUARE)
        case.lesions.undo()
        case.lesions.add_outline(5, SQUARE)
        rest(autosave, clock, 2.0)
        if on_disk(tmp_path / "mine.nii.gz") == [3, 5]:
            break
    assert LONG_SECONDS <= clock.seconds <= LONG_SECONDS + 4


def test_what_is_drawn_while_it_is_written_stays_unsaved_and_in_the_journal(
    case, clock, tmp_path, monkeypatch
):
    path, begun, go_on = tmp_path / "mine.nii.gz", threading.Event(), threading.Event()
    write = formats.write_segmentation

    def slowly(*arguments, **options):
        begun.set()
        assert go_on.wait(10)
        return write(*arguments, **options)

    monkeypatch.setattr(formats, "write_segmentation", slowly)
    case.lesions.add_outline(5, SQUARE)
    save = QuietSave(case.session)
    save.copy()
    assert save.begin()
    thread = threading.Thread(target=save.write)
    thread.start()
    assert begun.wait(10)
    case.lesions.add_outline(7, SQUARE)  # the hand does not wait
    go_on.set()
    thread.join()
    save.end()
    assert on_disk(path) == [3, 5]
    assert case.session.has_unsaved_changes
    # A crash now: only what the file lacks is offered, and it fits.
    case.session.safekeeping.close(clean=False)
    again = Session.open(case.path, author="A. Reader", mask=path)
    assert again.safekeeping.offered == 1
    assert again.recover() == 1
    assert again.segmentation.array[7].any()
    again.close(discard=True)


def test_a_copy_that_is_outdated_is_not_written(case, tmp_path):
    save = QuietSave(case.session)
    case.lesions.add_outline(5, SQUARE)
    save.copy()
    assert not save.begin()
    save = QuietSave(case.session)
    save.copy()
    case.lesions.undo()
    case.lesions.redo()  # the same state again, but the copy may have seen the one between
    assert not save.begin()
    assert on_disk(tmp_path / "mine.nii.gz") == [3]


def test_a_change_of_names_alone_is_saved_too(case, autosave, clock, tmp_path):
    case.lesion_list.rename(1, "Node")
    assert isinstance(case.session.history.last, SegmentsEdit)
    rest(autosave, clock)
    assert formats.read_segmentation(tmp_path / "mine.nii.gz").segment(1).label == "Node"


# -- what it never does ---------------------------------------------------------------------


def test_it_never_writes_over_somebody_else_s_file_and_says_so(case, autosave, clock, tmp_path):
    path = tmp_path / "mine.nii.gz"
    theirs = path.read_bytes() + b"theirs"
    path.write_bytes(theirs)
    case.lesions.add_outline(5, SQUARE)
    rest(autosave, clock)
    assert path.read_bytes() == theirs
    assert "somebody else" in case.keeping.status
    assert case.keeping.safety is Safety.FAILED
    assert case.session.has_unsaved_changes


def test_a_failure_is_told_and_tried_again(case, autosave, clock, tmp_path, monkeypatch):
    path, write = tmp_path / "mine.nii.gz", formats.write_segmentation
    calls = []

    def full(*arguments, **options):
        calls.append(1)
        raise FormatError("The disk is full.")

    monkeypatch.setattr(formats, "write_segmentation", full)
    case.lesions.add_outline(5, SQUARE)
    rest(autosave, clock)
    assert case.keeping.status == "Not saved, tried again soon: The disk is full."
    rest(autosave, clock, RETRY_SECONDS / 2)
    assert len(calls) == 1
    monkeypatch.setattr(formats, "write_segmentation", write)
    rest(autosave, clock, RETRY_SECONDS / 2)
    assert on_disk(path) == [3, 5]
    assert case.keeping.safety is Safety.SAVED


def test_a_signed_mask_is_only_saved_over_by_hand(case, autosave, clock, tmp_path):
    path = tmp_path / "mine.nii.gz"
    formats.sidecar.signoff_path(path).write_text("{}\n")
    case.lesions.add_outline(5, SQUARE)
    rest(autosave, clock, LONG_SECONDS)
    assert on_disk(path) == [3]
    assert "signed" in case.keeping.status
    assert case.keeping.safety is Safety.AT_RISK
    case.keeping.save()
    assert "no longer holds" in case.notice.text
    case.lesions.add_outline(6, SQUARE)
    rest(autosave, clock)
    assert on_disk(path) == [3, 5, 6]


def test_a_mask_without_a_file_is_kept_in_the_journal_alone(image_path, clock):
    model = CaseViewModel("A. Reader", clock=clock.of_day)
    model.open(image_path)
    autosave = model.keeping.autosave = Autosave(model.session, clock=clock)
    model.lesions.add_outline(5, SQUARE)
    rest(autosave, clock, LONG_SECONDS)
    assert model.session.has_unsaved_changes
    assert model.keeping.status == "Kept in the journal; not yet a file"
    assert {path.name for path in image_path.parent.glob("*.nii.gz")} == {image_path.name}


def test_it_can_be_turned_off_and_that_is_remembered(case, autosave, clock, tmp_path, image_path):
    case.keeping.set_autosaves(False)
    case.lesions.add_outline(5, SQUARE)
    rest(autosave, clock, LONG_SECONDS)
    assert on_disk(tmp_path / "mine.nii.gz") == [3]
    assert case.keeping.status == "Unsaved changes, kept in the journal; autosave is off"
    settings = tmp_path / "home" / "viewer.json"
    CaseViewModel("A. Reader", settings=settings).keeping.set_autosaves(False)
    later = CaseViewModel("A. Reader", settings=settings)
    later.open(image_path)
    assert not later.keeping.autosaves
    assert not later.keeping.autosave.is_on


# -- in words -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (12.7, "12 s ago"),
        (61, "1 min ago"),
        (3599, "59 min ago"),
        (7300, "2 h ago"),
    ],
)
def test_how_long_ago(seconds, text):
    assert ago(seconds) == text


def test_the_footer_ticks_without_anything_being_done(case, autosave, clock):
    told = []
    case.keeping.ticked.connect(lambda: told.append(case.keeping.status))
    for _ in range(4):
        case.keeping.tick()
        clock.seconds += 6
    assert told == [
        "Saved just now to mine.nii.gz",
        "Saved 6 s ago to mine.nii.gz",
        "Saved 12 s ago to mine.nii.gz",
        "Saved 18 s ago to mine.nii.gz",
    ]


def test_a_reading_that_may_not_be_changed_says_why(case):
    case.session.history.closed_because = "It is locked."
    assert case.keeping.status == "Read-only: It is locked."
    assert case.keeping.safety is Safety.READ_ONLY


def test_an_errand_tells_of_whatever_goes_wrong_in_words():
    errand, told = Errand("sums"), []
    errand.begin(lambda: 1 // 0, told.append, told.append)
    errand.wait()
    assert "sums failed: ZeroDivisionError" in str(told[0])
    errand.begin(lambda: 2, told.append, told.append)
    errand.forget()
    errand.poll()
    assert len(told) == 1
    assert not errand.is_busy


# -- what a crash left ----------------------------------------------------------------------


def crashed(image_path: Path) -> CaseViewModel:
    """A case opened anew after three changes were lost: a lesion, more of it, and another."""
    before = CaseViewModel("B. Before")
    before.open(image_path)
    before.lesions.add_outline(3, SQUARE)
    before.keeping.save(image_path.with_name("lesions.nii.gz"))
    before.lesions.add_outline(4, SQUARE)
    before.lesions.new_lesion("Node")
    before.lesions.add_outline(8, np.add(SQUARE, (0, 15)))
    before.session.safekeeping.close(clean=False)
    after = CaseViewModel("A. Reader")
    after.open(image_path)
    after.open_mask(image_path.with_name("lesions.nii.gz"))
    return after


def test_what_was_lost_is_told_lesion_by_lesion_before_anybody_decides(image_path):
    model = crashed(image_path)
    look = model.keeping.recovered_look
    assert "3 changes by B. Before" in model.keeping.offer
    look.wait()
    assert "Lesion 1: changed, slice 4, 100 voxels more." in model.keeping.offer
    assert "Node: new, slice 8, 100 voxels more." in model.keeping.offer
    assert look.place[0] == 4
    assert model.session.segmentation.numbers == (1,)  # nothing was done yet
    assert not model.session.segmentation.array[4].any()
    model.session.close(discard=True)


def test_the_preview_is_dashed_on_the_slices_that_would_change(image_path):
    model = crashed(image_path)
    look = model.keeping.recovered_look
    assert look.shapes_on(0, 4) == ()
    look.wait()
    shown = {index: look.shapes_on(0, index) for index in range(12)}
    lines = {
        index: [shape for shape in shapes if isinstance(shape, Line)]
        for index, shapes in shown.items()
    }
    assert {index for index, found in lines.items() if found} == {4, 8}
    assert all(line.is_dashed for found in lines.values() for line in found)
    assert [shape.text for shape in shown[8] if isinstance(shape, Text)] == ["2 not saved"]


@pytest.mark.parametrize("decision", ["recover", "discard"])
def test_the_preview_goes_when_it_is_decided_and_recovery_makes_what_it_showed(
    image_path, decision
):
    model = crashed(image_path)
    look = model.keeping.recovered_look
    look.wait()
    foreseen = look.preview.after.array.copy()
    if decision == "recover":
        model.keeping.recover()
        np.testing.assert_array_equal(model.session.segmentation.array, foreseen)
    else:
        model.keeping.discard_offer()
        assert model.session.segmentation.numbers == (1,)
    assert look.preview is None
    assert look.shapes_on(0, 4) == ()
    assert model.keeping.offer is None
    model.session.close(discard=True)


def test_a_large_mask_is_saved_in_a_thread_when_told(case, tmp_path, monkeypatch):
    monkeypatch.setattr("napari_medseg.viewmodels.contouring.keeping.keeping._LARGE", 1)
    path = tmp_path / "mine.nii.gz"
    case.lesions.add_outline(5, SQUARE)
    case.keeping.save_soon(path)
    assert case.session.has_unsaved_changes
    assert case.keeping.status == "Saving to mine.nii.gz …"
    case.keeping.wait()
    assert on_disk(path) == [3, 5]
    assert case.notice.text == f"Saved to {path}."
    other = tmp_path / "other.nii.gz"
    case.keeping.save_soon(other)  # a new file is written while one waits
    assert on_disk(other) == [3, 5]
