"""How each slice of each segment came to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """How the voxels of one segment on one slice came to be."""

    DRAWN = "drawn"
    INTERPOLATED = "interpolated"
    PROPAGATED = "propagated"
    ASSISTED = "assisted"
    CORRECTED = "corrected"

    @property
    def is_by_hand(self) -> bool:
        """Whether a person drew or corrected the slice, which makes it a key slice."""
        return self in (Origin.DRAWN, Origin.CORRECTED)


@dataclass(frozen=True)
class SliceOrigin:
    """The last word on one segment on one slice: how, by whom, when and with what.

    Args:
        origin: how the voxels came to be.
        author: who made or accepted the change.
        time: ISO 8601 with an offset from UTC.
        tool: the tool's name, for a machine its model and version.
        proposal: id of the accepted proposal, if the voxels came from one.
    """

    origin: Origin
    author: str
    time: str
    tool: str
    proposal: str | None = None


#: (segment number, slice index) -> its origin.
Provenance = Mapping[tuple[int, int], SliceOrigin]


def after_change(before: SliceOrigin | None, change: SliceOrigin) -> SliceOrigin:
    """What a slice's origin becomes: handwork upon a machine's work is a correction."""
    by_machine_before = before is not None and not before.origin.is_by_hand
    was_corrected = before is not None and before.origin is Origin.CORRECTED
    if change.origin is Origin.DRAWN and (by_machine_before or was_corrected):
        return SliceOrigin(
            Origin.CORRECTED, change.author, change.time, change.tool, change.proposal
        )
    return change


def key_slices(provenance: Provenance, segment: int) -> tuple[int, ...]:
    """The slices of a segment that a person drew or corrected, ascending."""
    return tuple(
        sorted(
            index
            for (number, index), slice_origin in provenance.items()
            if number == segment and slice_origin.origin.is_by_hand
        )
    )
