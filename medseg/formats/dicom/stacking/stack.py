"""A stack of slices: their order, and whether each has a place of its own and none is missing.

Reference:
    DICOM PS3.3 C.7.6.2 (Image Plane).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError, MissingSlicesError
from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.formats.dicom.stacking.plane import (
    check_places,
    check_plane,
    directions,
)

#: Slices closer than this along their normal lie at one place.
SAME_PLACE_MM = 0.01


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
