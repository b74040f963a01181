"""What was drawn and not saved comes back: after a crash, a closed window, another case."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import napari_medseg
from medseg import annotate
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.tools.outline import OutlineTool
from napari_medseg.viewmodels.contouring.tools.toolbox import Toolbox
from napari_medseg.viewmodels.opening.choices import draft_folder

SQUARE = np.array([(10, 10), (10, 20), (20, 20), (20, 10)]) - 0.5
PLUGIN = Path(napari_medseg.__file__).parent

# Opens a case, draws three outlines, takes one back, says so and waits to be killed.
EDITING = f"""
import sys
sys.path[:0] = {[str(PLUGIN.parent), str(PLUGIN.parents[1])]!r}
import time
from pathlib import Path
from napari_medseg.viewmodels.case import CaseViewModel
model = CaseViewModel("A. Reader")
model.open(Path(sys.argv[1]))
for index in (3, 5, 7):
    model.lesions.add_outline(index, {SQUARE.tolist()!r})
model.lesions.undo()
time.sleep(1)  # what was made a second ago outlives everything
print("drawn", model.notice.is_refusal, flush=True)
time.sleep(600)
"""


def killed_while_drawing(path: Path) -> None:
    """Draw in another process, and kill it with the unsaved outlines in its hands."""
    command = [sys.executable, "-c", EDITING, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        guard = threading.Timer(120, process.kill)
        guard.start()
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "drawn False\n"
        finally:
            guard.cancel()
            process.kill()


def opened(path: Path) -> CaseViewModel:
    model = CaseViewModel("A. Reader")
    model.open(path)
    assert model.session is not None, model.notice.text
    return model


def array_of(model: CaseViewModel) -> np.ndarray:
    assert model.session is not None
    return model.session.segmentation.array


def slices_with_labels(model: CaseViewModel) -> list[int]:
    return np.flatnonzero(array_of(model).any(axis=(1, 2))).tolist()


def left_behind(image_path: Path) -> list[str]:
    return sorted(path.name for path in image_path.parent.iterdir() if "journal" in path.name)


def codes(model: CaseViewModel) -> list[str]:
    return [finding.code for finding in model.findings]


@pytest.fixture
def saved_mask(image_path: Path) -> Path:
    model = opened(image_path)
    model.lesions.add_outline(1, SQUARE)
    model.keeping.save(image_path.with_name("lesions.nii.gz"))
    model.keeping.close()
    return image_path.with_name("lesions.nii.gz")


# -- after a crash --------------------------------------------------------------------------


def test_a_new_mask_that_was_never_saved_comes_back_after_kill_9(image_path):
    killed_while_drawing(image_path)
    model, shown = opened(image_path), []
    assert "A. Reader" in model.keeping.offer
    assert "not saved" in model.keeping.offer
    assert slices_with_labels(model) == []
    model.opened.connect(shown.append)
    model.keeping.recover()
    assert not model.notice.is_refusal, model.notice.text
    assert shown == [model.session]
    assert model.keeping.offer is None
    assert slices_with_labels(model) == [3, 5]
    assert model.keeping.has_unsaved_changes
    assert [row.slices for row in model.lesions.rows] == ["2 drawn"]
    assert model.lesions.current == 1
    model.lesions.redo()
    assert slices_with_labels(model) == [3, 5, 7]
    model.keeping.save(image_path.with_name("mine.nii.gz"))
    assert left_behind(image_path) == []
    again = opened(image_path.with_name("mine.nii.gz"))
    assert again.keeping.offer is None
    np.testing.assert_array_equal(array_of(again), array_of(model))


def test_what_was_added_to_a_saved_mask_comes_back_after_kill_9(saved_mask):
    killed_while_drawing(saved_mask)
    model = opened(saved_mask)
    assert slices_with_labels(model) == [1]
    assert "UNSAVED_CHANGES" not in codes(model)  # it is asked, not told
    model.keeping.recover()
    assert slices_with_labels(model) == [1, 3, 5]
    model.keeping.save()
    assert opened(saved_mask).keeping.offer is None


def test_once_it_is_saved_a_new_mask_has_its_journal_beside_it(image_path):
    model = opened(image_path)
    model.lesions.add_outline(3, SQUARE)
    assert left_behind(image_path) == [draft_folder(model.session.volume.source).name]
    model.keeping.save(image_path.with_name("mine.xyz"))
    assert model.notice.is_refusal
    model.lesions.add_outline(5, SQUARE)
    assert left_behind(image_path) == [draft_folder(model.session.volume.source).name]
    model.keeping.save(image_path.with_name("mine.nii.gz"))
    assert left_behind(image_path) == []
    model.lesions.add_outline(7, SQUARE)
    assert left_behind(image_path) == ["mine.journal"]
    model.keeping.close()
    again = opened(image_path.with_name("mine.nii.gz"))
    again.keeping.recover()
    assert slices_with_labels(again) == [3, 5, 7]


def test_nothing_is_drawn_over_an_offer_until_the_reader_has_decided(image_path):
    killed_while_drawing(image_path)
    model = opened(image_path)
    toolbox = Toolbox(model, (OutlineTool(model),))
    toolbox.toggle("outline")
    assert toolbox.active is None
    for command in (model.lesions.new_lesion, model.lesions.fill, model.lesions.undo):
        command()
        assert "recover or discard" in model.notice.text
        assert model.notice.is_refusal
    model.lesions.add_outline(2, SQUARE)
    assert not array_of(model).any()
    assert all(model.why_not[name] for name in ("new_lesion", "outline", "fill"))
    model.keeping.discard_offer()
    assert model.keeping.offer is None
    assert left_behind(image_path) == []
    model.lesions.add_outline(2, SQUARE)
    assert slices_with_labels(model) == [2]
    model.keeping.recover()
    assert model.notice.is_refusal
    model.keeping.discard_offer()
    assert slices_with_labels(model) == [2]


def test_an_offer_that_nobody_answered_is_made_again(image_path):
    killed_while_drawing(image_path)
    opened(image_path).keeping.close()
    model = opened(image_path)
    model.open(image_path)
    assert model.keeping.offer is not None
    model.keeping.recover()
    assert slices_with_labels(model) == [3, 5]


# -- one window after the other -------------------------------------------------------------


def test_a_mask_opened_again_in_the_same_window_is_not_edited_elsewhere(saved_mask):
    model = opened(saved_mask)
    for index in (3, 5):
        model.lesions.add_outline(index, SQUARE)
        assert left_behind(saved_mask)
        model.open(saved_mask, discard=True)
        assert codes(model) == []
        assert model.keeping.offer is None
        assert slices_with_labels(model) == [1]
        assert left_behind(saved_mask) == []


def test_another_window_is_told_who_edits_the_mask(saved_mask):
    first, second = opened(saved_mask), opened(saved_mask)
    first.lesions.add_outline(3, SQUARE)
    second.lesions.add_outline(4, SQUARE)
    assert codes(second) == ["EDITED_ELSEWHERE"]
    first.keeping.close()


def test_an_image_that_cannot_be_opened_leaves_the_present_work_in_its_journal(
    image_path, saved_mask
):
    model = opened(saved_mask)
    model.lesions.add_outline(3, SQUARE)
    (image_path.parent / "broken.nii.gz").write_bytes(b"no image at all")
    model.open(image_path.parent / "broken.nii.gz", discard=True)
    assert model.notice.is_refusal
    model.lesions.add_outline(5, SQUARE)
    model.keeping.close()
    model = opened(saved_mask)
    model.keeping.recover()
    assert slices_with_labels(model) == [1, 3, 5]


def test_closing_keeps_what_is_unsaved_unless_it_was_given_up_as_it_stands(image_path):
    model = opened(image_path)
    model.lesions.add_outline(3, SQUARE)
    model.keeping.discard_changes()
    model.lesions.add_outline(5, SQUARE)  # the reader stayed after all, and drew on
    model.keeping.close()
    model = opened(image_path)
    model.keeping.recover()
    assert slices_with_labels(model) == [3, 5]
    model.keeping.discard_changes()
    model.keeping.close()
    model.keeping.close()
    assert left_behind(image_path) == []
    assert opened(image_path).keeping.offer is None


def test_two_series_of_one_path_have_a_place_each(image_path):
    model = opened(image_path)
    other = replace(model.session.volume.source, series_id="another")
    folders = {draft_folder(source) for source in (model.session.volume.source, other)}
    assert len(folders) == 2
    assert {folder.parent for folder in folders} == {image_path.parent}


# -- what is told ---------------------------------------------------------------------------


def test_the_limit_of_undo_is_told(image_path):
    model = opened(image_path)
    model.session.history = annotate.History(model.session.segmentation, budget_bytes=1)
    for index in (3, 5):
        model.lesions.add_outline(index, SQUARE)
    assert codes(model) == ["UNDO_LIMIT"]


def test_a_journal_that_cannot_be_written_is_told(image_path):
    model = opened(image_path)
    draft_folder(model.session.volume.source).write_text("a file where the folder goes")
    model.lesions.add_outline(3, SQUARE)
    model.lesions.add_outline(5, SQUARE)
    assert slices_with_labels(model) == [3, 5]
    for _ in range(200):
        if "JOURNAL_FAILED" in codes(model):
            break
        time.sleep(0.05)
    assert codes(model) == ["JOURNAL_FAILED"]
    model.session.close(discard=True)


# -- changes of several kinds ---------------------------------------------------------------


def test_a_removed_lesion_that_comes_back_or_is_followed_is_measured_anew(image_path):
    model, edits = opened(image_path), []
    model.lesions.edited.connect(edits.append)
    model.lesions.add_outline(3, SQUARE)
    model.lesions.measured.wait()
    assert model.lesions.rows[0].volume == "0.30"
    model.session.remove(1)
    model.lesions.undo()
    model.lesions.measured.wait()
    assert (model.lesions.rows[0].volume, model.lesions.slices_of(1)) == ("0.30", (3,))
    model.lesions.redo()
    assert model.lesions.rows == ()
    model.lesions.new_lesion()
    assert model.lesions.current == 1
    model.lesions.measured.wait()
    assert (model.lesions.rows[0].volume, model.lesions.slices_of(1)) == ("0.00", ())
    assert len(edits) == 5
