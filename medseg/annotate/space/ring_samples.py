"""Contours in several planes as scattered values: how far inside the lesion each point is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from medseg.annotate.space.viewing_plane import ViewingPlane
from medseg.raster.inside_rings import inside_rings
from medseg.raster.ring_walk import evenly

#: Two planes are one when their normals differ by less than this (1 - cosine).
_SAME_WAY = 1e-3


@dataclass(frozen=True, eq=False)
class Section:
    """What was drawn in one plane.

    Args:
        plane: where.
        rings: (n, 2) points each, in the plane's own mm.
    """

    plane: ViewingPlane
    rings: tuple[NDArray[np.float64], ...]

    @property
    def length_mm(self) -> float:
        """Length of all its rings."""
        return float(sum(_lengths(ring).sum() for ring in self.rings))

    def holds(self, points_lps: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points lie inside an odd number of its rings, seen along its normal."""
        return inside_rings(self.plane.flat(points_lps), self.rings)


def sections_of(rings_lps: Sequence[NDArray[np.float64]], same_mm: float) -> list[Section]:
    """The rings gathered by the planes that they lie in.

    Args:
        rings_lps: (n, 3) points each, in LPS mm.
        same_mm: planes nearer to each other than this are one.

    Raises:
        EditError: a ring without area, or not in one plane.
    """
    planes: list[ViewingPlane] = []
    rings: list[list[NDArray[np.float64]]] = []
    for ring in rings_lps:
        own = ViewingPlane.of_ring(ring, "A contour", same_mm)
        for plane, others in zip(planes, rings, strict=True):
            same_way = 1 - abs(float(own.normal @ plane.normal)) < _SAME_WAY
            if same_way and float(np.abs(plane.height(ring)).max()) <= 2 * same_mm:
                others.append(plane.flat(ring))
                break
        else:
            planes.append(own)
            rings.append([own.flat(ring)])
    return [Section(plane, tuple(own)) for plane, own in zip(planes, rings, strict=True)]


def sampled(
    section: Section, step_mm: float, offset_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points on a section's rings and beside them in its plane, and how far inside they are.

    Points on a ring have the value 0, those beside it plus or minus their distance to the
    nearest ring point, whichever the even-odd rule says; those that another part of the
    outline is nearer to are left out.

    Args:
        section: what was drawn.
        step_mm: how far apart points on a ring are, about.
        offset_mm: how far beside it.

    Returns:
        (n, 3) points in LPS mm and (n,) values in mm.
    """
    on, beside = [], []
    for ring in section.rings:
        points, normals = evenly(ring, step_mm)
        on.append(points)
        beside += [points + offset_mm * normals, points - offset_mm * normals]
    near = np.concatenate(beside)
    fine = min(step_mm, offset_mm) / 2
    dense = np.concatenate([evenly(ring, fine)[0] for ring in section.rings])
    away = cKDTree(dense).query(near)[0]
    kept = away > 0.8 * offset_mm
    signs = np.where(inside_rings(near[kept], section.rings), 1.0, -1.0)
    points = np.concatenate((*on, near[kept]))
    zeros = np.zeros(len(points) - len(signs))
    return section.plane.lift(points), np.concatenate((zeros, signs * away[kept]))


def _lengths(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(np.roll(ring, -1, axis=0) - ring, axis=1))
