"""Shapes and the canvas that they are painted on, in body millimetres.

Body coordinates: x to the patient's left, y to posterior, z to superior; the middle of the
field of view is (0, 0). `BODY_TO_LPS` leads from them to the patient's LPS coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating]
Point = tuple[float, float, float]
Pair = tuple[Array | float, Array | float]

SHAPE = (64, 256, 256)  # slice, row, column
SPACING_MM = (3.0, 1.484375, 1.484375)  # a field of view of 380 mm
ORIGIN_LPS = (-187.2578125, -342.2578125, -393.0)  # centre of the first voxel
BODY_TO_LPS = (2.0, -153.0, -402.0)

EDGE_MM = 0.9  # half the width of the ramp at an edge: the scanner's blur within a slice
_SUBSLICES_MM = (-1.0, 0.0, 1.0)  # where a thin tube is sampled across the slice's thickness


def grid_affine() -> NDArray[np.float64]:
    """The (4, 4) affine from an index (slice, row, column) to LPS mm."""
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2] = SPACING_MM
    affine[:3, 3] = ORIGIN_LPS
    affine[3, 3] = 1.0
    return affine


def body_axes(dtype: type[np.floating] = np.float32) -> tuple[Array, Array, Array]:
    """Coordinates (x, y, z) of all voxel centres in body mm, shaped to broadcast."""
    slices, rows, columns = (
        np.arange(size) * step for size, step in zip(SHAPE, SPACING_MM, strict=True)
    )
    x = columns + ORIGIN_LPS[0] - BODY_TO_LPS[0]
    y = rows + ORIGIN_LPS[1] - BODY_TO_LPS[1]
    z = slices + ORIGIN_LPS[2] - BODY_TO_LPS[2]
    return (
        x[None, None, :].astype(dtype),
        y[None, :, None].astype(dtype),
        z[:, None, None].astype(dtype),
    )


def ellipsoid(x: Array, y: Array, z: Array, center: Point, radii: Point) -> Array:
    """Signed distance in mm to an ellipsoid along the axes, negative inside, first order."""
    offsets = [(p - c) for p, c in zip((x, y, z), center, strict=True)]
    scaled = sum((o / r) ** 2 for o, r in zip(offsets, radii, strict=True))
    gradient = sum((o / r**2) ** 2 for o, r in zip(offsets, radii, strict=True))
    level = np.sqrt(scaled)
    return level * (level - 1) / np.sqrt(np.maximum(gradient, 1e-9))


def ellipse(x: Array, y: Array, center: Pair, radii: Pair) -> Array:
    """Signed distance in mm to an upright elliptic cylinder; centre and radii may vary with z."""
    (cx, cy), (rx, ry) = center, radii
    level = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2)
    gradient = np.sqrt(((x - cx) / rx**2) ** 2 + ((y - cy) / ry**2) ** 2)
    return level * (level - 1) / np.maximum(gradient, 1e-9)


def capsule(
    x: Array, y: Array, z: Array, ends: tuple[Point, Point], radii: Sequence[float]
) -> Array:
    """Signed distance in mm to a tube with round ends whose radius runs from one to the other."""
    start, end = np.asarray(ends[0], float), np.asarray(ends[1], float)
    axis = end - start
    offset = [p - s for p, s in zip((x, y, z), start, strict=True)]
    along = sum(o * a for o, a in zip(offset, axis, strict=True)) / max(float(axis @ axis), 1e-9)
    along = np.clip(along, 0, 1)
    squared = sum((o - along * a) ** 2 for o, a in zip(offset, axis, strict=True))
    return np.sqrt(squared) - (radii[0] + along * (radii[1] - radii[0]))


def smooth_union(first: Array, second: Array, blend_mm: float = 5.0) -> Array:
    """Distance to the union of two shapes with the corner between them rounded."""
    step = np.maximum(blend_mm - np.abs(first - second), 0) / blend_mm
    return np.minimum(first, second) - step * step * (blend_mm / 4)


def inside(distance: Array, edge_mm: float = EDGE_MM) -> Array:
    """How much of a voxel lies in a shape, 0 to 1, from the signed distance of its centre."""
    return np.clip(0.5 - distance / (2 * edge_mm), 0, 1)


@dataclass(frozen=True, eq=False)
class Canvas:
    """An image in HU with the body coordinates of its voxels; a crop shares its memory."""

    hu: Array
    x: Array
    y: Array
    z: Array

    @classmethod
    def of_air(cls) -> Canvas:
        """The whole grid, filled with air."""
        return cls(np.full(SHAPE, -1000, np.float32), *body_axes())

    def crop(self, low: ArrayLike, high: ArrayLike) -> Canvas:
        """The part within a box in body mm (x, y, z); it may be empty."""
        (x0, x1), (y0, y1), (z0, z1) = (
            np.searchsorted(axis.ravel(), (a, b))
            for axis, a, b in zip((self.x, self.y, self.z), low, high, strict=True)
        )
        return Canvas(
            self.hu[z0:z1, y0:y1, x0:x1],
            self.x[:, :, x0:x1],
            self.y[:, y0:y1],
            self.z[z0:z1],
        )

    def blend(self, share: Array, hu: ArrayLike) -> None:
        """Mix a material into the image: share 1 replaces what was there."""
        self.hu[...] += share * (hu - self.hu)

    def paint(self, distance: Array, hu: ArrayLike, edge_mm: float = EDGE_MM) -> None:
        """Fill a shape, given by its signed distance, with one material."""
        self.blend(inside(distance, edge_mm), hu)

    def paint_ellipsoid(self, center: Point, radii: Point, hu: float) -> None:
        """Fill an ellipsoid along the axes."""
        c, r = np.asarray(center), np.asarray(radii) + 3.0
        part = self.crop(c - r, c + r)
        part.paint(ellipsoid(part.x, part.y, part.z, center, radii), hu)

    def paint_tube(self, points: Sequence[Point], radii: Sequence[float], hu: float) -> None:
        """Fill a chain of capsules through the points."""
        for i in range(len(points) - 1):
            share, part = self.tube_share((points[i], points[i + 1]), radii[i : i + 2])
            part.blend(share, hu)

    def tube_share(self, ends: tuple[Point, Point], radii: Sequence[float]) -> tuple[Array, Canvas]:
        """How much of each voxel a capsule fills, and the crop that holds it."""
        reach = max(radii) + np.array((2.0, 2.0, 4.0))
        part = self.crop(np.min(ends, axis=0) - reach, np.max(ends, axis=0) + reach)
        # A thin tube between two slice centres is in both of them, so the slice is averaged.
        shares = [inside(capsule(part.x, part.y, part.z + d, ends, radii)) for d in _SUBSLICES_MM]
        return np.mean(shares, axis=0, dtype=np.float32), part
