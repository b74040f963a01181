"""How a segment is shaped: its mesh and its principal axes.

Every measure is NaN for an empty segment. Principal axes are NaN for a single voxel too, and 0
across a segment one voxel thin; their covariance divides by the number of voxels less one, which
is what IBSI's reference values follow.

Reference:
    Image Biomarker Standardisation Initiative, reference manual v11, chapter 3.1 (morphological
    features), arXiv:1612.07003.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from medseg.measure.lesion.region import Reading, Region


def surface_area(region: Region) -> Reading:
    """Area of the mesh in mm²."""
    return Reading(_mesh(region)[1])


def mesh_volume_mm3(region: Region) -> Reading:
    """Volume inside the mesh in mm³."""
    return Reading(_mesh(region)[0])


def surface_to_volume(region: Region) -> Reading:
    """Area over volume of the mesh, in 1/mm."""
    volume, area = _mesh(region)
    return Reading(area / volume)


def compactness_1(region: Region) -> Reading:
    """V / (sqrt(pi) A^(3/2)); 0.053 for a sphere."""
    volume, area = _mesh(region)
    return Reading(volume / (math.sqrt(math.pi) * area**1.5))


def compactness_2(region: Region) -> Reading:
    """36 pi V² / A³; 1 for a sphere."""
    volume, area = _mesh(region)
    return Reading(36 * math.pi * volume**2 / area**3)


def spherical_disproportion(region: Region) -> Reading:
    """A / (36 pi V²)^(1/3); 1 for a sphere."""
    return Reading(1 / sphericity(region).value)


def sphericity(region: Region) -> Reading:
    """(36 pi V²)^(1/3) / A; 1 for a sphere."""
    volume, area = _mesh(region)
    return Reading((36 * math.pi * volume**2) ** (1 / 3) / area)


def asphericity(region: Region) -> Reading:
    """(A³ / (36 pi V²))^(1/3) - 1; 0 for a sphere."""
    return Reading(1 / sphericity(region).value - 1)


def _mesh(region: Region) -> tuple[float, float]:
    mesh = region.mesh
    return (mesh.volume_mm3, mesh.area_mm2) if mesh.volume_mm3 else (math.nan, math.nan)


def center_of_mass_shift(region: Region) -> Reading:
    """Distance in mm between the voxels' centre and the same weighted by their values.

    NaN also where a value is not finite or the values' sum is 0.
    """
    if not region.levels.is_defined:
        return Reading(math.nan)
    weighted, total = np.zeros(3), 0.0
    rows, columns = (np.arange(size, dtype=np.float64) for size in region.mask.shape[1:])
    for index, (values, inside) in enumerate(zip(region.voxels, region.mask, strict=True)):
        plane = np.where(inside, values, 0).astype(np.float64)
        by_row = plane.sum(axis=1)
        mass = float(by_row.sum())
        weighted += (mass * index, float(by_row @ rows), float(plane.sum(axis=0) @ columns))
        total += mass
    if not total:
        return Reading(math.nan)
    shift = region.geometry.affine[:3, :3] @ (weighted / total - region.moments.center_srk)
    return Reading(float(np.linalg.norm(shift)))


def major_axis(region: Region) -> Reading:
    """Four times the root of the largest eigenvalue of the voxel centres' covariance, in mm."""
    return Reading(float(_axes_mm(region)[2]))


def minor_axis(region: Region) -> Reading:
    """The same of the middle eigenvalue."""
    return Reading(float(_axes_mm(region)[1]))


def least_axis(region: Region) -> Reading:
    """The same of the smallest eigenvalue."""
    return Reading(float(_axes_mm(region)[0]))


def elongation(region: Region) -> Reading:
    """Minor over major axis; NaN for a single voxel."""
    return _ratio(_axes_mm(region)[1], _axes_mm(region)[2])


def flatness(region: Region) -> Reading:
    """Least over major axis; NaN for a single voxel."""
    return _ratio(_axes_mm(region)[0], _axes_mm(region)[2])


def _ratio(one: float, other: float) -> Reading:
    return Reading(float(one / other) if other else math.nan)


def _axes_mm(region: Region) -> NDArray[np.float64]:
    """Lengths of the least, minor and major axis, in mm."""
    if region.moments.number < 2:
        return np.full(3, np.nan)
    steps = region.geometry.affine[:3, :3]
    eigenvalues = np.linalg.eigvalsh(steps @ region.moments.covariance @ steps.T)
    return np.asarray(4.0 * np.sqrt(np.maximum(eigenvalues, 0.0)))
