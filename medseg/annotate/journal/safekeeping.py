"""Keeps one session's changes safe: a journal that begins by itself and is emptied by saving."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from medseg.annotate.history import History, Kind
from medseg.annotate.journal.folder_lock import BusyError
from medseg.annotate.journal.journal import Journal, discard
from medseg.annotate.journal.mask_state import MaskState
from medseg.annotate.journal.recovery import NAME, recover
from medseg.errors import EditError, FormatError
from medseg.model import Change, Finding, Place, Segmentation


class Safekeeping:
    """The journal of a segmentation that is worked on, from the first change to each save.

    Without a folder nothing is kept. What an earlier session left is offered in `recovery`; to
    make changes without taking it up sets it aside in the folder and says so.

    Args:
        segmentation: as it was read or begun.
        history: what its changes go through; its listener is set.
        folder: where the journal stands; None while there is no such place.
        image: id of the image; "" if not known.
    """

    def __init__(
        self,
        segmentation: Segmentation,
        history: History,
        *,
        folder: Path | None = None,
        image: str = "",
    ) -> None:
        self._segmentation, self._history = segmentation, history
        self._folder, self._image = folder, image
        self._journal: Journal | None = None
        self._notes: tuple[Finding, ...] = ()
        self._is_elsewhere = False
        self.told = 0
        """How many changes were made so far, those taken back and made again among them."""
        self._state = MaskState.of(segmentation) if folder else None
        self.recovery = recover(folder, segmentation, image=image) if folder else None
        history.listener = self._keep

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the user should know: what is offered, what is not kept, and why."""
        offered = self.recovery.findings if self.recovery else ()
        failing = self._journal.findings if self._journal else ()
        return (*offered, *self._notes, *failing)

    @property
    def offered(self) -> int:
        """How many changes an earlier session did not save and can be made again."""
        return len(self.recovery.changes) if self.recovery else 0

    def take_up(self) -> int:
        """Make the changes again that are offered, and go on with their journal; how many.

        Raises:
            EditError: nothing is offered, or changes were made already.
            BusyError: another process, or another session, has taken them up.
        """
        recovery = self.recovery
        if recovery is None or not recovery.changes:
            raise EditError("Unsaved changes are recovered where there are some; none are offered.")
        if self._history.can_undo or self._history.can_redo:
            raise EditError("Unsaved changes are recovered before others are made; some were.")
        journal = Journal.resume(recovery)
        listener, self._history.listener = self._history.listener, None
        try:
            done = recovery.replay(self._segmentation, self._history)
        finally:
            self._history.listener = listener
        if done is not recovery:  # the rest does not apply, so what follows goes in its place
            journal.close()
            journal = Journal.resume(done)
        self._journal, self.recovery = journal, None
        self._notes = tuple(one for one in done.findings if one.code == "RECOVERED_IN_PART")
        return len(done.changes)

    def give_up(self) -> None:
        """Remove for good what is offered.

        Raises:
            BusyError: another process, or another session, is at work on it.
            FormatError: it cannot be removed.
        """
        if self.recovery is not None and self.recovery.changes:
            discard(self.recovery.folder)
            self.recovery = None

    @contextmanager
    def saving(self, folder: Path | None) -> Iterator[None]:
        """While this is open the mask is saved; if that succeeds, the journal is emptied.

        Args:
            folder: where the journal stands from now on.
        """
        state = MaskState.of(self._segmentation)
        if self._journal is not None:
            self._journal.note_saving(state)
        yield
        self.take_saved(folder, state)

    def announce_saving(self, state: MaskState) -> Journal | None:
        """Note that the present state is about to be saved, and return the journal, if any.

        It returns at once; whoever saves waits until the journal has `settle`d, in any thread.
        """
        if self._journal is not None:
            self._journal.announce_saving(state)
        return self._journal

    def take_saved(self, folder: Path | None, state: MaskState) -> None:
        """Empty the journal: the mask is saved as it is now.

        Args:
            folder: where the journal stands from now on.
            state: the mask's.
        """
        if self._journal is not None:
            self._journal.close(clean=True)
        if folder != self._folder:
            self.recovery = None
        self._journal, self._folder, self._state = None, folder, state
        self._notes, self._is_elsewhere = (), False

    def close(self, *, clean: bool) -> None:
        """Let others edit the mask.

        Args:
            clean: whether all changes are saved or given up; otherwise they will be offered.

        Raises:
            FormatError: changes that are not saved could not be written.
        """
        self._history.listener = None
        if self._journal is not None:
            self._journal.close(clean=clean)
            self._journal = None

    def _keep(self, kind: Kind, change: Change) -> None:
        self.told += 1
        if self._journal is None and not self._begin():
            return
        if self._journal is not None:
            self._journal.append(kind, change)

    def _begin(self) -> bool:
        if self._folder is None or self._state is None or self._is_elsewhere:
            return False
        try:
            self._clear_what_is_saved()
            self._journal = Journal.start(self._folder, self._state, image=self._image)
        except BusyError as error:
            self._is_elsewhere = True
            text = f"What is changed here is not kept for a crash. {error}"
            where = Place(file=str(self._folder / NAME))
            self._notes = (*self._notes, Finding("EDITED_ELSEWHERE", "warning", text, where))
            return False
        self._set_offer_aside()
        return True

    def _clear_what_is_saved(self) -> None:
        """Remove a journal whose changes are all in the mask, as after a crash while saving."""
        recovery = self.recovery
        if recovery is not None and not (recovery.changes or recovery.is_foreign):
            with suppress(FormatError):  # then it is set aside
                discard(recovery.folder)

    def _set_offer_aside(self) -> None:
        recovery, self.recovery = self.recovery, None
        if recovery is None or not (recovery.changes or recovery.is_foreign):
            return
        where = Place(file=str(recovery.path))
        text = (
            "Unsaved changes of before were not recovered; they are kept in "
            f"{recovery.folder.name} as unsaved-1.journal, or the next number that was free."
        )
        self._notes = (*self._notes, Finding("OFFER_SET_ASIDE", "note", text, where))
