"""The edit of one event of a brush, there many times a second."""

from __future__ import annotations

from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medseg.annotate.painting import Protection, check_allowed, on_grid
from medseg.model import Authorship, Edit, Origin, Segmentation, SliceOrigin
from medseg.model.marks import Marks
from medseg.model.origins import GroupedOrigins
from medseg.model.patching import Box, touched_by
from medseg.model.values import Values
from medseg.raster.repaint import Repaint, repaint


def event_edit(
    segmentation: Segmentation,
    corner: tuple[int, int, int],
    inside: NDArray[np.bool_],
    number: int,
    authorship: Authorship,
    *,
    mode: Literal["add", "subtract"] = "add",
    protection: Protection | None = None,
) -> Edit:
    """What `paint_edit` gives, in a fraction of the time and in more bytes.

    `composed`, the events of a stroke are one edit in few bytes; so is one alone.

    Args:
        segmentation: what would be changed; it is only read.
        corner: index of the patch's first voxel (slice, row, column); it may lie off the grid.
        inside: boolean patch (slice, row, column); what lies beyond the grid is cut off.
        number: the segment.
        authorship: who, when, with what.
        mode: whether the segment gains the voxels inside, or loses them.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: as `paint_edit`.
    """
    rules = protection or Protection()
    check_allowed(segmentation, inside, number, rules)
    corner, inside = on_grid(corner, inside, segmentation.geometry.shape)
    if rules.spares(segmentation):
        inside = inside & rules.changeable(segmentation, _box(corner, inside))
    adds = mode == "add"
    found = repaint(
        segmentation.array,
        corner,
        inside,
        number if adds else 0,
        over=rules.takes_from if adds else number,
    )
    return _edit(segmentation, found, number if adds else 0, authorship)


def _edit(segmentation: Segmentation, found: Repaint, number: int, authorship: Authorship) -> Edit:
    array, box = segmentation.array, _box(found.corner, found.changed)
    count = int(np.count_nonzero(found.changed))
    old, new = _old(array, box, found, count), Values.repeated(number, count, array.dtype)
    by = authorship
    word = SliceOrigin(Origin.DRAWN, by.author, by.time, by.tool, by.proposal)
    touched = _touched(found, old, new, number)
    origins = GroupedOrigins.after_change(segmentation.provenance, touched, word)
    return Edit(box, Marks.plain(found.changed), old, new, authorship, origins)


def _box(corner: tuple[int, int, int], inside: NDArray[np.bool_]) -> Box:
    sides = [slice(at, at + size) for at, size in zip(corner, inside.shape, strict=True)]
    return sides[0], sides[1], sides[2]


def _old(array: NDArray[Any], box: Box, found: Repaint, count: int) -> Values:
    if found.label is None:
        return Values.of(array[box][found.changed])
    return Values.repeated(found.label, count, array.dtype)


def _touched(found: Repaint, old: Values, new: Values, number: int) -> list[tuple[int, int]]:
    if found.label is None:
        return touched_by(found.changed, old, new, found.corner[0])
    if not old.count:
        return []
    numbers = sorted({found.label, number} - {0})
    return list(product(numbers, (found.corner[0] + np.flatnonzero(found.slices)).tolist()))
