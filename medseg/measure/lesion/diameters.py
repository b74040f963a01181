"""Longest diameter in a slice, and the longest one at right angles to it; the longest in space.

All are chords between midpoints of pixel edges (in space: of voxel faces), the outline that lies
half a pixel outside the outermost centres: a single voxel is one spacing long, a straight bar of n
voxels n spacings. On discs of 2 to 20 pixels radius at random places the longest diameter comes
out 0.4 to 0.8 pixels too long, because the longest of many chords is chosen; on ellipses of axis
ratio 0.6 it is 0.0 to 0.4 too long. (Between pixel corners it would be 0.9 to 1.3 on discs,
between centres 0.9 too short on small ellipses.)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from medseg.measure.lesion.hulls import center_hulls, furthest, widest_across
from medseg.measure.lesion.region import Point, Reading, Region

# Above so many points the hull in space is found first; its corners alone can be furthest apart.
_FEW = 1000


def longest_diameter(region: Region) -> Reading:
    """The longest chord of any cross-section in mm with its ends; NaN for an empty segment.

    A cross-section is what hangs together within one slice over pixel edges or corners: a line
    between separate parts of a lesion is no diameter. It may leave the outline of one that is
    bent, as a calliper does.

    Reference:
        Eisenhauer et al. Eur J Cancer 45:228-247, 2009 (RECIST 1.1).
    """
    hull, one, other = region.widest_section
    return _reading(hull[one], hull[other]) if len(hull) else Reading(math.nan)


def perpendicular_diameter(region: Region) -> Reading:
    """The longest chord at right angles to the longest diameter, of the same cross-section, in mm.

    It is a chord of its outline's convex hull. With its ends; NaN for an empty segment.
    """
    hull, one, other = region.widest_section
    if not len(hull):
        return Reading(math.nan)
    axis = (hull[other] - hull[one]) / np.linalg.norm(hull[other] - hull[one])
    sideways = np.cross(region.geometry.slice_normal, axis)
    from_end = hull - hull[one]
    place, start, stop = widest_across(from_end @ axis, from_end @ sideways)
    foot = hull[one] + place * axis
    return _reading(foot + start * sideways, foot + stop * sideways)


def longest_3d_diameter(region: Region) -> Reading:
    """The longest chord in space between midpoints of voxel faces, in mm with its ends.

    NaN for an empty segment. The midpoints are the corners of the marching-cubes mesh.
    """
    if not region.moments.number:
        return Reading(math.nan)
    points = region.geometry.to_patient(_face_midpoints(region) + np.array(region.corner))
    if len(points) > _FEW:
        points = points[ConvexHull(points).vertices]
    one, other, _ = furthest(points)
    return _reading(points[one], points[other])


def _reading(one: NDArray[np.float64], other: NDArray[np.float64]) -> Reading:
    return Reading(float(np.linalg.norm(other - one)), (_point(one), _point(other)))


def _point(point_lps: NDArray[np.float64]) -> Point:
    x, y, z = point_lps.tolist()
    return x, y, z


def _face_midpoints(region: Region) -> NDArray[np.float64]:
    """(n, 3) indices in the box, the hull's corners in space among them.

    The faces towards the next slices are taken of each slice's hull of centres, outermost or not:
    what lies between two voxels of the segment is inside the hull.
    """
    points = []
    for offset, (edges, centers) in enumerate(
        zip(region.edge_hulls, center_hulls(region.mask), strict=True)
    ):
        points.append(np.insert(edges, 0, offset, axis=1))
        for face in (offset - 0.5, offset + 0.5):
            points.append(np.insert(centers, 0, face, axis=1))
    return np.concatenate(points)
