"""A smooth function through scattered values, evaluated on a grid."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

_THREADS = 2
#: The function is looked at in every so-many-th voxel first, in all only where it may be zero.
_COARSE = 3
#: The function changes by no more than this per mm where it matters.
_STEEPEST = 1.5


@dataclass(frozen=True, eq=False)
class Implicit:
    """The smoothest function through values at points: a sum of cubed distances and a plane.

    Smoothest means the least of its third derivatives, as a thin plate has of its second ones:
    in three dimensions the cube of the distance is the kernel of that.

    Args:
        centres: (n, 3), points about the middle, in units of the extent.
        weights: (n,), one per centre.
        plane: (4,), a constant and three slopes.
        middle: (3,) in mm.
        extent: mm.

    Reference:
        Carr JC et al. Reconstruction and representation of 3D objects with radial basis
        functions. SIGGRAPH 2001, 67-76.
    """

    centres: NDArray[np.float64]
    weights: NDArray[np.float64]
    plane: NDArray[np.float64]
    middle: NDArray[np.float64]
    extent: float

    @classmethod
    def through(
        cls,
        points: NDArray[np.float64],
        values: NDArray[np.float64],
        slack: NDArray[np.float64],
    ) -> Implicit:
        """The function with these values at these points.

        Args:
            points: (n, 3) in mm, no two in one place, and not all in one plane.
            values: (n,).
            slack: (n,), 0 for a value that is met, up to 1 for one that is hardly looked at.
        """
        count = len(points)
        middle = points.mean(axis=0)
        # In units of the extent the system is well conditioned, and slack means the same always.
        extent = float(np.linalg.norm(points - middle, axis=1).max())
        points = (points - middle) / extent
        system = np.zeros((count + 4, count + 4))
        system[:count, :count] = cdist(points, points) ** 3
        system[:count, :count] += np.diag(slack)
        system[:count, count] = system[count, :count] = 1.0
        system[:count, count + 1 :] = points
        system[count + 1 :, :count] = points.T
        right = np.concatenate((values, np.zeros(4)))
        found = np.linalg.solve(system, right).astype(np.float64, copy=False)
        return cls(points, found[:count], found[count:], middle, extent)

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The function at (m, 3) points in mm."""
        points = (points - self.middle) / self.extent
        result = np.empty(len(points))
        parts = np.array_split(np.arange(len(points)), _THREADS)
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda part: self._fill(points, result, part), parts))
        return result

    def _fill(
        self, points: NDArray[np.float64], result: NDArray[np.float64], part: NDArray[np.int64]
    ) -> None:
        if len(part):
            first, past = int(part[0]), int(part[-1]) + 1
            _sum(points[first:past], self.centres, self.weights, self.plane, result[first:past])

    def positive_on(
        self, steps_mm: NDArray[np.float64], first_mm: NDArray[np.float64], shape: tuple[int, ...]
    ) -> NDArray[np.bool_]:
        """Where the function is above zero on a grid: boolean, of the given shape.

        Args:
            steps_mm: (3, 3), the grid's steps as columns.
            first_mm: (3,), where its first voxel is.
            shape: its size.
        """
        corners = np.array(list(product((-1, 1), repeat=3))) * (_COARSE - 1) / 2
        reach = _STEEPEST * float(np.linalg.norm(corners @ steps_mm.T, axis=1).max())
        coarse = tuple((size + _COARSE - 1) // _COARSE for size in shape)
        # The middle of each block of voxels stands for the block.
        middles = np.indices(coarse).reshape(3, -1).T * _COARSE + (_COARSE - 1) / 2
        values = self.at(middles @ steps_mm.T + first_mm).reshape(coarse)
        inside = _spread(values > 0, shape)
        near = np.argwhere(_spread(np.abs(values) <= reach, shape))
        inside[tuple(near.T)] = self.at(near @ steps_mm.T + first_mm) > 0
        return inside


def _spread(blocks: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Each block's value in all its voxels."""
    for axis in range(3):
        blocks = np.repeat(blocks, _COARSE, axis=axis)
    return np.ascontiguousarray(blocks[: shape[0], : shape[1], : shape[2]])


@numba.njit(nogil=True, cache=True, fastmath=True)
def _sum(
    points: NDArray[Any],
    centres: NDArray[Any],
    weights: NDArray[Any],
    plane: NDArray[Any],
    result: NDArray[Any],
) -> None:
    for at in range(len(points)):
        x, y, z = points[at, 0], points[at, 1], points[at, 2]
        total = plane[0] + plane[1] * x + plane[2] * y + plane[3] * z
        for one in range(len(centres)):
            dx, dy, dz = centres[one, 0] - x, centres[one, 1] - y, centres[one, 2] - z
            squared = dx * dx + dy * dy + dz * dz
            total += weights[one] * squared * np.sqrt(squared)
        result[at] = total
