"""Let the image correct a segment's border, within a narrow band around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion

from medseg.annotate.conditions import checked_mm, image_for
from medseg.annotate.painting import Protection
from medseg.annotate.reshaping.new_shape import Corner, reshaped_edit, surroundings
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Segmentation, Volume
from medseg.raster.blur import blurred, gradient_mm
from medseg.raster.gliding import glided
from medseg.raster.lattice import EvenLattice
from medseg.raster.random_walk import arrives_inside
from medseg.raster.reach import distance_to_mm, grown, signed_to_mm


def random_walker_edit(
    segmentation: Segmentation,
    volume: Volume,
    number: int,
    authorship: Authorship,
    *,
    band_mm: float = 3.0,
    protection: Protection | None = None,
) -> Edit:
    """The edit that decides anew about the voxels near a segment's border.

    What is deeper inside than the band is in (the deepest voxels are in any case), what is
    further outside is out; each voxel between goes to where a walker that avoids edges of the
    image arrives first. It is inside if the chance to arrive inside is above what it would be
    at the present border in an even image, where the border so stays about the same. Voxels
    without a finite value stay what they are. An empty segment gives an empty edit. On sheared
    grids the walker's steps, along the grid, have their true lengths.

    Args:
        segmentation: what would be changed; it is only read.
        volume: the image, on the same grid.
        number: the segment.
        authorship: who, when, with what.
        band_mm: how far the border may move, inwards and outwards.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: there is no such segment, it is locked, or the band is no finite number
            above 0.
        GeometryError: the image is on another grid than the segmentation.

    Reference:
        Grady L. IEEE Trans Pattern Anal Mach Intell 28 (2006) 1768-1783.
    """
    corner, mask, values = _scene(segmentation, volume, number, band_mm, "A random walker")
    if not mask.size:
        return reshaped_edit(segmentation, corner, mask, number, authorship, protection)
    known = np.isfinite(values)
    inner, outer = _decided(segmentation, mask, band_mm)
    undecided = known & ~inner & ~outer
    steps = segmentation.geometry.affine[:3, :3]
    chance, even = (
        arrives_inside(one, steps, inner, undecided, mask.astype(np.float64))
        for one in (values, np.where(known, 0.0, np.nan))
    )
    wanted = mask.copy()
    wanted[undecided] = chance > _level_at_border(mask, undecided, even)
    return reshaped_edit(segmentation, corner, wanted, number, authorship, protection)


def geodesic_edit(
    segmentation: Segmentation,
    volume: Volume,
    number: int,
    authorship: Authorship,
    *,
    band_mm: float = 3.0,
    sigma_mm: float = 1.0,
    protection: Protection | None = None,
) -> Edit:
    """The edit that lets a segment's surface glide to edges of the image and keeps it smooth.

    A geodesic active contour, by morphology, on even voxels: the image is sampled on a lattice
    with right angles and equal steps, and the surface is brought back to the mask's own grid,
    so that smooth means smooth in the patient. It stays within the band; voxels without a
    finite value stay what they are. An empty segment gives an empty edit.

    Args:
        segmentation: what would be changed; it is only read.
        volume: the image, on the same grid.
        number: the segment.
        authorship: who, when, with what.
        band_mm: how far the border may move, inwards and outwards.
        sigma_mm: edges are looked for in the image smoothed by this much.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: there is no such segment, it is locked, or the band or sigma is no finite
            number above 0.
        GeometryError: the image is on another grid than the segmentation.

    Reference:
        Marquez-Neila P, Baumela L, Alvarez L. IEEE Trans Pattern Anal Mach Intell 36 (2014)
        2-17.
    """
    sigma_mm = checked_mm(sigma_mm, "A Gaussian's sigma")
    corner, mask, values = _scene(segmentation, volume, number, band_mm, "A geodesic contour")
    if not mask.size or not np.isfinite(values).any():
        return reshaped_edit(segmentation, corner, mask, number, authorship, protection)
    steps = segmentation.geometry.affine[:3, :3]
    lattice = EvenLattice.over(steps, mask.shape)
    start = lattice.sampled(signed_to_mm(mask, steps)) > 0
    edges = _edge_stop(lattice.sampled(blurred(values, steps, sigma_mm)), lattice.step_mm)
    # No surface goes further than from one end of the lattice to the other.
    rounds = int(np.ceil(min(2 * band_mm / lattice.step_mm, 2 * max(lattice.shape))))
    moved = glided(edges, start, rounds)
    inner, outer = _decided(segmentation, mask, band_mm)
    surface = lattice.brought_back(signed_to_mm(moved, np.eye(3) * lattice.step_mm)) > 0
    wanted = np.where(np.isfinite(values), (surface | inner) & ~outer, mask)
    return reshaped_edit(segmentation, corner, wanted, number, authorship, protection)


def _scene(
    segmentation: Segmentation, volume: Volume, number: int, band_mm: float, what: str
) -> tuple[Corner, NDArray[np.bool_], NDArray[np.float64]]:
    """A segment's surroundings and the image there."""
    image_for(segmentation, volume, what)
    band_mm = checked_mm(band_mm, "A band")
    segment = segmentation.segment(number)
    if segment.is_locked:
        raise EditError(f"A locked segment stays as it is; {segment.label} is. Unlock it first.")
    corner, mask = surroundings(segmentation, number, 2 * band_mm)
    sides = [slice(at, at + size) for at, size in zip(corner, mask.shape, strict=True)]
    return corner, mask, volume.voxels[sides[0], sides[1], sides[2]].astype(np.float64)


def _decided(
    segmentation: Segmentation, mask: NDArray[np.bool_], band_mm: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What is inside whatever the image says, the deepest voxels at least; what is outside."""
    steps = segmentation.geometry.affine[:3, :3]
    depth = distance_to_mm(~mask, steps)
    deepest = float(depth[np.isfinite(depth)].max()) if np.isfinite(depth).any() else 0.0
    inner = mask & (depth >= min(band_mm, deepest))
    return inner, ~grown(mask, steps, band_mm)


def _level_at_border(
    mask: NDArray[np.bool_], undecided: NDArray[np.bool_], chance: NDArray[np.float64]
) -> float:
    """The chance at the present border, halfway between its two sides; 1/2 where there is none."""
    within = mask & ~binary_erosion(mask, border_value=1)
    beyond = ~mask & binary_dilation(mask)
    sides = [chance[side[undecided]] for side in (within, beyond)]
    levels = [float(np.median(side)) for side in sides if side.size]
    return sum(levels) / 2 if len(levels) == 2 else 0.5


def _edge_stop(values: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    """Near 0 on strong edges, 1 where the image is even: halved at the mean slope of the box."""
    known = np.isfinite(values)
    filled = np.where(known, values, values[known].mean())
    slope = np.linalg.norm(gradient_mm(filled, np.eye(3) * step_mm), axis=-1)
    typical = float(slope.mean()) or 1.0
    return np.asarray(1.0 / (1.0 + (slope / typical) ** 2))
