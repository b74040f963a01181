"""Whether the work is safe: saved, unsaved, or left by an earlier session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from psygnal import Signal

from medseg import formats
from medseg.errors import EditError
from medseg.session import Session
from napari_medseg.viewmodels.notice import Notice, in_words
from napari_medseg.viewmodels.opening.choices import mask_path_for
from napari_medseg.viewmodels.rows import sentences

#: The code of the finding that tells of an earlier session's changes.
OFFERED = "UNSAVED_CHANGES"


class KeepingViewModel:
    """The saving of one session's mask, and the recovery of what a crash left.

    Args:
        notice: where commands say what they did, or why not.
        clock: the time of day.
    """

    recovered = Signal()
    """The changes of an earlier session are in the mask again."""

    def __init__(self, notice: Notice, *, clock: Callable[[], datetime] = datetime.now) -> None:
        self.notice = notice
        self._clock = clock
        self._session: Session | None = None
        self._saved_at: datetime | None = None
        self._given_up: object = object()  # the state that the reader does not want saved

    def work_on(self, session: Session) -> None:
        """Keep this session's work from now on."""
        self._session, self._saved_at, self._given_up = session, None, object()

    @property
    def offer(self) -> str | None:
        """What an earlier session left unsaved, in words; None if nothing waits for a decision."""
        if self._session is None or not self._session.safekeeping.offered:
            return None
        return sentences(found for found in self._session.findings if found.code == OFFERED)

    @property
    def has_unsaved_changes(self) -> bool:
        """Whether closing now would lose work."""
        return self._session is not None and self._session.has_unsaved_changes

    @property
    def status(self) -> str:
        """Whether the work is safe: "Saved 12:03:44 ...", "Unsaved changes" or neither."""
        if self.has_unsaved_changes:
            return "Unsaved changes"
        if self._saved_at and self.mask_path:
            return f"Saved {self._saved_at:%H:%M:%S} to {self.mask_path.name}"
        return "No changes to save"

    @property
    def mask_path(self) -> Path | None:
        """Where the mask was read from or saved to; None if nowhere yet."""
        return self._session.mask_path if self._session else None

    @property
    def suggested_mask_path(self) -> Path | None:
        """Where saving goes if nobody chooses: the mask's file, or a new one by the image."""
        if self._session is None:
            return None
        return self.mask_path or mask_path_for(self._session.volume.source.path)

    @property
    def cannot_save(self) -> str | None:
        """Why there is nothing to save."""
        has_lesions = self._session is not None and self._session.segmentation.segments
        return None if has_lesions else "There is no lesion to save."

    @in_words
    def recover(self) -> None:
        """Make the changes again that an earlier session did not save; they can be undone."""
        if self._session is None:
            raise EditError("Unsaved changes are recovered on their image; open that first.")
        count = self._session.recover()
        self.notice.say(f"{count} unsaved changes are back. Save the mask to keep them.")
        self.recovered.emit()

    @in_words
    def discard_offer(self) -> None:
        """Remove for good what an earlier session did not save."""
        if self._session is not None and self.offer:
            self._session.safekeeping.give_up()
            self.notice.say("The unsaved changes of before are removed.")

    def discard_changes(self) -> None:
        """Take note that the reader gives up what is unsaved now: `close` removes it then."""
        if self._session is not None:
            self._given_up = self._session.history.state

    @in_words
    def close(self) -> None:
        """End the work when the window has closed, so that others can edit the mask.

        What is unsaved is offered when it is opened again, unless it was given up.
        """
        if self._session is not None:
            self._session.close(discard=self._session.history.state is self._given_up)

    @in_words
    def save(self, path: Path | None = None) -> None:
        """Save the mask, by default where it was saved before."""
        if self._session is None:
            raise EditError("There is no lesion to save; open an image and draw one.")
        self._session.journal_folder = None  # a mask that has a file has its journal beside it
        written = self._session.save(path)
        self._saved_at = self._clock()
        was_signed = formats.sidecar.signoff_path(written).exists()
        what_now = " Its earlier sign-off no longer holds; sign it anew." if was_signed else ""
        self.notice.say(f"Saved to {written}.{what_now}")
