"""How many lesions were found, missed and invented, and what follows from the counts."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Detection:
    """Counts of lesions matched one to one, over one case or several; they can be added up.

    A ratio whose divisor is 0 is NaN: nothing to be found has no sensitivity.

    Args:
        matched: lesions that both masks have.
        missed: lesions of the first mask, the reference, without a partner.
        extra: lesions of the second mask without a partner.
        iou_sum: the sum of the matched lesions' IoU.
        cases: how many cases were counted.

    Reference:
        Kirillov et al. Panoptic segmentation. CVPR 2019:9404-9413.
    """

    matched: int
    missed: int
    extra: int
    iou_sum: float
    cases: int = 1

    def __add__(self, other: Detection) -> Detection:
        return Detection(
            self.matched + other.matched,
            self.missed + other.missed,
            self.extra + other.extra,
            self.iou_sum + other.iou_sum,
            self.cases + other.cases,
        )

    @property
    def sensitivity(self) -> float:
        """The part of the reference's lesions that was found."""
        return _part(self.matched, self.matched + self.missed)

    @property
    def precision(self) -> float:
        """The part of the second mask's lesions that the reference has."""
        return _part(self.matched, self.matched + self.extra)

    @property
    def false_positives_per_case(self) -> float:
        """Lesions of the second mask without a partner, per case."""
        return _part(self.extra, self.cases)

    @property
    def recognition_quality(self) -> float:
        """Twice the matched lesions over all lesions of both masks, which is the F1 score."""
        return _part(2 * self.matched, 2 * self.matched + self.missed + self.extra)

    @property
    def segmentation_quality(self) -> float:
        """The mean IoU of matched lesions."""
        return _part(self.iou_sum, self.matched)

    @property
    def panoptic_quality(self) -> float:
        """Recognition quality times segmentation quality; 0 where nothing matches."""
        return _part(2 * self.iou_sum, 2 * self.matched + self.missed + self.extra)


def _part(some: float, whole: float) -> float:
    return some / whole if whole else math.nan
