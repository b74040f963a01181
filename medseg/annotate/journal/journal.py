"""The crash journal of one mask: every change since the last save, on the disk within a second."""

from __future__ import annotations

import shutil
import threading
import weakref
from contextlib import suppress
from pathlib import Path

from medseg.annotate.history import Kind
from medseg.annotate.journal.folder_lock import FolderLock
from medseg.annotate.journal.handle import free_name
from medseg.annotate.journal.mask_state import MaskState
from medseg.annotate.journal.records import Entry, Start, is_torn, saving_bytes
from medseg.annotate.journal.recovery import NAME, Recovery
from medseg.annotate.journal.writer import JournalWriter
from medseg.errors import FormatError
from medseg.model import Change, Finding, Place

_PATIENCE_SECONDS = 10.0
_TOO_SLOW = "Changes are written to the crash journal; the disk has not answered in 10 seconds."


class Journal:
    """A journal that takes changes; `start` begins one, `resume` goes on with one.

    `append` acknowledges a change by returning. From then on it is written by a thread of its
    own: what was acknowledged a second ago outlives the end of the process, however that
    comes, and a power cut, as far as the disk keeps what it says it keeps.

    Args:
        folder: where it stands.
        writer: writes it.
        lock: held until it is closed.
    """

    def __init__(self, folder: Path, writer: JournalWriter, lock: FolderLock) -> None:
        self.folder = folder
        self._writer, self._lock = writer, lock
        # Also at the end of the program: what is left is written, and stays to be recovered.
        self._end = weakref.finalize(self, _end, writer, lock)

    @classmethod
    def start(cls, folder: Path, state: MaskState, *, image: str = "") -> Journal:
        """A journal that begins with the mask in this state.

        A journal that stands there already is set aside under a name of its own, "unsaved-1".

        Args:
            folder: made if it is not there, removed with the journal.
            state: the mask as it is saved, before the first change.
            image: id of its image; "" if not known.

        Raises:
            BusyError: another process, or another session, edits the mask.
        """
        lock = FolderLock(folder)
        with suppress(OSError):  # no folder, no room: the writer tries again, and tells
            lock.acquire()
        writer = JournalWriter(folder / NAME, lock)
        writer.put(Entry.START, Start(state, image).to_bytes())
        return cls(folder, writer, lock)

    @classmethod
    def resume(cls, recovery: Recovery) -> Journal:
        """A journal that goes on where a recovery ended; what is behind is cut off.

        If that is more than a record torn in writing, the whole is kept under a name of its
        own first.

        Raises:
            BusyError: another process, or another session, edits the mask.
            FormatError: the journal is not there any more, or cannot be written to.
        """
        lock = FolderLock(recovery.folder)
        try:
            lock.acquire()
            _keep_what_is_cut_off(recovery)
        except OSError as error:
            lock.release()
            raise FormatError(
                f"A recovered journal is gone on with; {recovery.path} cannot be: "
                f"{error.strerror or error}. Save the mask, so that nothing depends on it."
            ) from error
        writer = JournalWriter(recovery.path, lock, length=recovery.end, chained_to=recovery.check)
        return cls(recovery.folder, writer, lock)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """That the journal cannot be written now and why; empty while all is well."""
        failure = self._writer.failure
        if failure is None:
            return ()
        why = getattr(failure, "strerror", None) or str(failure) or type(failure).__name__
        text = (
            f"The latest changes would be lost in a crash: {self.folder / NAME} cannot be written "
            f"({why}). They are kept in memory and written as soon as that works. Save the mask, "
            "to another place if need be."
        )
        return (Finding("JOURNAL_FAILED", "error", text, Place(file=str(self.folder / NAME))),)

    def append(self, kind: Kind, change: Change) -> None:
        """Take a change over, to be written; it returns at once and never fails.

        Args:
            kind: how the change was made.
            change: what was applied, for an undo the inverse.
        """
        self._writer.put(Entry(kind.value), change)

    def note_saving(self, state: MaskState) -> None:
        """Say that the mask is about to be saved in this state, and wait until that is written.

        A crash after the save then finds that the changes up to here are in the mask already.
        A failure is no hindrance to saving; `findings` tells it.
        """
        self.announce_saving(state)
        self.settle()

    def announce_saving(self, state: MaskState) -> None:
        """Have it written that the mask is about to be saved in this state; it returns at once."""
        self._writer.put(Entry.SAVING, saving_bytes(state))

    def settle(self) -> None:
        """Wait until all is on the disk; a failure is no hindrance, `findings` tells it."""
        self._writer.sync(_PATIENCE_SECONDS)

    def sync(self) -> None:
        """Wait until all that was appended is on the disk.

        Raises:
            FormatError: it could not be written.
        """
        if not self._writer.sync(_PATIENCE_SECONDS):
            found = self.findings
            raise FormatError(found[0].text if found else _TOO_SLOW)

    def close(self, *, clean: bool = False) -> None:
        """End the journal and let others edit the mask.

        Args:
            clean: whether all changes are saved or given up: the journal is removed. Otherwise
                what is left is written, and offered when the mask is opened again.

        Raises:
            FormatError: changes that are not saved could not be written.
        """
        if self._end.detach() is None:
            return
        is_written = self._writer.stop(_PATIENCE_SECONDS, drop=clean)
        found = self.findings
        if clean:
            with suppress(OSError):  # a journal left behind says itself that all is saved
                _remove(self.folder, self._lock)
        self._lock.release()
        if not is_written:
            raise FormatError(found[0].text if found else _TOO_SLOW)


def discard(folder: Path) -> None:
    """Remove a journal that nobody goes on with, and its folder if nothing else is in there.

    Raises:
        BusyError: another process, or another session, edits the mask.
        FormatError: it cannot be removed.
    """
    lock = FolderLock(folder)
    try:
        lock.acquire()
        _remove(folder, lock)
    except OSError as error:
        lock.release()
        raise FormatError(
            f"A journal that is given up is removed; {folder / NAME} cannot be "
            f"({error.strerror}). Remove it by hand."
        ) from error


def _keep_what_is_cut_off(recovery: Recovery) -> None:
    size = recovery.path.stat().st_size
    if size < recovery.end:
        raise OSError(f"it held {recovery.end} bytes and has {size}")
    if size > recovery.end and not is_torn(recovery.path, recovery.end, size):
        shutil.copyfile(recovery.path, free_name(recovery.path))


def _remove(folder: Path, lock: FolderLock) -> None:
    (folder / NAME).unlink(missing_ok=True)
    lock.release()
    with suppress(OSError):  # something else is in there
        folder.rmdir()


def _end(writer: JournalWriter, lock: FolderLock) -> None:
    if writer.runs_here:  # garbage is collected in any thread
        threading.Thread(target=_end, args=(writer, lock), daemon=True).start()
        return
    writer.stop(_PATIENCE_SECONDS)
    lock.release()
