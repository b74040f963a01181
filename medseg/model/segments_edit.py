"""A change of the list of segments as a value with an inverse."""

from __future__ import annotations

from dataclasses import dataclass

from medseg.errors import EditError
from medseg.model.edit import Authorship, Origins
from medseg.model.segmentation import Segment, Segmentation


@dataclass(frozen=True)
class SegmentsEdit:
    """A change of the list of segments: one added, renamed, recoloured or removed.

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

    @property
    def nbytes(self) -> int:
        """Memory the edit holds, in bytes (a segment counts as 500, an origin as 200)."""
        return 500 * (len(self.old) + len(self.new)) + 200 * len(self.origins)

    def apply(self, segmentation: Segmentation) -> None:
        """Make the change.

        Raises:
            EditError: the list is not the one the edit was built on, or a segment that the
                new list lacks still has voxels; nothing has changed then.
        """
        if segmentation.segments != self.old:
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
