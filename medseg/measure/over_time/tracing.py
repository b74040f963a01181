"""What of a later examination belongs to which lesion of the baseline, and how large it is.

Lesions are matched as `follow_up` matches them, so that both say the same on one page. A lesion
that fell apart is measured as the sum of its parts' longest diameters, one that grew together
with others by the longest diameter of all together (RECIST 1.1, 4.3.2).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError
from medseg.measure.lesion.diameters import longest_diameter, perpendicular_diameter
from medseg.measure.lesion.region import Region
from medseg.measure.over_time.linking import (
    LEAST_OVERLAP,
    WITHIN_MM,
    DrawnLesion,
    Links,
    drawn_lesions,
    is_derived,
    is_named,
)
from medseg.measure.over_time.placing import transform_between
from medseg.model import Segment, Segmentation
from medseg.raster.components import parts_in_plane

#: What shows that two lesions are one whatever their place.
_IDENTITY = ("tracking UID", "label")


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

    def axes_mm(self, numbers: Collection[int]) -> tuple[float, float, int]:
        """Long axis, summed over separate parts; short axis; how many parts. 0 without any.

        Parts are separate where they lie beside each other, seen along the slices: what lies over
        each other with slices between is one lesion that is not drawn on every slice.
        """
        if not numbers:
            return 0.0, 0.0, 0
        region = self._together(numbers)
        parts = _parts(region)
        return (
            sum(longest_diameter(part).value for part in parts),
            perpendicular_diameter(region).value,
            len(parts),
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
        self._links = Links(baseline.lesions, later.lesions)
        self._links.by_tracking_uid()
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
        return any(
            one.number not in self._later.lesions and is_listed_as(target, one)
            for one in self._later.mask.segments
        )

    def new_labels(self) -> tuple[str, ...]:
        """Labels of the lesions drawn later that belong to none that the baseline shows."""
        return tuple(self._later.lesions[number].segment.label for number in self._links.open_after)


def is_listed_as(one: Segment, other: Segment) -> bool:
    """Whether two segments go by one tracking UID; with a derived one, by a name they share."""
    if one.tracking_uid == other.tracking_uid:
        return True
    named = is_named(one) and one.label == other.label
    return named and (is_derived(one) or is_derived(other))
