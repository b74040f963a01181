"""What takes long, done one after the other in a thread while the window goes on."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from psygnal import Signal

from medseg.errors import MedsegError
from napari_medseg.viewmodels.notice import Notice

Result = TypeVar("Result")


@dataclass(eq=False)
class _Job:
    text: str
    work: Callable[[], Any]
    done: Callable[[Any], None] | None
    failed: Callable[[MedsegError], None] | None
    is_given_up: bool = False
    can_be_given_up: bool = False
    result: Any = None
    error: MedsegError | None = None
    has_ended: threading.Event = field(default_factory=threading.Event)


class Jobs:
    """Work that touches files or the database, in the order it was asked for.

    One job runs at a time, in a thread of its own; what comes of it is told in `poll`, by whoever
    calls that, so that a window hears of it in its own thread. A job that fails is told in words,
    and those after it are done all the same.

    Args:
        notice: where a failure is said, if the job says nothing else.
    """

    changed = Signal()
    """A job has begun or ended."""

    def __init__(self, notice: Notice) -> None:
        self.notice = notice
        self._waiting: deque[_Job] = deque()
        self._running: _Job | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being done, or waits to be."""
        return self._running is not None

    @property
    def text(self) -> str:
        """What is being done, for people; empty for what they need not know of."""
        job = self._running
        if job is None:
            return ""
        return f"Giving up: {job.text}" if job.is_given_up else job.text

    @property
    def can_give_up(self) -> bool:
        """Whether what is being done may be given up."""
        job = self._running
        return job is not None and job.can_be_given_up and not job.is_given_up

    def run(
        self,
        text: str,
        work: Callable[[], Result],
        done: Callable[[Result], None] | None = None,
        *,
        failed: Callable[[MedsegError], None] | None = None,
        can_be_given_up: bool = False,
    ) -> None:
        """Do some work after what was asked for before.

        Args:
            text: what is done, for people, as "Opening c-7f3a"; empty for quiet work.
            work: what takes long; it runs in another thread and touches nothing of the screen.
            done: gets what came of it.
            failed: gets the error in words; None says it in the notice.
            can_be_given_up: whether it does no harm to forget what came of it.
        """
        self._waiting.append(_Job(text, work, done, failed, can_be_given_up=can_be_given_up))
        self._begin_next()

    def give_up(self) -> None:
        """Forget what comes of the present job, where that does no harm; its thread ends."""
        if self._running is not None and self.can_give_up:
            self._running.is_given_up = True
            self.changed.emit()

    def poll(self) -> None:
        """Tell what has been done since the last time, and begin what waits."""
        while self._running is not None and self._running.has_ended.is_set():
            self._take_up(self._running)

    def finish(self) -> None:
        """Do all that waits, and come back when no thread is left; `done` is told as ever."""
        while self._running is not None:
            self._running.has_ended.wait()
            self.poll()

    def _begin_next(self) -> None:
        if self._running is not None or not self._waiting:
            return
        self._running = job = self._waiting.popleft()
        self._thread = threading.Thread(target=_run, args=(job,), name="medseg at work")
        self._thread.start()
        self.changed.emit()

    def _take_up(self, job: _Job) -> None:
        if self._thread is not None:
            self._thread.join()
        self._running, self._thread = None, None
        try:
            if job.error is not None:
                self._refuse(job, job.error)
            elif job.done is not None and not job.is_given_up:
                job.done(job.result)
        finally:
            self._begin_next()  # whatever becomes of the one, the others are done
            self.changed.emit()

    def _refuse(self, job: _Job, error: MedsegError) -> None:
        if job.is_given_up:
            return
        if job.failed is not None:
            job.failed(error)
        else:
            self.notice.refuse(error)
            self.notice.changed.emit()


def _run(job: _Job) -> None:
    """The job in its thread; whatever is raised becomes words."""
    try:
        job.result = job.work()
    except MedsegError as error:
        job.error = error
    except Exception as error:
        what = job.text or "Work in the background"
        job.error = MedsegError(
            f"{what} ended in an unexpected way ({error!r}). Nothing that was saved is touched; "
            "try again, and if it stays so, report it."
        )
    finally:
        job.has_ended.set()
