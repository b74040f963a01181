"""Segments that grow from seeds until they meet where the image has its edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skimage.segmentation import watershed

from medseg.annotate.conditions import checked_mm, checked_points, image_for, voxels_at
from medseg.annotate.growing.growcut import fast_grow_cut
from medseg.annotate.painting import Protection
from medseg.annotate.reshaping.new_shape import Corner, relabelled_edit
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Geometry, Segmentation, Volume
from medseg.raster.blur import blurred, gradient_mm
from medseg.raster.boxes import Box
from medseg.raster.reach import widened_by_mm

#: The key of seeds that belong to no segment.
BACKGROUND = 0


def seeds_edit(  # noqa: PLR0913 - one call for all that the tool asks
    segmentation: Segmentation,
    volume: Volume,
    seeds: Mapping[int, ArrayLike],
    authorship: Authorship,
    *,
    margin_mm: float = 10.0,
    sigma_mm: float = 1.0,
    method: Literal["watershed", "growcut"] = "watershed",
    protection: Protection | None = None,
) -> Edit:
    """The edit that gives segments what their seeds reach first; building it changes nothing.

    Looked at is the box of all seeds with a margin. "watershed" floods the gradient of the
    smoothed image from the seeds; "growcut" weighs the differences in value along the way
    (FastGrowCut), where the package itk-growcut is installed. A seed's own voxel is always its
    segment's, if it may be taken; voxels without a finite value are nobody's.

    Args:
        segmentation: what would be changed; it is only read.
        volume: the image, on the same grid.
        seeds: points in LPS mm, (n, 3), for each segment's number; under 0 for background.
        authorship: who, when, with what.
        margin_mm: how far beyond the seeds is looked.
        sigma_mm: the image is smoothed by this much before its gradient is taken.
        method: as above.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: seeds of less than two kinds or of no such segment, outside the image or two
            of them in one voxel; a locked segment; a margin or sigma that is no finite number
            above 0; another method, or one that is not installed.
        GeometryError: the image is on another grid than the segmentation.
    """
    image_for(segmentation, volume, "Growing from seeds")
    own = [number for number in seeds if number != BACKGROUND]
    for number in own:
        segmentation.segment(number)
    corner, wanted = region_of_seeds(
        volume, seeds, margin_mm=margin_mm, sigma_mm=sigma_mm, method=method
    )
    return relabelled_edit(
        segmentation, corner, wanted, own, authorship, protection=protection, gives_up=False
    )


def region_of_seeds(
    volume: Volume,
    seeds: Mapping[int, ArrayLike],
    *,
    axis: int | None = None,
    margin_mm: float = 10.0,
    sigma_mm: float = 1.0,
    method: Literal["watershed", "growcut"] = "watershed",
) -> tuple[Corner, NDArray[Any]]:
    """Whose seeds reach each voxel first: a patch's first voxel, and a number per voxel.

    Args:
        volume: the image.
        seeds: as in `seeds_edit`.
        axis: an array axis across which all seeds lie in one layer, which is looked at alone;
            None looks at the whole box.
        margin_mm: as in `seeds_edit`.
        sigma_mm: as in `seeds_edit`.
        method: as in `seeds_edit`.

    Raises:
        EditError: as `seeds_edit`; seeds of several layers where an axis is given.
    """
    if method not in ("watershed", "growcut"):
        raise EditError(f'Seeds grow by "watershed" or by "growcut"; found {method!r}.')
    margin_mm = checked_mm(margin_mm, "A margin")
    sigma_mm = checked_mm(sigma_mm, "A Gaussian's sigma")
    numbers, markers = _placed(volume.geometry, seeds)
    steps = volume.geometry.affine[:3, :3]
    own = _box_of(markers)
    box = _looked_at(own, widened_by_mm(own, steps, margin_mm, volume.geometry.shape), axis)
    corner = (box[0].start, box[1].start, box[2].start)
    marked = np.zeros([side.stop - side.start for side in box], np.uint8)
    for marker, index in enumerate(markers, start=1):
        marked[tuple((index - corner).T)] = marker
    values = volume.voxels[box].astype(np.float64)
    grown = _grown(values, marked, steps, sigma_mm, method)
    return corner, np.array([0, *numbers])[grown]


def _looked_at(own: Box, box: Box, axis: int | None) -> Box:
    """The box with its margin; of the one layer of the seeds where an axis is given."""
    if axis is None:
        return box
    if own[axis].stop - own[axis].start > 1:
        raise EditError(
            "Seeds of one layer grow in that layer; found some on "
            f"{own[axis].stop - own[axis].start} layers. Grow through the slices, or erase some."
        )
    sides = [own[side] if side == axis else box[side] for side in range(3)]
    return sides[0], sides[1], sides[2]


def _placed(
    geometry: Geometry, seeds: Mapping[int, ArrayLike]
) -> tuple[list[int], list[NDArray[np.int64]]]:
    """The kinds of seeds and the voxels of each, (n, 3)."""
    numbers = list(seeds)
    if len(numbers) < 2 or len(numbers) > 255:
        raise EditError(
            "Seeds of two kinds or more grow until they meet, 255 at most; found seeds of "
            f"{len(numbers)}. Put seeds into the background too."
        )
    what = "Seeds lie"
    placed = [
        voxels_at(geometry, checked_points(seeds[number], "Seeds"), what) for number in numbers
    ]
    own = [np.unique(index, axis=0) for index in placed]
    every = np.concatenate(own)
    if len(np.unique(every, axis=0)) < len(every):
        raise EditError("A voxel is a seed of one kind; found one with two. Erase one of them.")
    return numbers, own


def _box_of(markers: list[NDArray[np.int64]]) -> Box:
    every = np.concatenate(markers)
    low, past = every.min(axis=0), every.max(axis=0) + 1
    sides = [slice(int(start), int(stop)) for start, stop in zip(low, past, strict=True)]
    return sides[0], sides[1], sides[2]


def _grown(
    values: NDArray[np.float64],
    marked: NDArray[np.uint8],
    steps: NDArray[np.float64],
    sigma_mm: float,
    method: str,
) -> NDArray[Any]:
    """Per voxel the marker that reaches it first, 0 where none does."""
    known = np.isfinite(values)
    if method == "growcut":
        filled = np.where(known, values, 0.0)
        return np.where(known, fast_grow_cut(filled, marked, steps), 0)
    smooth = blurred(values, steps, sigma_mm)
    slope = np.linalg.norm(gradient_mm(np.nan_to_num(smooth), steps), axis=-1)
    flooded = watershed(slope, marked.astype(np.int32), mask=known)  # type: ignore[no-untyped-call]
    return np.asarray(flooded)
