"""Longest diameter in a slice, and the longest one at right angles to it.

Both are chords between midpoints of pixel edges, the outline that lies half a pixel outside the
outermost centres: a single voxel is one spacing long, a straight bar of n voxels n spacings. On
discs of 2 to 20 pixels radius at random places the longest diameter comes out 0.4 to 0.8 pixels
too long, because the longest of many chords is chosen; on ellipses of axis ratio 0.6 it is 0.0 to
0.4 too long. (Between pixel corners it would be 0.9 to 1.3 on discs, between centres 0.9 too short
on small ellipses.)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from medseg.measure.region import Point, Reading, Region

#: An edge counts as met where the line passes its end by less than this part of it.
_ROUNDING = 1e-9


def longest_diameter(region: Region) -> Reading:
    """The longest chord in any one slice in mm with its ends; NaN for an empty segment."""
    hull = _widest_hull(region)
    return _reading(None if hull is None else _longest_chord(hull))


def perpendicular_diameter(region: Region) -> Reading:
    """The longest chord at right angles to the longest diameter, in the same slice, in mm.

    It is a chord of the outline's convex hull. With its ends; NaN for an empty segment.
    """
    hull = _widest_hull(region)
    return _reading(None if hull is None else _chord_across(hull, _longest_chord(hull)))


def _reading(chord: NDArray[np.float64] | None) -> Reading:
    if chord is None:
        return Reading(math.nan)
    return Reading(float(np.linalg.norm(chord[1] - chord[0])), (_point(chord[0]), _point(chord[1])))


def _point(point_lps: NDArray[np.float64]) -> Point:
    x, y, z = point_lps.tolist()
    return x, y, z


def _widest_hull(region: Region) -> NDArray[np.float64] | None:
    """The hull (n, 3), LPS mm, of the slice with the longest chord; the first of equal ones."""
    best, best_mm = None, 0.0
    for offset, section in enumerate(region.mask):
        if _diagonal_mm(region, section) <= best_mm:
            continue
        hull = _hull_lps(region, offset, section)
        ends = _longest_chord(hull)
        length = float(np.linalg.norm(ends[1] - ends[0]))
        if length > best_mm:
            best, best_mm = hull, length
    return best


def _diagonal_mm(region: Region, section: NDArray[np.bool_]) -> float:
    """No chord of the section is longer; 0 where it is empty."""
    rows, columns = np.flatnonzero(section.any(axis=1)), np.flatnonzero(section.any(axis=0))
    if not rows.size:
        return 0.0
    down = region.geometry.affine[:3, 1] * float(rows[-1] - rows[0] + 1)
    along = region.geometry.affine[:3, 2] * float(columns[-1] - columns[0] + 1)
    return float(max(np.linalg.norm(down + along), np.linalg.norm(down - along)))


def _hull_lps(region: Region, offset: int, section: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Corners of the hull of the edges' midpoints, in their order around it: (n, 3), LPS mm."""
    points = np.concatenate([_ends_of_rows(section), _ends_of_rows(section.T)[:, ::-1]])
    points = points[ConvexHull(points).vertices]
    index = np.column_stack([np.full(len(points), offset), points]) + region.corner
    return region.geometry.to_patient(index)


def _ends_of_rows(section: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(row, column) of the outer edges of each row's first and last pixel, at half columns."""
    rows = np.flatnonzero(section.any(axis=1))
    first = section[rows].argmax(axis=1) - 0.5
    last = section.shape[1] - section[rows, ::-1].argmax(axis=1) - 0.5
    return np.column_stack([np.tile(rows, 2), np.concatenate([first, last])])


def _longest_chord(hull: NDArray[np.float64]) -> NDArray[np.float64]:
    """The two corners that are furthest apart: (2, 3)."""
    squared = ((hull[:, None] - hull[None]) ** 2).sum(axis=2)
    one, other = np.unravel_index(squared.argmax(), squared.shape)
    return hull[[one, other]]


def _chord_across(hull: NDArray[np.float64], long_axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """The longest chord of a convex polygon at right angles to an axis in its plane: (2, 3).

    The chord's length is a concave function of its place along the axis, with kinks where it
    passes a corner, so the longest one passes through a corner.
    """
    axis = long_axis[1] - long_axis[0]
    along = (hull - long_axis[0]) @ (axis / np.linalg.norm(axis))
    following = np.roll(hull, -1, axis=0)
    run = np.roll(along, -1) - along
    best, best_mm = hull[[0, 0]], -1.0
    for place in along:
        with np.errstate(divide="ignore", invalid="ignore"):  # edges across the axis: NaN or inf
            part = (place - along) / run
        met = (part >= -_ROUNDING) & (part <= 1 + _ROUNDING)
        points = hull[met] + part[met, None] * (following[met] - hull[met])
        chord = _longest_chord(points)
        length = float(np.linalg.norm(chord[1] - chord[0]))
        if length > best_mm:
            best, best_mm = chord, length
    return best
