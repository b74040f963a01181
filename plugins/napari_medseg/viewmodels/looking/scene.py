"""The 3D view as arithmetic: how the patient stands in its world, and where a point is seen.

The world's axes are to the front, to the feet and to the patient's left, in mm. napari shows the
first towards the viewer, the second down and the third to the right, so before anybody turns it
the patient is seen from the front, as on film: nothing is mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.model import Geometry
from napari_medseg.display import PATIENT_ENDS

# Rows: front, feet, left, each as a direction in LPS.
_TO_WORLD = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])


@dataclass(frozen=True)
class Sight:
    """From where the world is seen; perspective is none.

    Args:
        view: the direction of sight, in the world's axes.
        up: what is up on the canvas.
        center: the world's point in the middle of the canvas.
        zoom: pixels for each mm.
    """

    view: tuple[float, float, float]
    up: tuple[float, float, float]
    center: tuple[float, float, float]
    zoom: float

    def seen(self, points: ArrayLike) -> NDArray[np.float64]:
        """Points of the world (n, 3) as pixels right of and below the middle, and depth in mm."""
        view = _unit(self.view)
        up = _unit(np.asarray(self.up) - np.dot(self.up, view) * view)
        right = np.cross(view, up)
        away = np.asarray(points, dtype=np.float64) - np.asarray(self.center)
        across, down = away @ right * self.zoom, -(away @ up) * self.zoom
        return np.stack([across, down, away @ view], axis=-1)


def to_world(points_lps: ArrayLike) -> NDArray[np.float64]:
    """Points in LPS mm, (n, 3) or (3,), in the world's axes."""
    return np.asarray(np.asarray(points_lps, dtype=np.float64) @ _TO_WORLD.T)


def letters_seen(sight: Sight, length: float) -> list[tuple[str, float, float, float]]:
    """The patient's six sides as letters around a middle: letter, right, below, and depth.

    Args:
        sight: from where.
        length: of an arm that lies in the canvas, in pixels; depth is -1 (near) to 1 (far).
    """
    plain = Sight(sight.view, sight.up, (0.0, 0.0, 0.0), length)
    found = []
    for axis, ends in enumerate(PATIENT_ENDS):
        for side, letter in zip((-1.0, 1.0), ends, strict=True):
            direction = np.zeros(3)
            direction[axis] = side
            right, below, depth = plain.seen(to_world(direction))
            found.append((letter, float(right), float(below), float(depth)))
    return sorted(found, key=lambda one: -one[3])


def box_corners(geometry: Geometry) -> NDArray[np.float64]:
    """The eight corners of a grid in the world, (8, 3): the outer edges, sheared or not."""
    ends = [(-0.5, size - 0.5) for size in geometry.shape]
    return to_world(geometry.to_patient(np.array(list(product(*ends)))))


#: The twelve edges of `box_corners`, as places in it: two corners that differ along one axis.
BOX_EDGES = tuple(
    (first, last)
    for first in range(8)
    for last in range(first + 1, 8)
    if (first ^ last).bit_count() == 1
)


def _unit(vector: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(vector, dtype=np.float64)
    return values / max(float(np.linalg.norm(values)), 1e-12)
