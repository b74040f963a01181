"""The lesions' measurements and slices, known anew only where an edit has touched them."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from psygnal import Signal

from medseg.errors import MedsegError
from medseg.model import Change, Changes, Edit, Measurement
from medseg.session import Session
from napari_medseg.viewmodels.contouring.lesions.lesion_slices import LesionSlices, slices_in
from napari_medseg.viewmodels.errand import Errand

#: How long nothing may have been edited before anything is measured: a stroke is not held up.
QUIET_SECONDS = 0.3


class Measured:
    """Measurements of a session's lesions, taken in a thread; no edit waits for them.

    Args:
        session: whose lesions; None knows of none.
        clock: seconds that only grow.
    """

    changed = Signal()
    """Something is known that was not."""

    def __init__(
        self, session: Session | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._session, self._clock = session, clock
        self._known: dict[int, dict[str, Measurement]] = {}
        self._edits: dict[int, int] = {}  # number -> how often it was edited
        self._wanted = set(session.segmentation.numbers) if session else set()
        self._slices = LesionSlices(session.segmentation.array) if session else None
        self._edited_at = clock() - QUIET_SECONDS
        self._errand = Errand("medseg measuring")

    def of(self, number: int) -> dict[str, Measurement]:
        """What was measured last, by name; empty if nothing was yet."""
        return self._known.get(number, {})

    def is_pending(self, number: int) -> bool:
        """Whether a lesion was edited since it was measured."""
        return number in self._wanted

    def slices(self, number: int) -> tuple[int, ...]:
        """The stored slices that a lesion is on, ascending."""
        return self._slices.of(number) if self._slices else ()

    def knows_slices(self, number: int) -> bool:
        """Whether `slices` answers at once: a large mask is looked through in the thread."""
        return self._slices is not None and self._slices.knows(number)

    def take(self, change: Change) -> None:
        """Have measured anew what the change has made untrue; a change of names makes nothing."""
        leaves = Changes((change,)).leaves
        for edit in (leaf for leaf in leaves if isinstance(leaf, Edit)):
            self._edited_at = self._clock()
            for number in edit.segments:
                self._edits[number] = self._edits.get(number, 0) + 1
                self._wanted.add(number)
                if self._slices is not None:
                    self._slices.edited(number, edit.box[0].start, edit.box[0].stop)
        if self._session is not None and self._slices is not None:
            numbers = set(self._session.segmentation.numbers)
            self._known = {n: found for n, found in self._known.items() if n in numbers}
            self._slices.forget_all_but(numbers)
            self._wanted |= numbers - set(self._known)
            self._wanted &= numbers

    def poll(self) -> None:
        """Take up what was measured, and have the next lesion measured once hands are still."""
        self._errand.poll()
        is_still = self._clock() - self._edited_at >= QUIET_SECONDS
        if is_still and not self._errand.is_busy and not self._look_through():
            self._measure_next()

    def wait(self) -> None:
        """Measure all that is not known, and come back when it is."""
        self._errand.wait()
        while self._wanted:
            self._measure_next()
            self._errand.wait()

    def close(self) -> None:
        """Let the thread end; nothing is told any more."""
        self._wanted.clear()
        self._errand.forget()

    def _look_through(self) -> bool:
        """Whether a large mask has to be looked through first; that is begun."""
        session, slices = self._session, self._slices
        if session is None or slices is None or slices.is_complete:
            return False
        array = session.segmentation.array
        self._errand.begin(lambda: slices_in(array), self._take_slices, self._ignore)
        return True

    def _take_slices(self, found: dict[int, set[int]]) -> None:
        if self._slices is not None:
            self._slices.take_all(found)
            self.changed.emit()

    def _ignore(self, _error: MedsegError) -> None:
        """Each lesion's slices are looked for when they are asked for."""

    def _measure_next(self) -> None:
        if self._session is None or not self._wanted:
            return
        number = min(self._wanted)
        work = partial(self._session.measure, number)
        edits = self._edits.get(number, 0)
        self._errand.begin(work, partial(self._keep, number, edits), partial(self._skip, number))

    def _keep(self, number: int, edits: int, found: tuple[Measurement, ...]) -> None:
        if self._edits.get(number, 0) == edits:  # else it was read while it changed
            self._known[number] = {one.name: one for one in found}
            self._wanted.discard(number)
            self.changed.emit()

    def _skip(self, number: int, _error: MedsegError) -> None:
        self._wanted.discard(number)  # it was removed meanwhile
