"""One object's sections in the gap between two of its key slices."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.course import area_slopes, between, slopes
from medseg.interpolate.groups import box_around, distances_to
from medseg.interpolate.growth import power_of
from medseg.interpolate.level import lower_to_area
from medseg.interpolate.moving import share_moved, turn_between, way_back
from medseg.interpolate.parts import COLUMNS, COUNT, ROWS, axes_of
from medseg.interpolate.section import cut_at_area

#: The blend is smoothed where two sections disagree, fully if this times 1 - Dice comes to 1.
_SMOOTHED = 8.0
#: How much a slice's place counts against its area in the blend, in mean radii of the two sections.
_PLACE = 0.3
#: The weights of the two sections are multiples of 1 over this, so their products are exact.
_WEIGHT_STEPS = 1024.0


@numba.njit(nogil=True, cache=True)
def course_of(
    lines: NDArray[Any],
    steps: NDArray[Any],
    has: NDArray[Any],
    beyond: NDArray[Any],
    shares: NDArray[Any],
    ratio: float,
) -> NDArray[Any]:
    """(slices, 3): the row and column where the centroid is due, and the area.

    Args:
        lines: sums of the group on four keys in a row; the gap is in the middle.
        steps: from each key to the next, positive.
        has: whether the group is known on the first key, and on the fourth.
        beyond: how far beyond each key of the gap the object ends, if it ends there.
        shares: (slices, 2), of each slice the share of the way onward and the share back.
        ratio: a pixel's height over its width.
    """
    areas, rows, columns = lines[:, COUNT].copy(), np.zeros(4), np.zeros(4)
    for key in range(4):
        if areas[key]:
            rows[key], columns[key] = (
                lines[key, ROWS] / areas[key],
                lines[key, COLUMNS] / areas[key],
            )
    least = 0.5 * min(areas[1], areas[2])
    power = power_of(lines, has, ratio)
    if power != 1.0:
        areas = areas**power
    course = np.empty((len(shares), 3))
    for what in range(3):
        values = rows if what == 0 else (columns if what == 1 else areas)
        low, high = slopes(values, steps, has)
        if what == 2:
            low, high = area_slopes(values, steps, has, beyond)
        for index in range(len(shares)):
            onward, back = shares[index, 0], shares[index, 1]
            course[index, what] = between(values[1], values[2], low, high, steps[1], onward, back)
    for index in range(len(shares)):
        area = course[index, 2]
        course[index, 2] = max(area if power == 1.0 else max(area, 0.0) ** (1.0 / power), least)
    return course


@numba.njit(nogil=True, cache=True)
def carry(
    fields: tuple[NDArray[Any], NDArray[Any]],
    box: tuple[int, int, int, int],
    lines: NDArray[Any],
    course: NDArray[Any],
    shares: NDArray[Any],
    spacing: tuple[float, float],
    out: NDArray[Any],
) -> float:
    """Write a group that both keys have; 1 if its two sections overlap in place, else 0.

    Args:
        fields: signed distances in mm to the group's parts on the two keys, inside the box.
        box: top, left, bottom and right of the group, as from `groups.box_around`.
        lines: the parts' sums, and those beside, as for `course_of`.
        course: from `course_of`.
        shares: as for `course_of`.
        spacing: a pixel's height and width in mm.
        out: (slices, row, column); where the group is deeper than what is there, written.
    """
    top, left, bottom, right = box
    ratio = spacing[0] / spacing[1]
    row_a, column_a = (
        lines[1, ROWS] / lines[1, COUNT] - top,
        lines[1, COLUMNS] / lines[1, COUNT] - left,
    )
    row_b, column_b = (
        lines[2, ROWS] / lines[2, COUNT] - top,
        lines[2, COLUMNS] / lines[2, COUNT] - left,
    )
    long_a, angle_a = axes_of(lines[1], spacing[0], spacing[1])
    long_b, angle_b = axes_of(lines[2], spacing[0], spacing[1])
    turn = turn_between(long_a, angle_a, long_b, angle_b)
    row, column = 0.5 * (row_a + row_b), 0.5 * (column_a + column_b)
    share, meets, agree = share_moved(
        fields[0],
        fields[1],
        way_back(row_a, column_a, row, column, -0.5 * turn, ratio),
        way_back(row_b, column_b, row, column, 0.5 * turn, ratio),
        spacing,
    )
    smooth = min(_SMOOTHED * (1.0 - agree), 1.0)
    depth = np.empty(fields[0].shape, np.float32)
    for index in range(len(shares)):
        onward, back = shares[index, 0], shares[index, 1]
        row, column = course[index, 0] - top, course[index, 1] - left
        ways = (
            way_back(row_a, column_a, row, column, -onward * turn, ratio),
            way_back(row_b, column_b, row, column, back * turn, ratio),
        )
        area = course[index, 2]
        first, last = _weights(lines[1, COUNT], lines[2, COUNT], area, onward, back)
        cut_at_area(fields, ways, (first, last, share, smooth), spacing, area, depth)
        _deeper(out[index, top:bottom, left:right], depth)
    return 1.0 if meets else 0.0


@numba.njit(nogil=True, cache=True)
def _weights(
    area_a: float, area_b: float, area: float, onward: float, back: float
) -> tuple[float, float]:
    """How far either section counts in the blend of a slice; the two add up to 1.

    The end of something round is as wide as its larger section soon after its smaller one. So
    the slice's radius counts, between the two radii, and its place, the more the less they differ.
    """
    radius_a, radius_b = np.sqrt(area_a), np.sqrt(area_b)
    radius = min(max(np.sqrt(area), min(radius_a, radius_b)), max(radius_a, radius_b))
    mean = _PLACE * 0.5 * (radius_a + radius_b)
    first, last = back * mean + abs(radius_b - radius), onward * mean + abs(radius - radius_a)
    both = (first + last) / _WEIGHT_STEPS  # whole steps: mirror images stay equally deep
    return round(first / both) / _WEIGHT_STEPS, round(last / both) / _WEIGHT_STEPS


@numba.njit(nogil=True, cache=True)
def taper(
    parts: NDArray[Any],
    chosen: NDArray[Any],
    line: NDArray[Any],
    away: NDArray[Any],
    spacing: tuple[float, float],
    out: NDArray[Any],
) -> None:
    """Write a group that one key alone has: it shrinks as half an ellipsoid and ends half-way.

    Args:
        parts: 2D, the number of each pixel's part on that key.
        chosen: which parts are the group's.
        line: their sums.
        away: of each slice, the share of the way from that key to the other.
        spacing: a pixel's height and width in mm.
        out: as for `carry`.
    """
    box = box_around(line, line, parts.shape[0], parts.shape[1])
    top, left, bottom, right = box
    field = distances_to(parts, chosen, box, spacing)
    for index in range(len(away)):
        if away[index] < 0.5:
            depth = field.copy()
            area = line[COUNT] * (1.0 - 4.0 * away[index] * away[index])
            lower_to_area(depth, area, np.inf)
            _deeper(out[index, top:bottom, left:right], depth)


@numba.njit(nogil=True, cache=True)
def _deeper(out: NDArray[Any], depth: NDArray[Any]) -> None:
    rows, columns = out.shape
    for row in range(rows):
        for column in range(columns):
            out[row, column] = max(out[row, column], depth[row, column])
