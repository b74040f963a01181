"""What of a later examination belongs to which lesion of the baseline, and how large it is.

Lesions are matched as `follow_up` matches them, so that both say the same on one page. A lesion
that fell apart is measured as the sum of its parts' longest diameters, one that grew together
with others by the longest diameter of all together (RECIST 1.1, 4.3.2).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError
from medseg.measure.lesion.diameters import longest_diameter, perpendicular_diameter
from medseg.measure.lesion.region import Region
from medseg.measure.over_time.linking import (
    LEAST_OVERLAP,
    WITHIN_MM,
    DrawnLesion,
    How,
    Links,
    drawn_lesions,
    is_listed_as,
    is_named,
    shared_uids,
)
from medseg.measure.over_time.placing import transform_between
from medseg.measure.over_time.target_sizes import Line
from medseg.model import Segment, Segmentation
from medseg.raster.components import parts_in_plane

#: What shows that two lesions are one whatever their place.
_IDENTITY = ("tracking UID", "label")


class Axes(NamedTuple):
    """A lesion's diameters at one examination in mm, 0 without a voxel, and their ends.

    Args:
        long_mm: the longest diameter, summed over separate parts.
        short_mm: the longest one perpendicular to the longest.
        long_lines: a line for each separate part.
        short_lines: one line; none without a voxel.
    """

    long_mm: float = 0.0
    short_mm: float = 0.0
    long_lines: tuple[Line, ...] = ()
    short_lines: tuple[Line, ...] = ()


@dataclass(frozen=True, eq=False)
class Examined:
    """One examination's mask, and what of it is drawn.

    Args:
        mask: on any grid.
        lesions: its segments with at least one voxel, by number.
    """

    mask: Segmentation
    lesions: dict[int, DrawnLesion]

    @classmethod
    def of(cls, mask: Segmentation) -> Examined:
        """That of a mask."""
        return cls(mask, drawn_lesions(mask))

    def axes(self, numbers: Collection[int]) -> Axes:
        """The diameters of these segments together.

        Parts are separate where they lie beside each other, seen along the slices: what lies over
        each other with slices between is one lesion that is not drawn on every slice.
        """
        if not numbers:
            return Axes()
        region = self._together(numbers)
        long = [longest_diameter(part) for part in _parts(region)]
        short = perpendicular_diameter(region)
        return Axes(
            sum(one.value for one in long),
            short.value,
            tuple(one.points_lps for one in long),
            (short.points_lps,),
        )

    def _together(self, numbers: Collection[int]) -> Region:
        regions = [self.lesions[number].region for number in numbers]
        if len(regions) == 1:
            return regions[0]
        low = np.min([one.corner for one in regions], axis=0)
        high = np.max([np.add(one.corner, one.mask.shape) for one in regions], axis=0)
        box = tuple(map(slice, low.tolist(), high.tolist()))
        inside = np.isin(self.mask.array[box], list(numbers))
        corner = (int(low[0]), int(low[1]), int(low[2]))
        return Region(np.ascontiguousarray(inside), corner, self.mask.geometry)


def _parts(region: Region) -> list[Region]:
    """What lies beside each other, each by itself."""
    numbers, boxes = parts_in_plane(np.asarray(region.mask.any(axis=0)))
    if len(boxes) == 1:
        return [region]
    found = []
    first, row, column = region.corner
    for number, (rows, columns) in enumerate(boxes, start=1):
        inside = region.mask[:, rows, columns] & (numbers[rows, columns] == number)
        corner = first, row + rows.start, column + columns.start
        found.append(Region(np.ascontiguousarray(inside), corner, region.geometry))
    return found


class Traced:
    """The lesions of a later examination by those of the baseline.

    Args:
        baseline: the first examination.
        later: another one, or the baseline itself.
        transform: (4, 4), from the baseline's LPS mm to the later one's; None stands for the
            identity within one frame of reference.

    Raises:
        GeometryError: lesions that go by numbers alone lie in different frames of reference.
    """

    def __init__(
        self, baseline: Examined, later: Examined, transform: NDArray[np.float64] | None = None
    ) -> None:
        self._baseline, self._later = baseline, later
        self.shared_uids = shared_uids(baseline.mask) & shared_uids(later.mask)
        self._links = Links(baseline.lesions, later.lesions)
        self._links.by_tracking_uid(baseline.mask, later.mask)
        self._links.by_label()
        if self._links.open_before or self._links.open_after:
            self._link_by_place(transform)

    def _link_by_place(self, transform: NDArray[np.float64] | None) -> None:
        one, other = self._baseline.mask, self._later.mask
        try:
            matrix = transform_between(one.geometry, other.geometry, transform)
        except GeometryError:
            if transform is not None or self._has_numbers_alone():
                raise
            return  # each has a name or a UID of its own: what has no partner is another lesion
        self._links.heed_lists(one, other)
        self._links.by_overlap(one, other, matrix, LEAST_OVERLAP)
        self._links.by_distance(matrix, WITHIN_MM)

    def _has_numbers_alone(self) -> bool:
        lesions = [self._baseline.lesions[one] for one in self._links.open_before]
        lesions += [self._later.lesions[one] for one in self._links.open_after]
        return not all(is_named(one.segment) for one in lesions)

    def shares(self, targets: Sequence[int]) -> dict[int, list[int]]:
        """For each target the later segments that count for it; each counts once."""
        found: dict[int, list[int]] = {target: [] for target in targets}
        for number in self._later.lesions:
            hows = self._links.before_of(number)
            ways = {target: hows[target] for target in targets if target in hows}
            sure = [target for target, how in ways.items() if how in _IDENTITY]
            for target in (sure or list(ways))[:1]:
                found[target].append(number)
        return found

    def merged_into(self, target: int, shares: dict[int, list[int]]) -> int | None:
        """The target that a target without a share of its own has grown together with, if any."""
        reached = set(self._links.after_of(target))
        return next((one for one, numbers in shares.items() if reached & {*numbers}), None)

    def strangers(self, numbers: Collection[int], targets: Collection[int]) -> tuple[str, ...]:
        """Labels of the baseline's lesions, none of the targets, that have grown into these."""
        ones = {one for number in numbers for one in self._links.before_of(number)}
        return tuple(self._baseline.lesions[one].segment.label for one in sorted(ones - {*targets}))

    def has_disappeared(self, target: Segment) -> bool:
        """Whether the later mask lists it without a voxel; what is not listed was not evaluated."""
        is_shared = target.tracking_uid in self.shared_uids
        return any(
            one.number not in self._later.lesions
            and is_listed_as(target, one)
            and (not is_shared or one.number == target.number)
            for one in self._later.mask.segments
        )

    def earlier_of(self, number: int) -> tuple[tuple[str, ...], tuple[How, ...]]:
        """Labels of the baseline's lesions that a later one belongs to, and by what."""
        found = self._links.before_of(number)
        labels = (self._baseline.lesions[one].segment.label for one in found)
        return tuple(dict.fromkeys(labels)), tuple(sorted(set(found.values())))

    def new_labels(self) -> tuple[str, ...]:
        """Labels of the lesions drawn later that belong to none that the baseline shows."""
        return tuple(self._later.lesions[number].segment.label for number in self._links.open_after)
