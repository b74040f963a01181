"""Which slices this person has had on screen in this reading, and the next one that they have not.

It is evidence of display, not of attention, and is never worded otherwise.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import numpy as np
from psygnal import Signal, SignalInstance

from medseg.model import Change, Changes, Edit
from medseg.session import Session
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.notice import in_words
from napari_medseg.viewmodels.reviewing.comparing.kept import slices_with_labels


class Viewings(Protocol):
    """Whoever notes what the screen displays."""

    @property
    def changed(self) -> SignalInstance:
        """More slices were displayed."""
        ...

    def seen(self, axis: int = 0) -> Collection[int]:
        """Stored slices along an axis that were displayed with the mask."""
        ...


class SeenSlicesViewModel:
    """The coverage bar: of the slices as they are stored, which hold a label and which were seen.

    Args:
        case: whose mask it is.
        planes: the crosshair.
    """

    changed = Signal()
    """Slices were displayed or labelled, or no longer are."""

    def __init__(self, case: CaseViewModel, planes: PlanesViewModel) -> None:
        self.notice = case.notice
        self._case, self._planes = case, planes
        self._viewings: Viewings | None = None
        self._is_labelled = np.zeros(0, np.bool_)
        case.opened.connect(self._begin)
        case.lesions.edited.connect(self._follow)

    def attach(self, viewings: Viewings) -> None:
        """Ask this for what was displayed."""
        self._viewings = viewings
        viewings.changed.connect(self.changed.emit)
        self.changed.emit()

    @property
    def count(self) -> int:
        """How many slices there are; 0 without an image."""
        return len(self._is_labelled)

    @property
    def labelled(self) -> tuple[int, ...]:
        """The stored slices that hold a label, ascending."""
        return tuple(int(index) for index in np.flatnonzero(self._is_labelled))

    @property
    def seen(self) -> frozenset[int]:
        """The stored slices that were displayed with the mask."""
        return frozenset(self._viewings.seen(0)) if self._viewings is not None else frozenset()

    @property
    def unseen(self) -> tuple[int, ...]:
        """The labelled slices that were not."""
        seen = self.seen
        return tuple(index for index in self.labelled if index not in seen)

    @property
    def text(self) -> str:
        """As "Labelled slices seen: 14 of 18 (77 %)"."""
        if not self.count:
            return "Slices seen: no image is open."
        labelled, missing = len(self.labelled), len(self.unseen)
        if not labelled:
            return "No slice is labelled."
        share = f"{100 * (labelled - missing) // labelled}\u00a0%"  # not broken at a line's end
        return f"Labelled slices seen: {labelled - missing} of {labelled} ({share})"

    @property
    def explanation(self) -> str:
        """What the numbers say, and what they do not."""
        seen = sum(index < self.count for index in self.seen)
        return (
            f"{seen} of all {self.count} slices were displayed with the mask to this person, in "
            "this reading and version. It is evidence of display, not of attention."
        )

    @in_words
    def next_unseen(self) -> None:
        """Go to the next labelled slice that was not displayed, from the one on screen on."""
        unseen, here = self.unseen, self._planes.stored_index[0]
        left = [index for index in unseen if index != here] or list(unseen)
        if not left:
            self.notice.say(
                "Every labelled slice was displayed with the mask."
                if self.labelled
                else "No slice is labelled; nothing is left to see."
            )
            return
        wanted = next((index for index in left if index > here), left[0])
        self.go_to(wanted)
        self.notice.say(f"Slice {wanted}; {len(left)} labelled slices were not displayed yet.")

    def go_to(self, index: int) -> None:
        """Show a stored slice, at the label nearest to the middle of what it holds."""
        session = self._case.session
        if session is None or not 0 <= index < self.count:
            return
        places = np.argwhere(session.segmentation.array[index])
        _, row, column = self._planes.stored_index
        if len(places):
            middle = places.mean(axis=0)
            row, column = places[np.abs(places - middle).sum(axis=1).argmin()].tolist()
        self._planes.go_to_stored((index, row, column))

    def _begin(self, session: Session) -> None:
        self._is_labelled = slices_with_labels(session.segmentation.array)
        self.changed.emit()

    def _follow(self, change: Change) -> None:
        session = self._case.session
        if session is None:
            return
        before, array = self._is_labelled.copy(), session.segmentation.array
        for leaf in Changes((change,)).leaves:
            if isinstance(leaf, Edit) and not leaf.is_empty:
                box = leaf.box[0]
                self._is_labelled[box] = slices_with_labels(array[box])
        if not np.array_equal(before, self._is_labelled):
            self.changed.emit()
