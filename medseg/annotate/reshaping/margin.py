"""A segment with a margin, or hollowed out."""

from __future__ import annotations

import math

from medseg.annotate.conditions import checked_mm
from medseg.annotate.painting import Protection
from medseg.annotate.reshaping.new_shape import reshaped_edit, surroundings
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Segmentation
from medseg.raster.reach import grown, shrunk


def margin_edit(
    segmentation: Segmentation,
    number: int,
    authorship: Authorship,
    *,
    margin_mm: float,
    protection: Protection | None = None,
) -> Edit:
    """The edit that lets a segment grow by a margin, or shrink by a negative one.

    It gains the voxels whose centres are within the margin of the centre of one of its own, or
    loses those within it of a centre outside; exact in the patient, on sheared grids too. So a
    margin smaller than the way to the next slice does not reach it. What lies beyond the image
    takes nothing away. A margin of 0 mm, or an empty segment, gives an empty edit.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        authorship: who, when, with what.
        margin_mm: how far.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: there is no such segment, it is locked, or the margin is no finite number.
    """
    if not math.isfinite(margin_mm):
        raise EditError(f"A margin is a finite number of mm; found {margin_mm}.")
    steps = segmentation.geometry.affine[:3, :3]
    corner, mask = surroundings(segmentation, number, abs(margin_mm))
    if margin_mm > 0 and mask.size:
        mask = grown(mask, steps, margin_mm)
    elif margin_mm < 0 and mask.size:
        mask = shrunk(mask, steps, -margin_mm)
    return reshaped_edit(segmentation, corner, mask, number, authorship, protection)


def hollow_edit(
    segmentation: Segmentation, number: int, authorship: Authorship, *, thickness_mm: float
) -> Edit:
    """The edit that leaves a shell of a segment: what is deeper than the thickness goes.

    Depth is measured from centre to centre outside, as for a margin; where a segment ends at
    the image's border it is open there. A shell as thick as the segment changes nothing.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        authorship: who, when, with what.
        thickness_mm: of the shell, inwards.

    Raises:
        EditError: there is no such segment, it is locked, or the thickness is no finite number
            above 0.
    """
    thickness_mm = checked_mm(thickness_mm, "A shell's thickness")
    corner, mask = surroundings(segmentation, number, thickness_mm)
    if mask.size:
        mask = mask & ~shrunk(mask, segmentation.geometry.affine[:3, :3], thickness_mm)
    return reshaped_edit(segmentation, corner, mask, number, authorship)
