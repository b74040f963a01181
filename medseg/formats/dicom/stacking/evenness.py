"""Whether the slices of a stack lie evenly on a straight line, and what they form where not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError, UnevenSpacingError
from medseg.formats.dicom.stacking.stack import SAME_PLACE_MM, Stack
from medseg.model import Finding, Place

#: How far a slice may lie off the straight line through the first and the last.
OFF_LINE_MM = 0.01

#: How far off its even place a slice may lie, in each coordinate, if that is told; and likewise
#: where all places were written with one decimal. Never more than this part of the step.
_ROUGH_MM = 0.05
_ONE_DECIMAL_MM = 0.1
_ROUGH_PART = 0.2

#: Rounding and a wobble show on many slices of a long stack; one slice off its place was moved.
_ROUGH_SLICES, _ROUGH_SHARE = 8, 0.2

#: Gaps count as equal within this part of themselves, or within `SAME_PLACE_MM`.
GAP_TOLERANCE = 0.01


def slice_numbers(stack: Stack) -> NDArray[np.int64]:
    """The index of each slice in the grid, (n,): 0, 1, 2 ... with jumps where slices are missing.

    Places a little off, as rounding and a table's wobble leave them, are let pass: see
    `stack_geometry`.

    Raises:
        UnevenSpacingError: the gaps differ and are no multiples of the smallest one, two in a row
            are the same larger multiple (a stretch with a step of its own, no hole), or more than
            half of the grid would be absent (stations apart, no volume with holes).
        GeometryError: a slice lies off the line through the first and the last.
    """
    gaps = stack.gaps
    if not gaps.size:
        return np.zeros(1, dtype=np.int64)
    numbers = np.arange(len(gaps) + 1)
    if _is_even(stack, numbers):
        return numbers
    smallest = gaps[np.abs(gaps - gaps.min()) <= _tolerance(gaps.min())].mean()
    jumps = np.rint(gaps / smallest).astype(np.int64)
    numbers = np.concatenate([[0], np.cumsum(jumps)])
    has_holes = not _has_second_step(numbers) and not _is_mostly_holes(numbers)
    if has_holes and _is_even(stack, numbers):
        return numbers
    _check_line(stack)
    raise UnevenSpacingError(
        f"The slices of a volume are evenly spaced; these {len(stack.headers)} (from "
        f"{stack.headers[0].path.name} to {stack.headers[-1].path.name}) have gaps of "
        f"{gaps.min():.4g} to {gaps.max():.4g} mm. They form {_blocks_in_words(stack)}. Read a "
        "block by its own id, or ask for an evenly spaced reconstruction."
    )


def is_exact(stack: Stack) -> bool:
    """Whether the slices are even and none is missing, with no place that is merely let pass."""
    return len(stack.headers) < 2 or _fits(stack, np.arange(len(stack.headers)))


def equidistant_blocks(stack: Stack) -> list[tuple[int, int]]:
    """The longest runs of evenly spaced slices as (start, stop), from the first slice on.

    Each slice is in one run; a slice that fits none is a run by itself.
    """
    gaps = stack.gaps
    blocks, start = [], 0
    while start < len(gaps) + 1:
        stop = start + 1
        while stop <= len(gaps) and _alike(gaps[start], gaps[stop - 1]):
            stop += 1
        if stop == start + 2 and stop < len(gaps) and _alike(gaps[stop - 1], gaps[stop]):
            stop -= 1  # one gap makes no block: the slice behind it begins the next one
        blocks.append((start, stop))
        start = stop
    return blocks


def place_findings(stack: Stack, numbers: NDArray[np.int64]) -> list[Finding]:
    """A warning where slices lie off an even step or the straight line; else none."""
    if len(numbers) < 3 or _fits(stack, numbers):
        return []
    off = np.linalg.norm(_off_even(stack, numbers), axis=1)
    worst = int(off.argmax())
    name = stack.headers[worst].path.name
    text = (
        f"Slices lie evenly on a straight line; these are off by up to {off[worst]:.2g} mm "
        f"({name}), as rounded positions or a wobbling table leave them. They are taken for even."
    )
    return [Finding("ROUGH_POSITIONS", "warning", text, Place(file=name, slices=(worst,)))]


def _is_even(stack: Stack, numbers: NDArray[np.int64]) -> bool:
    return _fits(stack, numbers) or _is_rough(stack, numbers)


def _fits(stack: Stack, numbers: NDArray[np.int64]) -> bool:
    """Whether line, gaps and places are even; places too, so that no drift adds up."""
    along = stack.positions @ stack.normal
    step = (along[-1] - along[0]) / numbers[-1]
    gaps_off = np.abs(stack.gaps - np.diff(numbers) * step)
    places_off = np.abs(along - along[0] - numbers * step)
    is_straight = _off_line(stack).max() <= OFF_LINE_MM
    return bool(is_straight and max(gaps_off.max(), places_off.max()) <= _tolerance(step))


def _is_rough(stack: Stack, numbers: NDArray[np.int64]) -> bool:
    """Whether no slice lies farther off its even place than is let pass when it is told."""
    step = float(stack.gaps.sum() / numbers[-1])
    is_rounded = np.allclose(stack.positions, np.round(stack.positions, 1), rtol=0, atol=1e-6)
    limit = min(_ONE_DECIMAL_MM if is_rounded else _ROUGH_MM, _ROUGH_PART * step)
    off = np.abs(_off_even(stack, numbers)).max(axis=1)
    shows = np.count_nonzero(off > OFF_LINE_MM) >= _ROUGH_SHARE * len(off)
    return bool(len(off) >= _ROUGH_SLICES and shows and off.max() <= limit + 1e-6)


def _off_even(stack: Stack, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Position of each slice less its place in the grid, (n, 3), mm."""
    share = (numbers / numbers[-1])[:, np.newaxis]
    even: NDArray[np.float64] = (1 - share) * stack.positions[0] + share * stack.positions[-1]
    return stack.positions - even


