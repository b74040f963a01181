"""The surfaces of many pairs of lesions, all in one pass, by the convention of surfels.

As `agreement_of` does it for two masks, to the last bit; but what Python does around each pair
there takes longer than the lesions themselves.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from medseg.measure.lesions.matching import Match
from medseg.measure.lesions.parts import Parts, paint
from medseg.measure.masks.boundary import cut_cells
from medseg.measure.masks.nearest import ball_of, within_ball
from medseg.measure.masks.overlap import Overlap
from medseg.measure.masks.surface import Apart, sum_up
from medseg.measure.masks.surfels import weights_by_code


class Surfaces(NamedTuple):
    """How far two lesions' surfaces lie apart, there and back, and what they share."""

    there: Apart
    back: Apart
    overlap: Overlap


def surfaces_of(
    matches: tuple[Match, ...],
    parts: tuple[Parts, Parts],
    steps_mm: NDArray[np.float64],
    tolerances_mm: tuple[float, ...],
    *,
    threads: int = 1,
) -> list[Surfaces | None]:
    """For each two lesions their surfaces; None where they lie farther apart than a ball reaches.

    Args:
        matches: the lesions' numbers.
        parts: both masks' lesions.
        steps_mm: (3, 3), its columns are the steps along slice, row and column.
        tolerances_mm: for surface Dice.
        threads: how many share the work.
    """
    a, b = parts
    ball = ball_of(steps_mm, planar=a.planar)
    rows = np.zeros((len(matches), 2, 4 + len(tolerances_mm)))
    sizes = np.zeros((len(matches), 3), np.int64)
    pairs = np.array([(one.a - 1, one.b - 1) for one in matches], np.int64).reshape(-1, 2)
    lesions = (*a.sorted_runs, a.boxes), (*b.sorted_runs, b.boxes)
    around = ball.margin, ball.steps, ball.distances_mm, ball.earlier, a.planar
    areas, tolerances = weights_by_code(steps_mm, planar=a.planar), np.array(tolerances_mm)

    def measure(part: slice) -> None:
        _measure(pairs[part], *lesions, around, areas, tolerances, (rows[part], sizes[part]))

    ends = [len(matches) * number // threads for number in range(threads + 1)]
    shares = list(map(slice, ends[:-1], ends[1:]))
    if threads == 1:
        measure(shares[0])
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(measure, shares))
    return [
        Surfaces(Apart.of_row(there), Apart.of_row(back), Overlap(*counts)) if counts[1] else None
        for (there, back), counts in zip(rows.tolist(), sizes.tolist(), strict=True)
    ]


@njit(nogil=True, cache=True)
def _measure(pairs: Any, a: Any, b: Any, ball: Any, areas: Any, tolerances: Any, out: Any) -> None:
    """Write each pair's rows of `sum_up` and voxels: shared, of the one, of the other."""
    rows, sizes = out
    margin, steps, known, earlier, planar = ball
    for number in range(len(pairs)):
        one, other = pairs[number]
        low = np.minimum(a[2][one, 0], b[2][other, 0])
        high = np.maximum(a[2][one, 1], b[2][other, 1])
        shape = (high[0] - low[0], high[1] - low[1], high[2] - low[2])
        painted = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        places_a, codes_a, bits_a = _surface(a, one, low, painted[0], planar, margin)
        places_b, codes_b, bits_b = _surface(b, other, low, painted[1], planar, margin)
        strides = _strides(shape, margin)
        offsets = np.empty(len(steps), np.int64)
        for step in range(offsets.size):
            offsets[step] = 0
            for axis in range(3):
                offsets[step] += steps[step, axis] * strides[axis]
        there, missed = within_ball(places_a, bits_b, offsets, known, earlier)
        back, missed_back = within_ball(places_b, bits_a, offsets, known, earlier)
        if missed.size + missed_back.size == 0:
            sum_up(there, areas[codes_a], tolerances, rows[number, 0])
            sum_up(back, areas[codes_b], tolerances, rows[number, 1])
            _count(painted[0], painted[1], sizes[number])


@njit(nogil=True, cache=True)
def _surface(
    lesions: Any, lesion: int, low: Any, voxels: Any, planar: bool, margin: Any
) -> tuple[Any, Any, Any]:
    """Paint a lesion; the places, codes and bits of its cut cells."""
    runs, ends, _ = lesions
    spans = np.zeros((voxels.shape[0], voxels.shape[1], 2), np.int32)
    inner = paint(runs[ends[lesion] : ends[lesion + 1]], low, voxels, spans)
    strides = _strides(voxels.shape, margin)
    slices = (1 if planar else voxels.shape[0] + 1) + 2 * margin[0]
    bits = np.zeros(slices * strides[0] // 8 + 1, np.uint8)
    shift = margin[0] * strides[0] + margin[1] * strides[1] + margin[2]
    places, codes = cut_cells(voxels, spans, inner, planar, bits, strides, shift)
    return places, codes, bits


@njit(nogil=True, cache=True)
def _strides(shape: Any, margin: Any) -> tuple[int, int, int]:
    """Of a grid of cells around the voxels, with the margin."""
    columns = shape[2] + 1 + 2 * margin[2]
    return (shape[1] + 1 + 2 * margin[1]) * columns, columns, 1


@njit(nogil=True, cache=True)
def _count(one: Any, other: Any, sizes: Any) -> None:
    """Write how many voxels are in both, in the one, and in the other."""
    both, first, second = 0, 0, 0
    for voxel, other_voxel in zip(one.flat, other.flat):  # noqa: B905 - unknown to numba
        both += voxel & other_voxel
        first += voxel
        second += other_voxel
    sizes[0], sizes[1], sizes[2] = both, first, second
