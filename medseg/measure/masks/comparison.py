"""Two masks of one thing compared: overlap, volumes, and how far their surfaces lie apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import MedsegError
from medseg.measure.masks.agreement import Agreement, Convention
from medseg.measure.masks.boundary import Boundary, Margin, border_voxels_of, surfels_of
from medseg.measure.masks.nearest import ball_of, distances_mm
from medseg.measure.masks.overlap import Overlap, overlap_of
from medseg.measure.masks.pair import Grid, MaskPair, checked_pair
from medseg.measure.masks.spans import Spans, common_box
from medseg.measure.masks.surface import Apart, surface_dice, symmetric_mean
from medseg.measure.masks.surfels import weights_by_code

_SURFACES: dict[str, Callable[[Spans, NDArray[np.int64], Margin], Boundary]] = {
    "surfel": surfels_of,
    "voxel_border": border_voxels_of,
}
#: Below this many voxels, starting a thread takes longer than the work.
_WORTH_A_THREAD = 1 << 18

Run = Callable[..., Any]


class How(NamedTuple):
    """By which convention surfaces are taken, and the tolerance or tolerances of `nsd`."""

    convention: Convention
    tolerance_mm: float | tuple[float, ...]

    @classmethod
    def checked(cls, convention: Convention, tolerance_mm: float | Sequence[float]) -> How:
        """Refuses, as a MedsegError, what is no convention and what is no tolerance."""
        if convention not in list(_SURFACES):
            raise MedsegError(
                f"Surfaces are taken by one of the conventions {', '.join(_SURFACES)}; found "
                f"{convention!r}."
            )
        tolerances: list[Any] = _listed(tolerance_mm)
        if not tolerances or not all(map(_is_tolerance, tolerances)):
            raise MedsegError(
                f"A tolerance is a number of mm, 0 or more, or several; found {tolerance_mm!r}."
            )
        if isinstance(tolerance_mm, Real):
            return cls(convention, float(tolerance_mm))
        return cls(convention, tuple(float(tolerance) for tolerance in tolerances))

    @property
    def tolerances_mm(self) -> tuple[float, ...]:
        """The tolerance, or all of them."""
        return self.tolerance_mm if isinstance(self.tolerance_mm, tuple) else (self.tolerance_mm,)


def _listed(values: object) -> list[Any]:
    if isinstance(values, Sequence) or (isinstance(values, np.ndarray) and values.ndim):
        return list(values)
    return [values]


def _is_tolerance(value: Any) -> bool:
    return isinstance(value, Real) and math.isfinite(value) and float(value) >= 0


def compare_masks(
    a: ArrayLike,
    b: ArrayLike,
    grid: Grid,
    *,
    tolerance_mm: float | Sequence[float] = 1.0,
    convention: Convention = "surfel",
) -> Agreement:
    """How two masks agree: overlap, volumes and surface distances in mm, by a named convention.

    What lies beyond the array is outside, so a mask that touches its side has surface there; a
    single slice of three axes has surface on both of its sides. A plane of two axes is compared
    by its outline.

    Args:
        a: one mask, (slice, row, column) or (row, column); non-zero is inside.
        b: the other, of the same shape.
        grid: the spacing in mm in the order of the array's axes, or the Geometry of both, which
            may be sheared.
        tolerance_mm: for `nsd`; several make it a dict.
        convention: "surfel": cells between voxel centres, weighted with the area of surface in
            them, as google-deepmind's surface-distance has it. "voxel_border": voxels with a
            neighbour outside over a face, all of one weight, as MedPy and MONAI have it; the
            95th percentile is then MONAI's, the larger one of the two directions.

    Raises:
        GeometryError: the masks differ in shape, or the grid is not theirs or impossible.
        MedsegError: a mask holds NaN or is no array of numbers, a tolerance is negative or not
            finite, or there is no such convention.

    Reference:
        Nikolov et al. J Med Internet Res 23(7):e26151, 2021.
        Maier-Hein, Reinke et al. Metrics reloaded. Nature Methods 21:195-212, 2024.
    """
    how = How.checked(convention, tolerance_mm)
    pair = checked_pair(a, b, grid).as_it_lies()
    one, other = Spans.of(pair.a), Spans.of(pair.b)  # in turn: memory serves no two at once
    box = common_box(one, other)
    if (box[1] - box[0]).prod() < _WORTH_A_THREAD:
        return agreement_of(one, other, pair, how)
    with ThreadPoolExecutor(2) as pool:
        return agreement_of(one, other, pair, how, run=pool.map)


def agreement_of(
    one: Spans, other: Spans, pair: MaskPair, how: How, *, run: Run = map
) -> Agreement:
    """`compare_masks` of two masks whose spans are known, on the grid of a checked pair.

    Args:
        one: the first mask.
        other: the second one, of the same shape.
        pair: gives the grid's steps and a voxel's volume.
        how: convention and tolerances.
        run: as `map`; it may do both masks at once.
    """
    there, back = _apart(run, (one, other), pair.steps_mm, how)
    return summed_up(there, back, overlap_of(one, other), pair.voxel_mm3, how)


def summed_up(there: Apart, back: Apart, overlap: Overlap, voxel_mm3: float, how: How) -> Agreement:
    """The agreement of two masks whose surfaces' distances and overlap are known."""
    to_ml = voxel_mm3 / 1000.0
    near = surface_dice(there, back)
    several = isinstance(how.tolerance_mm, tuple)
    return Agreement(
        dice=overlap.dice,
        iou=overlap.iou,
        volume_a_ml=overlap.size_a * to_ml,
        volume_b_ml=overlap.size_b * to_ml,
        hd_mm=max(there.largest, back.largest),
        hd95_mm=max(there.percentile_95, back.percentile_95),
        asd_ab_mm=there.mean,
        asd_ba_mm=back.mean,
        assd_mm=symmetric_mean(there, back),
        nsd=dict(zip(how.tolerances_mm, near, strict=True)) if several else near[0],
        convention=how.convention,
        tolerance_mm=how.tolerance_mm,
    )


def _apart(
    run: Run,
    masks: tuple[Spans, Spans],
    steps_mm: NDArray[np.float64],
    how: How,
) -> tuple[Apart, Apart]:
    """The distances from the first surface to the second, and back."""
    planar, box = masks[0].planar, common_box(*masks)
    ball = ball_of(steps_mm, planar=planar)
    surface = _SURFACES[how.convention]
    there, back = run(lambda mask: surface(mask, box, ball.margin), masks)
    by_code = weights_by_code(steps_mm, planar=planar) if how.convention == "surfel" else None

    def from_to(ends: tuple[Boundary, Boundary]) -> Apart:
        one, other = ends
        weights = None if by_code is None else by_code[one.codes]
        if_none = math.inf if other.places.size else math.nan
        distances = distances_mm(one, other, ball, steps_mm)
        return Apart.of(distances, weights, how.tolerances_mm, if_none)

    first, second = run(from_to, ((there, back), (back, there)))
    return first, second
