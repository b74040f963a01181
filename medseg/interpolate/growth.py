"""Whether an object grows along z in both directions of its sections, or in one alone."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.parts import COUNT, LEVEL, UPRIGHT

#: The outline of fewer pixels says nothing about that.
_PIXELS = 100.0
#: Nor do areas that differ by less than this factor.
_GROWN = 1.1
#: Width as a power of area: 1/2 where sections stay similar, 1 where only their width changes.
#: Up to here they count as similar, and from where the area rises as that much steeper.
_SIMILAR, _STEEPER = 0.65, 4.0


@numba.njit(nogil=True, cache=True)
def power_of(lines: NDArray[Any], has: NDArray[Any], ratio: float) -> float:
    """The power of the area, 1 to 2, whose course along z is a parabola.

    It is the area itself for ellipsoids and cones. A ring or a bar that lies on its side is
    wide as its own section is, while its length stays: there it is the area squared. Which of
    them it is shows in the mean width, area over outline, of the largest known section and the
    smallest.

    Args:
        lines: sums of the group on four keys in a row; the gap is in the middle.
        has: whether the group is known on the first key, and on the fourth; 1 if on neither.
        ratio: a pixel's height over its width.
    """
    if not has[0] and not has[1]:
        return 1.0
    large, small = 1, 1
    for key in range(0 if has[0] else 1, 4 if has[1] else 3):
        size, wider = lines[key, COUNT], _width(lines[key], ratio)
        most, least = lines[large, COUNT], lines[small, COUNT]
        if size > most or (size == most and wider > _width(lines[large], ratio)):
            large = key
        if size < least or (size == least and wider > _width(lines[small], ratio)):
            small = key
    grown = lines[large, COUNT] / lines[small, COUNT]
    if grown < _GROWN or lines[small, COUNT] < _PIXELS:
        return 1.0
    widened = _width(lines[large], ratio) / _width(lines[small], ratio)
    share = np.log(widened) / np.log(grown)
    return float(min(max(1.0 + _STEEPER * (share - _SIMILAR), 1.0), 2.0))


@numba.njit(nogil=True, cache=True)
def _width(line: NDArray[Any], ratio: float) -> float:
    return float(line[COUNT] / (line[UPRIGHT] * ratio + line[LEVEL]))
