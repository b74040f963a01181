"""How two readings of one case agree, and a reader with themselves over the rounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import NamedTuple

from medseg.measure import compare_lesions, compare_masks
from medseg.model import Case, Reading, Segmentation


class Pair(NamedTuple):
    """Two readings to compare; `reader` is named where both are by the same person."""

    case: str
    first: str
    second: str
    reader: str | None


@dataclass(frozen=True)
class PairAgreement:
    """How two masks of one image agree; ratios are NaN where both are empty.

    Args:
        dice: of all segments as one.
        hd95_mm: 95th percentile of the distances of their surfaces.
        volume_difference_ml: second less first.
        matched: lesions that both have.
        only_first: lesions that the second lacks.
        only_second: lesions that the first lacks.
    """

    dice: float
    hd95_mm: float
    volume_difference_ml: float
    matched: int
    only_first: int
    only_second: int


def pair_agreement(first: Segmentation, second: Segmentation) -> PairAgreement:
    """How two readings agree, over all voxels and lesion by lesion.

    Raises:
        GeometryError: the masks differ in shape.
    """
    voxels = compare_masks(first.array, second.array, first.geometry)
    lesions = compare_lesions(first.array, second.array, first.geometry)
    return PairAgreement(
        voxels.dice,
        voxels.hd95_mm,
        voxels.volume_b_ml - voxels.volume_a_ml,
        lesions.detection.matched,
        lesions.detection.missed,
        lesions.detection.extra,
    )


def pairs_between_readers(cases: Iterable[Case]) -> Iterator[Pair]:
    """Each two first-round readings of a case by different readers, once handed in."""
    for case in cases:
        done = [one for one in _handed_in(case) if one.round == 1]
        for one, other in combinations(done, 2):
            yield Pair(case.case_id, one.reading_id, other.reading_id, None)


def pairs_within_readers(cases: Iterable[Case]) -> Iterator[Pair]:
    """Each two successive rounds of one reader on one case, once handed in."""
    for case in cases:
        done = sorted(_handed_in(case), key=lambda one: (one.reader, one.round))
        for one, other in pairwise(done):
            if one.reader == other.reader:
                yield Pair(case.case_id, one.reading_id, other.reading_id, one.reader)


def _handed_in(case: Case) -> list[Reading]:
    return [one for one in case.readings if one.submissions and not one.drawn_from]
