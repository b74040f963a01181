"""Rings of points as people and programs give them, checked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import EditError
from medseg.raster.polygon import farthest_coordinate, plain_points

#: Beyond this distance from the grid, in pixels, a point is a mistake and not a place.
_FARTHEST = 1e9

Ring = NDArray[np.float64]


def checked_rings(points_rc: ArrayLike | Sequence[ArrayLike]) -> list[Ring]:
    """The rings of either form, each (n, 2) float64: one sequence of pairs, or several of them.

    Raises:
        EditError: points that are not (n, 2), not finite, or further than 1e9 pixels away.
    """
    return [_checked_ring(ring) for ring in _rings_of(points_rc)]


def checked_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """The rows and columns of a mask as plain whole numbers.

    Raises:
        EditError: they are not two whole numbers from 0 up.
    """
    try:
        sizes = tuple(int(size) for size in shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise EditError(f"A mask's shape is (rows, columns); found {shape!r}.") from error
    if len(sizes) != 2 or min(sizes) < 0 or sizes != tuple(shape):
        raise EditError(f"A mask's shape is two whole numbers from 0 up; found {shape!r}.")
    return sizes[0], sizes[1]


def _rings_of(points_rc: ArrayLike | Sequence[ArrayLike]) -> list[ArrayLike]:
    if isinstance(points_rc, np.ndarray) and points_rc.ndim == 2:
        return [points_rc]
    rings = list(points_rc) if isinstance(points_rc, Sequence | np.ndarray) else [points_rc]
    if rings and all(_is_pair(ring) for ring in rings):
        return [rings]  # type: ignore[list-item]
    return rings


def _is_pair(ring: ArrayLike) -> bool:
    try:
        return np.ndim(ring) == 1
    except ValueError:  # ragged: numpy cannot tell; it is no pair
        return False


def _checked_ring(ring: ArrayLike) -> Ring:
    points = _numbers(ring)
    if points.size == 0:
        return points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise EditError(f"A polygon is (n, 2) points (row, column); found shape {points.shape}.")
    farthest = farthest_coordinate(points)
    if farthest <= _FARTHEST:
        return points
    if not np.isfinite(points).all():
        raise EditError("A polygon's points are finite numbers; found NaN or infinity.")
    raise EditError(
        f"A polygon lies near the grid; found a point {farthest:.3g} pixels away. "
        "Its points are (row, column) indices, not millimetres of another frame."
    )


def _numbers(ring: ArrayLike) -> Ring:
    if type(ring) is np.ndarray and ring.dtype == np.float64:
        return plain_points(ring)
    try:
        given = np.asarray(ring)
        is_object = given.dtype == object
        return plain_points(
            given.astype(np.float64, casting="unsafe" if is_object else "same_kind")
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise EditError(f"A polygon is (n, 2) numbers (row, column); found {error}.") from error
