"""A change of the list of segments as a value with an inverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from medseg.errors import EditError
from medseg.model.authorship import Authorship
from medseg.model.composing import Changes
from medseg.model.edit import Edit, Origins
from medseg.model.patching import bounding_box
from medseg.model.segmentation import Segment, Segmentation


@dataclass(frozen=True)
class SegmentsEdit:
    """A change of the list of segments: one added, renamed, recoloured, locked, moved, removed.

    Args:
        old: the list before.
        new: the list after.
        authorship: who, when, with what.
        origins: provenance that goes with removed segments, as in `Edit`.
    """

    old: tuple[Segment, ...]
    new: tuple[Segment, ...]
    authorship: Authorship
    origins: Origins

    @classmethod
    def to_list(
        cls, segmentation: Segmentation, new: tuple[Segment, ...], authorship: Authorship
    ) -> SegmentsEdit:
        """The edit that would make `new` the list; provenance of what it lacks is dropped."""
        kept = {segment.number for segment in new}
        gone = {
            key: (origin, None)
            for key, origin in segmentation.provenance.items()
            if key[0] not in kept
        }
        return cls(segmentation.segments, new, authorship, gone)

    @classmethod
    def of_segment(
        cls, segmentation: Segmentation, number: int, authorship: Authorship, **fields: Any
    ) -> SegmentsEdit:
        """The edit that would change fields of one segment, as `label="Node"`, `is_locked=True`.

        Raises:
            EditError: there is no such segment, a field is none that can change, or has a value
                that it cannot have.
        """
        segment = segmentation.segment(number)
        unknown = sorted(set(fields) - set(Segment.__dataclass_fields__))
        if unknown:
            raise EditError(f"A segment has no {', '.join(unknown)} that can be changed.")
        changed = replace(segment, **fields)
        new = tuple(changed if one.number == number else one for one in segmentation.segments)
        return cls.to_list(segmentation, new, authorship)

    @classmethod
    def in_order(
        cls, segmentation: Segmentation, numbers: Sequence[int], authorship: Authorship
    ) -> SegmentsEdit:
        """The edit that would put the segments into this order.

        Raises:
            EditError: the numbers are not those of all segments, each once.
        """
        if sorted(numbers) != sorted(segmentation.numbers):
            raise EditError(
                f"A new order names each segment once, {list(segmentation.numbers)}; found "
                f"{list(numbers)}."
            )
        new = tuple(segmentation.segment(number) for number in numbers)
        return cls.to_list(segmentation, new, authorship)

    @property
    def nbytes(self) -> int:
        """Memory the edit holds, in bytes (a segment counts as 500, an origin as 400)."""
        return 1000 + 500 * (len(self.old) + len(self.new)) + 400 * len(self.origins)

    def apply(self, segmentation: Segmentation) -> None:
        """Make the change.

        Raises:
            EditError: the list is not the one the edit was built on, nor the provenance, or a
                segment that the new list lacks still has voxels; nothing has changed then.
        """
        known = segmentation.provenance
        if segmentation.segments != self.old or any(
            known.get(key) != before for key, (before, _) in self.origins.items()
        ):
            raise EditError(
                "An edit applies to the state it was built on; the segments differ by now."
            )
        kept = {segment.number for segment in self.new}
        for segment in self.old:
            if segment.number not in kept and segmentation.mask(segment.number).any():
                raise EditError(f"{segment.label} still has voxels; erase them before removing it.")
        segmentation.replace_segments(self.new)
        segmentation.record_origins({key: after for key, (_, after) in self.origins.items()})

    def inverse(self) -> SegmentsEdit:
        """The edit that takes this one back."""
        origins = {key: (after, before) for key, (before, after) in self.origins.items()}
        return SegmentsEdit(self.new, self.old, self.authorship, origins)


def removal(segmentation: Segmentation, number: int, authorship: Authorship) -> Changes:
    """The change that would erase a segment's voxels and take it off the list, as one.

    Raises:
        EditError: there is no such segment, or it is locked.
    """
    segment = segmentation.segment(number)
    if segment.is_locked:
        raise EditError(f"A locked segment stays; {segment.label} is locked. Unlock it first.")
    own = segmentation.mask(number)
    box = bounding_box(own)
    patch = np.where(own[box], 0, segmentation.array[box])
    corner = (box[0].start, box[1].start, box[2].start)
    erased = Edit.from_patch(segmentation, corner, patch, authorship)
    # What has no voxel and no name has no origin either.
    origins: Origins = {key: (before, None) for key, (before, _) in erased.origins.items()}
    rest = tuple(one for one in segmentation.segments if one.number != number)
    unlisted = SegmentsEdit.to_list(segmentation, rest, authorship)
    left = {key: pair for key, pair in unlisted.origins.items() if key not in origins}
    parts = (replace(erased, origins=origins), replace(unlisted, origins=left))
    return Changes(parts if not erased.is_empty else parts[1:])
