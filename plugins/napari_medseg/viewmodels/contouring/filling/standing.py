"""How far the filling of a lesion is: its key slices, what is proposed, and what to know of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from medseg.model import Finding
from napari_medseg.viewmodels.contouring.filling import filling_words
from napari_medseg.viewmodels.contouring.filling.proposal import LiveProposal, Proposed
from napari_medseg.viewmodels.contouring.filling.slice_states import (
    SliceState,
    key_slices_of,
    slice_states,
)
from napari_medseg.viewmodels.contouring.lesions.lesions import LesionsViewModel


class Standing:
    """Looks up what is so now, of any lesion.

    Args:
        lesions: those of the mask.
        live: what is proposed for them.
    """

    def __init__(self, lesions: LesionsViewModel, live: LiveProposal) -> None:
        self._lesions, self._live = lesions, live

    @property
    def proposed(self) -> tuple[Proposed, ...]:
        """What is proposed; nothing where nothing may be changed."""
        return () if self._lesions.cannot_draw else self._live.proposed

    def slices(self, number: int | None) -> frozenset[int]:
        """The stored slices that something is proposed on for a lesion."""
        return frozenset().union(*(one.slices for one in self.proposed if one.number == number))

    def keys(self, number: int | None) -> tuple[int, ...]:
        """The key slices of a lesion, ascending; none without one."""
        session = self._lesions.session
        if session is None or number is None:
            return ()
        return key_slices_of(session.segmentation, number, self._lesions.slices_of(number))

    def states(self, number: int | None) -> dict[int, SliceState]:
        """A lesion's slices and how each came to be."""
        session = self._lesions.session
        if session is None or number is None:
            return {}
        held = self._lesions.slices_of(number)
        return slice_states(session.segmentation, number, held, self.proposed)

    def findings(self, wanted: Mapping[int, Collection[int]]) -> tuple[Finding, ...]:
        """What there is to know of the gaps that these slices of lesions are proposed in."""
        preview = self._live.preview
        gaps = [
            one.shape.gap
            for one in self.proposed
            if not one.slices.isdisjoint(wanted.get(one.number, ()))
        ]
        return tuple(found for gap in gaps for found in preview.findings_of(gap)) if preview else ()

    def summary(self, number: int | None, *, is_live: bool) -> str:
        """How far a lesion is, or why nothing is proposed for it."""
        if self._lesions.cannot_draw:
            return self._lesions.cannot_draw
        session, keys, slices = self._lesions.session, self.keys(number), self.slices(number)
        if slices and number is not None:
            mine = [one for one in self.proposed if one.number == number]
            stale = frozenset().union(*(one.stale for one in mine))
            return filling_words.summary(keys, slices, stale, self.findings({number: slices}))
        if is_live and self._live.is_busy:
            return "Slices between keys are being computed."
        return filling_words.why_nothing(
            session.segmentation.segment(number) if session and number else None,
            keys,
            session.volume if session else None,
            is_live=is_live,
            is_rejected=number is not None and self._live.has_rejected(number),
        )
