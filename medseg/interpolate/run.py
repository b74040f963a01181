"""One object in a run of neighbouring gaps: the kernel that the rest of this room calls."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.course import BEYOND_SLICES
from medseg.interpolate.gap import carry, course_of, taper
from medseg.interpolate.groups import ROOM, beside, box_around, distances_to, field_of
from medseg.interpolate.links import distance, link
from medseg.interpolate.parts import COUNT, WIDTH, find_parts, together

#: Deeper below the surface than anything is.
NOWHERE_MM = -1e9
# The columns of the notes on each group: its gap, how many parts it has on either key, how far
# apart its two sections are (`links.distance`), and whether they overlap in place.
GAP, FIRST_PARTS, LAST_PARTS, APART, MEETS = range(5)


@numba.njit(nogil=True, cache=True)
def fill_run(
    masks: NDArray[Any],
    keys: NDArray[Any],
    gaps: tuple[int, int],
    positions: NDArray[Any],
    spacing: tuple[float, float],
) -> tuple[tuple[int, int], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """How deep each pixel lies in the object on each slice of a run of gaps, in mm.

    Args:
        masks: (key, row, column), non-zero inside. Empty ones end the object.
        keys: their slices, ascending.
        gaps: the first gap that is filled, by its first key's place, and the end of the gaps;
            keys before and after these lend their areas and centroids alone.
        positions: of all slices, rising or falling.
        spacing: a pixel's height and width in mm.

    Returns:
        corner: row and column of the first pixel of the box around all masks, with room.
        sections: the masks in that box; its size is 0 if all are empty.
        depth_mm: (slices, row, column) from the first filled gap's first key to the last one's
            last key, float32; `NOWHERE_MM` where nothing is near, and on keys.
        notes: (groups, 5), what became of each group of parts; the columns have names above.
    """
    corner, sections = _cropped(masks)
    slices = keys[gaps[1]] - keys[gaps[0]] + 1
    out = np.full((slices, *sections.shape[1:]), np.float32(NOWHERE_MM))
    if sections.size == 0:
        return corner, sections, out, np.zeros((0, 5))
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
    fields = np.empty(sections.shape, np.float32)
    known = np.zeros(len(keys), np.bool_)
    written = 0
    start = keys[gaps[0]]
    for gap in range(gaps[0], gaps[1]):
        first, last = keys[gap], keys[gap + 1]
        if groups[gap] and last - first > 1:
            here = out[first + 1 - start : last - start]
            slots = notes[written : written + groups[gap]]
            slots[:, GAP] = gap
            for side in range(2):
                key = gap + side
                of_parts = links[gap, side, : counts[key]]
                if not known[key] and (of_parts == of_parts[0]).all():
                    _measure(parts, counts, sums, key, spacing, fields)
                    known[key] = True  # it serves the gap on the other side of the key too
            _fill_gap(
                parts, fields, counts, sums, links, gap, keys, positions, spacing, here, slots
            )
            written += groups[gap]
    return corner, sections, out, notes[:written]


@numba.njit(nogil=True, cache=True)
def _cropped(masks: NDArray[Any]) -> tuple[tuple[int, int], NDArray[Any]]:
    """The corner of the box around all masks, with `groups.ROOM`, and the masks inside it."""
    _, rows, columns = masks.shape
    top, left, bottom, right = rows, columns, 0, 0
    for mask in masks:
        for row in range(rows):
            line = mask[row]
            first, last = 0, columns
            while first < columns and not line[first]:
                first += 1
            if first == columns:
                continue
            while not line[last - 1]:
                last -= 1
            top, bottom = min(top, row), max(bottom, row + 1)
            left, right = min(left, first), max(right, last)
    corner = top - ROOM, left - ROOM
    if bottom == 0:
        return corner, np.zeros((len(masks), 0, 0), np.bool_)
    height, width = bottom - top, right - left
    sections = np.zeros((len(masks), height + 2 * ROOM, width + 2 * ROOM), np.bool_)
    sections[:, ROOM : ROOM + height, ROOM : ROOM + width] = masks[:, top:bottom, left:right]
    return corner, sections


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
def _measure(
    parts: NDArray[Any],
    counts: NDArray[Any],
    sums: NDArray[Any],
    key: int,
    spacing: tuple[float, float],
    fields: NDArray[Any],
) -> None:
    """Write the distances to a whole key's section, wherever one of its gaps may look at them."""
    _, rows, columns = parts.shape
    own = together(sums[key, : counts[key]], np.ones(counts[key], np.bool_))
    top, left, bottom, right = box_around(own, own, rows, columns)
    for other in range(max(key - 1, 0), min(key + 2, len(parts))):
        if counts[other]:
            theirs = together(sums[other, : counts[other]], np.ones(counts[other], np.bool_))
            box = box_around(own, theirs, rows, columns)
            top, left = min(top, box[0]), min(left, box[1])
            bottom, right = max(bottom, box[2]), max(right, box[3])
    around = top, left, bottom, right
    everything = np.ones(counts[key], np.bool_)
    fields[key, top:bottom, left:right] = distances_to(parts[key], everything, around, spacing)


@numba.njit(nogil=True, cache=True)
def _fill_gap(  # noqa: PLR0913, PLR0917 - a kernel; what it is given has no name of its own
    parts: NDArray[Any],
    fields: NDArray[Any],
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
            box = box_around(lines[1], lines[2], parts.shape[1], parts.shape[2])
            both = (
                field_of(parts[gap], first, box, spacing, fields[gap]),
                field_of(parts[gap + 1], last, box, spacing, fields[gap + 1]),
            )
            notes[group, MEETS] = carry(both, box, lines, course, shares, spacing, out)
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
