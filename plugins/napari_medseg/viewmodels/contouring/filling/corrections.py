"""A tool on a slice that holds only a proposal: the hand corrects what is proposed."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike

from medseg.annotate import fill_polygon
from medseg.errors import MedsegError
from medseg.model import Edit
from napari_medseg.viewmodels.contouring.filling.proposal import LiveProposal, Proposed
from napari_medseg.viewmodels.contouring.lesions.lesions import LesionsViewModel

#: So long a command waits for what is being computed; after that it does without.
PATIENCE_SECONDS = 0.08

#: What the record says of a slice that was accepted.
TOOL = "fill between slices"

#: An outline that covers this part of what is proposed draws the slice anew.
_ANEW = 0.5


class Corrections:
    """Puts what is proposed into the mask for a tool to go on with, and takes it back.

    Args:
        lesions: of which the current one is drawn.
        live: what is proposed.
    """

    def __init__(self, lesions: LesionsViewModel, live: LiveProposal) -> None:
        self._lesions, self._live = lesions, live
        self._taken: object = None  # the state of the history that `begin` has made

    def begin(self, slices: Collection[int], *, continues: bool, redraws: ArrayLike | None) -> bool:
        """Take what is proposed on slices of the current lesion; whether something was taken.

        Args:
            slices: stored slices; those that hold an earlier filling are left as they are.
            continues: whether it is part of the newest undo step.
            redraws: an outline; where it covers most of the proposal, nothing is taken.
        """
        self._taken = None
        if not self._open(slices) or not self._live.wait(PATIENCE_SECONDS):
            return False
        open_slices = self._open(slices)
        if not open_slices or (redraws is not None and self._covers(redraws, open_slices)):
            return False
        edit = self._take(open_slices, continues=continues)
        if edit is not None:
            self._lesions.made(edit, "Begun from what was proposed.")
        return edit is not None

    def give_back(self) -> None:
        """Take back what was taken last, unless something was made of it."""
        session, taken = self._lesions.session, self._taken
        self._taken = None
        if session is not None and taken is not None and session.history.state is taken:
            given_up = session.history.give_up()
            self._lesions.made(given_up, "What was proposed is proposed again.")

    def _take(self, slices: Collection[int], *, continues: bool) -> Edit | None:
        session, number, preview = self._lesions.session, self._lesions.current, self._live.preview
        if session is None or number is None or preview is None:
            return None
        try:
            edit = preview.accept(session.by(TOOL), slices=slices, numbers=(number,))
            if edit is not None:
                session.do(edit, continues=continues)
        except MedsegError as error:
            self._lesions.notice.refuse(error)
            return None
        self._taken = None if continues else session.history.state
        return edit

    @property
    def _mine(self) -> list[Proposed]:
        return [one for one in self._live.proposed if one.number == self._lesions.current]

    def _open(self, slices: Collection[int]) -> set[int]:
        """Those that hold nothing of the lesion but a proposal."""
        return {
            index for one in self._mine for index in (one.slices - one.stale).intersection(slices)
        }

    def _covers(self, outline: ArrayLike, slices: Collection[int]) -> bool:
        """Whether an outline covers most of what is proposed on one of the slices."""
        session = self._lesions.session
        if session is None:
            return False
        inside = fill_polygon(outline, session.segmentation.geometry.shape[1:])
        for one in self._mine:
            for index in one.slices.intersection(slices):
                mask, (_, row, column) = one.shape.on_slice(index), one.shape.corner
                here = inside[row : row + mask.shape[0], column : column + mask.shape[1]]
                if np.count_nonzero(here & mask) > _ANEW * np.count_nonzero(mask):
                    return True
        return False
