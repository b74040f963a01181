"""A lattice with right angles and equal steps over a box of any grid, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

#: So many points at most; with more the step is made longer.
_MOST_POINTS = 1_000_000


@dataclass(frozen=True, eq=False)
class EvenLattice:
    """Points at equal steps, square to each other, over a box of voxels.

    Args:
        step_mm: between neighbours.
        shape: how many points along its three axes.
        to_index: (3, 4), from a point's own index to that of the voxels.
        box: size of the box of voxels.
    """

    step_mm: float
    shape: tuple[int, int, int]
    to_index: NDArray[np.float64]
    box: tuple[int, ...]

    @classmethod
    def over(cls, steps_mm: NDArray[np.float64], box: tuple[int, ...]) -> EvenLattice:
        """The lattice over all of a box, as fine as the grid's shortest step.

        Args:
            steps_mm: (3, 3), the grid's steps as columns.
            box: how many voxels along slice, row and column.
        """
        frame, _ = np.linalg.qr(steps_mm)
        corners = np.indices((2, 2, 2)).reshape(3, -1) * (np.array(box) - 1)[:, None]
        reach = frame.T @ steps_mm @ corners
        low, extent = reach.min(axis=1), np.ptp(reach, axis=1)
        finest = float(np.linalg.norm(steps_mm, axis=0).min())
        step = max(finest, float(np.cbrt(np.prod(extent + finest) / _MOST_POINTS)))
        count = np.floor(extent / step).astype(int) + 2
        back = np.linalg.inv(steps_mm) @ frame
        to_index = np.column_stack((back * step, back @ low))
        return cls(step, (int(count[0]), int(count[1]), int(count[2])), to_index, box)

    def sampled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of the voxels at the lattice's points, linear between; beyond, the nearest."""
        own = np.indices(self.shape).reshape(3, -1)
        index = self.to_index[:, :3] @ own + self.to_index[:, 3:]
        found = map_coordinates(values, index, order=1, mode="nearest")
        return np.asarray(found.reshape(self.shape))

    def brought_back(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of the lattice at the voxels' centres, linear between."""
        index = np.indices(self.box).reshape(3, -1) - self.to_index[:, 3:]
        own = np.linalg.solve(self.to_index[:, :3], index)
        found = map_coordinates(values, own, order=1, mode="nearest")
        return np.asarray(found.reshape(self.box))
