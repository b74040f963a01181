"""Reshaping a segment on one slice, as if there were no other."""

from __future__ import annotations

from collections.abc import Callable

from medseg.annotate.painting import Protection
from medseg.annotate.reshaping.new_shape import reshaped_edit
from medseg.errors import EditError
from medseg.model import Authorship, Change, Edit, Segmentation


def reshaped_on_slice(
    segmentation: Segmentation,
    number: int,
    index: int,
    authorship: Authorship,
    reshape: Callable[[Segmentation], Change],
    *,
    protection: Protection | None = None,
) -> Edit:
    """The edit that gives a segment on one slice the shape that it would get there alone.

    So margins, smoothing, holes and parts are those of the section, and the slices beside it
    stay as they are. How the slice came to be is kept, as by every reshaping.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        index: the slice.
        authorship: who, when, with what.
        reshape: given the slice as a segmentation of its own, with the same segments; the
            change it returns is made there.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: there is no such slice or segment, it is locked, or `reshape` refuses.
    """
    if not 0 <= index < segmentation.geometry.shape[0]:
        raise EditError(f"A mask of {segmentation.geometry.shape[0]} slices has no slice {index}.")
    alone = Segmentation(
        segmentation.array[index : index + 1].copy(),
        segmentation.geometry.one_slice(index),
        segmentation.segments,
    )
    reshape(alone).apply(alone)
    wanted = alone.array == number
    return reshaped_edit(segmentation, (index, 0, 0), wanted, number, authorship, protection)
