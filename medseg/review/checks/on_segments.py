"""Checks that look at what segments mean and how their slices came to be."""

from __future__ import annotations

from medseg.model import Code, Origin, Segment, slices_in_words
from medseg.review.checks.hand_in import Found, HandIn

_OF_MACHINES = frozenset({Origin.PROPAGATED, Origin.ASSISTED})


def unaccepted_interpolation(hand_in: HandIn) -> list[Found]:
    """Interpolated slices that were never displayed to the reader with the mask."""
    return _not_displayed(hand_in, frozenset({Origin.INTERPOLATED}), "filled between key slices")


def unviewed_propagation(hand_in: HandIn) -> list[Found]:
    """Slices carried over or proposed by a machine and never displayed to the reader."""
    return _not_displayed(hand_in, _OF_MACHINES, "propagated or proposed")


def missing_code(hand_in: HandIn) -> list[Found]:
    """Segments whose category or type has no code."""
    return [
        Found(
            f"{segment.label} has no code for its {name}. Choose one from the label set.",
            hand_in.place(segment, hand_in.slices[segment.number]),
        )
        for segment in hand_in.segmentation.segments
        for name, code in (("category", segment.category), ("type", segment.type))
        if not _is_coded(code)
    ]


def duplicate_codes(hand_in: HandIn) -> list[Found]:
    """Segments of one tracking UID: two lesions that would be followed, and signed, as one."""
    by_uid: dict[str, list[Segment]] = {}
    for segment in hand_in.segmentation.segments:
        by_uid.setdefault(segment.tracking_uid, []).append(segment)
    return [
        Found(
            f"{' and '.join(one.label for one in same)} have one tracking UID, so they count as "
            "one lesion. Merge them, or give the later one a new UID.",
            hand_in.place(same[-1], hand_in.slices[same[-1].number]),
        )
        for same in by_uid.values()
        if len(same) > 1
    ]


def _not_displayed(hand_in: HandIn, origins: frozenset[Origin], how: str) -> list[Found]:
    found = []
    for segment in hand_in.segmentation.segments:
        slices = tuple(
            index
            for index in hand_in.slices[segment.number]
            if _origin(hand_in, segment, index) in origins and index not in hand_in.displayed
        )
        if slices:
            text = (
                f"{segment.label} was {how} on {slices_in_words(slices)}, which you have not "
                "displayed with the mask. Display them, and correct them where they are wrong."
            )
            found.append(Found(text, hand_in.place(segment, slices)))
    return found


def _origin(hand_in: HandIn, segment: Segment, index: int) -> Origin | None:
    came = hand_in.segmentation.provenance.get((segment.number, index))
    return came.origin if came else None


def _is_coded(code: Code) -> bool:
    return all(part.strip() for part in (code.value, code.scheme, code.meaning))
