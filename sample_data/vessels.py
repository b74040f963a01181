"""Vessels and airways of the lungs, grown to fill them.

Reference:
    Tawhai MH et al. Generation of an anatomically based three-dimensional model of the
    conducting airways. Annals of Biomedical Engineering 28 (2000) 793-802: a branch grows
    towards the middle of the points that it serves, then the points are split in two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data.painting import Array, Canvas, Point

_LEAF_MM = 0.62  # radius of the last branches
_MURRAY = 2.7  # radii at a fork: r^m = a^m + b^m
_REACH = 0.42  # part of the way to the middle of its points that a branch grows


@dataclass(frozen=True)
class Branch:
    """A straight piece of a tree."""

    start: Point
    end: Point
    radii: tuple[float, float]
    served: int


def grow_tree(
    root: Point, heading: Point, targets: NDArray[np.float64], rng: np.random.Generator
) -> list[Branch]:
    """The branches from a root to all target points (n, 3), thick ones first."""
    branches: list[Branch] = []
    waiting = [(np.array(root), np.array(heading) / np.linalg.norm(heading), targets)]
    while waiting:
        start, direction, points = waiting.pop(0)
        aim = points.mean(axis=0) - start
        step = _bent_towards(direction, aim, 55.0) * np.linalg.norm(aim)
        share = 1.0 if len(points) == 1 else _REACH
        end = start + step * share + rng.normal(0, 0.6, 3)
        halves = _split(points, end, step) if len(points) > 1 else []
        radius = _LEAF_MM * len(points) ** (1 / _MURRAY)
        thinner = _LEAF_MM * max(len(h) for h in halves) ** (1 / _MURRAY) if halves else _LEAF_MM
        taper = (radius, max(0.6 * radius, thinner))
        branches.append(Branch(tuple(start), tuple(end), taper, len(points)))
        unit = step / max(float(np.linalg.norm(step)), 1e-6)
        waiting += [(end, unit, half) for half in halves]
    return branches


def _bent_towards(direction: Array, aim: Array, most_degrees: float) -> Array:
    """The unit vector towards `aim`, turned no further from `direction` than allowed."""
    unit = aim / max(float(np.linalg.norm(aim)), 1e-6)
    cosine = float(direction @ unit)
    if cosine >= np.cos(np.radians(most_degrees)):
        return unit
    aside = unit - cosine * direction
    aside /= max(float(np.linalg.norm(aside)), 1e-6)
    turn = np.radians(most_degrees)
    return np.asarray(np.cos(turn) * direction + np.sin(turn) * aside)


def _split(points: Array, end: Array, step: Array) -> list[Array]:
    """Two halves, cut by the plane through the branch across their widest spread."""
    centered = points - points.mean(axis=0)
    unit = step / max(float(np.linalg.norm(step)), 1e-6)
    flat = centered - np.outer(centered @ unit, unit)
    widest = np.linalg.svd(flat, full_matrices=False)[2][0]
    widest = widest * np.sign(widest[np.abs(widest).argmax()])  # svd's sign is arbitrary
    beyond = (points - end) @ widest > 0
    if beyond.all() or not beyond.any():
        beyond = centered @ widest > 0
    if beyond.all() or not beyond.any():  # points on one spot
        beyond = np.arange(len(points)) % 2 == 0
    return [points[beyond], points[~beyond]]


def tree_shares(canvas: Canvas, branches: list[Branch]) -> Array:
    """How much of each voxel of the whole canvas the branches fill."""
    scratch = Canvas(np.zeros_like(canvas.hu), canvas.x, canvas.y, canvas.z)
    for branch in branches:
        share, part = scratch.tube_share((branch.start, branch.end), branch.radii)
        np.maximum(part.hu, share, out=part.hu)
    return scratch.hu


def paint_airways(canvas: Canvas, branches: list[Branch], least_served: int) -> None:
    """Bronchi beside the thick branches: air in a thin wall."""
    tubes = [_beside(b) for b in branches if b.served >= least_served]
    for wall, hu in ((0.8, -250.0), (0.0, -960.0)):
        for ends, radii in tubes:
            canvas.paint_tube(ends, [r + wall for r in radii], hu)


def _beside(branch: Branch) -> tuple[tuple[Point, Point], tuple[float, float]]:
    """A tube along a branch, touching it, as a bronchus runs with its artery."""
    axis = np.subtract(branch.end, branch.start)
    aside = np.cross(axis, (0.3, 1.0, 0.2))
    aside /= max(float(np.linalg.norm(aside)), 1e-6)
    radii = (0.66 * branch.radii[0], 0.66 * branch.radii[1])
    start = np.add(branch.start, aside * (branch.radii[0] + radii[0] + 0.6))
    end = np.add(branch.end, aside * (branch.radii[1] + radii[1] + 0.6))
    return (tuple(start), tuple(end)), radii
