"""Autosave: the mask goes to its file some seconds after the hand came to rest.

Every change is in the crash journal at once; this only brings the file up to date. It never
writes over what somebody else has written, nor over a signed mask before the reader has, and a
stroke is saved whole: while a hand is down nothing is begun.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from psygnal import Signal

from medseg.errors import MedsegError
from medseg.saving import QuietSave
from medseg.session import Session
from napari_medseg.viewmodels.contouring.keeping.standing_signature import signature_stands
from napari_medseg.viewmodels.errand import Errand
from napari_medseg.viewmodels.gesture import Gesture

#: How long nothing may have been changed; and when work went on for long, how long then.
REST_SECONDS, SHORT_REST_SECONDS = 5.0, 1.0
#: After so long with unsaved changes a short rest is enough.
LONG_SECONDS = 60.0
#: How long after a failure it is tried again.
RETRY_SECONDS = 30.0


class Autosave:
    """The saving of one session's mask by itself, in a thread.

    Args:
        session: whose mask is saved.
        gesture: what a hand is in the middle of.
        clock: seconds that only grow.
    """

    saved = Signal()
    """The file holds what was in the mask a moment ago."""

    def __init__(
        self,
        session: Session,
        gesture: Gesture | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._clock = session, clock
        self._gesture = gesture or Gesture()
        self.is_on = True
        self.may_replace_signed = False
        self._given_up: object = object()  # the state that the reader does not want saved
        self.failure = ""
        self._failed_at = -RETRY_SECONDS
        self._told, self._changed_at = session.safekeeping.told, clock()
        self._unsaved_since: float | None = None
        self._save: QuietSave | None = None
        self._errand = Errand("medseg saving")

    @property
    def is_busy(self) -> bool:
        """Whether the mask is being written."""
        return self._errand.is_busy

    @property
    def path(self) -> Path | None:
        """Where it is saved to; None where the mask has no file yet."""
        return self._session.mask_path

    @property
    def is_given_up(self) -> bool:
        """Whether the reader does not want what is unsaved now; what is drawn on it counts anew."""
        return self._session.history.state is self._given_up

    def give_up(self) -> None:
        """Never write what is unsaved now; what is being written is waited for."""
        self._given_up = self._session.history.state
        self.wait()

    @property
    def why_not(self) -> str:
        """Why nothing is saved by itself now, in words; empty if it is."""
        if self.path is None:
            return "not yet a file"
        if not self.is_on:
            return "autosave is off"
        if self.is_given_up:
            return "given up, and not written any more"
        if not self.may_replace_signed and signature_stands(self.path):
            return "the mask is signed, and saving voids that: only you can"
        return ""

    def poll(self) -> None:
        """Take up what was done, and begin when it is time."""
        self._errand.poll()
        self._look()
        if self._is_due:
            self.begin()

    def begin(self) -> None:
        """Save now, without waiting for rest."""
        if self._errand.is_busy or self.path is None:
            return
        self._save = save = QuietSave(self._session)
        self._errand.begin(save.copy, self._write, self._fail)

    def wait(self) -> None:
        """Wait until what was begun is done."""
        while self._errand.is_busy:
            self._errand.wait()

    def _look(self) -> None:
        if self._session.safekeeping.told != self._told:
            self._told, self._changed_at = self._session.safekeeping.told, self._clock()
        if not self._session.has_unsaved_changes:
            self._unsaved_since, self.failure = None, ""
        elif self._unsaved_since is None:
            self._unsaved_since = self._clock()

    @property
    def _is_due(self) -> bool:
        now = self._clock()
        if self._unsaved_since is None or self._errand.is_busy or self.why_not:
            return False
        if self._gesture.is_under_way:
            return False
        if self.failure and now - self._failed_at < RETRY_SECONDS:
            return False
        is_long = now - self._unsaved_since >= LONG_SECONDS
        return now - self._changed_at >= (SHORT_REST_SECONDS if is_long else REST_SECONDS)

    def _write(self, _nothing: object) -> None:
        if self._save is not None and self._save.begin():
            self._errand.begin(self._save.write, self._end, self._fail)
        # else something was changed while the mask was copied: it is tried after the next rest

    def _end(self, _nothing: object) -> None:
        if self._save is not None:
            self._save.end()
            self._save, self.failure = None, ""
            self.saved.emit()

    def _fail(self, error: MedsegError) -> None:
        self._save, self.failure, self._failed_at = None, str(error), self._clock()
