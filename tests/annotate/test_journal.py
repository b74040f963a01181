"""The crash journal: its bytes, what a cut or a damage leaves, saving, failures, two at once."""

from __future__ import annotations

import errno
import io
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medseg.annotate import (
    History,
    Journal,
    Recovery,
    Safekeeping,
    recover,
)
from medseg.annotate.history import Kind
from medseg.annotate.journal import folder_lock
from medseg.annotate.journal import records as journal_file
from medseg.annotate.journal.change_codec import decoded, encoded
from medseg.annotate.journal.folder_lock import BusyError
from medseg.annotate.journal.handle import JournalHandle
from medseg.annotate.journal.mask_state import MaskState, voxel_digest
from medseg.annotate.journal.records import MAGIC, records
from medseg.errors import EditError, FormatError
from medseg.model import Authorship, Change, Edit, Geometry, Segment, Segmentation, SegmentsEdit
from tests.annotate.journal_work import GRID, digest_of, random_change, random_step

BY = Authorship("Reader", "brush", time="2026-01-02T03:04:05.678+00:00", active_seconds=0.5)


def fresh() -> Segmentation:
    return Segmentation.empty(GRID, (Segment.unnamed(1), Segment.unnamed(2)))


def painted(segmentation: Segmentation, index: int, value: int = 1) -> Edit:
    patch = np.full((1, 2, 3), value, np.uint8)
    return Edit.from_patch(segmentation, (index, 1, 2), patch, BY)


class Work:
    """A mask at work, with its journal; `states` are the digests after each change."""

    def __init__(self, folder: Path, segmentation: Segmentation | None = None) -> None:
        self.segmentation = segmentation or fresh()
        self.history = History(self.segmentation)
        self.kept = Safekeeping(self.segmentation, self.history, folder=folder)
        self.states = [digest_of(self.segmentation)]
        keep = self.history.listener
        assert keep is not None

        def listen(kind: Kind, change: Change) -> None:
            keep(kind, change)
            self.states.append(digest_of(self.segmentation))

        self.history.listener = listen

    def steps(self, count: int, seed: int = 0) -> Work:
        random = np.random.default_rng(seed)
        for _ in range(count + 1 - len(self.states)):
            random_step(self.history, self.segmentation, random)
        return self

    def crash(self) -> None:
        """End without saying so; what is on its way to the disk still gets there."""
        self.kept.close(clean=False)


def replayed(folder: Path, segmentation: Segmentation | None = None) -> tuple[bytes, Recovery]:
    mask = segmentation or fresh()
    recovery = recover(folder, mask)
    recovery.replay(mask, History(mask))
    return digest_of(mask), recovery


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


# --- a cut or a damage at any byte -----------------------------------------------------------


def whole_records(data: bytes, upto: int) -> int:
    """How many records end at or before a byte, told by lengths alone, without our reader."""
    at, count = len(MAGIC), 0
    while (
        at + 21 <= upto and (end := at + 21 + int.from_bytes(data[at : at + 4], "little")) <= upto
    ):
        at, count = end, count + 1
    return count


def small_journal(folder: Path) -> tuple[bytes, list[bytes]]:
    work = Work(folder).steps(5, seed=3)
    work.crash()
    return (folder / "edits.journal").read_bytes(), work.states


def test_a_cut_at_any_byte_leaves_the_longest_valid_prefix(folder: Path) -> None:
    data, states = small_journal(folder)
    for cut in range(len(data) + 1):
        passed = list(records(io.BytesIO(data[:cut]), cut))
        assert len(passed) == whole_records(data, cut), f"cut at {cut}"
    ends = [one.end for one in records(io.BytesIO(data), len(data))]
    near_ends = {end + by for end in ends for by in (-1, 0, 1)} - {len(data) + 1}
    for cut in sorted({*range(0, len(data), 17), *near_ends}):
        (folder / "edits.journal").write_bytes(data[:cut])
        found, recovery = replayed(folder)
        count = max(0, whole_records(data, cut) - 1)  # the first one tells where it starts
        assert len(recovery.changes) == count, f"cut at {cut}"
        assert found == states[count], f"cut at {cut}"


def damaged_counts(data: bytes) -> list[tuple[int, int]]:
    """(records before the damaged byte, records that the reader lets pass), for each byte."""
    counts = []
    for at in range(len(MAGIC), len(data)):
        harmed = bytearray(data)
        harmed[at] ^= 0x10
        passed = list(records(io.BytesIO(bytes(harmed)), len(harmed)))
        counts.append((whole_records(data, at), len(passed)))
    return counts


def test_a_damaged_byte_ends_what_is_believed(folder: Path) -> None:
    data, _ = small_journal(folder)
    assert all(expected == found for expected, found in damaged_counts(data))


def test_the_damage_test_catches_a_checksum_that_is_ignored(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "_check", lambda *_: bytes(16))
    data, _ = small_journal(folder)
    assert any(expected != found for expected, found in damaged_counts(data))


