"""The lesions' rows, measured anew only where an edit has touched them."""

from __future__ import annotations

import numpy as np

from medseg.model import Change, Changes, Edit, Measurement
from medseg.session import Session
from napari_medseg.viewmodels.rows import LesionRow, lesion_row


class Measured:
    """Measurements and slices by lesion, kept until an edit touches the lesion."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, Measurement]] = {}
        self._slices: dict[int, tuple[int, ...]] = {}

    def rows(self, session: Session) -> tuple[LesionRow, ...]:
        """A row for each lesion, in the order of the mask's list."""
        mask = session.segmentation
        return tuple(
            lesion_row(segment, mask, self._of(session, segment.number))
            for segment in mask.segments
        )

    def slices(self, session: Session, number: int) -> tuple[int, ...]:
        """The stored slices that a lesion is on, ascending."""
        if number not in self._slices:
            on_slice = session.segmentation.mask(number).any(axis=(1, 2))
            self._slices[number] = tuple(map(int, np.flatnonzero(on_slice)))
        return self._slices[number]

    def forget(self, change: Change) -> None:
        """Drop what the change has made untrue; a change of names makes nothing untrue."""
        edits = [leaf for leaf in Changes((change,)).leaves if isinstance(leaf, Edit)]
        for number in {number for edit in edits for number in edit.segments}:
            self._known.pop(number, None)
            self._slices.pop(number, None)

    def _of(self, session: Session, number: int) -> dict[str, Measurement]:
        if number not in self._known:
            measurements = session.measure(number)
            self._known[number] = {found.name: found for found in measurements}
        return self._known[number]
