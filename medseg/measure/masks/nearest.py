"""The distance from each place on one surface to the nearest one on another, in mm: exact.

Both surfaces are places on one grid. Around each place the other surface is looked for in the
order of distance, as far as a ball of some hundred places reaches; what is farther away is
looked up in a tree of boxes around the other's places. Where a place follows another one in its
row, the search starts a step short of that one's distance, because it cannot be nearer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from medseg.measure.masks.boundary import Boundary
from medseg.measure.masks.box_tree import nearest_numbers

_BALL_PLACES = 600
_BALL_SIDE = 40
_ROUNDING = 1e-9  # mm


@dataclass(frozen=True, eq=False)
class Ball:
    """Steps to the places around one, by their distance.

    Args:
        steps: (n, 3) along slice, row and column; the first is none at all.
        distances_mm: (n,), ascending.
        earlier: (n + 1,), the first step that may lead to the surface from the next place in a
            row, by the step that led to it from this one; n where none did.
    """

    steps: NDArray[np.int64]
    distances_mm: NDArray[np.float64]
    earlier: NDArray[np.int64]

    @cached_property
    def margin(self) -> tuple[int, int, int]:
        """How far the ball reaches along each axis, at least 1."""
        slices, rows, columns = np.maximum(np.abs(self.steps).max(axis=0), 1).tolist()
        return slices, rows, columns


def ball_of(steps_mm: NDArray[np.float64], *, planar: bool) -> Ball:
    """The ball for a grid, or the disc for a plane of rows and columns."""
    return _ball(np.ascontiguousarray(steps_mm, np.float64).tobytes(), planar)


@lru_cache(maxsize=64)
def _ball(steps: bytes, planar: bool) -> Ball:
    steps_mm = np.frombuffer(steps).reshape(3, 3)
    radius_mm = _radius_mm(steps_mm, planar)
    sides = (np.linalg.norm(np.linalg.inv(steps_mm), axis=1) * radius_mm + _ROUNDING).astype(int)
    if planar:
        sides[0] = 0
    axes = [np.arange(-side, side + 1) for side in sides.tolist()]
    around = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    distances = lengths_mm(around, steps_mm)
    order = np.argsort(distances, kind="stable")
    order = order[: np.searchsorted(distances[order], radius_mm, side="right")]
    distances = distances[order]
    column_mm = float(np.linalg.norm(steps_mm[:, 2]))
    known = np.append(distances, radius_mm) - column_mm - _ROUNDING
    return Ball(around[order], distances, np.searchsorted(distances, known))


def _radius_mm(steps_mm: NDArray[np.float64], planar: bool) -> float:
    """The radius that takes in some hundred places, but not many along any one axis."""
    used = steps_mm[:, 1:] if planar else steps_mm
    volume = float(np.sqrt(np.linalg.det(used.T @ used)))
    per_step = float(np.linalg.norm(np.linalg.pinv(used), axis=1).max())
    # A ball of that many places has 0.62, a disc 0.56 times the root of their volume as radius.
    return min(0.6 * float((_BALL_PLACES * volume) ** (1 / used.shape[1])), _BALL_SIDE / per_step)


def lengths_mm(steps: NDArray[np.int64], steps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """How long steps (n, 3) along slice, row and column are."""
    # Summed one by one: the same squares in the same order come to the same last bit everywhere.
    vectors = [
        steps[:, 0] * along[0] + steps[:, 1] * along[1] + steps[:, 2] * along[2]
        for along in steps_mm
    ]
    squared = vectors[0] ** 2 + vectors[1] ** 2 + vectors[2] ** 2
    return np.asarray(np.sqrt(squared), dtype=np.float64)


def distances_mm(
    one: Boundary, other: Boundary, ball: Ball, steps_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The distance from each place of one surface to the nearest of the other, inf without any.

    Args:
        one: the places to start from.
        other: the surface to reach, on the same grid; both keep the ball's margin from its sides.
        ball: for the same steps.
        steps_mm: (3, 3), its columns are the steps along slice, row and column.
    """
    if not other.places.size:
        return np.full(one.places.size, np.inf)
    offsets = ball.steps @ np.array([one.shape[1] * one.shape[2], one.shape[2], 1])
    distances: NDArray[np.float64]
    distances, missed = within_ball(
        one.places, other.bits, offsets, ball.distances_mm, ball.earlier
    )
    if missed.size:
        distances[missed] = _by_boxes(one.places[missed], other, steps_mm)
    return distances


@njit(nogil=True, cache=True)
def within_ball(places: Any, bits: Any, offsets: Any, known: Any, earlier: Any) -> tuple[Any, Any]:
    """Distances, and the numbers of the places that have none of the others within the ball."""
    distances = np.empty(places.size)
    missed = np.empty(places.size, np.int64)
    misses = 0
    last, step = -2, 0
    for number in range(places.size):
        place = places[number]
        step = earlier[step] if place == last + 1 else 0
        while step < offsets.size:
            at = place + offsets[step]
            if bits[at >> 3] >> (at & 7) & 1:
                break
            step += 1
        if step < offsets.size:
            distances[number] = known[step]
        else:
            missed[misses] = number
            misses += 1
        last = place
    return distances, missed[:misses].copy()


def _by_boxes(
    places: NDArray[np.int64], other: Boundary, steps_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The distances by a tree of boxes around the other surface's places."""
    points = _points(other.places, other.shape, steps_mm)
    order = np.argsort(_along_curve(other.places, other.shape), kind="stable")
    found = nearest_numbers(_points(places, other.shape, steps_mm), points[order])
    apart = _index(places, other.shape) - _index(other.places[order[found]], other.shape)
    return lengths_mm(apart, steps_mm)


def _index(places: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    return np.stack(np.unravel_index(places, shape), axis=1)


@njit(nogil=True, cache=True)
def _points(places: Any, shape: Any, steps_mm: Any) -> Any:
    """Where the places are, (n, 3) in mm along three axes at right angles."""
    points = np.empty((places.size, 3))
    for number in range(places.size):
        line, column = divmod(places[number], shape[2])
        index, row = divmod(line, shape[1])
        for axis in range(3):
            points[number, axis] = (
                steps_mm[axis, 0] * index + steps_mm[axis, 1] * row + steps_mm[axis, 2] * column
            )
    return points


@njit(nogil=True, cache=True)
def _along_curve(places: Any, shape: Any) -> Any:
    """Keys by which places that follow each other lie near each other.

    They are of two bytes, which numpy sorts in linear time: five bits along each axis, mixed.

    Reference:
        Morton. A computer oriented geodetic data base, IBM 1966.
    """
    keys = np.empty(places.size, np.uint16)
    for number in range(places.size):
        line, column = divmod(places[number], shape[2])
        index, row = divmod(line, shape[1])
        cells = 32 * index // shape[0], 32 * row // shape[1], 32 * column // shape[2]
        key = 0
        for bit in range(5):
            for axis in range(3):
                key |= (cells[axis] >> bit & 1) << (3 * bit + axis)
        keys[number] = key
    return keys
