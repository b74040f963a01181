"""The forms of the lesions, each with its exact volume.

Each form answers two questions in two ways: `contains` says whether a point is inside
(the truth mask is made from it) and `volume_mm3` gives the exact volume, in closed form or by
a quadrature whose error is far below 0.1 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sample_data.painting import Array, Point, capsule, ellipsoid
from sample_data.thorax import LEFT, wall_chord, wall_distance, wall_level

Inside = NDArray[np.bool_]


class Shape(Protocol):
    """What a lesion's form must answer, in body mm."""

    @property
    def method(self) -> str:
        """How the volume is computed, in words."""

    @property
    def center(self) -> Point:
        """A point in the middle, inside."""

    def contains(self, x: Array, y: Array, z: Array) -> Inside:
        """Whether points lie inside, the surface included."""

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance in mm, negative inside, good near the surface (for painting)."""

    def volume_mm3(self) -> float:
        """The exact volume."""

    def parts(self) -> dict[str, object]:
        """The numbers that define the form, in body mm."""


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid along the axes; three equal radii make a ball."""

    center: Point
    radii: Point
    method: str = "closed form: 4/3 pi a b c"

    def contains(self, x: Array, y: Array, z: Array) -> Inside:
        """Whether points lie inside, the surface included."""
        terms = zip((x, y, z), self.center, self.radii, strict=True)
        return sum(((p - c) / r) ** 2 for p, c, r in terms) <= 1

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance in mm, first order."""
        return ellipsoid(x, y, z, self.center, self.radii)

    def volume_mm3(self) -> float:
        """The exact volume."""
        return float(4 / 3 * np.pi * np.prod(self.radii))

    def parts(self) -> dict[str, object]:
        """Centre and radii (x, y, z)."""
        return {"center": self.center, "radii": self.radii}


@dataclass(frozen=True)
class LobedBall:
    """A ball with smaller balls on its surface, none of which touches another.

    Raises:
        ValueError: two lobes overlap, so the closed form would not hold.
    """

    center: Point
    radius: float
    lobes: tuple[tuple[Point, float], ...]  # centre and radius of each
    method: str = "closed form: balls minus the lens that each lobe shares with the central ball"

    def __post_init__(self) -> None:
        for (a, ra), (b, rb) in combinations(self.lobes, 2):
            if np.linalg.norm(np.subtract(a, b)) < ra + rb:
                raise ValueError(f"The lobes at {a} and {b} overlap; move them apart.")

    def _balls(self) -> tuple[tuple[Point, float], ...]:
        return ((self.center, self.radius), *self.lobes)

    def contains(self, x: Array, y: Array, z: Array) -> Inside:
        """Whether points lie inside, the surface included."""
        return self.distance(x, y, z) <= 0

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance in mm, exact outside."""
        return np.min(
            [
                np.sqrt(sum((p - q) ** 2 for p, q in zip((x, y, z), c, strict=True))) - r
                for c, r in self._balls()
            ],
            axis=0,
        )

    def volume_mm3(self) -> float:
        """The exact volume."""
        balls = sum(4 / 3 * np.pi * r**3 for _, r in self._balls())
        shared = sum(
            lens_volume(self.radius, r, float(np.linalg.norm(np.subtract(c, self.center))))
            for c, r in self.lobes
        )
        return float(balls - shared)

    def parts(self) -> dict[str, object]:
        """The central ball and its lobes."""
        return {"balls": [{"center": center, "radius": radius} for center, radius in self._balls()]}


