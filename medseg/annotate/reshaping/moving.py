"""A segment moved by a way in mm, or carried on to the next slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import map_coordinates

from medseg.annotate.conditions import checked_points
from medseg.annotate.painting import Protection, paint_edit
from medseg.annotate.reshaping.new_shape import Corner, reshaped_edit, surroundings
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Origin, Segmentation
from medseg.raster.reach import signed_to_mm

#: A way this near to whole voxels is one of whole voxels.
_WHOLE = 1e-4
#: Depths this near to each other differ by rounding alone.
_EQUAL_MM = 1e-9


def move_edit(
    segmentation: Segmentation,
    number: int,
    authorship: Authorship,
    *,
    by_mm: ArrayLike,
    protection: Protection | None = None,
) -> Edit:
    """The edit that moves a segment by a way in the patient.

    A way of whole voxels moves it exactly. Any other one moves its surface: the signed distance
    to it is sampled where each voxel came from, linearly between voxels, and as many voxels as
    before, those deepest inside, are the segment's; of equally deep ones those further along
    the way. So nothing snaps to the grid, and the volume stays.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        authorship: who, when, with what.
        by_mm: the way to the patient's left, posterior and superior, in mm.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: there is no such segment, it is locked, the way is not three finite numbers,
            or leads out of the image.
    """
    way = checked_points(by_mm, "A segment moves by a way")
    if len(way) != 1:
        raise EditError(f"A segment moves by one way L, P, S in mm; found {len(way)}.")
    steps = segmentation.geometry.affine[:3, :3]
    index = np.linalg.solve(steps, way[0])
    index = np.where(np.abs(index - np.rint(index)) < _WHOLE, np.rint(index), index)
    corner, mask = surroundings(segmentation, number)
    _check_stays_inside(segmentation, corner, mask, index)
    if not mask.size or not index.any():
        return reshaped_edit(segmentation, corner, mask, number, authorship, protection)
    corner, moved = _moved(segmentation, corner, mask, index)
    return reshaped_edit(segmentation, corner, moved, number, authorship, protection)


def copy_to_slice(
    segmentation: Segmentation,
    number: int,
    authorship: Authorship,
    *,
    source: int,
    target: int,
    protection: Protection | None = None,
) -> Edit:
    """The edit that carries a segment's section on to another slice, propagated and not viewed.

    It keeps its rows and columns, so on a tilted stack it follows the slices. On the target it
    takes the place of what the segment has there, unless a person drew that.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        authorship: who, when, with what.
        source: the slice that is copied.
        target: the slice that it is copied to, as a rule the next one.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: there is no such segment or slice, the segment is locked, has nothing on the
            source, or was drawn by hand on the target.
    """
    name = segmentation.segment(number).label
    count = segmentation.geometry.shape[0]
    if not (0 <= source < count and 0 <= target < count) or source == target:
        raise EditError(
            f"A section is copied from one slice of 0 to {count - 1} to another; found {source} "
            f"to {target}."
        )
    section = segmentation.array[source] == number
    if not section.any():
        raise EditError(f"A section is copied from where there is one; {name} has none on {source}")
    known = segmentation.provenance.get((number, target))
    if known is not None and known.origin.is_by_hand and number in segmentation.array[target]:
        raise EditError(
            f"What a person drew is not replaced by a copy; {name} is drawn on slice {target}. "
            "Erase it there first."
        )
    return paint_edit(
        segmentation,
        (target, 0, 0),
        section[None],
        number,
        authorship,
        mode="replace",
        protection=protection,
        origin=Origin.PROPAGATED,
        also_origin_of=((number, target),),
    )


def _check_stays_inside(
    segmentation: Segmentation,
    corner: Corner,
    mask: NDArray[np.bool_],
    index: NDArray[np.float64],
) -> None:
    if not mask.size:
        return
    where = np.argwhere(mask) + np.array(corner)
    low, high = where.min(axis=0) + index, where.max(axis=0) + index
    limit = np.array(segmentation.geometry.shape) - 1
    # Half a voxel is the way to the border of the outermost ones.
    if (low < -0.5).any() or (high > limit + 0.5).any():
        raise EditError(
            "A segment moves within the image; this way leads out of it by up to "
            f"{max(-low.min(), (high - limit).max()):.1f} voxels. Move it less far."
        )


def _moved(
    segmentation: Segmentation,
    corner: Corner,
    mask: NDArray[np.bool_],
    index: NDArray[np.float64],
) -> tuple[Corner, NDArray[np.bool_]]:
    """The patch that holds the segment before and after, and which voxels it has after."""
    shape = np.array(segmentation.geometry.shape)
    low = np.clip(np.minimum(corner, np.floor(corner + index)), 0, shape).astype(int)
    past = np.array(corner) + mask.shape
    past = np.clip(np.maximum(past, np.ceil(past + index)), 0, shape).astype(int)
    # Room for the surface on all sides, beyond the image too: outside is outside there.
    field = signed_to_mm(np.pad(mask, 2), segmentation.geometry.affine[:3, :3])
    start = low - np.array(corner) - index + 2
    places = np.indices(past - low).astype(np.float64) + start[:, None, None, None]
    sampled = map_coordinates(field, places, order=1, mode="nearest")
    return (int(low[0]), int(low[1]), int(low[2])), _deepest(sampled, int(mask.sum()), index)


def _deepest(depth: NDArray[np.float64], count: int, way: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Just so many voxels, the deepest; of equally deep ones those further along the way."""
    level = np.partition(depth, -count, axis=None)[-count]
    inside: NDArray[np.bool_] = depth > level + _EQUAL_MM
    tied = np.argwhere(np.abs(depth - level) <= _EQUAL_MM)
    order = np.argsort(-np.round(tied @ way, 6), kind="stable")
    inside[tuple(tied[order[: count - int(inside.sum())]].T)] = True
    return inside
