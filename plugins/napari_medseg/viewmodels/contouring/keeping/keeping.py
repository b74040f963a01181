"""Whether the work is safe: saved, unsaved, or left by an earlier session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from psygnal import Signal

from medseg import formats, project
from medseg.errors import EditError
from medseg.session import Session
from napari_medseg.viewmodels.contouring.keeping.autosave import Autosave
from napari_medseg.viewmodels.contouring.keeping.keeping_words import Safety, ago
from napari_medseg.viewmodels.contouring.keeping.recovered import RecoveredViewModel
from napari_medseg.viewmodels.contouring.keeping.standing_signature import signature_stands
from napari_medseg.viewmodels.notice import Notice, in_words
from napari_medseg.viewmodels.opening.choices import mask_path_for
from napari_medseg.viewmodels.remembering import remember, remembered
from napari_medseg.viewmodels.rows import WAITING, sentences

#: The code of the finding that tells of an earlier session's changes.
OFFERED = "UNSAVED_CHANGES"

#: So many voxels are written in a moment.
_LARGE = 20_000_000


class KeepingViewModel:
    """The saving of one session's mask, and the recovery of what a crash left.

    Args:
        notice: where commands say what they did, or why not.
        clock: the time of day.
        settings: where it is remembered whether masks are saved by themselves; None forgets.
    """

    ticked = Signal()
    """The status is another one."""
    recovered = Signal()
    """The changes of an earlier session are in the mask again."""

    def __init__(
        self,
        notice: Notice,
        *,
        clock: Callable[[], datetime] = datetime.now,
        settings: Path | None = None,
    ) -> None:
        self.notice = notice
        self._clock = clock
        self.autosave: Autosave | None = None
        self.recovered_look = RecoveredViewModel()
        self._told: object = None
        self._is_asked = False  # whether what is being saved by itself was asked for
        self._settings = settings
        self._autosaves = remembered(settings, "autosave", absent=True)
        self._session: Session | None = None
        self._saved_at: datetime | None = None

    def work_on(self, session: Session) -> None:
        """Keep this session's work from now on."""
        if self.autosave is not None:
            self.autosave.wait()
        self._session, self._saved_at = session, None
        self.autosave = Autosave(session, self.notice.gesture)
        self.autosave.is_on = self._autosaves or self.is_in_project
        self.autosave.saved.connect(self._take_autosaved)
        self.recovered_look.work_on(session)

    @property
    def offer(self) -> str | None:
        """What an earlier session left unsaved, in words; None if nothing waits for a decision."""
        if self._session is None or not self._session.safekeeping.offered:
            return None
        offer = sentences(found for found in self._session.findings if found.code == OFFERED)
        look = self.recovered_look
        told = look.preview.text if look.preview else look.refusal
        return f"{offer} {told}".strip()

    @property
    def has_unsaved_changes(self) -> bool:
        """Whether closing now would lose work."""
        return self._session is not None and self._session.has_unsaved_changes

    @property
    def status(self) -> str:
        """Whether the work is safe, in words: "Saved 12 s ago to ..." and the like."""
        session, autosave = self._session, self.autosave
        if session is None or autosave is None:
            return "No image"
        if session.history.closed_because:
            return f"Read-only: {session.history.closed_because}"
        if autosave.is_busy and self.mask_path:
            return f"Saving to {self.mask_path.name} {WAITING}"
        if self.has_unsaved_changes:
            return self._unsaved_in_words(autosave)
        return self._saved_in_words()

    @property
    def is_saving(self) -> bool:
        """Whether the mask is being written in the background."""
        return self.autosave is not None and self.autosave.is_busy

    @property
    def safety(self) -> Safety:
        """How safe the work is."""
        session, autosave = self._session, self.autosave
        if session is None or autosave is None:
            return Safety.SAVED
        if session.history.closed_because:
            return Safety.READ_ONLY
        if not self.has_unsaved_changes:
            return Safety.SAVED
        if self._journal_fails or autosave.failure:
            return Safety.FAILED
        return Safety.AT_RISK if autosave.why_not else Safety.KEPT

    @property
    def autosaves(self) -> bool:
        """Whether masks with a file of their own are saved by themselves."""
        return self._autosaves

    def set_autosaves(self, is_on: bool) -> None:
        """Save masks by themselves, or only when told; a project's readings always are."""
        self._autosaves = is_on
        remember(self._settings, "autosave", is_on)
        if self.autosave is not None:
            self.autosave.is_on = is_on or self.is_in_project
        self.notice.changed.emit()

    @property
    def is_in_project(self) -> bool:
        """Whether the mask is a project's reading."""
        return self.mask_path is not None and project.find_spot(self.mask_path) is not None

    def tick(self) -> None:
        """Bring up to date what time and threads have changed; a clock calls it."""
        if self.autosave is not None:
            self.autosave.poll()
        self.recovered_look.poll()
        before, self._told = self._told, (self.status, self.safety)
        if before != self._told:
            self.ticked.emit()

    def _unsaved_in_words(self, autosave: Autosave) -> str:
        if self._journal_fails:
            return "Unsaved changes, NOT kept for a crash: save now"
        if autosave.failure:
            return f"Not saved, tried again soon: {autosave.failure}"
        if self.mask_path is None:
            return "Kept in the journal; not yet a file"
        why_not = f"; {autosave.why_not}" if autosave.why_not else ", saved soon"
        return f"Unsaved changes, kept in the journal{why_not}"

    def _saved_in_words(self) -> str:
        if self._saved_at is None or self.mask_path is None:
            return "No changes to save"
        seconds = (self._clock() - self._saved_at).total_seconds()
        return f"Saved {ago(seconds)} to {self.mask_path.name}"

    @property
    def _journal_fails(self) -> bool:
        codes = {found.code for found in self._session.findings} if self._session else set()
        return not codes.isdisjoint({"JOURNAL_FAILED", "EDITED_ELSEWHERE"})

    def _take_autosaved(self) -> None:
        self._saved_at = self._clock()
        if self._is_asked and self.mask_path is not None:
            self._is_asked = False
            self._say_saved(self.mask_path)
        self.notice.changed.emit()

    def _say_saved(self, written: Path) -> None:
        self._saved_at = self._clock()
        what_now = " Its earlier sign-off no longer holds; sign it anew."
        self.notice.say(f"Saved to {written}.{what_now if signature_stands(written) else ''}")

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
    def path_elsewhere(self) -> Path | None:
        """Where work is rescued to if nobody chooses: the reader's own folder, by another name."""
        if self.mask_path is None:
            return None
        spot = project.find_spot(self.mask_path)
        named = spot.reading if spot is not None else None
        return Path.home() / f"{named or formats.sidecar.mask_stem(self.mask_path)}-copy.nii.gz"

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
        self.recovered_look.forget()
        count = self._session.recover()
        self.notice.say(f"{count} unsaved changes are back. Save the mask to keep them.")
        self.recovered.emit()

    @in_words
    def discard_offer(self) -> None:
        """Remove for good what an earlier session did not save."""
        if self._session is not None and self.offer:
            self.recovered_look.forget()
            self._session.safekeeping.give_up()
            self.notice.say("The unsaved changes of before are removed.")

    def discard_changes(self) -> None:
        """Take note that the reader gives up what is unsaved now: `close` removes it then."""
        self.notice.gesture.settle()
        if self.autosave is not None:
            self.autosave.give_up()

    @property
    def is_given_up(self) -> bool:
        """Whether the reader has given up what is unsaved now, and need not be asked again."""
        return self.autosave is not None and self.autosave.is_given_up

    def wait(self) -> None:
        """Come back when nothing is being saved any more."""
        if self.autosave is not None:
            self.autosave.wait()

    @in_words
    def close(self) -> None:
        """End the work when the window has closed, so that others can edit the mask.

        What is unsaved is offered when it is opened again, unless it was given up.
        """
        self.recovered_look.forget()
        if self.autosave is not None:
            self.autosave.wait()
        if self._session is not None:
            self._session.close(discard=self.is_given_up)

    def save_soon(self, path: Path) -> None:
        """Save as told; a large mask that has this file in a thread, so that the window goes on."""
        self.notice.gesture.settle()
        session, autosave = self._session, self.autosave
        is_large = session is not None and session.segmentation.array.size > _LARGE
        is_quiet = is_large and autosave is not None and not autosave.failure
        if autosave is None or not is_quiet or path != self.mask_path:
            self.save(path)
            return
        autosave.wait()
        autosave.may_replace_signed = True  # the reader has decided
        self._is_asked = True
        autosave.begin()
        self.tick()

    @in_words
    def save(self, path: Path | None = None) -> None:
        """Save the mask, by default where it was saved before."""
        if self._session is None:
            raise EditError("There is no lesion to save; open an image and draw one.")
        if self.autosave is not None:
            self.autosave.wait()
            self.autosave.may_replace_signed = True  # the reader has decided
        self._session.journal_folder = None  # a mask that has a file has its journal beside it
        self._say_saved(self._session.save(path))

    @in_words
    def rescue(self, path: Path) -> None:
        """Save elsewhere what cannot be saved to its own place.

        Of a project's reading that is a copy: the reading is handed in from its own place.
        """
        session = self._session
        if session is None or not self.is_in_project:
            self.save(path)
            return
        if path == self.mask_path:
            raise EditError(
                "A copy goes to another place than the reading's own; choose one outside the "
                "project."
            )
        project.check_may_save(path, by=session.author)
        told = project.told_beside(path, session.volume.source)
        formats.write_segmentation(session.segmentation, path, image=told)
        self.notice.say(
            f"A copy is saved to {path}. The reading itself does not have these changes, and is "
            "not handed in with them."
        )
