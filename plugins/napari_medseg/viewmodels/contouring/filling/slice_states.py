"""How each slice of a lesion came to be, as the slice strip marks it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum

from medseg.interpolate import is_key
from medseg.model import Origin, Segmentation
from napari_medseg.viewmodels.contouring.filling.proposal import Proposed


class SliceState(Enum):
    """What one lesion is on one slice."""

    KEY = "key"
    FILLED = "filled"
    ASSISTED = "assisted"
    PROPOSED = "proposed"
    STALE = "stale"


def key_slices_of(
    segmentation: Segmentation, number: int, held: Collection[int]
) -> tuple[int, ...]:
    """The slices that filling goes by: drawn, corrected, or from elsewhere; ascending.

    Args:
        segmentation: whose provenance says how they came to be.
        number: the lesion's.
        held: the slices that it has voxels on.
    """
    on_record = {index for segment, index in segmentation.provenance if segment == number}
    return tuple(
        index
        for index in sorted(on_record.union(held))
        if is_key(segmentation.provenance.get((number, index)), holds=index in held)
    )


def slice_states(
    segmentation: Segmentation,
    number: int,
    held: Collection[int],
    proposed: Iterable[Proposed],
) -> dict[int, SliceState]:
    """The state of each slice that has one, by stored slice.

    Args:
        segmentation: the mask.
        number: the lesion's.
        held: the slices that it has voxels on.
        proposed: what is proposed, of this lesion and others.
    """
    keys = key_slices_of(segmentation, number, held)
    states = {**dict.fromkeys(held, SliceState.FILLED), **dict.fromkeys(keys, SliceState.KEY)}
    for index in held:  # a model's slice counts as a key, and is marked as what it is
        made = segmentation.provenance.get((number, index))
        if made is not None and made.origin is Origin.ASSISTED:
            states[index] = SliceState.ASSISTED
    for one in proposed:
        if one.number == number:
            states |= dict.fromkeys(one.slices - one.stale, SliceState.PROPOSED)
            states |= dict.fromkeys(one.stale, SliceState.STALE)
    return states
