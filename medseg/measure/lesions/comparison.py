"""Two masks compared lesion by lesion: which were found, and how well each agrees."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import MedsegError
from medseg.measure.lesions.detection import Detection
from medseg.measure.lesions.matching import Match, gathered, matched
from medseg.measure.lesions.pairs import Surfaces, surfaces_of
from medseg.measure.lesions.parts import Parts, mask_of_runs, shared_voxels
from medseg.measure.masks.agreement import Agreement, Convention
from medseg.measure.masks.comparison import How, agreement_of, summed_up
from medseg.measure.masks.pair import Grid, MaskPair, checked_pair
from medseg.measure.numeric import is_number

#: Below this many voxels, starting a thread takes longer than the work.
_WORTH_A_THREAD = 1 << 20


@dataclass(frozen=True)
class Lesion:
    """One connected part of one segment of a mask.

    Args:
        number: from 1 on, in the order of the array.
        volume_ml: its volume; NaN in a plane.
        box: where it lies in the array.
        segment: the number that its voxels have in the array; 1 in a boolean one.
    """

    number: int
    volume_ml: float
    box: tuple[slice, ...]
    segment: int


@dataclass(frozen=True)
class LesionPair:
    """A lesion that both masks have.

    Args:
        a: number in the first mask.
        b: number in the second mask.
        agreement: how the two agree by themselves, without the other lesions.
    """

    a: int
    b: int
    agreement: Agreement


@dataclass(frozen=True)
class LesionAgreement:
    """How two masks agree lesion by lesion; the first is the reference.

    Args:
        lesions_a: the first mask's lesions.
        lesions_b: the second mask's lesions.
        pairs: the lesions that were matched one to one, with how each agrees.
        missed: numbers of the first mask's lesions without a partner.
        extra: numbers of the second mask's lesions without a partner.
        splits: by lesion of the first mask, the several of the second that lie on it. The one
            that agrees best may be its partner; the others count as extra.
        merges: by lesion of the second mask, the several of the first that lie on it. The one
            that agrees best may be its partner; the others count as missed.
        detection: what follows from the counts, to be added up over cases.
        least_iou: the IoU from which on two lesions were matched.
    """

    lesions_a: tuple[Lesion, ...]
    lesions_b: tuple[Lesion, ...]
    pairs: tuple[LesionPair, ...]
    missed: tuple[int, ...]
    extra: tuple[int, ...]
    splits: dict[int, tuple[int, ...]]
    merges: dict[int, tuple[int, ...]]
    detection: Detection
    least_iou: float


def compare_lesions(
    a: ArrayLike,
    b: ArrayLike,
    grid: Grid,
    *,
    least_iou: float = 0.1,
    tolerance_mm: float | Sequence[float] = 1.0,
    convention: Convention = "surfel",
) -> LesionAgreement:
    """How two masks agree lesion by lesion; without lesions all lists are empty.

    A lesion is what hangs together over faces, edges or corners and has one number: segments that
    touch are lesions of their own, and so are separate parts of one segment, as a mask has them
    that gives all lesions one number. Lesions are matched one to one by falling IoU, whatever
    their numbers, which two readers choose each for themselves; what was split or merged is said
    besides.

    Args:
        a: the reference, (slice, row, column) or (row, column); 0 is outside, and each other
            number is a segment. Of an array of fractions all that is not 0 is one segment.
        b: the mask that is judged, of the same shape.
        grid: the spacing in mm in the order of the array's axes, or the Geometry of both.
        least_iou: lesions that agree less are not the same one; above 0, at most 1. Panoptic
            quality as published takes more than 0.5.
        tolerance_mm: for each pair's `nsd`; several make it a dict.
        convention: how surfaces are taken, as in `compare_masks`.

    Raises:
        GeometryError: the masks differ in shape, or the grid is not theirs or impossible.
        MedsegError: a mask holds NaN or is no array of numbers, or an option is impossible.

    Reference:
        Kirillov et al. Panoptic segmentation. CVPR 2019:9404-9413.
        Maier-Hein, Reinke et al. Metrics reloaded. Nature Methods 21:195-212, 2024.
    """
    how = How.checked(convention, tolerance_mm)
    if not is_number(least_iou) or not 0 < least_iou <= 1:
        raise MedsegError(
            f"Lesions are matched from an IoU above 0 and at most 1 on; found {least_iou!r}."
        )
    pair = checked_pair(a, b, grid)
    return _compared(pair, how, least_iou)


def _compared(pair: MaskPair, how: How, least_iou: float) -> LesionAgreement:
    a, b = _parts(pair)
    pairs, shared = shared_voxels(a, b)
    matches = matched(pairs, shared, (a.sizes, b.sizes), least_iou)
    splits, merges = gathered(pairs, shared, (a.sizes, b.sizes))
    missed = _without(a.sizes, [match.a for match in matches])
    extra = _without(b.sizes, [match.b for match in matches])
    iou_sum = sum(match.iou for match in matches)
    return LesionAgreement(
        lesions_a=_lesions(a, pair),
        lesions_b=_lesions(b, pair),
        pairs=_pairs(matches, a, b, pair, how),
        missed=missed,
        extra=extra,
        splits=splits,
        merges=merges,
        detection=Detection(len(matches), len(missed), len(extra), iou_sum),
        least_iou=least_iou,
    )


def _parts(pair: MaskPair) -> tuple[Parts, Parts]:
    """The lesions of both masks; of large ones at the same time."""
    masks = pair.a, pair.b
    if pair.a.size < _WORTH_A_THREAD:
        a, b = map(Parts.of, masks)
        return a, b
    with ThreadPoolExecutor(2) as pool:
        a, b = pool.map(Parts.of, masks)
    return a, b


def _without(sizes: NDArray[np.int64], taken: list[int]) -> tuple[int, ...]:
    return tuple(sorted(set(range(1, len(sizes) + 1)) - set(taken)))


def _lesions(parts: Parts, pair: MaskPair) -> tuple[Lesion, ...]:
    axes = pair.a.ndim
    return tuple(
        Lesion(
            number,
            int(size) * pair.voxel_mm3 / 1000.0,
            tuple(slice(first, end) for first, end in box.T.tolist()[-axes:]),
            int(segment),
        )
        for number, (size, box, segment) in enumerate(
            zip(parts.sizes, parts.boxes, parts.segments, strict=True), start=1
        )
    )


def _pairs(
    matches: tuple[Match, ...], a: Parts, b: Parts, pair: MaskPair, how: How
) -> tuple[LesionPair, ...]:
    """How each two lesions agree, in the box that holds both."""
    found: list[Surfaces | None] = [None] * len(matches)
    if how.convention == "surfel":
        found = surfaces_of(
            matches,
            (a, b),
            pair.steps_mm,
            how.tolerances_mm,
            threads=2 if pair.a.size >= _WORTH_A_THREAD else 1,
        )
    return tuple(
        LesionPair(
            match.a,
            match.b,
            summed_up(*surfaces, pair.voxel_mm3, how)
            if surfaces
            else _one_pair(match, a, b, pair, how),
        )
        for match, surfaces in zip(matches, found, strict=True)
    )


def _one_pair(match: Match, a: Parts, b: Parts, pair: MaskPair, how: How) -> Agreement:
    boxes = a.boxes[match.a - 1], b.boxes[match.b - 1]
    box = np.stack([np.minimum(*boxes)[0], np.maximum(*boxes)[1]])
    one = mask_of_runs(a.runs_of(match.a), box, a.planar)
    other = mask_of_runs(b.runs_of(match.b), box, b.planar)
    return agreement_of(one, other, pair, how)
