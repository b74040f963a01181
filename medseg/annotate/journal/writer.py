"""Writes a journal's records behind the user's back: at once, and to the disk twice a second."""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path

from medseg.annotate.journal.change_codec import encoded
from medseg.annotate.journal.folder_lock import FolderLock
from medseg.annotate.journal.handle import JournalHandle
from medseg.annotate.journal.records import MAGIC, Entry, first_check, record
from medseg.model import Change

#: Least time between two orders to the disk to keep what it was given.
SYNC_SECONDS = 0.5
# So long the thread waits for more when all is done: the next event of a stroke need not start one.
_LINGERS_SECONDS = 2.0
# After a failure the same is tried again this much later.
_RETRY_SECONDS = 0.5

Content = Change | bytes


class JournalWriter:
    """A journal's file and the thread that fills it; it lives while there is work, and a little on.

    Records are written in the order of `put`, each as soon as the thread comes to it, so that
    they outlive the process; the disk is told to keep them at most half a second later, so
    that they outlive a power cut. On failure nothing is dropped: it is tried again until it
    works, and `failure` tells why it does not.

    Args:
        path: the journal.
        lock: taken before the file is touched.
        length: bytes of an earlier journal to go on after; len(MAGIC) begins a new one.
        chained_to: check of the record there.
    """

    def __init__(
        self, path: Path, lock: FolderLock, *, length: int = len(MAGIC), chained_to: bytes = b""
    ) -> None:
        self.failure: Exception | None = None
        self._file, self._lock = JournalHandle(path), lock
        self._length, self._check = length, chained_to or first_check()
        self._failures = 0
        self._queue: deque[tuple[Entry, Content]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_synced, self._synced_at = True, -SYNC_SECONDS
        self._is_urgent = self._is_stopping = False

    def put(self, entry: Entry, content: Content) -> None:
        """Have a record written; it returns at once."""
        with self._changed:
            self._queue.append((entry, content))
            self._wake()

    def sync(self, timeout_seconds: float) -> bool:
        """Wait until all is on the disk; False if that failed or took longer."""
        with self._changed:
            self._is_urgent = True
            enough = self._failures + 2  # once may be bad luck
            self._wake()
            self._changed.wait_for(
                lambda: self._failures >= enough or self._is_done, timeout_seconds
            )
            self._is_urgent = False
            return self._is_done

    def stop(self, timeout_seconds: float, *, drop: bool = False) -> bool:
        """Write what is left, or drop it, and close the file; nothing is written any more.

        False if not all of what was to be written is on the disk.
        """
        if drop:
            with self._changed:
                self._queue.clear()
                self._is_synced = True
        is_done = drop or self.sync(timeout_seconds)
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout_seconds)
        if thread is None or not thread.is_alive():
            self._file.close()
        return is_done

    @property
    def runs_here(self) -> bool:
        """Whether the calling thread is the one that writes; it cannot wait for itself."""
        return self._thread is threading.current_thread()

    @property
    def _is_done(self) -> bool:
        return not self._queue and self._is_synced

    @property
    def _is_due(self) -> bool:
        return not self._is_synced and time.monotonic() >= self._synced_at + SYNC_SECONDS

    def _wake(self) -> None:
        if self._thread is None and not self._is_done and not self._is_stopping:
            # A daemon: a full disk must not keep the program from ending.
            thread = threading.Thread(target=self._run, name="journal", daemon=True)
            try:
                thread.start()
                self._thread = thread
            except RuntimeError as error:  # no more threads; the next change tries again
                self.failure = error
        self._changed.notify_all()

    def _run(self) -> None:
        while self._wait_for_work():
            try:
                self._write_queue()
                self._sync_if_due()
                failure: Exception | None = None
            except Exception as error:  # whatever it is: edits are not safe
                failure = error
            with self._changed:
                self.failure = failure
                self._failures += failure is not None
                self._changed.notify_all()
                if failure is not None:
                    self._changed.wait_for(lambda: self._is_stopping, _RETRY_SECONDS)

    def _wait_for_work(self) -> bool:
        """Whether there is work now; the thread ends where there is none for a while."""
        with self._changed:
            if self._is_done:
                self._changed.wait_for(self._has_more, _LINGERS_SECONDS)
            while not (self._is_stopping or self._is_done):
                due_in = self._synced_at + SYNC_SECONDS - time.monotonic()
                if self._queue or self._is_urgent or due_in <= 0:
                    return True
                self._changed.wait(due_in)
            self._thread = None
            return False

    def _has_more(self) -> bool:
        return self._is_stopping or not self._is_done

    def _write_queue(self) -> None:
        self._open()
        while self._queue and not self._is_due:
            entry, content = self._queue[0]
            plain = content if isinstance(content, bytes) else encoded(content)
            data, check = record(entry, plain, self._check)
            self._file.write_at(self._length, data)
            self._length, self._check = self._length + len(data), check
            with self._changed:
                self._is_synced = False
                if self._queue:  # not dropped meanwhile
                    self._queue.popleft()

    def _open(self) -> None:
        self._lock.acquire()
        self._file.open(self._length)

    def _sync_if_due(self) -> None:
        if not (self._is_due or (self._is_urgent and not (self._queue or self._is_synced))):
            return
        self._open()  # it may have vanished while it was written
        self._file.sync()
        with self._changed:
            self._is_synced, self._synced_at = True, time.monotonic()
            self._changed.notify_all()
