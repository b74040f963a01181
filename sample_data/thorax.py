"""The large forms of the chest as signed distances: wall, mediastinum, diaphragm, lungs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from sample_data.painting import Array, Canvas, capsule, ellipse, ellipsoid, smooth_union

RIGHT, LEFT = -1, 1
SIDES = (RIGHT, LEFT)

# Half of the rib cage at several heights: offset and half-width across, middle and half-depth.
_WALL = PchipInterpolator(
    (-60, 0, 60, 120, 165, 190, 213, 240),
    np.array(
        [
            # middle x, half-width, middle y, half-depth
            (59, 66, -2, 86),
            (60, 69, -2, 89),
            (61, 70, -2, 90),
            (57, 65, 2, 84),
            (50, 55, 8, 71),
            (45, 46, 12, 60),
            (40, 36, 16, 47),
            (34, 20, 18, 26),
        ],
        float,
    ),
)
_LEAN = 0.3  # each half leans towards the sternum in front: mm across per mm of depth

_SPINE_Y = PchipInterpolator((-40, 0, 70, 140, 213, 260), (50, 50, 52, 47, 36, 26))
_BODY = PchipInterpolator(
    (-60, 0, 60, 120, 170, 213, 240),
    # half-width, middle y, half-depth
    np.array(
        [
            (154, 2, 115),
            (157, 2, 116),
            (161, 2, 116),
            (164, 4, 114),
            (164, 7, 108),
            (158, 11, 100),
            (150, 16, 90),
        ],
        float,
    ),
)

_DEPTHS = (-110, -80, -55, -30, 0, 25, 50, 75, 115)
_HEIGHTS = (-40, 0, 50, 90, 125, 150, 175, 213)
# How far the mediastinum reaches to each side of the midline, by height (down) and depth (across).
_LEFT_BORDER = (
    (12, 14, 20, 24, 24, 26, 28, 24, 22),
    (12, 14, 20, 24, 24, 26, 28, 24, 22),
    (10, 14, 30, 30, 26, 26, 28, 24, 22),
    (6, 8, 14, 26, 28, 28, 30, 24, 22),
    (3, 4, 6, 22, 34, 30, 28, 24, 22),
    (3, 4, 6, 14, 22, 28, 28, 24, 22),
    (4, 5, 10, 20, 26, 28, 24, 22, 22),
    (8, 12, 22, 28, 28, 26, 24, 22, 22),
)
_RIGHT_BORDER = (
    (12, 14, 20, 26, 28, 22, 20, 22, 22),
    (12, 14, 20, 26, 28, 22, 20, 22, 22),
    (8, 10, 20, 28, 28, 18, 18, 22, 22),
    (4, 5, 8, 22, 28, 18, 18, 22, 22),
    (2, 3, 5, 24, 32, 24, 18, 22, 22),
    (2, 3, 6, 24, 26, 16, 18, 22, 22),
    (3, 5, 12, 28, 26, 14, 18, 22, 22),
    (8, 14, 26, 32, 26, 20, 20, 22, 22),
)
_BORDERS = {LEFT: np.array(_LEFT_BORDER, float), RIGHT: np.array(_RIGHT_BORDER, float)}

HEART_CENTER = (22.0, -24.0, 78.0)
_HEART_AXES = np.array([(0.76, -0.50, -0.42), (0.55, 0.83, 0.0), (0.35, -0.23, 0.91)])
_HEART_RADII = (60.0, 45.0, 46.0)
AORTA_DESCENDING = ((21.0, 36.0, 152.0), (20.0, 36.0, 100.0), (14.0, 34.0, 40.0), (9.0, 30.0, -9.0))
_DOMES = {RIGHT: (64.0, 64.0, -18.0), LEFT: (54.0, 68.0, -18.0)}  # top z, middle |x|, middle y


@dataclass(frozen=True)
class WallSection:
    """One half of the rib cage in one axial plane: a leaning ellipse."""

    middle_x: Array
    half_width: Array
    middle_y: Array
    half_depth: Array

    def coordinates(self, side: int, x: Array, y: Array) -> tuple[Array, Array]:
        """Position in the ellipse's own units, lateral and posterior positive; 1 is the wall."""
        across = side * x - self.middle_x - _LEAN * (y - self.middle_y)
        return across / self.half_width, (y - self.middle_y) / self.half_depth


def wall_section(z: ArrayLike, dtype: type[np.floating] = np.float32) -> WallSection:
    """The ellipse of the rib cage's inner wall at heights z (the pleura lies on it)."""
    values = _WALL(z).astype(dtype)
    return WallSection(*np.moveaxis(values, -1, 0))


def wall_level(side: int, x: Array, y: Array, z: Array) -> Array:
    """1 on the inner wall, below 1 inside the chest: the exact surface, in double precision."""
    u, v = wall_section(z, np.float64).coordinates(side, x, y)
    return np.hypot(u, v)


def wall_chord(side: int, y: Array, z: Array) -> tuple[Array, Array]:
    """Where a line along x enters and leaves the half chest at (y, z); NaN where it misses."""
    section = wall_section(z, np.float64)
    v = (y - section.middle_y) / section.half_depth
    half = section.half_width * np.sqrt(np.where(np.abs(v) <= 1, 1 - v**2, np.nan))
    middle = section.middle_x + _LEAN * (y - section.middle_y)
    ends = side * (middle - half), side * (middle + half)
    return np.minimum(*ends), np.maximum(*ends)


