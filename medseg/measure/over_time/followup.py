"""The lesions of two examinations of one patient: which is which, and what became of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from numpy.typing import ArrayLike

from medseg.errors import MedsegError
from medseg.measure.lesion.diameters import longest_diameter
from medseg.measure.numeric import is_number
from medseg.measure.over_time.linking import (
    LEAST_OVERLAP,
    WITHIN_MM,
    DrawnLesion,
    How,
    Links,
    drawn_lesions,
    is_listed_as,
    shared_uids,
)
from medseg.measure.over_time.placing import transform_between
from medseg.model import Segmentation

Status = Literal[
    "new",
    "seen again",
    "gone",
    "merged",
    "split",
    "merged and split",
    "grown",
    "shrunk",
    "stable",
]

CONFIRM = "computed from contours, for the reader to confirm"


@dataclass(frozen=True)
class LesionChange:
    """What became of one lesion, or of several that merged or split.

    Args:
        status: in a word.
        rule: why, with the figures; ends with the words that the reader is to confirm it.
        first: the segments' numbers in the first examination; none for a new lesion.
        second: in the second one; none for a lesion that is gone.
        labels: their labels, first examination first, each once.
        matched_by: what showed that they are the same; none for new and gone.
        volumes_ml: before and after, summed over the segments; 0 where there is none.
        diameters_mm: longest in the plane of acquisition, of the longest segment; NaN likewise.
    """

    status: Status
    rule: str
    first: tuple[int, ...]
    second: tuple[int, ...]
    labels: tuple[str, ...]
    matched_by: tuple[How, ...]
    volumes_ml: tuple[float, float]
    diameters_mm: tuple[float, float]

    @property
    def volume_change(self) -> float:
        """By which part of itself the volume has changed: 0.25 is a quarter more.

        NaN for new lesions.
        """
        before, after = self.volumes_ml
        return after / before - 1.0 if before else math.nan


def follow_up(
    first: Segmentation,
    second: Segmentation,
    *,
    transform: ArrayLike | None = None,
    least_overlap: float = LEAST_OVERLAP,
    within_mm: float = WITHIN_MM,
    stable_within: float = 0.25,
) -> tuple[LesionChange, ...]:
    """What became of each lesion: those of the first examination in order, then the new ones.

    A lesion is a segment with at least one voxel. Lesions are the same where they carry one
    tracking UID, unless it was only derived from number and label, as for a bare mask; then they
    are the same where they alone carry one label, unless that is no more than "Segment" and the
    number. What has no partner by UID or label is laid over the other examination: it belongs to
    every lesion with which it shares at least `least_overlap` of the smaller one's volume. What
    has none then belongs to the nearest lesion without a partner, if each is the other's nearest
    and their centres lie within `within_mm`. A lesion whose UID the other examination lists without
    a voxel has ended, or begun: its place links it to no other that is without a partner. Where
    several segments of each examination carry one UID, their numbers tell them apart, and the rule
    says so.

    Args:
        first: the earlier examination.
        second: the later one, on any grid.
        transform: (4, 4), from the first one's LPS mm to the second one's. None stands for the
            identity within one frame of reference.
        least_overlap: above 0, up to 1.
        within_mm: 0 leaves distance out.
        stable_within: the change of volume up to which a lesion is stable: 0.25 is a quarter.

    Raises:
        GeometryError: lesions are to be matched by their place, and the frames of reference
            differ or the transform is impossible.
        MedsegError: a limit is out of range.
    """
    _check_limits(least_overlap, within_mm, stable_within)
    before, after = drawn_lesions(first), drawn_lesions(second)
    links = Links(before, after)
    links.by_tracking_uid(first, second)
    links.by_label()
    is_open = links.open_before or links.open_after
    if is_open or transform is not None:  # one that is given is refused if impossible, used or not
        matrix = transform_between(first.geometry, second.geometry, transform)
    if is_open:
        links.heed_lists(first, second)
        links.by_overlap(first, second, matrix, least_overlap)
        links.by_distance(matrix, within_mm)
    changes = (
        _change(
            [before[number] for number in ones],
            [after[number] for number in others],
            hows,
            stable_within,
        )
        for ones, others, hows in links.groups()
    )
    return tuple(_explained(one, first, second) for one in changes)


def _explained(change: LesionChange, first: Segmentation, second: Segmentation) -> LesionChange:
    """The change with what the masks' lists say of it."""
    words = []
    lesions = [first.segment(number) for number in change.first]
    if change.status == "gone":
        is_listed = any(is_listed_as(lesions[0], one) for one in second.segments)
        words.append(
            "it is listed there without a voxel"
            if is_listed
            else "nor is it listed there: disappeared, or not evaluated"
        )
    shared = shared_uids(first) & shared_uids(second)
    if "tracking UID" in change.matched_by and lesions[0].tracking_uid in shared:
        words.append("several segments carry its tracking UID, told apart by their numbers")
    rule = change.rule.removesuffix(f"; {CONFIRM}")
    return replace(change, rule="; ".join([rule, *words, CONFIRM]))


def _check_limits(least_overlap: float, within_mm: float, stable_within: float) -> None:
    sound = all(map(is_number, (least_overlap, within_mm, stable_within)))
    if not sound or not 0 < least_overlap <= 1 or min(within_mm, stable_within) < 0:
        raise MedsegError(
            "Lesions are matched by an overlap above 0 and up to 1, a distance of 0 mm or more, "
            f"and are stable within 0 or more; found {least_overlap}, {within_mm} mm and "
            f"{stable_within}."
        )


def _change(
    before: list[DrawnLesion], after: list[DrawnLesion], hows: tuple[How, ...], stable_within: float
) -> LesionChange:
    volumes = (sum(one.volume_ml for one in before), sum(one.volume_ml for one in after))
    status, rule = _status(len(before), len(after), volumes, stable_within)
    labels = dict.fromkeys(one.segment.label for one in (*before, *after))
    return LesionChange(
        status,
        f"{rule}; {CONFIRM}",
        tuple(one.segment.number for one in before),
        tuple(one.segment.number for one in after),
        tuple(labels),
        hows,
        volumes,
        (_longest(before), _longest(after)),
    )


def _status(
    before: int, after: int, volumes: tuple[float, float], stable_within: float
) -> tuple[Status, str]:
    if not before or not after:
        which: tuple[Status, str] = ("gone", "second") if before else ("new", "first")
        return which[0], f"no lesion of the {which[1]} examination matches it"
    if before > 1 or after > 1:
        return _regrouped(before, after)
    change = volumes[1] / volumes[0] - 1.0
    rule = f"volume {100 * change:+.1f} %, stable is within {100 * stable_within:.0f} %"
    if abs(change) <= stable_within:
        return "stable", rule
    return ("grown" if change > 0 else "shrunk"), rule


def _regrouped(before: int, after: int) -> tuple[Status, str]:
    if before == 1:
        return "split", f"one lesion matches {after}"
    if after == 1:
        return "merged", f"{before} lesions match one"
    return "merged and split", f"{before} lesions match {after}"


def _longest(lesions: list[DrawnLesion]) -> float:
    return max((longest_diameter(one.region).value for one in lesions), default=math.nan)
