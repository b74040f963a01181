"""Solid shapes of known form for filling between slices: the usual ones, and harder ones.

Each is a function of millimetres from the middle of its box, so the truth on every slice is exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Field = NDArray[np.float64]
Shape = Callable[[Field, Field, Field], Mask]

SPACING_MM = (2.5, 0.7, 0.7)
#: Half the box along slice, row and column, in mm; the largest ellipsoid has one of its own.
HALF_MM = (75.0, 84.0, 84.0)


def make(name: str, spacing_mm: tuple[float, float, float] = SPACING_MM) -> Mask:
    """The shape of that name as a boolean array, (slice, row, column)."""
    half = (75.0, 160.0, 170.0) if name == "large_ellipsoid" else HALF_MM
    sizes = [round(2 * extent / step) for extent, step in zip(half, spacing_mm, strict=True)]
    z, y, x = (
        (np.arange(size) - (size - 1) / 2) * step
        for size, step in zip(sizes, spacing_mm, strict=True)
    )
    return np.asarray(SHAPES[name](z[:, None, None], y[None, :, None], x[None, None, :]))


def sparse(mask: Mask, step: int) -> tuple[Mask, list[int]]:
    """Each `step`-th slice of an object from its first on, and which they are."""
    slices = np.flatnonzero(mask.any(axis=(1, 2)))
    keys = list(range(int(slices[0]), int(slices[-1]) + 1, step))
    kept = np.zeros_like(mask)
    kept[keys] = mask[keys]
    return kept, keys


def _ball(z: Field, y: Field, x: Field, *radii: float) -> Mask:
    return np.asarray((z / radii[0]) ** 2 + (y / radii[1]) ** 2 + (x / radii[2]) ** 2 <= 1)


def _turned(a: Field, b: Field, degrees: float) -> tuple[Field, Field]:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return c * a + s * b, c * b - s * a


def _oblique_ellipsoid(z: Field, y: Field, x: Field) -> Mask:
    z, x = _turned(z, x, 45)
    return _ball(z, y, x, 40, 12, 16)


def _torus(z: Field, y: Field, x: Field, middle: float = 45, radius: float = 28) -> Mask:
    """Its hole looks along z."""
    return np.asarray((np.hypot(y, x) - middle) ** 2 + z**2 <= radius**2)


def _oblique_tube(z: Field, y: Field, x: Field, radius: float = 7) -> Mask:
    return np.asarray(((x - 1.5 * z) ** 2 + (y - 0.4 * z) ** 2 <= radius**2) & (np.abs(z) < 32))


def _y_tube(z: Field, y: Field, x: Field) -> Mask:
    apart = np.maximum(z, 0) * 0.4
    return np.asarray((np.hypot(np.abs(x) - apart, y) <= 9) & (np.abs(z) < 60))


def _two_blobs(z: Field, y: Field, x: Field) -> Mask:
    return _ball(z + 15, y, x + 26, 55, 36, 38) | _ball(z - 15, y, x - 26, 55, 32, 36)


def _ring(z: Field, y: Field, x: Field) -> Mask:
    out = np.hypot(y, x)
    return np.asarray((out <= 32 - 0.1 * z) & (out >= 15 + 0.08 * z) & (np.abs(z) < 40))


def _concave_c(z: Field, y: Field, x: Field) -> Mask:
    out, along = np.hypot(y, x), np.arctan2(y, x)
    return np.asarray(
        (np.abs(out - 26) <= 8) & (np.abs(along) > 0.5 + 0.006 * z) & (np.abs(z) < 40)
    )


def _thin_plate(z: Field, y: Field, x: Field, half: float = 4.6) -> Mask:
    """Leans by 60 degrees, so its section wanders by more than its width."""
    return np.asarray((np.abs(x - 1.7 * z) <= half) & (np.abs(y) < 40) & (np.abs(z) < 35))


def _rotating_bar(z: Field, y: Field, x: Field) -> Mask:
    turn = np.radians(1.5) * z
    along, across = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    return np.asarray((np.abs(along) <= 35) & (np.abs(across) <= 7) & (np.abs(z) < 50))


def _helix(z: Field, y: Field, x: Field) -> Mask:
    turn = z / 18
    return np.asarray(
        (np.hypot(y - 20 * np.sin(turn), x - 20 * np.cos(turn)) <= 8) & (np.abs(z) < 55)
    )


def _hollow_ball(z: Field, y: Field, x: Field) -> Mask:
    """Its hole begins and ends inside."""
    return _ball(z, y, x, 72, 70, 70) & ~_ball(z, y, x - 6, 55, 44, 42)


def _dumbbell(z: Field, y: Field, x: Field) -> Mask:
    width = 10 + 16 * (z / 45) ** 2
    return np.asarray((np.hypot(y, 1.3 * x) <= width) & (np.abs(z) < 50))


def _trident(z: Field, y: Field, x: Field) -> Mask:
    """One trunk splits into three branches of unequal width."""
    apart = np.maximum(z + 10, 0) * 0.5
    trunk = np.hypot(y, x) <= 8
    left, right = np.hypot(y, x - apart) <= 7, np.hypot(y + 0.3 * apart, x + apart) <= 6
    return np.asarray((trunk | left | right) & (np.abs(z) < 55))


def _shell(z: Field, y: Field, x: Field) -> Mask:
    """A thin-walled tube that leans and widens."""
    out = np.hypot(y - 0.2 * z, x + 0.5 * z)
    return np.asarray((np.abs(out - 20 - 0.1 * z) <= 3) & (np.abs(z) < 45))


def _star(z: Field, y: Field, x: Field) -> Mask:
    along = np.arctan2(y, x) + 0.01 * z
    return np.asarray(
        np.hypot(y, x) <= (28 + 6 * np.cos(5 * along)) * np.sqrt(np.maximum(1 - (z / 62) ** 2, 0))
    )


def _cone(z: Field, y: Field, x: Field) -> Mask:
    return np.asarray((np.hypot(y - 0.3 * z, x) <= 0.35 * (z + 60)) & (np.abs(z) < 50))


SHAPES: dict[str, Shape] = {
    "large_ellipsoid": lambda z, y, x: _ball(z, y, x, 70, 145, 155),
    "ellipsoid": lambda z, y, x: _ball(z, y, x, 60, 50, 60),
    "small_ellipsoid": lambda z, y, x: _ball(z, y, x, 24, 10, 12),
    "oblique_ellipsoid": _oblique_ellipsoid,
    "torus_vertical": lambda z, y, x: _torus(y, 1.05 * z, x),
    "torus_flat": _torus,
    "oblique_tube": _oblique_tube,
    "y_tube": _y_tube,
    "two_blobs": _two_blobs,
    "ring": _ring,
    "concave_c": _concave_c,
    "thin_plate": _thin_plate,
    "rotating_bar": _rotating_bar,
    "helix": _helix,
    "hollow_ball": _hollow_ball,
    "dumbbell": _dumbbell,
    "trident": _trident,
    "shell": _shell,
    "star": _star,
    "cone": _cone,
    # The same at a size where a gap of five slices says little about what lies in it.
    "smaller_ellipsoid": lambda z, y, x: _ball(z, y, x, 18, 8, 9),
    "smaller_torus_vertical": lambda z, y, x: _torus(y, z, x, 28, 12),
    "smaller_torus_flat": lambda z, y, x: _torus(z, y, x, 28, 14),
    "smaller_oblique_tube": lambda z, y, x: _oblique_tube(z, y, x, 5),
    "smaller_two_blobs": lambda z, y, x: _two_blobs(2 * z, 2 * y, 2 * x),
    "thinner_plate": lambda z, y, x: _thin_plate(z, y, x, 3),
    "smaller_hollow_ball": lambda z, y, x: _hollow_ball(2 * z, 2 * y, 2 * x),
}