def test_records_cannot_be_left_out_or_swapped(folder: Path) -> None:
    data, _ = small_journal(folder)
    ends = [one.end for one in records(io.BytesIO(data), len(data))]
    without_third = data[: ends[1]] + data[ends[2] :]
    assert len(list(records(io.BytesIO(without_third), len(without_third)))) == 2


def test_after_a_cut_the_work_goes_on_behind_the_valid_prefix(folder: Path) -> None:
    data, _ = small_journal(folder)
    (folder / "edits.journal").write_bytes(data[:-3])
    work = Work(folder)
    assert [one.code for one in work.kept.findings] == ["UNSAVED_CHANGES", "JOURNAL_CUT"]
    assert work.kept.take_up() == 4
    work.steps(4, seed=7).crash()
    found, recovery = replayed(folder)
    assert found == work.states[-1]
    assert len(recovery.changes) == 8


def test_what_is_behind_a_damage_is_kept_before_it_is_cut_off(folder: Path) -> None:
    data, _ = small_journal(folder)
    second = [one.end for one in records(io.BytesIO(data), len(data))][1]
    harmed = bytearray(data)
    harmed[second + 30] ^= 1
    (folder / "edits.journal").write_bytes(harmed)
    work = Work(folder)
    assert work.kept.take_up() == 1
    work.steps(3).crash()
    assert (folder / "unsaved-1.journal").read_bytes() == harmed
    assert replayed(folder)[0] == work.states[-1]


def test_a_change_that_does_not_apply_ends_the_recovery_and_is_kept(folder: Path) -> None:
    mask = fresh()
    journal = Journal.start(folder, MaskState.of(mask))
    first = painted(mask, 0)
    for change in (first, painted(mask, 1), first, painted(mask, 2)):
        journal.append(Kind.DO, change)
    journal.close()
    whole = (folder / "edits.journal").read_bytes()
    work = Work(folder)
    assert work.kept.take_up() == 2
    assert [one.code for one in work.kept.findings] == ["RECOVERED_IN_PART"]
    work.steps(4).crash()
    found, recovery = replayed(folder)
    assert found == work.states[-1]
    assert len(recovery.changes) == 6
    assert (folder / "unsaved-1.journal").read_bytes() == whole


def test_a_journal_damaged_from_the_start_is_told_and_kept(folder: Path) -> None:
    data, _ = small_journal(folder)
    harmed = data[:60] + bytes((data[60] ^ 1,)) + data[61:]
    (folder / "edits.journal").write_bytes(harmed)
    work = Work(folder)
    assert [one.code for one in work.kept.findings] == ["FOREIGN_JOURNAL"]
    work.steps(2)
    work.crash()
    assert (folder / "unsaved-1.journal").read_bytes() == harmed


@pytest.mark.parametrize("cut", [0, 5, 16, 30, 90])
def test_a_journal_that_was_just_being_begun_is_replaced(folder: Path, cut: int) -> None:
    data, _ = small_journal(folder)
    (folder / "edits.journal").write_bytes(data[:cut])
    work = Work(folder)
    assert not work.kept.findings
    work.steps(2).crash()
    assert [path.name for path in folder.iterdir()] == ["edits.journal"]
    assert replayed(folder)[0] == work.states[-1]


def test_a_journal_of_a_later_medseg_is_told_and_kept(folder: Path) -> None:
    data, _ = small_journal(folder)
    later = MAGIC[:-1] + b"\x02" + data[len(MAGIC) :]
    (folder / "edits.journal").write_bytes(later)
    recovery = recover(folder, fresh())
    assert recovery.is_foreign
    assert "later medseg" in recovery.findings[0].text


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_noise_is_no_journal(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    folder = tmp_path_factory.mktemp("noise")
    (folder / "edits.journal").write_bytes(noise)
    assert not recover(folder, fresh()).changes
    (folder / "edits.journal").write_bytes(MAGIC + noise)
    assert not recover(folder, fresh()).changes


# --- changes as bytes ------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_a_change_read_back_is_the_change(seed: int) -> None:
    random = np.random.default_rng(seed)
    one, other = fresh(), fresh()
    for _ in range(4):
        change = random_change(one, random, BY)
        data = encoded(change)
        again = decoded(data, GRID.shape)
        assert encoded(again) == data
        assert again.authorship == change.authorship
        change.apply(one)
        again.apply(other)
        assert digest_of(one) == digest_of(other)
    again.inverse().apply(other)
    change.inverse().apply(one)
    assert digest_of(one) == digest_of(other)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=300, deadline=None)
