"""A session keeps its changes by itself, offers them after a crash, and empties on saving."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medseg.errors import EditError
from medseg.model import Contour
from medseg.session import Session
from tests.phantoms import ramp_volume

SQUARE = [(1.0, 1.0), (1.0, 5.0), (5.0, 5.0), (5.0, 1.0)]


def begun(mask: Path) -> Session:
    session = Session(ramp_volume(), author="Reader One")
    session.new_lesion("Node")
    session.save(mask)
    return session


def again(mask: Path) -> Session:
    from medseg import formats

    volume = ramp_volume()
    segmentation = formats.read_segmentation(mask, like=volume)
    return Session(volume, segmentation, author="Reader One", mask_path=mask)


def draw(session: Session, index: int) -> None:
    session.draw(Contour.on_slice(session.volume.geometry, index, SQUARE, 1))


@pytest.mark.parametrize("suffix", [".nii.gz", ".seg.nrrd", ".mha"])
def test_unsaved_work_is_offered_and_goes_on(tmp_path: Path, suffix: str) -> None:
    mask = tmp_path / f"lesions{suffix}"
    first = begun(mask)
    assert not (tmp_path / "lesions.journal").exists()
    draw(first, 1)
    draw(first, 3)
    draw(first, 4)
    first.undo()
    first.change_segment(1, label="Node left", is_locked=True)
    first.close()
    second = again(mask)
    assert [one.code for one in second.findings] == ["UNSAVED_CHANGES"]
    assert not second.has_unsaved_changes
    assert second.recover() == 5
    assert second.has_unsaved_changes
    np.testing.assert_array_equal(second.segmentation.array, first.segmentation.array)
    assert second.segmentation.segments == first.segmentation.segments
    assert dict(second.segmentation.provenance) == dict(first.segmentation.provenance)
    second.save()
    assert not second.has_unsaved_changes
    assert not (tmp_path / "lesions.journal").exists()
    third = again(mask)
    assert not third.findings
    assert third.segmentation.segments == second.segmentation.segments
    assert third.segmentation.segment(1).is_locked


def test_a_crash_between_saving_and_emptying_offers_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from medseg.annotate import Journal

    mask = tmp_path / "lesions.nii.gz"
    first = begun(mask)
    draw(first, 1)

    def killed(_journal: Journal, *, clean: bool) -> None:
        """Nothing is done any more."""

    monkeypatch.setattr(Journal, "close", killed)
    first.save()
    monkeypatch.undo()
    assert first.safekeeping.findings == ()
    journal = tmp_path / "lesions.journal" / "edits.journal"
    left = journal.read_bytes()
    del first  # gives the lock back, and leaves the journal
    assert journal.read_bytes() == left
    second = again(mask)
    assert not second.safekeeping.offered
    assert not second.findings
    draw(second, 3)
    second.safekeeping.close(clean=False)
    assert [path.name for path in journal.parent.iterdir()] == ["edits.journal"]
    third = again(mask)
    assert third.recover() == 1
    np.testing.assert_array_equal(third.segmentation.array, second.segmentation.array)


def test_a_session_that_ends_with_nothing_unsaved_leaves_nothing(tmp_path: Path) -> None:
    session = begun(tmp_path / "lesions.nii.gz")
    draw(session, 1)
    session.undo()
    session.close()
    assert not (tmp_path / "lesions.journal").exists()


def test_what_is_discarded_on_closing_is_not_offered(tmp_path: Path) -> None:
    mask = tmp_path / "lesions.nii.gz"
    session = begun(mask)
    draw(session, 1)
    session.close(discard=True)
    assert not again(mask).findings


def test_a_new_mask_is_kept_where_the_caller_says(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    volume = ramp_volume()
    session = Session(volume, author="Reader One", journal_folder=folder)
    session.new_lesion("Node")
    draw(session, 2)
    session.close()
    other = Session(volume, author="Reader One", journal_folder=folder)
    assert other.recover() == 2
    np.testing.assert_array_equal(other.segmentation.array, session.segmentation.array)
    other.save(tmp_path / "lesions.nii.gz")
    assert not folder.exists()
    draw(other, 3)
    other.close()
    assert folder.is_dir(), "the caller's folder stays the place"


def test_a_session_without_a_place_keeps_nothing_and_says_nothing(tmp_path: Path) -> None:
    session = Session(ramp_volume(), author="Reader One")
    session.new_lesion()
    assert not session.findings
    with pytest.raises(EditError, match="none are offered"):
        session.recover()


def test_a_second_session_on_one_mask_is_told(tmp_path: Path) -> None:
    mask = tmp_path / "lesions.nii.gz"
    first = begun(mask)
    draw(first, 1)
    second = again(mask)
    assert [one.code for one in second.findings] == ["EDITED_ELSEWHERE"]
    second.save(tmp_path / "copy.nii.gz")
    draw(second, 1)
    assert (tmp_path / "copy.journal").is_dir()
    assert not second.findings


def test_segments_are_changed_ordered_and_removed_and_all_is_undone(tmp_path: Path) -> None:
    session = Session(ramp_volume(), author="Reader One")
    session.new_lesion("A")
    session.new_lesion("B")
    draw(session, 1)
    before = session.segmentation.array.tobytes(), session.segmentation.segments
    session.reorder((2, 1))
    session.change_segment(2, color=(9, 9, 9))
    session.remove(1)
    assert session.segmentation.numbers == (2,)
    assert not session.segmentation.array.any()
    for _ in range(3):
        session.undo()
    assert before == (session.segmentation.array.tobytes(), session.segmentation.segments)


def test_a_locked_lesion_is_neither_drawn_nor_removed() -> None:
    session = Session(ramp_volume(), author="Reader One")
    session.new_lesion("A")
    session.change_segment(1, is_locked=True)
    with pytest.raises(EditError, match="Unlock"):
        draw(session, 1)
    with pytest.raises(EditError, match="Unlock"):
        session.remove(1)
