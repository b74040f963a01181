"""What the panel shows and does, without a screen."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from medseg import formats
from medseg.model import Edit, Geometry, Segment, Segmentation, SegmentsEdit
from napari_medseg.viewmodels.case import WELCOME, CaseViewModel
from tests.plugin.cases import write_image

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5


@pytest.fixture
def case(image_path: Path) -> CaseViewModel:
    model = CaseViewModel("A. Reader", clock=lambda: datetime(2026, 11, 22, 12, 3, 44))
    model.open(image_path)
    assert model.session is not None, model.notice.text
    return model


def mask_of(model: CaseViewModel) -> np.ndarray:
    assert model.session is not None
    return model.session.segmentation.array


def moved(columns: float) -> np.ndarray:
    return SQUARE + np.array([0, columns])


def draw_two_slices(model: CaseViewModel) -> None:
    model.lesions.new_lesion()
    model.lesions.add_outline(3, SQUARE)
    model.lesions.add_outline(7, SQUARE)


# -- opening --------------------------------------------------------------------------------


def test_before_anything_is_open_nothing_but_opening_is_possible():
    model = CaseViewModel("A. Reader")
    assert model.notice.text == WELCOME
    assert model.title == "No image"
    assert all(model.why_not.values())
    assert (model.series, model.skipped, model.findings, model.lesions.rows) == ((),) * 4
    assert model.keeping.suggested_mask_path is None
    for command in (
        model.lesions.new_lesion,
        model.lesions.undo,
        model.lesions.redo,
        model.keeping.save,
    ):
        command()
        assert model.notice.is_refusal


def test_an_opened_image_is_announced_described_and_ready_to_draw_on(image_path):
    model, sessions, changes = CaseViewModel("A. Reader"), [], []
    model.opened.connect(sessions.append)
    model.notice.changed.connect(lambda: changes.append(model.title))
    model.open(image_path)
    assert sessions == [model.session]
    assert changes == [model.title]
    assert "12 x 40 x 50 voxels of 3 x 1 x 1 mm" in model.notice.text
    assert [row.is_open for row in model.series] == [True]
    assert model.lesions.cannot_draw is None
    assert model.keeping.status == "No changes to save"
    assert model.findings == model.session.volume.report


def test_what_cannot_be_opened_is_said_in_words_and_changes_nothing(case, tmp_path):
    before = case.session
    case.open(tmp_path / "absent.nii.gz")
    assert case.notice.is_refusal
    assert "absent.nii.gz" in case.notice.text
    (tmp_path / "broken.nii.gz").write_bytes(b"no image at all")
    case.open(tmp_path / "broken.nii.gz")
    assert case.notice.is_refusal
    assert case.session is before


def test_of_several_series_the_largest_is_opened_and_the_others_can_be_chosen(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    write_image(folder / "small.nii.gz", Geometry.from_spacing((5, 20, 20), (3, 1, 1)))
    write_image(folder / "large.nii.gz", Geometry.from_spacing((9, 30, 30), (3, 1, 1)))
    (folder / "notes.txt").write_text("not an image")
    model = CaseViewModel("A. Reader")
    model.open(folder)
    assert "2 series" in model.notice.text
    assert "large" in model.notice.text
    opened = [row for row in model.series if row.is_open]
    assert len(opened) == 1
    assert model.session.volume.geometry.shape == (9, 30, 30)
    other = next(row for row in model.series if not row.is_open)
    model.choose_series(other.id)
    assert model.session.volume.geometry.shape == (5, 20, 20)
    assert next(row for row in model.series if row.is_open).id == other.id
    assert all(row.reason for row in model.skipped)


def test_unsaved_work_is_not_thrown_away_by_opening_or_choosing(case, image_path):
    draw_two_slices(case)
    before = case.session
    for attempt in (
        lambda: case.open(image_path),
        lambda: case.choose_series("any"),
        lambda: case.adopt(before.volume),
        lambda: case.adopt_mask(Segmentation.empty(before.volume.geometry), None),
    ):
        attempt()
        assert case.session is before
        assert "unsaved changes" in case.notice.text
    case.open(image_path, discard=True)
    assert case.session is not before


# -- drawing, filling, undoing --------------------------------------------------------------


def test_the_story_of_a_lesion(case):
    edits = []
    case.lesions.edited.connect(edits.append)
    draw_two_slices(case)
    assert [type(edit) for edit in edits] == [SegmentsEdit, Edit, Edit]
    assert mask_of(case)[3, 10:20, 10:20].all()
    assert mask_of(case).sum() == 200
    assert case.lesions.rows[0].volume == "…"  # measured in a thread, and nobody waits for it
    case.lesions.measured.wait()
    (row,) = case.lesions.rows
    assert (row.label, row.volume, row.slices) == ("Lesion 1", "0.60", "2 drawn")
    assert row.diameters == "13.5 x 13.5"  # between pixel edges: the root of 9² + 10²
    case.lesions.fill()
    assert "4 to 6" in case.notice.text
    assert case.lesions.slices_of(1) == (3, 4, 5, 6, 7)
    case.lesions.measured.wait()
    (row,) = case.lesions.rows
    assert (row.volume, row.slices) == ("1.50", "2 drawn, 3 interpolated")
    filled = mask_of(case).copy()
    for _ in edits:
        case.lesions.undo()
    assert not mask_of(case).any()
    assert case.lesions.rows == ()
    assert case.lesions.current is None
    assert case.lesions.cannot_undo
    for _ in range(4):
        case.lesions.redo()
    np.testing.assert_array_equal(mask_of(case), filled)
    assert case.lesions.current == 1
    assert case.lesions.cannot_redo


def test_an_outline_without_a_lesion_starts_one(case):
    case.lesions.add_outline(3, SQUARE)
    assert case.lesions.current == 1
    assert mask_of(case).sum() == 100


def test_an_outline_takes_away_where_it_is_told_to(case):
    case.lesions.add_outline(3, SQUARE)
    case.lesions.add_outline(3, moved(5), subtract=True)
    assert mask_of(case).sum() == 50
    assert "taken away" in case.notice.text


def test_an_outline_that_encloses_nothing_is_refused_in_words(case):
    case.lesions.new_lesion()
    case.lesions.add_outline(3, [(1.2, 1.2), (1.3, 1.2), (1.2, 1.3)])
    assert case.notice.is_refusal
    assert not mask_of(case).any()


def test_filling_says_why_it_is_not_possible_yet(case):
    assert case.lesions.cannot_fill == "Start a lesion first."
    case.lesions.new_lesion()
    case.lesions.add_outline(3, SQUARE)
    assert "two at least" in case.lesions.cannot_fill
    case.lesions.fill()
    assert case.notice.is_refusal
    case.lesions.add_outline(5, SQUARE)
    assert case.lesions.cannot_fill is None


def test_a_bare_mask_that_came_without_a_record_can_be_filled_too(case, tmp_path):
    geometry = case.session.volume.geometry
    array = np.zeros(geometry.shape, np.uint8)
    array[2, 10:20, 10:20] = array[5, 10:20, 10:20] = 1
    path = tmp_path / "snap_mask.nrrd"
    formats.write_segmentation(Segmentation(array, geometry, (Segment.unnamed(1),)), path)
    path.with_name("snap_mask.json").unlink()
    case.open(path)
    assert case.lesions.rows[0].slices == "no record"
    assert case.lesions.cannot_fill is None
    case.lesions.fill()
    assert case.lesions.slices_of(1) == (2, 3, 4, 5)


def test_lesions_are_stepped_through_and_the_current_one_is_drawn(case):
    case.lesions.new_lesion()
    case.lesions.new_lesion()
    assert case.lesions.current == 2
    case.lesions.step(+1)
    assert case.lesions.current == 2
    case.lesions.step(-1)
    case.lesions.step(-1)
    assert case.lesions.current == 1
    case.lesions.select(7)
    assert case.lesions.current == 1
    case.lesions.select(2)
    case.lesions.add_outline(3, SQUARE)
    assert set(np.unique(mask_of(case))) == {0, 2}


def test_only_touched_lesions_are_measured_anew(case, monkeypatch):
    measured = []
    measure = case.session.measure
    monkeypatch.setattr(
        case.session, "measure", lambda number: measured.append(number) or measure(number)
    )
    case.lesions.new_lesion()
    case.lesions.add_outline(3, SQUARE)
    case.lesions.new_lesion()
    case.lesions.measured.wait()
    assert case.lesions.rows[0].volume == "0.30"
    measured.clear()
    case.lesions.add_outline(3, moved(15))
    assert case.lesions.rows[1].volume == "0.00 …"
    case.lesions.measured.wait()
    assert case.lesions.rows[1].volume == "0.30"
    assert measured == [2]


def test_the_author_and_the_time_at_work_are_in_the_record(case):
    case.set_author("  B. Other ")
    case.set_author(" ")
    case.lesions.add_outline(3, SQUARE, seconds=4.5)
    origin = case.session.segmentation.provenance[1, 3]
    assert (case.author, origin.author) == ("B. Other", "B. Other")
    assert case.session.history.last.authorship.active_seconds == 4.5


# -- saving and going on --------------------------------------------------------------------


def test_the_status_line_tells_whether_the_work_is_safe(case, tmp_path):
    assert case.keeping.cannot_save
    case.lesions.new_lesion()
    assert case.keeping.cannot_save is None
    assert case.keeping.status == "Kept in the journal; not yet a file"
    assert case.keeping.suggested_mask_path == tmp_path / "scan-lesions.nii.gz"
    case.keeping.save(case.keeping.suggested_mask_path)
    assert case.keeping.status == "Saved just now to scan-lesions.nii.gz"
    case.lesions.add_outline(3, SQUARE)
    assert case.keeping.status == "Unsaved changes, kept in the journal, saved soon"
    case.keeping.save()
    assert case.keeping.status.startswith("Saved")
    case.lesions.undo()
    assert case.keeping.status == "Unsaved changes, kept in the journal, saved soon"
    case.lesions.redo()
    assert case.keeping.status.startswith("Saved")


def test_a_mask_that_cannot_be_saved_is_said_and_stays_unsaved(case, tmp_path):
    case.lesions.add_outline(3, SQUARE)
    case.keeping.save(tmp_path / "mask.xyz")
    assert case.notice.is_refusal
    assert case.keeping.has_unsaved_changes


def test_a_saved_mask_alone_opens_its_image_and_goes_on(case, tmp_path):
    draw_two_slices(case)
    saved = tmp_path / "mine.nii.gz"
    case.keeping.save(saved)
    fresh = CaseViewModel("B. Other")
    fresh.open(saved)
    assert not fresh.notice.is_refusal, fresh.notice.text
    assert fresh.title == case.title
    np.testing.assert_array_equal(mask_of(fresh), mask_of(case))
    assert [row.slices for row in fresh.lesions.rows] == ["2 drawn"]
    assert (fresh.keeping.mask_path, fresh.lesions.current) == (saved, 1)
    assert not fresh.keeping.has_unsaved_changes
    fresh.lesions.fill()
    assert fresh.lesions.slices_of(1) == (3, 4, 5, 6, 7)


def test_a_mask_alone_that_names_no_image_is_refused_with_what_to_do(tmp_path, case):
    bare = tmp_path / "bare_mask.nii.gz"
    formats.write_segmentation(Segmentation.empty(case.session.volume.geometry), bare)
    model = CaseViewModel("A. Reader")
    model.open(bare)
    assert model.notice.is_refusal
    assert "Open the image first" in model.notice.text


def test_a_mask_of_another_grid_is_refused(case, tmp_path):
    elsewhere = Geometry.from_spacing((12, 40, 50), (3, 1, 1), (0.3, 0, 0))
    path = tmp_path / "other_mask.nii.gz"
    formats.write_segmentation(Segmentation.empty(elsewhere), path)
    before = case.session
    case.open(path)
    assert case.notice.is_refusal
    case.adopt_mask(Segmentation.empty(elsewhere), path)
    assert case.notice.is_refusal
    assert case.session is before


def test_saving_over_a_signed_mask_says_that_the_sign_off_no_longer_holds(case, tmp_path):
    draw_two_slices(case)
    case.keeping.save(tmp_path / "lesions.nii.gz")
    assert "sign-off" not in case.notice.text
    (tmp_path / "lesions.signoff.jsonl").write_text("{}\n")
    case.lesions.fill()
    case.keeping.save()
    assert "sign-off no longer holds" in case.notice.text