def test_a_change_with_harmed_bytes_is_refused_in_words_or_still_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    data = bytearray(encoded(random_change(fresh(), random, BY)))
    for _ in range(int(random.integers(1, 4))):
        data[int(random.integers(len(data)))] = int(random.integers(256))
    data = data[: int(random.integers(len(data) // 2, len(data) + 1))]
    segmentation = fresh()
    before = digest_of(segmentation)
    try:
        change = decoded(bytes(data), GRID.shape)
        change.apply(segmentation)
    except ValueError:  # and nothing else; an EditError is one
        assert digest_of(segmentation) == before
    else:
        change.inverse().apply(segmentation)
        assert digest_of(segmentation) == before


def test_any_text_and_any_number_comes_back() -> None:
    odd = replace(BY, author="J\u00fcrgen \ud800", active_seconds=float("inf"), proposal="p-1")
    change = SegmentsEdit.of_segment(fresh(), 1, odd, label="\ud83d", is_locked=True)
    again = decoded(encoded(change), GRID.shape)
    assert again == change


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


# --- two at once -----------------------------------------------------------------------------


def test_the_second_on_one_mask_is_told_and_hinders_nobody(folder: Path) -> None:
    first = Work(folder).steps(3)
    late = Work(folder)
    assert [one.code for one in late.kept.findings] == ["EDITED_ELSEWHERE"]
    late.steps(3, seed=8)
    assert f"process {os.getpid()}" in late.kept.findings[-1].text
    with pytest.raises(BusyError, match="one at a time"):
        Journal.start(folder, MaskState.of(fresh()))
    late.crash()
    first.crash()
    assert replayed(folder)[0] == first.states[-1]


def test_a_disk_without_locks_still_keeps_a_journal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(_descriptor: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(folder_lock, "_lock", no_locks)
    work = Work(folder).steps(3)
    work.crash()
    assert not work.kept.findings
    assert replayed(folder)[0] == work.states[-1]


def test_only_one_of_two_takes_an_offer_up(folder: Path) -> None:
    Work(folder).steps(3).crash()
    one, two = Work(folder), Work(folder)
    one.kept.take_up()
    before = digest_of(two.segmentation)
    with pytest.raises(BusyError):
        two.kept.take_up()
    assert digest_of(two.segmentation) == before
    one.crash()


# --- failures are told, and mended -----------------------------------------------------------


def wait_until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.01)
    return False


def test_a_full_disk_is_told_and_written_when_there_is_room_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(folder).steps(3)
    written = JournalHandle.write_at

    def half(self: JournalHandle, at: int, data: bytes) -> None:
        written(self, at, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(JournalHandle, "write_at", half)
    work.steps(6, seed=1)
    assert wait_until(lambda: bool(work.kept.findings))
    assert work.kept.findings[0].code == "JOURNAL_FAILED"
    assert "No space left" in work.kept.findings[0].text
    monkeypatch.undo()
    assert wait_until(lambda: not work.kept.findings)
    work.crash()
    assert replayed(folder)[0] == work.states[-1]


def test_what_cannot_be_written_at_the_end_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: JournalHandle, at: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(JournalHandle, "write_at", full)
    work = Work(folder).steps(2)
    with pytest.raises(FormatError, match="No space left"):
        work.crash()


def test_a_folder_that_vanishes_is_made_again_with_all_that_was_in_it(folder: Path) -> None:
    work = Work(folder).steps(4)
    assert wait_until((folder / "edits.journal").exists)
    for name in ("edits.journal", "edits.lock"):
        (folder / name).unlink()
    folder.rmdir()
    work.steps(8, seed=6).crash()
    found, recovery = replayed(folder)
    assert found == work.states[-1]
    assert len(recovery.changes) == 8


def test_a_place_that_cannot_be_written_to_does_not_keep_anybody_from_editing(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_bytes(b"")
    work = Work(tmp_path / "file" / "journal").steps(3)
    assert wait_until(lambda: bool(work.kept.findings))
    assert work.kept.findings[0].code == "JOURNAL_FAILED"
    with work.kept.saving(tmp_path / "elsewhere"):
        pass
    assert not work.kept.findings
    work.steps(6, seed=1).crash()
    assert (tmp_path / "elsewhere" / "edits.journal").exists()


def test_the_disk_is_told_while_the_work_goes_on_and_not_at_the_end_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut keeps what the disk was told to keep; that is looked at after each `fsync`."""
    kept: list[bytes] = []
    told = JournalHandle.sync

    def sync(self: JournalHandle) -> None:
        told(self)
        kept.append((folder / "edits.journal").read_bytes())

    monkeypatch.setattr(JournalHandle, "sync", sync)
    work = Work(folder)

    def works_on() -> bool:
        value = 1 + len(work.states) // 4 % 2
        work.history.do(painted(work.segmentation, len(work.states) % 4, value))
        return len(kept) >= 3

    assert wait_until(works_on)
    for data in kept:
        (folder / "power_cut").mkdir()
        (folder / "power_cut" / "edits.journal").write_bytes(data)
        found, recovery = replayed(folder / "power_cut")
        assert found == work.states[len(recovery.changes)]
        shutil.rmtree(folder / "power_cut")
    assert len(recovery.changes) > 1
    work.crash()