def wall_distance(side: int, x: Array, y: Array, z: Array) -> Array:
    """Signed distance in mm to the inner wall within its axial plane, negative inside."""
    section = wall_section(z)
    u, v = section.coordinates(side, x, y)
    level = np.sqrt(u * u + v * v)
    slope_x = u / section.half_width
    slope_y = v / section.half_depth - u * (_LEAN / section.half_width)
    return level * (level - 1) / np.maximum(np.hypot(slope_x, slope_y), 1e-6)


def wall_angle(side: int, x: Array, y: Array, z: Array) -> Array:
    """Way round the wall in degrees: 0 behind, 90 at the side, 180 in front, then on past it."""
    u, v = wall_section(z).coordinates(side, x, y)
    angle = np.degrees(np.arctan2(u, v))
    return np.where(angle < -110, angle + 360, angle)


def spine_y(z: ArrayLike) -> NDArray[np.float64]:
    """Depth of the middle of the vertebral bodies at heights z."""
    return np.asarray(_SPINE_Y(z))


def body_distance(x: Array, y: Array, z: Array) -> Array:
    """Signed distance to the skin: a squarish ellipse with a furrow along the back."""
    half_width, middle, half_depth = np.moveaxis(_BODY(z).astype(np.float32), -1, 0)
    power = 2.35
    level = (np.abs(x / half_width) ** power + np.abs((y - middle) / half_depth) ** power) ** (
        1 / power
    )
    furrow = 5 * np.exp(-((x / 13) ** 2)) * (y > 0) + 2 * np.exp(-((x / 22) ** 2)) * (y < 0)
    return (level - 1) * np.hypot(half_width, half_depth) * 0.72 + furrow


def heart_distance(x: Array, y: Array, z: Array) -> Array:
    """Signed distance to the pericardium: an ellipsoid to the left and a right atrial bulge."""
    offset = [p - c for p, c in zip((x, y, z), HEART_CENTER, strict=True)]
    turned = [sum(a * o for a, o in zip(axis, offset, strict=True)) for axis in _HEART_AXES]
    main = ellipsoid(*turned, (0.0, 0.0, 0.0), _HEART_RADII)
    atrium = ellipsoid(x, y, z, (-12.0, -14.0, 84.0), (31.0, 34.0, 36.0))
    return smooth_union(main, atrium, 12)


def mediastinum_distance(side: int, x: Array, y: Array, z: Array) -> Array:
    """Signed distance to all that lies between the lungs, as one lung sees it."""
    depths = np.clip(y[0, :, 0], _DEPTHS[0], _DEPTHS[-1])
    at_heights = PchipInterpolator(_HEIGHTS, _BORDERS[side], axis=0)(z[:, 0, 0])
    border = PchipInterpolator(_DEPTHS, at_heights, axis=1)(depths)
    strip = side * x - border[:, :, None].astype(np.float32)
    spine = ellipse(x, y, (0.0, spine_y(z).astype(np.float32)), (21.0, 19.0))
    result = smooth_union(smooth_union(strip, spine), heart_distance(x, y, z), 8)
    if side == LEFT:
        for ends in pairwise(AORTA_DESCENDING):
            result = smooth_union(result, capsule(x, y, z, ends, (15.0, 15.0)), 4)
    return result


def diaphragm_distance(x: Array, y: Array, z: Array) -> Array:
    """Signed distance to the abdomen, negative below the diaphragm."""
    tops = [
        # In front the diaphragm springs from the ribs higher than behind.
        top
        - 48 * (((side * x - across) / 72) ** 2 + ((y - depth) / np.where(y < depth, 112, 88)) ** 2)
        for side, (top, across, depth) in _DOMES.items()
    ]
    tendon = 39 - 20 * (((x - 8) / 55) ** 2 + ((y + 30) / np.where(y < -30, 95, 60)) ** 2)
    surface = -smooth_union(smooth_union(-tops[0], -tops[1], 8), -tendon, 10)
    return (z - surface) * 0.75


def lung_distance(side: int, x: Array, y: Array, z: Array) -> Array:
    """Signed distance to a lung, negative inside; on the ribs' side exactly the wall."""
    others = smooth_union(mediastinum_distance(side, x, y, z), diaphragm_distance(x, y, z), 4)
    return np.maximum(wall_distance(side, x, y, z), -others)


@dataclass(frozen=True, eq=False)
class Forms:
    """The distances that several organs need, worked out once for the whole grid."""

    body: Array
    wall: Array
    lungs: dict[int, Array]
    abdomen: Array
    heart: Array

    @classmethod
    def of(cls, canvas: Canvas) -> Forms:
        """All forms on the canvas's grid."""
        grid = canvas.x, canvas.y, canvas.z
        walls = [wall_distance(side, *grid) for side in SIDES]
        return cls(
            body=body_distance(*grid),
            wall=np.minimum(*walls),
            lungs={side: lung_distance(side, *grid) for side in SIDES},
            abdomen=diaphragm_distance(*grid),
            heart=heart_distance(*grid),
        )
