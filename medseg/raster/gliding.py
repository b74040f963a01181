"""A surface that glides to edges by morphology: only voxels beside it are worked on."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

#: The nine planes through the middle of 3 x 3 x 3 voxels: bit 9 a + 3 b + c is voxel (a, b, c).
_PLANES = tuple(
    sum(1 << bit for bit in range(27) if along @ (bit // 9 - 1, bit // 3 % 3 - 1, bit % 3 - 1) == 0)
    for along in np.array(
        [
            (0, 0, 1),
            (0, 1, 0),
            (1, 0, 0),
            (0, 1, -1),
            (0, 1, 1),
            (1, 0, -1),
            (1, 0, 1),
            (1, -1, 0),
            (1, 1, 0),
        ]
    )
)


def glided(edges: NDArray[np.float64], start: NDArray[np.bool_], rounds: int) -> NDArray[np.bool_]:
    """Where a surface has glided to: a geodesic active contour by morphology, without a balloon.

    Each round moves the surface down the slope of `edges` and smooths it once by its curvature,
    from outside first in the first round, from inside first in the next, and so on. What is
    beyond the array counts as outside.

    Args:
        edges: 3D, finite, two voxels or more along each axis: small on edges of the image.
        start: of the same shape: what is inside at first.
        rounds: how many.

    Reference:
        Marquez-Neila P, Baumela L, Alvarez L. IEEE Trans Pattern Anal Mach Intell 36 (2014)
        2-17.
    """
    inside = np.pad(np.asarray(start, np.uint8), 1)
    other = np.zeros_like(inside)
    for number in range(rounds):
        _drawn(edges, inside, other)
        for grows in (True, False) if number % 2 == 0 else (False, True):
            inside, other = other, inside
            _smoothed(inside, grows, other)
        inside, other = other, inside
    return np.asarray(inside[1:-1, 1:-1, 1:-1] != 0)


@numba.njit(nogil=True, cache=True)
def _drawn(edges: NDArray[Any], inside: NDArray[Any], out: NDArray[Any]) -> None:
    """Write what is inside once the surface has been drawn towards the edges by a voxel.

    Args:
        edges: as for `glided`.
        inside: 0 or 1, with a rim of 0 all round.
        out: of the same shape, written.
    """
    slices, rows, columns = edges.shape
    for one in range(slices):
        for two in range(rows):
            around = _held(inside, one + 1, two + 1)
            for three in range(columns):
                held = inside[one + 1, two + 1, three + 1]
                near = around[three] + around[three + 1] + around[three + 2]
                # At the array's end the rim counts for nothing here: a full block is none there.
                if 0 < near < 27:
                    pull = 0.0
                    for axis in range(3):
                        pull += _slopes(edges, inside, one, two, three, axis)
                    if pull > 0.0:
                        held = 1
                    elif pull < 0.0:
                        held = 0
                out[one + 1, two + 1, three + 1] = held


@numba.njit(nogil=True, cache=True)
def _slopes(
    edges: NDArray[Any], inside: NDArray[Any], one: int, two: int, three: int, axis: int
) -> float:
    """The edges' slope times the inside's, along an axis: central, at the ends one-sided."""
    at = one if axis == 0 else (two if axis == 1 else three)
    back, on = int(at > 0), int(at < edges.shape[axis] - 1)
    a, b, c = int(axis == 0), int(axis == 1), int(axis == 2)
    rise = float(inside[one + 1 + on * a, two + 1 + on * b, three + 1 + on * c])
    rise -= float(inside[one + 1 - back * a, two + 1 - back * b, three + 1 - back * c])
    if rise == 0.0:
        return 0.0
    slope = edges[one + on * a, two + on * b, three + on * c]
    slope -= edges[one - back * a, two - back * b, three - back * c]
    steps = float(back + on)
    return float((slope / steps) * (rise / steps))


@numba.njit(nogil=True, cache=True)
def _smoothed(inside: NDArray[Any], grows: bool, out: NDArray[Any]) -> None:
    """Write what every plane through a voxel meets the inside in; or what one lies in wholly.

    Args:
        inside: 0 or 1, with a rim of 0 all round.
        grows: whether the former; it fills hollows, as the latter takes bumps away.
        out: of the same shape, written.
    """
    for one in range(1, inside.shape[0] - 1):
        for two in range(1, inside.shape[1] - 1):
            around = _held(inside, one, two)
            for three in range(1, inside.shape[2] - 1):
                near = around[three - 1] + around[three] + around[three + 1]
                if 0 < near < 27:
                    bits = _bits(inside, one, two, three)
                    met = _meets_all(bits) if grows else _holds_one(bits)
                    out[one, two, three] = int(met)
                else:
                    out[one, two, three] = int(near == 27)


@numba.njit(nogil=True, cache=True)
def _held(inside: NDArray[Any], one: int, two: int) -> NDArray[Any]:
    """For each column how many of the 3 x 3 voxels across it are inside."""
    around = np.zeros(inside.shape[2], np.uint8)
    for a in range(one - 1, one + 2):
        for b in range(two - 1, two + 2):
            line = inside[a, b]
            for column in range(len(around)):
                around[column] += line[column]
    return around


@numba.njit(nogil=True, cache=True)
def _bits(inside: NDArray[Any], one: int, two: int, three: int) -> int:
    bits, bit = 0, 1
    for a in range(one - 1, one + 2):
        for b in range(two - 1, two + 2):
            for c in range(three - 1, three + 2):
                if inside[a, b, c]:
                    bits |= bit
                bit <<= 1
    return bits


@numba.njit(nogil=True, cache=True)
def _meets_all(bits: int) -> bool:
    met = True
    for plane in _PLANES:
        met &= bits & plane != 0
    return met


@numba.njit(nogil=True, cache=True)
def _holds_one(bits: int) -> bool:
    holds = False
    for plane in _PLANES:
        holds |= bits & plane == plane
    return holds
