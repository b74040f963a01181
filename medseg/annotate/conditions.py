"""What a tool needs before it begins, checked: points, numbers, an image; or why it refuses."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import EditError, GeometryError
from medseg.model import (
    Change,
    Changes,
    Contour,
    Edit,
    Geometry,
    Segmentation,
    Volume,
    slices_in_words,
)
from medseg.model.geometry import FARTHEST_MM


def checked_mm(value: float, what: str) -> float:
    """The length, if it is a finite number above 0.

    Raises:
        EditError: it is not.
    """
    if not is_amount(value):
        raise EditError(f"{what} is a finite number of mm above 0; found {value} mm.")
    return float(value)


def checked_points(points_lps: ArrayLike, what: str) -> NDArray[np.float64]:
    """Points in LPS mm as an array of (n, 3), n >= 1.

    Raises:
        EditError: they are no such points, not finite, or further away than any grid.
    """
    try:
        points = np.atleast_2d(np.array(points_lps, dtype=np.float64))
    except (TypeError, ValueError, OverflowError) as error:
        raise EditError(f"{what}: points are numbers L, P, S in mm; found {error}.") from error
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise EditError(f"{what}: points are (n, 3), L, P, S in mm; found {points.shape}.")
    if not np.isfinite(points).all():
        raise EditError(f"{what}: points are finite numbers; found NaN or infinity.")
    _check_near(points, what)
    return points


def voxels_at(geometry: Geometry, points_lps: NDArray[np.float64], what: str) -> NDArray[np.int64]:
    """The voxels in which points lie: (n, 3) indices.

    Raises:
        EditError: a point lies outside the grid.
    """
    index = np.floor(geometry.to_index(points_lps) + 0.5)
    outside = (index < 0).any(axis=1) | (index >= geometry.shape).any(axis=1)
    if outside.any():
        low = geometry.corners_lps.min(axis=0).round(1).tolist()
        high = geometry.corners_lps.max(axis=0).round(1).tolist()
        point = points_lps[outside][0].round(1).tolist()
        raise EditError(
            f"{what} inside the image; {point} is outside. "
            f"The image spans L, P, S from {low} to {high} mm."
        )
    return index.astype(np.int64)


def image_for(segmentation: Segmentation, volume: Volume | None, what: str) -> Volume:
    """The image, if there is one on the segmentation's grid.

    Raises:
        EditError: there is none.
        GeometryError: it is on another grid.
    """
    if volume is None:
        raise EditError(f"{what} follows an image; none was given.")
    if not volume.geometry.same_grid(segmentation.geometry):
        raise GeometryError(
            f"{what} follows an image on the mask's grid; the image has "
            f"{volume.geometry.describe()}, the mask {segmentation.geometry.describe()}."
        )
    return volume


def point_in_patient(point_lps: ArrayLike, what: str) -> NDArray[np.float64]:
    """A point in LPS mm as an array of its own, (3,).

    Args:
        point_lps: anything that is three numbers.
        what: what it is, for the message, as "A pointer".

    Raises:
        EditError: it is not three finite numbers, or further away than any grid.
    """
    try:
        point = np.array(point_lps, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise EditError(f"{what} is at L, P, S in mm, three numbers; found {error}.") from error
    if point.shape != (3,) or not all(map(math.isfinite, point.tolist())):
        raise EditError(f"{what} is at three finite numbers L, P, S; found {point.tolist()}.")
    _check_near(point, what)
    return point


def _check_near(points: NDArray[np.float64], what: str) -> None:
    farthest = max(float(points.max()), -float(points.min()))
    if farthest > FARTHEST_MM:
        raise EditError(
            f"{what}: points are within {FARTHEST_MM:g} mm of the origin; found one at "
            f"{farthest:g}. Points are in LPS millimetres."
        )


def is_amount(value: object, *, or_zero: bool = False) -> bool:
    """Whether a value is a finite real number above 0, or with `or_zero` also 0 itself."""
    if not isinstance(value, Real) or not math.isfinite(value):
        return False
    return float(value) > 0 or (or_zero and value == 0)


def one_segment(segmentation: Segmentation, contours: Sequence[Contour], what: str) -> int:
    """The number of the one segment that contours are of.

    Raises:
        EditError: there is no contour, they are of several segments, or of none that is there.
    """
    numbers = sorted({contour.segment for contour in contours})
    if len(numbers) != 1:
        raise EditError(
            f"{what} is of one segment; found contours of {numbers}. "
            "Draw and apply one segment after the other."
        )
    return segmentation.segment(numbers[0]).number


def check_present(volume: Volume, slices: Collection[int]) -> None:
    """Pass if the image has all of these slices.

    Raises:
        EditError: some were never there, and filler is shown in their place.
    """
    absent = set(slices).intersection(volume.absent_slices)
    if absent:
        raise EditError(
            f"Contours lie on slices that were scanned; the image lacks "
            f"{slices_in_words(absent)} and shows filler there. Fetch the missing files."
        )


def check_gain_present(volume: Volume, change: Change) -> None:
    """Pass if a change gives no segment a voxel on a slice that the image lacks.

    Raises:
        EditError: it would; taking voxels away is always possible.
    """
    if not volume.absent_slices:
        return
    for leaf in Changes((change,)).leaves:
        if isinstance(leaf, Edit) and set(leaf.new.distinct) - {0}:
            check_present(volume, {index for _, index in leaf.origins})
