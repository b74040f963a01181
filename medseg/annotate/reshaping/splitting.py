"""Each part of a segment becomes a lesion of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medseg.annotate.reshaping.islands import parts_in
from medseg.annotate.reshaping.new_shape import Corner
from medseg.errors import EditError
from medseg.model import Authorship, Changes, Edit, Segment, Segmentation, SegmentsEdit
from medseg.model.edit import Origins
from medseg.raster.components import Connectivity


def split_islands(
    segmentation: Segmentation,
    number: int,
    authorship: Authorship,
    *,
    connectivity: Connectivity = 26,
) -> Changes:
    """The change that makes each part of a segment a lesion of its own, as one step to undo.

    The largest part stays the segment it is; each other one, by falling size, becomes a new
    segment with a tracking UID of its own and the same codes. How slices came to be goes with
    the voxels.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        authorship: who, when, with what.
        connectivity: voxels hang together by faces (6), edges too (18), corners too (26).

    Raises:
        EditError: there is no such segment, it is locked, has less than two parts, or more
            than there are numbers left.
    """
    segment = segmentation.segment(number)
    if segment.is_locked:
        raise EditError(f"A locked segment stays as it is; {segment.label} is. Unlock it first.")
    corner, parts, sizes = parts_in(segmentation, number, connectivity)
    if len(sizes) < 2:
        raise EditError(
            f"A segment of two parts or more can be split; {segment.label} has {len(sizes)}."
        )
    new = _new_segments(segmentation, segment, len(sizes) - 1)
    listed = SegmentsEdit.to_list(segmentation, (*segmentation.segments, *new), authorship)
    return Changes((listed, _split_edit(segmentation, corner, parts, segment, new, authorship)))


def _new_segments(segmentation: Segmentation, segment: Segment, count: int) -> tuple[Segment, ...]:
    """Lesions like a segment, under the lowest numbers above all others, or the lowest left."""
    highest = int(np.iinfo(segmentation.array.dtype).max)
    top = max(segmentation.numbers)
    free = sorted(set(range(1, highest + 1)) - set(segmentation.numbers))
    free.sort(key=lambda one: (one < top, one))
    if len(free) < count:
        raise EditError(
            f"A mask of {segmentation.array.dtype} has {highest} segments at most; "
            f"{segment.label} has {count + 1} parts and {len(free)} numbers are left. Remove its "
            "small parts first."
        )
    lesions = [
        Segment.new_lesion(own, f"{segment.label} {place}")
        for place, own in enumerate(free[:count], start=2)
    ]
    category, kind, region = segment.category, segment.type, segment.region
    return tuple(replace(one, category=category, type=kind, region=region) for one in lesions)


def _split_edit(
    segmentation: Segmentation,
    corner: Corner,
    parts: NDArray[np.int64],
    segment: Segment,
    new: tuple[Segment, ...],
    authorship: Authorship,
) -> Edit:
    # An edit is built against the list of segments that it will meet.
    listed = Segmentation(
        segmentation.array,
        segmentation.geometry,
        (*segmentation.segments, *new),
        segmentation.provenance,
    )
    sides = [slice(start, start + size) for start, size in zip(corner, parts.shape, strict=True)]
    numbers = np.array([0, segment.number, *(one.number for one in new)])
    before = segmentation.array[sides[0], sides[1], sides[2]]
    patch = np.where(parts > 1, numbers[parts], before)
    edit = Edit.from_patch(listed, corner, patch, authorship)
    return replace(edit, origins=_moved_origins(segmentation, edit, segment.number))


def _moved_origins(segmentation: Segmentation, edit: Edit, source: int) -> Origins:
    known = segmentation.provenance
    origins = {}
    for number, index in edit.origins:
        origin = known.get((source, index))
        if number != source and origin is not None:
            origins[number, index] = (None, origin)
    return origins
