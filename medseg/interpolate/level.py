"""The level of a field at which a section has the area that is due."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

#: How far above and below the surface pixels are put that had to be told apart by their place.
_HAIR_MM = 1e-4


@numba.njit(nogil=True, cache=True)
def level_for(values: NDArray[Any], count: int, area: float, deeper: int) -> tuple[float, bool]:
    """The level with as many of the values above it as asked for, and whether they can be told.

    Of equal values all are above or none, whichever is nearer to the area. They cannot be told
    apart if none would leave nothing at all; then the level is theirs.

    Args:
        values: how deep the pixels are; put into another order.
        count: how many of them, from the first on, are to be above; at least 1.
        area: the same, not rounded.
        deeper: how many pixels, all above these, are not among them.
    """
    level = _largest(values, count - 1)
    more, equal = 0, 0
    above, below = np.inf, -np.inf
    for value in values:
        if value > level:
            more += 1
            above = min(above, value)
        elif value < level:
            below = max(below, value)
        else:
            equal += 1
    nothing = more == 0 and deeper == 0
    if nothing and equal > count:
        return level, False
    if nothing or more + equal - area <= area - more:
        return (0.5 * (level + below) if more + equal < len(values) else level - _HAIR_MM), True
    return (0.5 * (above + level) if more else level + _HAIR_MM), True


#: So often the stretch in which the level lies is halved before values are put in order.
_HALVINGS = 6


@numba.njit(nogil=True, cache=True)
def level_between(
    values: NDArray[Any], count: int, area: float, deeper: int, between: tuple[float, float]
) -> tuple[float, bool]:
    """The same as `level_for`, sooner where the level lies between two that are given.

    Only the values of a stretch around it are put in order. The stretch must hold one above the
    level and one below it: the level's own place depends on these.

    Args:
        values: as for `level_for`.
        count: likewise.
        area: likewise.
        deeper: likewise.
        between: a lower and an upper bound that are probable.
    """
    low, high = values.dtype.type(between[0]), values.dtype.type(between[1])
    below, above = _above(values, low), _above(values, high)
    if not above < count <= below:
        return level_for(values, count, area, deeper)
    for _ in range(_HALVINGS):
        middle = values.dtype.type(0.5 * (low + high))
        held = _above(values, middle)
        if held < count:
            high, above = middle, held
        else:
            low, below = middle, held
    stretch, found = np.empty(below - above, values.dtype), 0
    for value in values:
        if low < value <= high:
            stretch[found] = value
            found += 1
    level = _largest(stretch, count - above - 1)
    if not (stretch > level).any() or not (stretch < level).any():
        return level_for(values, count, area, deeper)
    return level_for(stretch, count - above, area - above, deeper + above)


@numba.njit(nogil=True, cache=True)
def _above(values: NDArray[Any], bound: Any) -> int:
    """How many values are above a bound."""
    above = 0
    for value in values:
        above += int(value > bound)
    return above


@numba.njit(nogil=True, cache=True)
def _largest(values: NDArray[Any], rank: int) -> float:
    """The value with `rank` values before it in descending order (Hoare's selection)."""
    low, high = 0, len(values) - 1
    while low < high:
        pivot = values[(low + high) // 2]
        left, right = low, high
        while left <= right:
            while values[left] > pivot:
                left += 1
            while values[right] < pivot:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left += 1
                right -= 1
        if rank <= right:
            high = right
        elif rank >= left:
            low = left
        else:
            break
    return float(values[rank])


@numba.njit(nogil=True, cache=True)
def take_first(field: NDArray[Any], level: float, count: int) -> None:
    """Put the first pixels of that depth, in reading order, just above the surface 0."""
    rows, columns = field.shape
    for row in range(rows):
        for column in range(columns):
            if field[row, column] == level and count > 0:
                field[row, column] = _HAIR_MM
                count -= 1
            else:
                field[row, column] = min(field[row, column] - level, -_HAIR_MM)


@numba.njit(nogil=True, cache=True)
def lower_to_area(field: NDArray[Any], area: float, near: float) -> None:
    """Shift a field so that as many pixels as asked for, at least one, are above 0.

    Args:
        field: 2D, larger inside; changed in place. Contiguous.
        area: in pixels.
        near: the level is looked for between this and its negative first, which is quicker.
    """
    count = min(max(round(area), 1), field.size - 1)
    values = np.empty(field.size, field.dtype)
    within, inside = 0, 0
    for value in field.reshape(-1):  # written every time, kept if it is near: no branch to guess
        values[within] = value
        within += int(-near <= value <= near)
        inside += int(value > near)
    if inside == 0 or not 1 <= count - inside < within:
        level, told = level_for(field.copy().ravel(), count, area, 0)
    else:
        level, told = level_for(values[:within], count - inside, area - inside, inside)
    if told:
        field -= level
    else:
        take_first(field, level, count)
