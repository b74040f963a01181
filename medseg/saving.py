"""Saving the mask while the work goes on: what takes long is done elsewhere, on a copy."""

from __future__ import annotations

from medseg import formats, project
from medseg.annotate.journal.journal import Journal
from medseg.annotate.journal.mask_state import MaskState
from medseg.durable import file_digest
from medseg.errors import EditError
from medseg.model import Segmentation
from medseg.saved import Saved
from medseg.session import Session


class QuietSave:
    """One save of a session's mask to its own file, in steps for two threads.

    `begin` and `end` are quick and belong to the thread that edits; `copy` and `write` take
    their time and belong to another. In between the session may be edited: `begin` notices
    that the copy is old by then, and `end` leaves in the journal what was changed after it.

    Args:
        session: whose mask is saved; it has a path.

    Raises:
        EditError: it has none.
    """

    def __init__(self, session: Session) -> None:
        if session.mask_path is None:
            raise EditError("A new segmentation is saved to a path; none was given.")
        self.path, self._session, self._saved = session.mask_path, session, session.saved
        self._state, self._told = session.history.state, session.safekeeping.told
        segmentation = session.segmentation
        self._array, self._grid = segmentation.array, segmentation.geometry
        self._segments = segmentation.segments
        self._provenance = dict(segmentation.provenance)
        self._calipers = segmentation.calipers
        self._copy: Segmentation | None = None
        self._mask_state: MaskState | None = None
        self._content: bytes | None = None
        self._journal: Journal | None = None

    def copy(self) -> None:
        """Copy the mask; what the copy holds counts only if `begin` says so."""
        array = self._array.copy()
        self._copy = Segmentation(
            array, self._grid, self._segments, self._provenance, self._calipers
        )
        self._mask_state = MaskState.of(self._copy)

    def begin(self) -> bool:
        """Whether the copy is the mask as it is; the journal notes then that it is saved."""
        if self._mask_state is None or not self._is_current:
            return False
        self._journal = self._session.safekeeping.announce_saving(self._mask_state)
        return True

    def write(self) -> None:
        """Write the copy and its sidecar, whole or not at all.

        Raises:
            EditError: somebody else has changed the file.
            ReviewError: it is the mask of a project's reading that is signed, locked, set aside
                or in another's hands by now.
            FormatError: it cannot be written; what was there before is untouched.
        """
        if self._copy is None:
            raise EditError("What is saved is a copy of the mask; copy it first.")
        self._saved.check_untouched(self.path)
        project.check_may_save(self.path, by=self._session.author)
        if self._journal is not None:
            self._journal.settle()
        told = project.told_beside(self.path, self._session.volume.source)
        formats.write_segmentation(self._copy, self.path, image=told)
        self._content = file_digest(self.path)

    def end(self) -> None:
        """Take note that the copy is saved; the journal keeps what was changed since."""
        session = self._session
        if session.mask_path != self.path or session.saved is not self._saved:
            return  # it was saved by hand meanwhile
        session.saved = Saved(self._state, self._content)
        if self._is_current and self._mask_state is not None:
            folder = session.journal_folder or formats.sidecar.journal_folder(self.path)
            session.safekeeping.take_saved(folder, self._mask_state)

    @property
    def _is_current(self) -> bool:
        session = self._session
        return session.history.state is self._state and session.safekeeping.told == self._told