@dataclass(frozen=True)
class Branching:
    """Round-ended tubes from one point, all with their axes in one plane through z."""

    center: Point
    tips: tuple[tuple[float, float], ...]  # along `heading` and up, from the centre
    radii: tuple[float, ...]
    heading: tuple[float, float]  # unit vector (x, y) in which the branches spread
    method: str = (
        "quadrature over the plane of the axes: twice the largest half-height of any tube "
        "at each point of it, midpoint rule with a 0.02 mm step (error below 0.01 %)"
    )

    def _ends(self) -> list[tuple[Point, Point]]:
        x, y, z = self.center
        hx, hy = self.heading
        return [(self.center, (x + a * hx, y + a * hy, z + up)) for a, up in self.tips]

    def contains(self, x: Array, y: Array, z: Array) -> Inside:
        """Whether points lie inside, the surface included."""
        return self.distance(x, y, z) <= 0

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance in mm, exact outside."""
        tubes = zip(self._ends(), self.radii, strict=True)
        return np.min([capsule(x, y, z, ends, (r, r)) for ends, r in tubes], axis=0)

    def volume_mm3(self, step_mm: float = 0.02) -> float:
        """The exact volume to 0.01 %: the union's chord across the plane is its thickest tube's."""
        along = _midpoints([tip[0] for tip in self.tips], max(self.radii), step_mm)
        up = _midpoints([tip[1] for tip in self.tips], max(self.radii), step_mm)[:, None]
        squared = np.zeros((up.size, along.size))
        for (tip_along, tip_up), radius in zip(self.tips, self.radii, strict=True):
            t = (along * tip_along + up * tip_up) / (tip_along**2 + tip_up**2)
            t = np.clip(t, 0, 1)
            off = (along - t * tip_along) ** 2 + (up - t * tip_up) ** 2
            squared = np.maximum(squared, radius**2 - off)
        return float(2 * np.sqrt(squared).sum() * step_mm**2)

    def parts(self) -> dict[str, object]:
        """The tubes: both ends of the axis and the radius."""
        tubes = zip(self._ends(), self.radii, strict=True)
        return {"tubes": [{"from": e[0], "to": e[1], "radius": r} for e, r in tubes]}


@dataclass(frozen=True)
class PleuralBall:
    """A ball cut off by the inner wall of the left half of the chest."""

    center: Point
    radius: float
    method: str = (
        "quadrature over (y, z): the part of the ball's chord along x that lies within the "
        "chest wall, midpoint rule with a 0.02 mm step (error below 0.01 %)"
    )

    def contains(self, x: Array, y: Array, z: Array) -> Inside:
        """Whether points lie inside both, the surface included."""
        squared = sum((p - c) ** 2 for p, c in zip((x, y, z), self.center, strict=True))
        return (squared <= self.radius**2) & (wall_level(LEFT, x, y, z) <= 1)

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance in mm, first order at the wall."""
        ball = ellipsoid(x, y, z, self.center, (self.radius,) * 3)
        return np.maximum(ball, wall_distance(LEFT, x, y, z))

    def volume_mm3(self, step_mm: float = 0.02) -> float:
        """The exact volume to 0.01 %."""
        offsets = _midpoints([0.0], self.radius, step_mm)
        y, z = offsets + self.center[1], offsets[:, None] + self.center[2]
        half = np.sqrt(np.maximum(self.radius**2 - offsets**2 - offsets[:, None] ** 2, 0))
        enters, leaves = wall_chord(LEFT, y, z)
        chord = np.minimum(self.center[0] + half, leaves) - np.maximum(
            self.center[0] - half, enters
        )
        return float(np.nansum(np.maximum(chord, 0)) * step_mm**2)

    def parts(self) -> dict[str, object]:
        """The ball; the wall is `thorax.wall_level`."""
        return {"center": self.center, "radius": self.radius, "cut_by": "inner chest wall, left"}


def lens_volume(first: float, second: float, apart: float) -> float:
    """Volume shared by two balls with the given radii and distance of centres; 0 if they miss.

    Reference:
        Weisstein EW. Sphere-Sphere Intersection. MathWorld.
    """
    if apart >= first + second:
        return 0.0
    if apart <= abs(first - second):
        return float(4 / 3 * np.pi * min(first, second) ** 3)
    reach = (first + second - apart) ** 2
    spread = apart**2 + 2 * apart * (first + second) - 3 * (first - second) ** 2
    return float(np.pi * reach * spread / (12 * apart))


def _midpoints(values: Sequence[float], margin: float, step_mm: float) -> Array:
    low, high = min(*values, 0.0) - margin, max(*values, 0.0) + margin
    return low + step_mm * (np.arange(int(np.ceil((high - low) / step_mm))) + 0.5)
