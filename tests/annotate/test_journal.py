"""The crash journal: what is kept comes back, and saving empties it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medseg.annotate import (
    Journal,
    recover,
)
from medseg.annotate.history import Kind
from medseg.annotate.journal.mask_state import MaskState, voxel_digest
from medseg.errors import EditError
from medseg.model import Authorship, Geometry, Segment, Segmentation
from tests.annotate.journal_at_work import Work, fresh, painted, replayed
from tests.annotate.journal_work import GRID, digest_of, random_change


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lesions.journal"


# --- what is kept comes back ---------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_every_change_comes_back_with_undo_and_redo(folder: Path, seed: int) -> None:
    work = Work(folder).steps(60, seed)
    work.crash()
    mask = fresh()
    again = Work(folder, mask)
    assert again.kept.recovery is not None
    assert [one.code for one in again.kept.findings] == ["UNSAVED_CHANGES"]
    assert again.kept.take_up() == 60
    assert digest_of(mask) == work.states[-1]
    assert (again.history.can_undo, again.history.can_redo) == (
        work.history.can_undo,
        work.history.can_redo,
    )
    while work.history.redo():
        assert again.history.redo()
        assert digest_of(mask) == digest_of(work.segmentation)
    while work.history.undo():
        assert again.history.undo()
        assert digest_of(mask) == digest_of(work.segmentation)
    assert again.history.undo() is None
    again.crash()


def test_crash_recover_edit_crash_recover_loses_nothing(folder: Path) -> None:
    state = b""
    for count in range(1, 6):
        work = Work(folder)
        if count > 1:
            work.kept.take_up()
            assert digest_of(work.segmentation) == state
        work.steps(7, seed=count)
        state = digest_of(work.segmentation)
        work.crash()
    found, recovery = replayed(folder)
    assert found == state
    assert len(recovery.changes) == 35


def test_an_offer_that_nobody_took_is_set_aside_and_told(folder: Path) -> None:
    first = Work(folder).steps(5)
    first.crash()
    second = Work(folder).steps(3, seed=9)
    assert [one.code for one in second.kept.findings] == ["OFFER_SET_ASIDE"]
    with pytest.raises(EditError, match="none are offered"):
        second.kept.take_up()
    second.crash()
    assert replayed(folder)[0] == second.states[-1]
    (folder / "edits.journal").unlink()
    (folder / "unsaved-1.journal").rename(folder / "edits.journal")
    assert replayed(folder)[0] == first.states[-1]


def test_an_offer_can_be_given_up(folder: Path) -> None:
    Work(folder).steps(5).crash()
    work = Work(folder)
    work.kept.give_up()
    assert not folder.exists()
    assert not work.kept.findings


def test_what_was_undone_of_before_the_save_is_undone_after_recovery(folder: Path) -> None:
    work = Work(folder)
    for index in range(4):
        work.history.do(painted(work.segmentation, index))
    saved = np.array(work.segmentation.array)
    names = (work.segmentation.segments, dict(work.segmentation.provenance))
    with work.kept.saving(folder):
        pass
    for step in ("undo", "undo", "redo", "undo", "undo", "redo"):
        getattr(work.history, step)()
    work.crash()
    assert replayed(folder, Segmentation(saved, GRID, *names))[0] == work.states[-1]


# --- saving empties it -----------------------------------------------------------------------


class KilledError(Exception):
    """Stands for the end of the process."""


def test_a_save_empties_the_journal_and_the_next_one_starts_from_there(folder: Path) -> None:
    work = Work(folder).steps(6)
    with work.kept.saving(folder):
        saved = np.array(work.segmentation.array)
        names = (work.segmentation.segments, dict(work.segmentation.provenance))
    assert not folder.exists()
    work.steps(9, seed=5).crash()
    assert replayed(folder, Segmentation(saved, GRID, *names))[0] == work.states[-1]


def test_a_crash_at_any_step_of_saving_loses_nothing(folder: Path) -> None:
    """The old mask, the old mask with the new names, or the new one with the journal."""
    for step in ("before", "names", "saved"):
        work = Work(folder).steps(12, seed=2)
        with pytest.raises(KilledError), work.kept.saving(folder):
            raise KilledError
        work.crash()
        new = work.segmentation
        mask = {
            "before": fresh(),
            "names": Segmentation(np.zeros(GRID.shape, np.uint8), GRID, *names_of(new)),
            "saved": Segmentation(np.array(new.array), GRID, *names_of(new)),
        }[step]
        found, recovery = replayed(folder, mask)
        assert found == work.states[-1], step
        assert len(recovery.changes) == (0 if step == "saved" else 12), step
        (folder / "edits.journal").unlink()


def test_work_after_a_save_that_failed_is_kept_with_what_was_before(folder: Path) -> None:
    work = Work(folder).steps(5)
    with pytest.raises(KilledError), work.kept.saving(folder):
        raise KilledError
    work.steps(8, seed=4).crash()
    found, recovery = replayed(folder)
    assert found == work.states[-1]
    assert len(recovery.changes) == 8


def names_of(mask: Segmentation) -> tuple[tuple[Segment, ...], dict]:
    return mask.segments, dict(mask.provenance)


def test_a_journal_of_another_state_of_the_mask_is_kept_and_not_replayed(folder: Path) -> None:
    Work(folder).steps(5).crash()
    changed = fresh()
    painted(changed, 0, 2).apply(changed)
    recovery = recover(folder, changed)
    assert recovery.is_foreign
    assert not recovery.changes
    assert "another state" in recovery.findings[0].text


def test_a_journal_of_another_grid_or_image_is_not_replayed(folder: Path) -> None:
    work = Work(folder).steps(5)
    work.crash()
    moved = Geometry.from_spacing(GRID.shape, (2.5, 0.7, 0.9))
    recovery = recover(folder, Segmentation.empty(moved, fresh().segments))
    assert recovery.is_foreign
    assert "another grid" in recovery.findings[0].text
    mask = fresh()
    journal = Journal.start(folder, MaskState.of(mask), image="1.2.3")
    journal.append(Kind.DO, painted(mask, 0))
    journal.close()
    assert "another image" in recover(folder, mask, image="1.2.4").findings[0].text
    assert len(recover(folder, mask, image="1.2.3").changes) == 1


def test_the_digest_of_voxels_knows_no_type_and_every_place() -> None:
    labels = np.zeros(GRID.shape, np.uint8)
    labels[1, 2, 3] = 7
    assert voxel_digest(labels) == voxel_digest(labels.astype(np.uint16))
    digests = {voxel_digest(labels)}
    for changed in (labels[::-1], labels[:, ::-1], labels * 2, labels * 0):
        digests.add(voxel_digest(changed))
    big = labels.astype(np.uint16) * 100
    digests.add(voxel_digest(big))
    assert len(digests) == 6


def test_what_was_given_up_is_given_up_after_recovery_and_redo_is_as_it_was(folder: Path) -> None:
    work = Work(folder).steps(20, 1)
    while not work.history.can_redo:
        work.history.undo()
    redone, state = work.history.next_redo, digest_of(work.segmentation)
    by = Authorship("Reader", "brush")
    random = np.random.default_rng(5)
    for continues in (False, True, True):
        change = random_change(work.segmentation, random, by)
        work.history.do(change, continues=continues)
    assert not work.history.can_redo
    work.history.give_up()
    assert digest_of(work.segmentation) == state
    assert work.history.next_redo is redone
    work.crash()
    mask = fresh()
    again = Work(folder, mask)
    again.kept.take_up()
    assert digest_of(mask) == state
    while work.history.redo():
        assert again.history.redo()
        assert digest_of(mask) == digest_of(work.segmentation)
    assert not again.history.can_redo
    while work.history.undo():
        assert again.history.undo()
        assert digest_of(mask) == digest_of(work.segmentation)
    assert again.history.undo() is None
    again.crash()
