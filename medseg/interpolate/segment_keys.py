"""Which slices of a segment a person drew, and which lie between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medseg.errors import EditError
from medseg.model import Origin, Segmentation, SliceOrigin, key_slices, slices_in_words
from medseg.raster.boxes import Box


@dataclass(frozen=True)
class SegmentKeys:
    """A segment's key slices.

    Args:
        number: the segment's.
        name: its label, for sentences.
        keys: ascending.
        asked: the key that alone counts; None for all.
    """

    number: int
    name: str
    keys: tuple[int, ...]
    asked: int | None = None

    @property
    def between(self) -> tuple[int, ...]:
        """The slices to be filled: between the first key and the last, or beside the one asked."""
        keys = self.keys
        first, last = keys[0], keys[-1]
        if self.asked is not None:
            place = keys.index(self.asked)
            first, last = keys[max(place - 1, 0)], keys[min(place + 1, len(keys) - 1)]
        return tuple(sorted(set(range(first, last)) - set(keys)))

    def beside(self, key: int) -> SegmentKeys:
        """The same with the two gaps beside one key alone, and the keys that they look at.

        Raises:
            EditError: it is no key.
        """
        if key not in self.keys:
            raise EditError(
                f"What is filled beside a key slice needs one; {self.name} has "
                f"{slices_in_words(self.keys)}, asked for was {key}. Draw it there first."
            )
        place = self.keys.index(key)
        near = self.keys[max(place - 2, 0) : place + 3]
        return SegmentKeys(self.number, self.name, near, key)


def keys_of(segmentation: Segmentation, number: int, box: Box | None) -> SegmentKeys:
    """The slices that were drawn or corrected, and those that hold the segment from elsewhere.

    Args:
        segmentation: the label array and its provenance.
        number: the segment's.
        box: around all of its voxels; None if it has none.
    """
    keys = set(key_slices(segmentation.provenance, number))
    if box is not None:
        held = (segmentation.array[box] == number).any(axis=(1, 2))
        for index in (box[0].start + np.flatnonzero(held)).tolist():
            if is_key(segmentation.provenance.get((number, index)), holds=True):
                keys.add(index)
    return SegmentKeys(number, segmentation.segment(number).label, tuple(sorted(keys)))


def is_key(known: SliceOrigin | None, *, holds: bool) -> bool:
    """Whether a slice is a key of a segment: a person's work, or voxels from elsewhere.

    Args:
        known: how the segment came to be there; None where nothing is on record.
        holds: whether the segment has a voxel there.
    """
    if known is None:
        return holds
    made_between = known.origin in (Origin.INTERPOLATED, Origin.PROPAGATED)
    return known.origin.is_by_hand or (holds and not made_between)
