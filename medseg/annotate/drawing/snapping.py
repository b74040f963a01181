"""Move a contour onto the edge of the image beside it."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from medseg.annotate.conditions import checked_mm
from medseg.annotate.space.viewing_plane import ViewingPlane
from medseg.errors import EditError
from medseg.model import Contour, Volume
from medseg.raster.blur import CUT, blurred, gradient_mm
from medseg.raster.boxes import Box
from medseg.raster.reach import widened_by_mm
from medseg.raster.ring_walk import evenly

#: Points on the contour at most; a finer one is walked in longer steps.
_MOST_POINTS = 600
#: What a step sideways costs beside a neighbour, where the strongest edge is worth 1.
_BEND = 0.05
#: What an offset of the full distance costs: of two like edges the nearer one is taken.
_FAR = 0.1


def snap_contour(
    volume: Volume, contour: Contour, *, within_mm: float, sigma_mm: float = 1.0
) -> Contour:
    """The contour with each point moved along its normal, in its plane, to the edge there.

    The edge is where the smoothed image changes most along the normal. All points are moved at
    once, by the best compromise between strong edges, small moves and neighbours that move
    alike, so the contour stays closed and smooth. Where there is no edge, and off the image,
    a point stays nearly where it is.

    Args:
        volume: the image.
        contour: in any plane.
        within_mm: no point moves further.
        sigma_mm: edges are looked for in the image smoothed by this much.

    Raises:
        EditError: a distance or sigma that is no finite number above 0, a distance longer than
            the image, or a contour without area or not in one plane.
    """
    within_mm = checked_mm(within_mm, "A distance")
    sigma_mm = checked_mm(sigma_mm, "A Gaussian's sigma")
    _check_within(volume, within_mm)
    plane = ViewingPlane.of_ring(
        contour.points_lps, "A contour", 0.05 * min(volume.geometry.spacing_mm)
    )
    ring = plane.flat(contour.points_lps)
    length = float(np.linalg.norm(np.roll(ring, -1, axis=0) - ring, axis=1).sum())
    step = max(min(volume.geometry.spacing_mm), length / _MOST_POINTS)
    points, normals = evenly(ring, step)
    half = max(1, math.ceil(2 * within_mm / step))
    offsets = np.linspace(-within_mm, within_mm, 2 * half + 1)
    places = plane.lift(points[:, None] + offsets[:, None] * normals[:, None])
    strength = _strength(volume, places, plane.lift(normals) - plane.origin, sigma_mm)
    moved = offsets[_best_way(strength, half)]
    return Contour(plane.lift(points + moved[:, None] * normals), contour.segment)


def _check_within(volume: Volume, within_mm: float) -> None:
    across = float(np.linalg.norm(np.ptp(volume.geometry.outer_corners_lps, axis=0)))
    if within_mm > across:
        raise EditError(
            f"A contour is snapped to edges of the image, which is {across:.1f} mm across; found "
            f"a distance of {within_mm:g} mm. Choose a shorter one."
        )


def _strength(
    volume: Volume,
    places: NDArray[np.float64],
    normals: NDArray[np.float64],
    sigma_mm: float,
) -> NDArray[np.float64]:
    """How steep the image is along the normals: (n, m), 1 at the steepest place, 0 off it."""
    geometry = volume.geometry
    steps = geometry.affine[:3, :3]
    index = geometry.to_index(places)
    box = _box(index, geometry.shape)
    if not all(side.stop > side.start for side in box):
        return np.zeros(places.shape[:2])
    box = widened_by_mm(box, steps, CUT * sigma_mm, geometry.shape)
    smooth = blurred(volume.voxels[box].astype(np.float64), steps, sigma_mm)
    slopes = np.nan_to_num(gradient_mm(smooth, steps))
    own = np.moveaxis(index - [side.start for side in box], -1, 0)
    along = sum(
        normals[:, None, axis] * map_coordinates(slopes[..., axis], own, order=1, cval=0.0)
        for axis in range(3)
    )
    steep = np.abs(along)
    return np.asarray(steep / max(float(steep.max()), 1e-12))


def _box(index: NDArray[np.float64], shape: tuple[int, int, int]) -> Box:
    places = index.reshape(-1, 3)
    low = np.clip(np.floor(places.min(axis=0)), 0, shape).astype(int)
    past = np.clip(np.ceil(places.max(axis=0)) + 1, low, shape).astype(int)
    sides = [slice(int(start), int(stop)) for start, stop in zip(low, past, strict=True)]
    return sides[0], sides[1], sides[2]


def _best_way(strength: NDArray[np.float64], half: int) -> NDArray[np.int64]:
    """Which offset each point takes; the last point's neighbour is the first."""
    far = _FAR * (np.abs(np.arange(2 * half + 1) - half) / half) ** 2
    costs = np.ascontiguousarray(far - strength)
    # Where a way over two rounds is in the middle, its ends no longer matter: it closes there.
    start = int(_cheapest(np.concatenate((costs, costs)), -1, _BEND)[len(costs)])
    return np.asarray(_cheapest(np.concatenate((costs, costs[:1])), start, _BEND)[:-1])


@numba.njit(nogil=True, cache=True)
def _cheapest(costs: NDArray[Any], ends_at: int, bend: float) -> NDArray[Any]:
    """One column for each row, by dynamic programming; neighbours differ by one at most.

    Args:
        costs: (n, m).
        ends_at: the column of the first and the last row; -1 for any.
        bend: cost of a step to the next column.
    """
    rows, columns = costs.shape
    total = np.full(columns, np.inf)
    came = np.zeros((rows, columns), np.int64)
    for column in range(columns):
        if ends_at in (-1, column):
            total[column] = costs[0, column]
    for row in range(1, rows):
        following = np.full(columns, np.inf)
        for column in range(columns):
            for other in range(max(0, column - 1), min(columns, column + 2)):
                sum_ = total[other] + bend * abs(column - other)
                if sum_ < following[column]:
                    following[column] = sum_
                    came[row, column] = other
            following[column] += costs[row, column]
        total = following
    way = np.empty(rows, np.int64)
    way[-1] = np.argmin(total) if ends_at < 0 else ends_at
    for row in range(rows - 1, 0, -1):
        way[row - 1] = came[row, way[row]]
    return way
