"""An ellipsoid from two or three measured diameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.annotate.conditions import checked_points
from medseg.annotate.painting import Mode, Protection, paint_edit
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Geometry, Segmentation
from medseg.raster.reach import voxels_within

#: Two diameters at a smaller angle than this, in degrees, do not say what lies across them.
_SMALLEST_ANGLE = 30.0


def ellipsoid_edit(
    segmentation: Segmentation,
    number: int,
    diameters_lps: Sequence[ArrayLike],
    authorship: Authorship,
    *,
    mode: Mode = "add",
    protection: Protection | None = None,
) -> Edit:
    """The edit that gives a segment an ellipsoid; building it changes nothing.

    Its axes are as long as the diameters. The first lies along the first diameter, the second
    as nearly along the second one as is square to it, the third square to both. Its centre is
    the mean of the diameters' midpoints. With two diameters the third axis is as long as the
    shorter of them, as in the volume pi/6 * length * width * width.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        diameters_lps: two or three pairs of end points in LPS mm.
        authorship: who, when, with what.
        mode: what to do with the voxels whose centres are inside.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: not two or three diameters of some length, two of them less than 30 degrees
            apart, an ellipsoid without a voxel centre of the grid, no such segment, or a
            locked one.

    Reference:
        Tomayko MM, Reynolds CP. Cancer Chemother Pharmacol 24 (1989) 148-154.
    """
    centre, axes = _axes(diameters_lps)
    corner, inside = _filled(segmentation.geometry, centre, axes)
    if not inside.any():
        raise EditError(
            "An ellipsoid holds at least one voxel centre of the grid; this one holds none. Draw "
            "its diameters longer, or upon the image."
        )
    return paint_edit(
        segmentation, corner, inside, number, authorship, mode=mode, protection=protection
    )


def _axes(diameters_lps: Sequence[ArrayLike]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The centre, and the half axes as rows, in mm."""
    if len(diameters_lps) not in (2, 3):
        raise EditError(f"An ellipsoid has two or three diameters; found {len(diameters_lps)}.")
    ends = [checked_points(pair, "A diameter") for pair in diameters_lps]
    if any(len(pair) != 2 for pair in ends):
        counts = [len(pair) for pair in ends]
        raise EditError(f"A diameter has two end points; found diameters with {counts} points.")
    ways = np.array([pair[1] - pair[0] for pair in ends])
    lengths = np.linalg.norm(ways, axis=1)
    if not lengths.min() > 1e-6:
        raise EditError("A diameter has a length above 0 mm; found two end points in one place.")
    units = ways / lengths[:, None]
    _check_angles(units)
    second = units[1] - (units[1] @ units[0]) * units[0]
    second /= np.linalg.norm(second)
    square = np.array([units[0], second, np.cross(units[0], second)])
    if len(lengths) == 2:
        lengths = np.append(lengths, lengths.min())
    return np.mean(ends, axis=(0, 1)), square * lengths[:, None] / 2


def _check_angles(units: NDArray[np.float64]) -> None:
    cosines = np.abs(units @ units.T - np.eye(len(units)))
    angle = float(np.degrees(np.arccos(min(cosines.max(), 1.0))))
    height = float(abs(np.linalg.det(units))) if len(units) == 3 else 1.0
    if angle < _SMALLEST_ANGLE or height < np.sin(np.radians(_SMALLEST_ANGLE)) ** 2:
        raise EditError(
            f"An ellipsoid's diameters lie across each other; found two {angle:.0f} degrees apart, "
            "or three almost in one plane. Draw them square to each other."
        )


def _filled(
    geometry: Geometry, centre: NDArray[np.float64], axes: NDArray[np.float64]
) -> tuple[tuple[int, int, int], NDArray[np.bool_]]:
    longest = float(np.linalg.norm(axes, axis=1).max())
    reach = voxels_within(geometry.affine[:3, :3], longest)
    index = geometry.to_index(centre)
    low = np.clip(np.floor(index) - reach, 0, geometry.shape).astype(int)
    past = np.clip(np.ceil(index) + reach + 1, low, geometry.shape).astype(int)
    # From an index to the place along each axis, in half axes; about the patch's first voxel.
    turn = axes / np.sum(axes**2, axis=1)[:, None]
    first = turn @ (geometry.to_patient(low) - centre)
    steps = turn @ geometry.affine[:3, :3]
    _, rows, columns = (np.arange(size) for size in past - low)
    in_slice = steps[:, 1, None, None] * rows[:, None] + steps[:, 2, None, None] * columns
    inside = np.zeros(past - low, np.bool_)
    for layer in range(len(inside)):
        along = in_slice + (first + layer * steps[:, 0])[:, None, None]
        # A centre just on the surface is inside.
        inside[layer] = (along**2).sum(axis=0) <= 1 + 1e-9
    return (int(low[0]), int(low[1]), int(low[2])), inside
