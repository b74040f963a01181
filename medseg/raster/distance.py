"""How deep a pixel lies inside a mask, in mm: exact, in time proportional to the pixels."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_FAR = 1e18  # squared mm; farther than anything in an image
#: So few rows are compared each with each: that takes less time than building envelopes.
_FEW = 64
_FAR_OFF = 1000  # pixels; farther than anything in a mask of so few rows and columns


def signed_distance_mm(
    mask: NDArray[np.bool_], spacing_mm: tuple[float, float]
) -> NDArray[np.float64]:
    """Distance from each pixel's centre to the mask's edge in mm: positive inside.

    It is measured to the nearest point of the nearest pixel of the other kind, taken as a
    rectangle, so zero lies on the edges between pixels whatever the two spacings are: a pixel
    and its neighbour across an edge have the same distance with opposite signs, half a
    spacing. What lies beyond the array counts as neither. An empty mask is -inf everywhere, a
    full one +inf.

    Args:
        mask: 2D boolean.
        spacing_mm: size of a pixel along rows and columns, in mm.

    Reference:
        Felzenszwalb, Huttenlocher. Theory of Computing 8:415-428, 2012 (the lower envelope).
    """
    if not mask.any():
        return np.full(mask.shape, -np.inf)
    if mask.all():
        return np.full(mask.shape, np.inf)
    result = np.empty(mask.shape)
    signed_distance(np.ascontiguousarray(mask), spacing_mm[0], spacing_mm[1], result)
    return result


@numba.njit(nogil=True, cache=True)
def signed_distance(mask: NDArray[Any], row_mm: float, column_mm: float, out: Any) -> None:
    """Write the distances of a contiguous mask that is neither empty nor full into `out`."""
    if row_mm == column_mm and max(mask.shape) <= _FEW:
        _between_rows(mask, row_mm, out)
    else:
        _by_envelopes(mask, row_mm, column_mm, out)


@numba.njit(nogil=True, cache=True)
def _between_rows(mask: NDArray[Any], pixel_mm: float, out: Any) -> None:
    """The same for square pixels, each row compared with each: plain loops over whole numbers.

    They are squares in half pixels, which float32 holds exactly.
    """
    rows, columns = mask.shape
    own = np.empty(rows * columns, np.float32)
    _along_rows(mask, own)
    least = np.abs(own)
    for away in range(1, rows):
        step = np.float32((2 * away - 1) ** 2)
        if away % 4 == 0 and _is_most(step, least):
            break
        both = len(own) - away * columns
        _look(own[:both], own[-both:], step, least[:both])
        _look(own[-both:], own[:both], step, least[-both:])
    flat = out.reshape(-1)
    for pixel in range(len(own)):
        flat[pixel] = np.copysign(0.5 * pixel_mm * np.sqrt(np.float64(least[pixel])), own[pixel])


@numba.njit(nogil=True, cache=True)
def _along_rows(mask: NDArray[Any], out: NDArray[Any]) -> None:
    """Squared half pixels to the nearest pixel of the other kind in the row; below 0 outside."""
    rows, columns = mask.shape
    for row in range(rows):
        line, here = mask[row], out[row * columns : (row + 1) * columns]
        start = 0
        while start < columns:
            stop = start + 1
            while stop < columns and line[stop] == line[start]:
                stop += 1
            before = start if start > 0 else -_FAR_OFF
            after = stop if stop < columns else _FAR_OFF
            sign = 1 if line[start] else -1
            for column in range(start, stop):
                steps = 2 * min(column - before, after - 1 - column) + 1
                here[column] = sign * steps * steps
            start = stop


@numba.njit(nogil=True, cache=True)
def _look(own: NDArray[Any], there: NDArray[Any], step: Any, least: NDArray[Any]) -> None:
    """Lower squared distances to what lies beside the pixels so far up or down."""
    zero = np.float32(0.0)
    for pixel in range(len(own)):
        same = max(there[pixel], zero) if own[pixel] > zero else max(-there[pixel], zero)
        seen = same + step
        least[pixel] = seen if seen < least[pixel] else least[pixel]


@numba.njit(nogil=True, cache=True)
def _is_most(bound: Any, values: NDArray[Any]) -> bool:
    """Whether no value is above the bound."""
    above = 0
    for value in values:
        above += int(value > bound)
    return above == 0


@numba.njit(nogil=True, cache=True)
def _by_envelopes(mask: NDArray[Any], row_mm: float, column_mm: float, out: Any) -> None:
    rows, columns = mask.shape
    across = np.empty((rows, columns))
    _along_columns(mask, row_mm, across)
    heights = np.empty(columns)
    envelope = np.empty(columns + 1)
    centres, starts = np.empty(columns, np.int64), np.empty(columns + 1)
    for row in range(rows):
        line = across[row]
        for inside in (True, False):
            if inside and not mask[row].any():
                continue
            for column in range(columns):
                heights[column] = line[column] if bool(mask[row, column]) == inside else 0.0
            _lower_envelope(heights, column_mm, centres, starts, envelope)
            sign = 1.0 if inside else -1.0
            for column in range(columns):
                if bool(mask[row, column]) == inside:
                    # Towards the pixels on the left an edge is half a column nearer than the
                    # centre is, and likewise on the right: the envelope is looked up there. In
                    # its own column the height is exact.
                    least = min(envelope[column], envelope[column + 1], line[column])
                    out[row, column] = sign * np.sqrt(least)


@numba.njit(nogil=True, cache=True)
def _along_columns(mask: NDArray[Any], row_mm: float, across: NDArray[Any]) -> None:
    """Squared distance of each pixel to the nearest one of the other kind in its column."""
    rows, columns = mask.shape
    far = 1e9
    across[0] = far
    for row in range(1, rows):
        for column in range(columns):
            same = bool(mask[row, column]) == bool(mask[row - 1, column])
            across[row, column] = across[row - 1, column] + 1.0 if same else 0.5
    for row in range(rows - 2, -1, -1):
        for column in range(columns):
            same = bool(mask[row, column]) == bool(mask[row + 1, column])
            below = across[row + 1, column] + 1.0 if same else 0.5
            across[row, column] = min(across[row, column], below)
    for row in range(rows):
        for column in range(columns):
            steps = across[row, column]
            across[row, column] = (steps * row_mm) ** 2 if steps < far else _FAR


@numba.njit(nogil=True, cache=True)
def _lower_envelope(
    heights: NDArray[Any],
    step_mm: float,
    centres: NDArray[Any],
    starts: NDArray[Any],
    envelope: NDArray[Any],
) -> None:
    """The least of the parabolas that stand on a line of heights, at -1/2, 1/2, 3/2 ... steps."""
    last = -1
    square = step_mm * step_mm
    for place in range(len(heights)):
        if heights[place] >= _FAR:
            continue
        start = -np.inf
        while last >= 0:
            other = centres[last]
            rise = (heights[place] - heights[other]) / square + float(place * place - other * other)
            start = rise / (2.0 * (place - other))
            if start > starts[last]:
                break
            last -= 1
        last += 1
        centres[last] = place
        starts[last] = start if last else -np.inf
    if last < 0:
        envelope[:] = _FAR
        return
    starts[last + 1] = np.inf
    at = 0
    for edge in range(len(envelope)):
        place_at = edge - 0.5
        while starts[at + 1] < place_at:
            at += 1
        envelope[edge] = ((place_at - centres[at]) * step_mm) ** 2 + heights[centres[at]]
