"""Checks that look at voxels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.model import EndingKind, Segment, Volume, slices_in_words
from medseg.raster import boxes_of
from medseg.raster.components import parts_of, with_holes_filled
from medseg.review.checks.hand_in import Found, HandIn, NotChecked

_CORNERS = (0, -1)


def small_islands(hand_in: HandIn) -> list[Found]:
    """Parts of a segment besides its largest one that have very few voxels."""
    found = []
    for segment, box in _boxes(hand_in):
        parts, sizes = parts_of(hand_in.segmentation.array[box] == segment.number)
        small = [
            index for index, size in enumerate(sizes[1:], 2) if size < hand_in.small_island_voxels
        ]
        if small:
            where = np.flatnonzero(np.isin(parts, small).any(axis=(1, 2))) + (box[0].start or 0)
            slices = tuple(int(index) for index in where)
            number = "an island" if len(small) == 1 else f"{len(small)} islands"
            text = (
                f"{segment.label} has {number} of fewer than {hand_in.small_island_voxels} "
                f"voxels, on {slices_in_words(slices)}. Erase them, or keep them on purpose."
            )
            found.append(Found(text, hand_in.place(segment, slices)))
    return found


def outside_image(hand_in: HandIn) -> list[Found] | NotChecked:
    """Labelled voxels where the image holds filler: around its field of view, or no number."""
    volume = hand_in.volume
    if volume is None:
        return NotChecked("the image is not at hand")
    if volume.geometry.shape != hand_in.segmentation.geometry.shape:
        return NotChecked("the image has another grid than the mask")
    filler = _padding_value(volume)
    found: dict[int, list[int]] = {}
    for index in hand_in.labelled:
        labels = hand_in.segmentation.array[index]
        outside = labels[_is_padding(volume.voxels[index], filler)]
        if index in volume.absent_slices:
            outside = labels
        for number in np.unique(outside[outside != 0]):
            found.setdefault(int(number), []).append(index)
    return [_outside(hand_in, number, tuple(slices)) for number, slices in sorted(found.items())]


def one_slice_lesion(hand_in: HandIn) -> list[Found]:
    """Segments on one slice only, in an image of several."""
    if hand_in.segmentation.geometry.shape[0] < 2:
        return []
    return [
        Found(
            f"{segment.label} is on one slice only, {slices_in_words(slices)}. Draw it on its "
            "neighbours too, or confirm that it is that thin.",
            hand_in.place(segment, slices),
        )
        for segment, slices in _with_slices(hand_in)
        if len(slices) == 1
    ]


def empty_segment(hand_in: HandIn) -> list[Found]:
    """Segments that are listed and have no voxel."""
    return [
        Found(
            f"{segment.label} has no voxel. Draw it, or take it off the list.",
            hand_in.place(segment),
        )
        for segment, slices in _with_slices(hand_in)
        if not slices
    ]


def ending_contradicts_mask(hand_in: HandIn) -> list[Found]:
    """An ending that says lesions over an empty mask, or none over a drawn one."""
    kind, labelled = hand_in.ending.kind, hand_in.labelled
    if kind is EndingKind.LESIONS and not labelled:
        return [
            Found(
                "The reading ends as lesions, and the mask is empty. Draw them, or end it as "
                f"{EndingKind.NO_LESION_FOUND.value} or {EndingKind.NOT_EVALUABLE.value}."
            )
        ]
    if kind is not EndingKind.LESIONS and labelled:
        first = next(one for one, slices in _with_slices(hand_in) if slices)
        text = (
            f"The reading ends as {kind.value}, and {slices_in_words(labelled)} hold voxels. "
            "Erase them, or end it as lesions."
        )
        return [Found(text, hand_in.place(first, labelled))]
    return []


def unsaved_changes(hand_in: HandIn) -> list[Found]:
    """Edits that the saved mask does not have."""
    if not hand_in.unsaved:
        return []
    edits = "1 edit is" if hand_in.unsaved == 1 else f"{hand_in.unsaved} edits are"
    return [Found(f"{edits} not saved, and would not be in what is handed in. Save first.")]


def _with_slices(hand_in: HandIn) -> list[tuple[Segment, tuple[int, ...]]]:
    return [(segment, hand_in.slices[segment.number]) for segment in hand_in.segmentation.segments]


def _boxes(hand_in: HandIn) -> list[tuple[Segment, tuple[slice, slice, slice]]]:
    boxes = boxes_of(hand_in.segmentation.array)
    return [
        (segment, boxes[segment.number])
        for segment in hand_in.segmentation.segments
        if segment.number in boxes
    ]


def _padding_value(volume: Volume) -> float | None:
    """The value around the field of view: the lowest one, if all eight corners hold it.

    None for an image of one value.
    """
    voxels = volume.voxels
    corners = {
        float(voxels[one, two, three]) for one in _CORNERS for two in _CORNERS for three in _CORNERS
    }
    filler = corners.pop()
    if corners or not np.isfinite(filler) or any((plane < filler).any() for plane in voxels):
        return None
    return filler if any((plane > filler).any() for plane in voxels) else None


def _is_padding(plane: NDArray[Any], filler: float | None) -> NDArray[np.bool_]:
    """Where a slice holds no number, or filler that hangs together with the slice's border.

    Filler inside the body is not padding: air and a clipped low value can look like it.
    """
    absent = ~np.isfinite(plane)
    if filler is None:
        return np.asarray(absent)
    inside = with_holes_filled((plane != filler)[None] & ~absent[None], axis=0)[0]
    return np.asarray(~inside | absent)


def _outside(hand_in: HandIn, number: int, slices: tuple[int, ...]) -> Found:
    segment = hand_in.segmentation.segment(number)
    text = (
        f"{segment.label} reaches out of the image, where it holds filler and no measurement, on "
        f"{slices_in_words(slices)}. Erase what lies there."
    )
    return Found(text, hand_in.place(segment, slices))