def _check_line(stack: Stack) -> None:
    off = _off_line(stack)
    if off.max() > OFF_LINE_MM:
        worst = stack.headers[int(off.argmax())].path.name
        raise GeometryError(
            f"The slices of a volume lie on one straight line within {OFF_LINE_MM} mm; {worst} is "
            f"off by {off.max():.3g} mm. The series mixes several acquisitions or was moved: "
            "export them apart."
        )


def _off_line(stack: Stack) -> NDArray[np.float64]:
    """Distance of each slice to the straight line through the first and the last, (n,), mm."""
    along = stack.positions @ stack.normal
    share = (along - along[0]) / (along[-1] - along[0])
    line = stack.positions[0] + share[:, None] * (stack.positions[-1] - stack.positions[0])
    off: NDArray[np.float64] = np.linalg.norm(stack.positions - line, axis=1)
    return off


def _has_second_step(numbers: NDArray[np.int64]) -> bool:
    jumps = np.diff(numbers)
    return bool(np.any((jumps[1:] == jumps[:-1]) & (jumps[1:] > 1)))


def _is_mostly_holes(numbers: NDArray[np.int64]) -> bool:
    return bool(2 * len(numbers) < numbers[-1] + 1)


def _alike(gap: float, other: float) -> bool:
    return abs(other - gap) <= _tolerance(gap)


def _tolerance(gap: float) -> float:
    return float(max(GAP_TOLERANCE * gap, SAME_PLACE_MM))


def _blocks_in_words(stack: Stack) -> str:
    gaps = stack.gaps
    blocks = equidistant_blocks(stack)
    words = [
        f"slices {start + 1} to {stop} every {gaps[start : stop - 1].mean():.4g} mm"
        for start, stop in blocks[:8]
        if stop - start > 1
    ]
    singles = sum(stop - start == 1 for start, stop in blocks)
    extra = [f"{singles} slice(s) by themselves"] if singles else []
    more = ["..."] if len(blocks) > 8 else []
    return f"{len(blocks)} equidistant blocks: " + ", ".join(words + extra + more)
