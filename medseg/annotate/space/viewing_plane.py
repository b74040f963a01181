"""The plane that points were drawn in, and where points of the patient lie in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.annotate.conditions import checked_points
from medseg.errors import EditError

#: How far a ring may leave its plane, as a part of its extent.
_FLAT = 0.01


@dataclass(frozen=True, eq=False)
class ViewingPlane:
    """A plane in the patient with coordinates of its own, in mm.

    Args:
        origin: a point of it, LPS mm.
        across: (2, 3), two unit vectors in it, square to each other.
        normal: (3,), the unit vector square to both.
    """

    origin: NDArray[np.float64]
    across: NDArray[np.float64]
    normal: NDArray[np.float64]

    @classmethod
    def of_ring(cls, ring_lps: ArrayLike, what: str, slack_mm: float = 0.0) -> ViewingPlane:
        """The plane that a ring of three points or more lies in.

        Args:
            ring_lps: (n, 3) points in LPS mm.
            what: what the ring is, for the refusal.
            slack_mm: how far it may leave its plane, beside a hundredth of its extent.

        Raises:
            EditError: fewer than three points, NaN, no area, or not in one plane.
        """
        points = checked_points(ring_lps, what)
        middle = points.mean(axis=0)
        # The smallest of the three principal directions is the normal.
        _, extents, directions = np.linalg.svd(points - middle, full_matrices=False)
        if len(points) < 3 or extents[1] <= 1e-6 * max(extents[0], 1e-6):
            raise EditError(f"{what} encloses an area; found {len(points)} points on a line.")
        off = float(np.abs((points - middle) @ directions[2]).max())
        wide = float(np.abs((points - middle) @ directions[0]).max())
        if off > max(_FLAT * wide, slack_mm):
            raise EditError(f"{what} lies in one plane; this one leaves its plane by {off:.2f} mm.")
        return cls(middle, directions[:2], np.cross(directions[0], directions[1]))

    def flat(self, points_lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points come to lie when they are moved into the plane square to it: (n, 2) mm."""
        return np.asarray((points_lps - self.origin) @ self.across.T)

    def lift(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., 2) points of the plane in LPS mm."""
        return np.asarray(self.origin + points @ self.across)

    def height(self, points_lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far points are from the plane along its normal: (n,) mm."""
        return np.asarray((points_lps - self.origin) @ self.normal)
