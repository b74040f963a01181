"""Contours taken from a mask, and changed point by point.

A contour stays in its plane: a point given beside it is moved straight onto it. Every function
returns a new contour and leaves the old one as it is.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d

from medseg.annotate.conditions import is_amount, point_in_patient
from medseg.errors import EditError
from medseg.model import Contour, Segmentation
from medseg.raster import crossing_edges, edge_contours, simplified_ring

_FEWEST = 3
# Points along a smoothed contour for each standard deviation of the smoothing.
_POINTS_PER_SIGMA = 4.0
_MOST_POINTS = 100_000


def contours_of(
    segmentation: Segmentation, number: int, slices: Iterable[int] | None = None
) -> list[Contour]:
    """The contours of a segment along its voxels' edges, slice by slice; [] if it is empty.

    Holes are contours of their own; filled together (`outline_edit`) they give the voxels back
    exactly.

    Args:
        segmentation: what is outlined.
        number: the segment.
        slices: the slices wanted; None for all.

    Raises:
        EditError: there is no such segment or slice.
    """
    segmentation.segment(number)
    count = segmentation.geometry.shape[0]
    wanted = range(count) if slices is None else list(slices)
    for index in wanted:
        if not 0 <= index < count:
            raise EditError(f"A mask of {count} slices has no slice {index}.")
    return [
        Contour.on_slice(segmentation.geometry, index, ring, number)
        for index in wanted
        for ring in edge_contours(segmentation.array[index] == number)
    ]


def move_point(contour: Contour, index: int, to_lps: ArrayLike) -> Contour:
    """The contour with one point elsewhere.

    Raises:
        EditError: there is no such point, or the place is not three finite numbers.
    """
    points = contour.points_lps.copy()
    points[_checked_index(contour, index)] = _onto_plane(contour, to_lps)
    return Contour(points, contour.segment)


def insert_point(contour: Contour, at_lps: ArrayLike) -> tuple[Contour, int]:
    """The contour with one point more, in the edge nearest to it; and the new point's index.

    Raises:
        EditError: the place is not three finite numbers.
    """
    point = _onto_plane(contour, at_lps)
    index = _nearest_edge(contour, point) + 1
    return Contour(np.insert(contour.points_lps, index, point, axis=0), contour.segment), index


def delete_point(contour: Contour, index: int) -> Contour:
    """The contour without one of its points.

    Raises:
        EditError: there is no such point, or no more than three are left.
    """
    place = _checked_index(contour, index)
    if len(contour.points_lps) == _FEWEST:
        raise EditError("A contour has at least three points; delete the whole contour instead.")
    return Contour(np.delete(contour.points_lps, place, axis=0), contour.segment)


def simplify_contour(contour: Contour, tolerance_mm: float) -> Contour:
    """The contour with as few of its points as the tolerance allows.

    No point of either is further than the tolerance from the other, along the edges too. A
    contour that nowhere meets itself does not come to.

    Raises:
        EditError: the tolerance is not 0 mm or more.
    """
    if not is_amount(tolerance_mm, or_zero=True):
        raise EditError(f"A tolerance is 0 mm or more; found {tolerance_mm} mm.")
    kept = simplified_ring(_in_plane(contour)[0], tolerance_mm)
    return Contour(contour.points_lps[kept], contour.segment)


def smooth_contour(contour: Contour, sigma_mm: float) -> Contour:
    """The contour without bends that are small against `sigma_mm`.

    Its points are set anew at even distances and averaged along it with Gaussian weights; what
    the average takes off round bends is given back (Tukey's twicing), so that a circle of five
    times sigma keeps its area within 0.2 %. Whether it meets itself, `self_crossings` tells.

    Raises:
        EditError: sigma is not above 0 mm, or so small that it would take more than 100,000
            points; or the contour has no length.
    """
    if not is_amount(sigma_mm):
        raise EditError(f"Smoothing has a sigma above 0 mm; found {sigma_mm} mm.")
    ring, origin, axes = _in_plane(contour)
    points, step_mm = _evenly(ring, sigma_mm / _POINTS_PER_SIGMA)
    # Beyond the ring's own length a wider average is the same.
    sigma = min(sigma_mm / step_mm, float(len(points)))
    once = gaussian_filter1d(points, sigma, axis=0, mode="wrap")
    smooth = once + gaussian_filter1d(points - once, sigma, axis=0, mode="wrap")
    return Contour(origin + smooth @ axes, contour.segment)


def self_crossings(contour: Contour) -> list[tuple[int, int]]:
    """The pairs of edges that cross, touch or run upon each other; [] for a simple contour.

    Edge i leads from point i to the next one, the last back to the first.
    """
    pairs = crossing_edges(_in_plane(contour)[0])
    return [(int(one), int(other)) for one, other in pairs]


def _in_plane(contour: Contour) -> tuple[NDArray[np.float64], ...]:
    """Points in mm in the contour's plane (n, 2), its middle (3,) and the plane's axes (2, 3)."""
    origin = contour.points_lps.mean(axis=0)
    away = contour.points_lps - origin
    axes = np.linalg.svd(away, full_matrices=False)[2][:2]
    return away @ axes.T, origin, axes


def _onto_plane(contour: Contour, point_lps: ArrayLike) -> NDArray[np.float64]:
    point = point_in_patient(point_lps, "A contour's point")
    origin = contour.points_lps.mean(axis=0)
    sizes, axes = np.linalg.svd(contour.points_lps - origin)[1:]
    if sizes[1] <= 1e-9 * sizes[0]:
        return point  # the points are on a line, which lies in any plane through it
    normal = axes[2]
    return np.asarray(point - (point - origin) @ normal * normal)


def _nearest_edge(contour: Contour, point: NDArray[np.float64]) -> int:
    starts = contour.points_lps
    along = np.roll(starts, -1, axis=0) - starts
    squared = np.maximum((along**2).sum(axis=1), 1e-300)
    part = np.clip(((point - starts) * along).sum(axis=1) / squared, 0, 1)
    return int(np.linalg.norm(starts + part[:, None] * along - point, axis=1).argmin())


def _checked_index(contour: Contour, index: int) -> int:
    count = len(contour.points_lps)
    if not (isinstance(index, int | np.integer) and 0 <= index < count):
        raise EditError(f"A contour of {count} points has no point {index}.")
    return index


def _evenly(ring: NDArray[np.float64], step_mm: float) -> tuple[NDArray[np.float64], float]:
    """Points at even distances along a ring, at most a step apart; and how far apart."""
    closed = np.concatenate([ring, ring[:1]])
    reached = np.concatenate([[0.0], np.linalg.norm(np.diff(closed, axis=0), axis=1).cumsum()])
    if not 0 < reached[-1] / step_mm <= _MOST_POINTS:
        raise EditError(
            f"A contour is smoothed at no more than {_MOST_POINTS:,} points; one of "
            f"{reached[-1]:.3g} mm would have one each {step_mm:.3g} mm. Choose another sigma."
        )
    count = max(_FEWEST, int(np.ceil(reached[-1] / step_mm)))
    places = np.arange(count) * (reached[-1] / count)
    points = np.stack([np.interp(places, reached, closed[:, axis]) for axis in (0, 1)], axis=1)
    return points, float(reached[-1] / count)
