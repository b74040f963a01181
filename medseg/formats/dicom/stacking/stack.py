"""A stack of slices as a grid: their order, their step, and whether there is one at all.

Reference:
    DICOM PS3.3 C.7.6.2 (Image Plane).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError, GeometryError, MissingSlicesError, UnevenSpacingError
from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.formats.dicom.stacking.plane import (
    check_places,
    check_plane,
    direction_findings,
    directions,
)
from medseg.formats.tilt import tilt_findings
from medseg.model import Finding, Geometry, Place

#: Slices closer than this along their normal lie at one place.
SAME_PLACE_MM = 0.01

#: How far a slice may lie off the straight line through the first and the last.
OFF_LINE_MM = 0.01

#: Gaps count as equal within this part of themselves, or within `SAME_PLACE_MM`.
GAP_TOLERANCE = 0.01

#: Below this, a lean of the stack is rounding in the header and no tilt.
_TILT_DEGREES = 0.01
_TILT_SHIFT_MM = 0.01


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices in the order of their places, and what their places say.

    Args:
        headers: ascending along row x column.
        positions: Image Position of each, (n, 3), LPS mm.
        normal: unit vector row x column.
    """

    headers: tuple[SliceHeader, ...]
    positions: NDArray[np.float64]
    normal: NDArray[np.float64]

    @property
    def gaps(self) -> NDArray[np.float64]:
        """Distances from slice to slice along the normal, in mm, (n - 1,)."""
        return np.diff(self.positions @ self.normal)

    def part(self, start: int, stop: int) -> Stack:
        """Some neighbouring slices as a stack of their own."""
        return Stack(self.headers[start:stop], self.positions[start:stop], self.normal)


def sorted_stack(headers: Sequence[SliceHeader]) -> Stack:
    """The slices in order of their place along row x column.

    Raises:
        GeometryError: a slice has no place, one where no patient can be, no pixel spacing that
            could be, or directions that are not two unit vectors at a right angle.
    """
    planes: dict[tuple[object, ...], SliceHeader] = {}  # most slices share theirs
    for header in headers:
        place = (header.orientation, header.spacing, header.position is None)
        planes.setdefault(place, header)
    for header in planes.values():
        check_plane(header)
    along_row, along_column = directions(headers[0])
    normal = np.cross(along_row, along_column)
    normal /= np.linalg.norm(normal)
    positions = np.array([header.position for header in headers], dtype=np.float64)
    check_places(headers, positions)
    order = np.argsort(positions @ normal, kind="stable")
    return Stack(tuple(headers[index] for index in order), positions[order], normal)


def check_repeats(stack: Stack) -> None:
    """Refuse slices at one place: copies of a file, or several time points.

    Raises:
        FormatError: some lie within 0.01 mm of each other along the normal.
    """
    repeats = np.flatnonzero(stack.gaps <= SAME_PLACE_MM)
    if not repeats.size:
        return
    copies = _copies(stack)
    first, second = copies or (stack.headers[repeats[0]], stack.headers[repeats[0] + 1])
    places = len(stack.headers) - len(repeats)
    kind = (
        "it holds one file twice"
        if copies
        else "it may hold several time points or echoes, but no header says which is which"
    )
    raise FormatError(
        f"Each slice of a volume has a place of its own; this series repeats positions "
        f"({len(stack.headers)} files at {places} places, as {first.path.name} and "
        f"{second.path.name}): {kind}. Move the further files to another folder."
    )


def _copies(stack: Stack) -> tuple[SliceHeader, SliceHeader] | None:
    """Two slices that are the same object, if any."""
    seen: dict[tuple[str, int | None], SliceHeader] = {}
    for header in stack.headers:
        if not header.sop_instance:
            continue
        earlier = seen.setdefault((header.sop_instance, header.frame), header)
        if earlier is not header:
            return earlier, header
    return None


def slice_numbers(stack: Stack) -> NDArray[np.int64]:
    """The index of each slice in the grid, (n,): 0, 1, 2 ... with jumps where slices are missing.

    Raises:
        UnevenSpacingError: the gaps differ and are no multiples of the smallest one, two in a row
            are the same larger multiple (a stretch with a step of its own, no hole), or more than
            half of the grid would be absent (stations apart, no volume with holes).
        GeometryError: a slice lies off the line through the first and the last.
    """
    _check_line(stack)
    gaps = stack.gaps
    if not gaps.size:
        return np.zeros(1, dtype=np.int64)
    step = gaps.mean()
    numbers = np.arange(len(gaps) + 1)
    if not _fits(stack, numbers, step):
        smallest = gaps[np.abs(gaps - gaps.min()) <= _tolerance(gaps.min())].mean()
        jumps = np.rint(gaps / smallest).astype(np.int64)
        numbers = np.concatenate([[0], np.cumsum(jumps)])
        step = gaps.sum() / numbers[-1]
    if not _fits(stack, numbers, step) or _has_second_step(numbers) or _is_mostly_holes(numbers):
        raise UnevenSpacingError(
            f"The slices of a volume are evenly spaced; these {len(stack.headers)} (from "
            f"{stack.headers[0].path.name} to {stack.headers[-1].path.name}) have gaps of "
            f"{gaps.min():.4g} to {gaps.max():.4g} mm. They form {_blocks_in_words(stack)}. Read a "
            "block by its own id, or ask for an evenly spaced reconstruction."
        )
    return numbers


