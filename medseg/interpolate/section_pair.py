"""What lies between two sections of one object."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.raster import signed_distance_mm, span

#: Background kept around the two sections, in pixels, so that moved fields stay inside.
_MARGIN = 2


@dataclass(frozen=True, eq=False)
class SectionPair:
    """Two sections of one object and the shapes between them.

    The signed distances of the two are blended linearly. Before that, both are moved along
    the line between the sections' centroids to where the object is due, so that a thin object
    that runs obliquely keeps its section although the two do not overlap. How far the moved
    blend counts against the one in place is decided by which of them makes the two sections
    agree better, so that an object that loses a part does not swerve.

    Exchanging the two sections changes nothing but the direction.

    Args:
        first: 2D boolean, one section; not empty.
        last: the other one, of the same shape; not empty.
        spacing_mm: size of a pixel along rows and columns, in mm.
    """

    first: NDArray[np.bool_]
    last: NDArray[np.bool_]
    spacing_mm: tuple[float, float]

    @cached_property
    def corner(self) -> tuple[int, int]:
        """Row and column of the field's first pixel; they may be negative."""
        rows, columns = self._span
        return rows.start - _MARGIN, columns.start - _MARGIN

    def field_mm(self, towards_last: float, towards_first: float) -> NDArray[np.float64]:
        """Signed distance of the shape in between in mm, from `corner` on: positive inside.

        Args:
            towards_last: share of the way from the first section to the last, 0 to 1.
            towards_first: share of the way back; the two add up to 1. Both are asked for, so
                that the mirrored question gives exactly the mirrored answer.
        """
        first, last = self._distances
        share = self._share_moved
        field = np.zeros_like(first)
        if share < 1.0:
            field += (1.0 - share) * (towards_first * first + towards_last * last)
        if share > 0.0:
            down, along = self._step
            moved_first = moved(first, towards_last * down, towards_last * along)
            moved_last = moved(last, -towards_first * down, -towards_first * along)
            field += share * (towards_first * moved_first + towards_last * moved_last)
        return field

    @cached_property
    def precedence(self) -> tuple[int, int, int, list[bytes]]:
        """Smaller goes first where two objects want one pixel: by size, then place, then shape."""
        first, last = self._sections
        area = int(np.count_nonzero(first) + np.count_nonzero(last))
        return -area, *self.corner, sorted((first.tobytes(), last.tobytes()))

    @cached_property
    def _span(self) -> tuple[slice, slice]:
        either = np.asarray(self.first | self.last)
        return span(np.any(either, axis=1)), span(np.any(either, axis=0))

    @cached_property
    def _sections(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        first, last = self.first[self._span], self.last[self._span]
        return np.pad(first, _MARGIN), np.pad(last, _MARGIN)

    @cached_property
    def _distances(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        first, last = self._sections
        return signed_distance_mm(first, self.spacing_mm), signed_distance_mm(last, self.spacing_mm)

    @cached_property
    def _step(self) -> tuple[float, float]:
        """From the first section's centroid to the last one's, in pixels."""
        first, last = self._sections
        (row, column), (to_row, to_column) = _centroid(first), _centroid(last)
        return to_row - row, to_column - column

    @cached_property
    def _share_moved(self) -> float:
        """0 where the sections agree better in place, 1 where they do so when moved."""
        in_place = _agreement(*self._sections)
        if in_place == 0.0:  # a blend in place would be empty
            return 1.0
        first, last = self._distances
        down, along = self._step[0] / 2, self._step[1] / 2
        when_moved = _agreement(moved(first, down, along) > 0, moved(last, -down, -along) > 0)
        return float(np.clip(0.5 + 4.0 * (when_moved - in_place), 0.0, 1.0))


def _centroid(section: NDArray[np.bool_]) -> tuple[float, float]:
    rows, columns = np.nonzero(section)
    return float(rows.mean()), float(columns.mean())


def _agreement(first: NDArray[np.bool_], last: NDArray[np.bool_]) -> float:
    """Twice the overlap over the sum of sizes: 0 to 1; 0 where both are empty."""
    total = np.count_nonzero(first) + np.count_nonzero(last)
    return 2.0 * float(np.count_nonzero(first & last)) / max(int(total), 1)


@numba.njit(nogil=True, cache=True)
def moved(field: NDArray[Any], down: float, along: float) -> NDArray[Any]:
    """A 2D field moved by a part of a pixel, linear between pixels, the border carried on."""
    rows, columns = field.shape
    result = np.empty_like(field)
    whole_down, whole_along = int(np.floor(-down)), int(np.floor(-along))
    part_down, part_along = -down - whole_down, -along - whole_along
    for row in range(rows):
        upper = min(max(row + whole_down, 0), rows - 1)
        lower = min(max(row + whole_down + 1, 0), rows - 1)
        for column in range(columns):
            left = min(max(column + whole_along, 0), columns - 1)
            right = min(max(column + whole_along + 1, 0), columns - 1)
            above = (1.0 - part_along) * field[upper, left] + part_along * field[upper, right]
            below = (1.0 - part_along) * field[lower, left] + part_along * field[lower, right]
            result[row, column] = (1.0 - part_down) * above + part_down * below
    return result
