"""The crash journal when two want it, and when the disk fails: told, and mended."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from medseg.annotate import (
    Journal,
)
from medseg.annotate.journal import folder_lock
from medseg.annotate.journal import journal as journal_module
from medseg.annotate.journal.folder_lock import BusyError, FolderLock
from medseg.annotate.journal.handle import JournalHandle
from medseg.annotate.journal.mask_state import MaskState
from medseg.annotate.journal.writer import JournalWriter
from medseg.errors import FormatError
from tests.annotate.journal_at_work import Work, fresh, painted, replayed
from tests.annotate.journal_work import digest_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lesions.journal"


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


def test_a_journal_thrown_away_in_its_own_thread_is_written_to_its_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Garbage is collected in whichever thread happens to run: also in the one that writes."""
    work = Work(folder)
    sync, thrown = JournalWriter._sync_if_due, []

    def thrown_away(writer: JournalWriter) -> None:
        if not thrown:
            thrown.append(writer.runs_here)
            journal_module._end(writer, lock)
        sync(writer)

    lock = FolderLock(folder)
    monkeypatch.setattr(JournalWriter, "_sync_if_due", thrown_away)
    work.steps(3)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not thrown:
        time.sleep(0.01)
    assert thrown == [True]
    work.crash()
    assert not work.kept.findings
    assert replayed(folder)[0] == work.states[-1]
