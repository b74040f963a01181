"""Which lesions of two examinations are the same: by tracking UID, by overlap, by distance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medseg.measure.lesion.region import Region
from medseg.measure.lesion.size import volume
from medseg.measure.over_time.placing import center_lps, moved, shared_parts
from medseg.model import Segment, Segmentation
from medseg.raster import boxes_of

How = Literal["tracking UID", "label", "overlap", "distance"]
#: The part of the smaller lesion that two share at least, and how far apart centres may lie.
LEAST_OVERLAP, WITHIN_MM = 0.25, 10.0


@dataclass(frozen=True)
class DrawnLesion:
    """A lesion with at least one voxel."""

    segment: Segment
    region: Region
    volume_ml: float


def drawn_lesions(segmentation: Segmentation) -> dict[int, DrawnLesion]:
    """The segments with at least one voxel, by their numbers."""
    boxes = boxes_of(segmentation.array)
    found = {}
    for segment in segmentation.segments:
        if segment.number in boxes:
            region = Region.of_segment(segmentation, segment.number, box=boxes[segment.number])
            found[segment.number] = DrawnLesion(segment, region, volume(region).value)
    return found


def is_derived(segment: Segment) -> bool:
    """Whether a tracking UID says no more than number and label, as that of a bare mask."""
    return segment.tracking_uid == Segment.unnamed(segment.number, segment.label).tracking_uid


def is_named(segment: Segment) -> bool:
    """Whether a lesion goes by more than its number: a tracking UID of its own, or a name."""
    return not is_derived(segment) or segment.label != Segment.unnamed(segment.number).label


def is_listed_as(one: Segment, other: Segment) -> bool:
    """Whether two segments go by one tracking UID; with a derived one, by a name they share."""
    if one.tracking_uid == other.tracking_uid:
        return True
    named = is_named(one) and one.label == other.label
    return named and (is_derived(one) or is_derived(other))


def shared_uids(segmentation: Segmentation) -> set[str]:
    """The tracking UIDs that several segments of one mask carry."""
    counts = Counter(one.tracking_uid for one in segmentation.segments)
    return {uid for uid, count in counts.items() if count > 1}


class Links:
    """Which lesions belong together, and by what; grows step by step within `follow_up`."""

    def __init__(self, before: dict[int, DrawnLesion], after: dict[int, DrawnLesion]) -> None:
        self._before, self._after = before, after
        self._how: dict[tuple[int, int], How] = {}
        self._ended: set[int] = set()
        self._begun: set[int] = set()

    def heed_lists(self, first: Segmentation, second: Segmentation) -> None:
        """Take it that a lesion has ended, or begun, whose UID the other mask lists undrawn.

        Its place then links it to none but a lesion that has a partner already, which it grew
        together with or fell off from.
        """
        listed_later = {
            one.tracking_uid for one in second.segments if one.number not in self._after
        }
        listed_before = {
            one.tracking_uid for one in first.segments if one.number not in self._before
        }
        self._ended = _given(self._before, listed_later) & {*self.open_before}
        self._begun = _given(self._after, listed_before) & {*self.open_after}

    @property
    def open_before(self) -> list[int]:
        """Lesions of the first examination without a partner."""
        return [one for one in self._before if all(one != pair[0] for pair in self._how)]

    @property
    def open_after(self) -> list[int]:
        """Lesions of the second one without a partner."""
        return [one for one in self._after if all(one != pair[1] for pair in self._how)]

    def by_tracking_uid(self, first: Segmentation, second: Segmentation) -> None:
        """Link what carries one UID that somebody gave it.

        Where several segments of both masks carry it, their numbers tell which is which: they
        need be no parts of one lesion.
        """
        several = shared_uids(first) & shared_uids(second)
        for (one, before), (other, after) in product(self._before.items(), self._after.items()):
            same = before.segment.tracking_uid == after.segment.tracking_uid
            told = one == other or before.segment.tracking_uid not in several
            if same and told and not (is_derived(before.segment) and is_derived(after.segment)):
                self._how[one, other] = "tracking UID"

    def by_label(self) -> None:
        """Link what has no partner, and no UID to tell, by a name that one lesion each has."""
        before = _by_name(self._before.values())
        after = _by_name(self._after.values())
        ones, others = self.open_before, self.open_after
        for name, one in before.items():
            other = after.get(name)
            if one is None or other is None or not (is_derived(one) or is_derived(other)):
                continue
            if one.number in ones and other.number in others:
                self._how[one.number, other.number] = "label"

    def by_overlap(
        self,
        first: Segmentation,
        second: Segmentation,
        matrix: NDArray[np.float64],
        least: float,
    ) -> None:
        """Link what has no partner to all that it lies on."""
        open_before, open_after = self.open_before, self.open_after
        back = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
        shared: dict[tuple[int, int], list[float]] = {}
        for one, lesion in self._before.items():
            for other, part in shared_parts(lesion.region, second, matrix).items():
                shared.setdefault((one, other), []).append(part * lesion.volume_ml)
        for other, lesion in self._after.items():
            for one, part in shared_parts(lesion.region, first, back).items():
                shared.setdefault((one, other), []).append(part * lesion.volume_ml)
        for (one, other), volumes in shared.items():
            smaller = min(self._before[one].volume_ml, self._after[other].volume_ml)
            # Either grid's voxels sample what is shared; a side that sees none of it counts as 0.
            is_open = one in open_before or other in open_after
            if one in self._ended and other in open_after:
                continue
            if other in self._begun and one in open_before:
                continue
            if is_open and sum(volumes) / 2 >= least * smaller:
                self._how[one, other] = "overlap"

    def by_distance(self, matrix: NDArray[np.float64], within_mm: float) -> None:
        """Link what is still alone to its nearest, if each is the other's and near enough."""
        ones = [one for one in self.open_before if one not in self._ended]
        others = [other for other in self.open_after if other not in self._begun]
        if not ones or not others:
            return
        left = np.array([moved(center_lps(self._before[one].region), matrix) for one in ones])
        right = np.array([center_lps(self._after[other].region) for other in others])
        apart = np.linalg.norm(left[:, None] - right[None], axis=2)
        for row, column in enumerate(apart.argmin(axis=1)):
            if apart[:, column].argmin() == row and apart[row, column] <= within_mm > 0:
                self._how[ones[row], others[column]] = "distance"

    def before_of(self, other: int) -> dict[int, How]:
        """The first examination's lesions that a later one belongs to, and by what."""
        return {pair[0]: how for pair, how in self._how.items() if pair[1] == other}

    def after_of(self, one: int) -> dict[int, How]:
        """The second examination's lesions that an earlier one has become, and by what."""
        return {pair[1]: how for pair, how in self._how.items() if pair[0] == one}

    def groups(self) -> Iterator[tuple[list[int], list[int], tuple[How, ...]]]:
        """What belongs together: numbers before and after, and by what; new lesions last."""
        done: set[int] = set()
        for one in self._before:
            if one not in done:
                ones, others = self._reached(one)
                done.update(ones)
                hows = {how for pair, how in self._how.items() if pair[0] in ones}
                yield ones, others, tuple(sorted(hows))
        for other in self.open_after:
            yield [], [other], ()

    def _reached(self, start: int) -> tuple[list[int], list[int]]:
        ones, others = {start}, set[int]()
        size = 0
        while size < len(ones) + len(others):
            size = len(ones) + len(others)
            others |= {other for one, other in self._how if one in ones}
            ones |= {one for one, other in self._how if other in others}
        return sorted(ones), sorted(others)


def _given(lesions: dict[int, DrawnLesion], uids: set[str]) -> set[int]:
    """The lesions with one of these tracking UIDs, unless it says no more than the number."""
    return {
        number
        for number, one in lesions.items()
        if one.segment.tracking_uid in uids and is_named(one.segment)
    }


def _by_name(lesions: Iterable[DrawnLesion]) -> dict[str, Segment | None]:
    """Lesions by the names that they were given; None for a name that several have."""
    found: dict[str, Segment | None] = {}
    for one in lesions:
        if is_named(one.segment):
            name = one.segment.label
            found[name] = None if name in found else one.segment
    return found