def check_none_missing(stack: Stack, numbers: NDArray[np.int64]) -> None:
    """Refuse a stack with holes.

    Raises:
        MissingSlicesError: the numbers jump; the message lists where.
    """
    holes = np.flatnonzero(np.diff(numbers) > 1)
    if not holes.size:
        return
    absent = int(numbers[-1]) + 1 - len(numbers)
    where = "; ".join(
        f"{numbers[hole + 1] - numbers[hole] - 1} between {stack.headers[hole].path.name} and "
        f"{stack.headers[hole + 1].path.name}"
        for hole in holes[:5]
    )
    more = "; ..." if len(holes) > 5 else ""
    raise MissingSlicesError(
        f"A volume has all its slices; {absent} of {numbers[-1] + 1} are missing ({where}{more}). "
        "Fetch them, or read with allow_gaps=True, which leaves them blank."
    )


def equidistant_blocks(stack: Stack) -> list[tuple[int, int]]:
    """The longest runs of evenly spaced slices as (start, stop), from the first slice on.

    Each slice is in one run; a slice that fits none is a run by itself.
    """
    gaps = stack.gaps
    blocks, start = [], 0
    while start < len(gaps) + 1:
        stop = start + 1
        while stop <= len(gaps) and abs(gaps[stop - 1] - gaps[start]) <= _tolerance(gaps[start]):
            stop += 1
        blocks.append((start, stop))
        start = stop
    return blocks


def stack_geometry(stack: Stack, numbers: NDArray[np.int64]) -> tuple[Geometry, list[Finding]]:
    """The grid of a stack and what there is to say about it; a tilt stays in the affine.

    Raises:
        GeometryError: a single slice names no thickness.
    """
    first = stack.headers[0]
    along_row, along_column = directions(first)
    spacing = first.spacing or ()
    step, findings = _step(stack, numbers)
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = along_column * spacing[0]
    affine[:3, 2] = along_row * spacing[1]
    affine[:3, 3] = stack.positions[0]
    shape = (int(numbers[-1]) + 1, first.rows, first.columns)
    geometry = Geometry(shape, affine, first.frame_of_reference or None)
    return geometry, findings + direction_findings(first) + tilt_findings(geometry)


def _step(stack: Stack, numbers: NDArray[np.int64]) -> tuple[NDArray[np.float64], list[Finding]]:
    if len(stack.headers) > 1:
        # From end to end, so that rounding in single positions does not add up.
        return (stack.positions[-1] - stack.positions[0]) / numbers[-1], []
    only = stack.headers[0]
    if only.thickness is None:
        raise GeometryError(
            f"A volume has a depth; {only.path.name} is a single slice that names neither Spacing "
            "Between Slices nor Slice Thickness. Open the folder with the whole series."
        )
    text = (
        f"This is a single slice; its depth of {only.thickness:g} mm is what {only.path.name} "
        "names, not measured between slices."
    )
    place = Place(file=only.path.name, slices=(0,))
    return stack.normal * only.thickness, [Finding("SINGLE_SLICE", "warning", text, place)]


def _tolerance(gap: float) -> float:
    return float(max(GAP_TOLERANCE * gap, SAME_PLACE_MM))


def _fits(stack: Stack, numbers: NDArray[np.int64], step: float) -> bool:
    """Whether gaps and places agree with an even step; places too, so that no drift adds up."""
    along = stack.positions @ stack.normal
    gaps_off = np.abs(stack.gaps - np.diff(numbers) * step)
    places_off = np.abs(along - along[0] - numbers * step)
    return bool(max(gaps_off.max(), places_off.max()) <= _tolerance(step))


def _has_second_step(numbers: NDArray[np.int64]) -> bool:
    jumps = np.diff(numbers)
    return bool(np.any((jumps[1:] == jumps[:-1]) & (jumps[1:] > 1)))


def _is_mostly_holes(numbers: NDArray[np.int64]) -> bool:
    return bool(2 * len(numbers) < numbers[-1] + 1)


def _check_line(stack: Stack) -> None:
    if len(stack.headers) < 3:
        return
    along = stack.positions @ stack.normal
    share = (along - along[0]) / (along[-1] - along[0])
    line = stack.positions[0] + share[:, None] * (stack.positions[-1] - stack.positions[0])
    off = np.linalg.norm(stack.positions - line, axis=1)
    if off.max() > OFF_LINE_MM:
        worst = stack.headers[int(off.argmax())].path.name
        raise GeometryError(
            f"The slices of a volume lie on one straight line within {OFF_LINE_MM} mm; {worst} is "
            f"off by {off.max():.3g} mm. The series mixes several acquisitions or was moved: "
            "export them apart."
        )


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
