"""One object in a run of neighbouring gaps: the kernel that the rest of this room calls."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.course import BEYOND_SLICES
from medseg.interpolate.gap import carry, course_of, taper
from medseg.interpolate.groups import beside
from medseg.interpolate.links import distance, link
from medseg.interpolate.parts import COUNT, WIDTH, find_parts, together

#: Deeper below the surface than anything is.
NOWHERE_MM = -1e9
# The columns of the notes on each group: its gap, how many parts it has on either key, how far
# apart its two sections are (`links.distance`), and whether they overlap in place.
GAP, FIRST_PARTS, LAST_PARTS, APART, MEETS = range(5)


@numba.njit(nogil=True, cache=True)
def fill_run(
    sections: NDArray[Any],
    keys: NDArray[Any],
    gaps: tuple[int, int],
    positions: NDArray[Any],
    spacing: tuple[float, float],
    out: NDArray[Any],
) -> NDArray[Any]:
    """Write how deep each pixel lies in the object on each slice of a run of gaps, in mm.

    Args:
        sections: (key, row, column), non-zero inside, with `groups.ROOM` left around all. Empty
            ones end the object.
        keys: their slices, ascending.
        gaps: the first gap that is filled, by its first key's place, and the end of the gaps;
            keys before and after these lend their areas and centroids alone.
        positions: of all slices, rising or falling.
        spacing: a pixel's height and width in mm.
        out: (slices, row, column) from the first filled gap's first key to the last one's last
            key, float32; `NOWHERE_MM` where nothing is near, and on keys.

    Returns:
        (groups, 5): what became of each group of parts; the columns have names above.
    """
    out[:] = NOWHERE_MM
    parts, counts, sums = _parts_of(sections)
    links = np.full((len(keys), 2, sums.shape[1]), -1)
    groups = np.zeros(len(keys), np.int64)
    for key in range(len(keys) - 1):
        if counts[key] and counts[key + 1]:
            left, right, groups[key] = link(
                parts[key],
                sums[key, : counts[key]],
                parts[key + 1],
                sums[key + 1, : counts[key + 1]],
                spacing[0] / spacing[1],
            )
            links[key, 0, : len(left)], links[key, 1, : len(right)] = left, right
    notes = np.zeros((groups[gaps[0] : gaps[1]].sum(), 5))
    written = 0
    start = keys[gaps[0]]
    for gap in range(gaps[0], gaps[1]):
        first, last = keys[gap], keys[gap + 1]
        if groups[gap] and last - first > 1:
            here = out[first + 1 - start : last - start]
            slots = notes[written : written + groups[gap]]
            slots[:, GAP] = gap
            _fill_gap(parts, counts, sums, links, gap, keys, positions, spacing, here, slots)
            written += groups[gap]
    return notes[:written]


@numba.njit(nogil=True, cache=True)
def _parts_of(sections: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The parts of each section, how many, and their sums."""
    parts = np.empty(sections.shape, np.int32)
    counts = np.zeros(len(sections), np.int64)
    sums = np.zeros((len(sections), 1, WIDTH))
    for key in range(len(sections)):
        table = find_parts(sections[key], parts[key])
        counts[key] = len(table)
        if len(table) > sums.shape[1]:
            wider = np.zeros((len(sections), len(table), WIDTH))
            wider[:, : sums.shape[1]] = sums
            sums = wider
        sums[key, : len(table)] = table
    return parts, counts, sums


@numba.njit(nogil=True, cache=True)
def _fill_gap(  # noqa: PLR0913, PLR0917 - a kernel; what it is given has no name of its own
    parts: NDArray[Any],
    counts: NDArray[Any],
    sums: NDArray[Any],
    links: NDArray[Any],
    gap: int,
    keys: NDArray[Any],
    positions: NDArray[Any],
    spacing: tuple[float, float],
    out: NDArray[Any],
    notes: NDArray[Any],
) -> None:
    steps, beyond, shares = _steps(keys, gap, positions)
    lines, has = np.zeros((4, WIDTH)), np.zeros(2, np.bool_)
    left, right = links[gap, 0, : counts[gap]], links[gap, 1, : counts[gap + 1]]
    for group in range(len(notes)):
        first, last = left == group, right == group
        lines[1] = together(sums[gap, : counts[gap]], first)
        lines[2] = together(sums[gap + 1, : counts[gap + 1]], last)
        notes[group, FIRST_PARTS], notes[group, LAST_PARTS] = first.sum(), last.sum()
        if lines[1, COUNT] and lines[2, COUNT]:
            has[:] = False
            if gap > 0 and counts[gap - 1]:
                outer = sums[gap - 1, : counts[gap - 1]]
                has[0], lines[0] = beside(links[gap - 1, 1], links[gap - 1, 0], outer, first)
            if gap + 2 < len(keys) and counts[gap + 2]:
                outer = sums[gap + 2, : counts[gap + 2]]
                has[1], lines[3] = beside(links[gap + 1, 0], links[gap + 1, 1], outer, last)
            course = course_of(lines, steps, has, beyond, shares, spacing[0] / spacing[1])
            notes[group, APART] = distance(lines[1], lines[2], spacing[0] / spacing[1])
            notes[group, MEETS] = carry(
                parts[gap : gap + 2], (first, last), lines, course, shares, spacing, out
            )
        elif lines[1, COUNT]:
            taper(parts[gap], first, lines[1], shares[:, 0].copy(), spacing, out)
        else:
            taper(parts[gap + 1], last, lines[2], shares[:, 1].copy(), spacing, out)


@numba.njit(nogil=True, cache=True)
def _steps(
    keys: NDArray[Any], gap: int, positions: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The three steps between the four keys, how far beyond its ends an object ends, the shares."""
    steps, beyond = np.ones(3), np.empty(2)
    for step in range(3):
        place = gap - 1 + step
        if 0 <= place < len(keys) - 1:
            steps[step] = abs(positions[keys[place + 1]] - positions[keys[place]])
    first, last = keys[gap], keys[gap + 1]
    beyond[0] = BEYOND_SLICES * abs(positions[first + 1] - positions[first])
    beyond[1] = BEYOND_SLICES * abs(positions[last] - positions[last - 1])
    shares = np.empty((last - first - 1, 2))
    whole = positions[last] - positions[first]
    for index in range(first + 1, last):
        shares[index - first - 1, 0] = (positions[index] - positions[first]) / whole
        shares[index - first - 1, 1] = (positions[last] - positions[index]) / whole
    return steps, beyond, shares
