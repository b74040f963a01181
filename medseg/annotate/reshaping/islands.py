"""The separate parts of a segment: fill their holes, keep some, drop some."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medseg.annotate.painting import Protection
from medseg.annotate.reshaping.new_shape import Corner, reshaped_edit, surroundings
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Segmentation
from medseg.raster.components import Connectivity, parts_of, with_holes_filled


def fill_holes_edit(
    segmentation: Segmentation,
    number: int,
    authorship: Authorship,
    *,
    axis: int | None = None,
    protection: Protection | None = None,
) -> Edit:
    """The edit that fills a segment's holes; without any it is empty.

    A hole is what no way over faces leads out of. What other segments hold in it stays theirs
    unless the protection lets it be taken.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        authorship: who, when, with what.
        axis: None for holes closed on all sides; 0, 1 or 2 for holes in each layer across that
            axis by itself, 0 for each slice.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: there is no such segment, it is locked, or there is no such axis.
    """
    if axis not in (None, 0, 1, 2):
        raise EditError(f"Holes are filled in 3D (None) or across axis 0, 1 or 2; found {axis!r}.")
    corner, mask = surroundings(segmentation, number)
    filled = with_holes_filled(mask, axis) if mask.size else mask
    return reshaped_edit(segmentation, corner, filled, number, authorship, protection)


def keep_largest_edit(
    segmentation: Segmentation,
    number: int,
    authorship: Authorship,
    *,
    count: int = 1,
    connectivity: Connectivity = 26,
) -> Edit:
    """The edit that leaves a segment its largest parts; empty if it has no more than those.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        authorship: who, when, with what.
        count: how many parts stay, 1 or more.
        connectivity: voxels hang together by faces (6), edges too (18), corners too (26).

    Raises:
        EditError: there is no such segment, it is locked, or the count or connectivity is none.
    """
    if not isinstance(count, int) or count < 1:
        raise EditError(f"One part of a segment or more can be kept; found {count!r}.")
    corner, parts, _ = parts_in(segmentation, number, connectivity)
    wanted = (parts > 0) & (parts <= count)
    return reshaped_edit(segmentation, corner, wanted, number, authorship)


def remove_small_edit(
    segmentation: Segmentation,
    number: int,
    authorship: Authorship,
    *,
    below_mm3: float | None = None,
    below_voxels: float | None = None,
    connectivity: Connectivity = 26,
) -> Edit:
    """The edit that takes away a segment's small parts; empty if none is as small.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        authorship: who, when, with what.
        below_mm3: parts of less volume go; give this or `below_voxels`.
        below_voxels: parts of fewer voxels go.
        connectivity: voxels hang together by faces (6), edges too (18), corners too (26).

    Raises:
        EditError: there is no such segment, it is locked, or the limit is not one finite
            number above 0.
    """
    voxels = _limit(segmentation, below_mm3, below_voxels)
    corner, parts, sizes = parts_in(segmentation, number, connectivity)
    # Parts are numbered by falling size; a part of just the limit stays, whatever the rounding.
    stay = int((sizes > voxels * (1 - 1e-9) - 1e-9).sum())
    wanted = (parts > 0) & (parts <= stay)
    return reshaped_edit(segmentation, corner, wanted, number, authorship)


def _limit(
    segmentation: Segmentation, below_mm3: float | None, below_voxels: float | None
) -> float:
    given = [value for value in (below_mm3, below_voxels) if value is not None]
    if len(given) != 1 or not 0 < given[0] < np.inf:
        raise EditError(
            "Small parts are those below one number of mm³ or of voxels, above 0; found "
            f"{below_mm3} mm³ and {below_voxels} voxels."
        )
    if below_mm3 is not None:
        return below_mm3 / segmentation.geometry.voxel_volume_mm3
    return given[0]


def parts_in(
    segmentation: Segmentation, number: int, connectivity: Connectivity
) -> tuple[Corner, NDArray[np.int64], NDArray[np.int64]]:
    """A segment's parts: the box's first voxel, the parts by falling size, and their sizes.

    Raises:
        EditError: there is no such segment, or the connectivity is none.
    """
    if connectivity not in (6, 18, 26):
        raise EditError(f"Voxels hang together by 6, 18 or 26 neighbours; found {connectivity!r}.")
    corner, mask = surroundings(segmentation, number)
    parts, sizes = parts_of(mask, connectivity)
    return corner, parts, sizes
