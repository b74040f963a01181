"""Work that takes long, done in a thread of its own; its result is taken up by whoever polls."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from medseg.errors import EditError, MedsegError


class Errand:
    """One piece of work at a time.

    The thread only fills a queue: `done` and `failed` are called in `poll`, in the thread that
    polls, so that a window hears of them in its own.

    Args:
        name: of the thread, for people who look at those.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._results: queue.SimpleQueue[tuple[Any, MedsegError | None]] = queue.SimpleQueue()
        self._done: Callable[[Any], None] = _ignore
        self._failed: Callable[[MedsegError], None] = _ignore

    @property
    def is_busy(self) -> bool:
        """Whether work is under way, or its result waits to be taken up."""
        return self._thread is not None

    def begin(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[MedsegError], None],
    ) -> None:
        """Have something done; what is under way is waited for, and forgotten.

        Args:
            work: what takes long; it runs in the other thread.
            done: told what `work` returned.
            failed: told why it did not.
        """
        self.forget()
        self._done, self._failed = done, failed
        self._thread = threading.Thread(target=self._run, args=(work,), name=self._name)
        self._thread.start()

    def do_at_once(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[MedsegError], None],
    ) -> None:
        """Do something here and now that is known to be quick; it is told as by `begin`."""
        self.forget()
        self._done, self._failed = done, failed
        self._run(work)
        self._take_up()

    def poll(self) -> None:
        """Take the result up if it is there."""
        if self.is_busy and not self._results.empty():
            self._take_up()

    def wait(self, seconds: float | None = None) -> None:
        """Wait for the result and take it up; nothing happens where no work is under way.

        Args:
            seconds: no longer than this; what is not done then is taken up later. None waits
                for the end.
        """
        if self.is_busy:
            with suppress(queue.Empty):
                self._take_up(seconds)

    def forget(self) -> None:
        """Wait for the end of the work, and drop its result."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
            self._results.get()

    def _take_up(self, seconds: float | None = None) -> None:
        value, error = self._results.get(timeout=seconds)
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        if error is None:
            self._done(value)
        else:
            self._failed(error)

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self._results.put((work(), None))
        except MedsegError as error:
            self._results.put((None, error))
        except Exception as error:  # whatever it is: it is told in words, not lost in a thread
            self._results.put((None, EditError(f"{self._name} failed: {error!r}.")))


def _ignore(_value: Any) -> None:
    """Nobody asked."""
