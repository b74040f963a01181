"""How a caliper follows the hand: its two lines stay at a right angle, in mm, in one plane.

All points are LPS mm, so that the angle is right in the patient whatever the grid.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.model import Caliper
from medseg.model.caliper import Line

Vector = NDArray[np.float64]

# A caliper's second line, until it is corrected, as a part of the first.
_FIRST_GUESS = 0.5


def crossed(first: ArrayLike, last: ArrayLike, normal: ArrayLike) -> tuple[Line, Line]:
    """A longest line and the one across its middle, half as long, to be corrected by hand.

    Args:
        first: one end.
        last: the other end.
        normal: of the plane that they are drawn in.
    """
    start, end = _vector(first), _vector(last)
    half = _across(end - start, normal) * (np.linalg.norm(end - start) * _FIRST_GUESS / 2)
    middle = (start + end) / 2
    return _line(start, end), _line(middle - half, middle + half)


def with_end(caliper: Caliper, end: int, point: ArrayLike, normal: ArrayLike) -> Caliper:
    """The caliper with one of its ends where the hand has taken it.

    An end of the longest line takes the line across along, at the same part of its length. An
    end of that line moves it along the longest one, and moves that end out or in.

    Args:
        caliper: as it was when the hand took hold.
        end: 0 and 1 for the longest line, 2 and 3 for the one across.
        point: where the hand is.
        normal: of the plane that it is drawn in.
    """
    first, last = (_vector(one) for one in caliper.longest)
    across = caliper.perpendicular
    point = _vector(point)
    if end < 2:
        ends = (point, last) if end == 0 else (first, point)
        longest = _line(*ends)
        moved = None if across is None else _carried(caliper, ends, normal)
        return caliper.moved(longest, moved, caliper.author)
    if across is None:
        return caliper
    along = (last - first) / max(float(np.linalg.norm(last - first)), 1e-9)
    place = float(np.clip((point - first) @ along, 0, np.linalg.norm(last - first)))
    foot = first + place * along
    out = _across(last - first, normal)
    other = float((_vector(across[3 - end]) - first) @ out)
    reached = float((point - first) @ out)
    ends_across = (reached, other) if end == 2 else (other, reached)
    perpendicular = _line(*(foot + reach * out for reach in ends_across))
    return caliper.moved(caliper.longest, perpendicular, caliper.author)


def longest_first(caliper: Caliper) -> Caliper:
    """The caliper with its longer line first, as its name says."""
    across = caliper.perpendicular
    if across is None or (caliper.perpendicular_mm or 0.0) <= caliper.longest_mm:
        return caliper
    return caliper.moved(across, caliper.longest, caliper.author)


def _carried(caliper: Caliper, ends: tuple[Vector, Vector], normal: ArrayLike) -> Line:
    """The line across, carried along with a longest line that has another end."""
    first, last = (_vector(one) for one in caliper.longest)
    one, other = (_vector(point) for point in caliper.perpendicular or caliper.longest)
    length = max(float(np.linalg.norm(last - first)), 1e-9)
    old_along, old_out = (last - first) / length, _across(last - first, normal)
    part = float((one - first) @ old_along) / length
    foot = ends[0] + part * (ends[1] - ends[0])
    out = _across(ends[1] - ends[0], normal)
    return _line(*(foot + float((point - first) @ old_out) * out for point in (one, other)))


def _across(along: Vector, normal: ArrayLike) -> Vector:
    """The unit vector in the plane at a right angle to a line; any in it for no line at all."""
    way = np.cross(_vector(normal), along)
    length = float(np.linalg.norm(way))
    return way / length if length > 0 else np.zeros(3)


def _vector(point: ArrayLike) -> Vector:
    return np.asarray(point, dtype=np.float64)


def _line(first: Vector, last: Vector) -> Line:
    start = (float(first[0]), float(first[1]), float(first[2]))
    return start, (float(last[0]), float(last[1]), float(last[2]))
