"""Smoother segments: one by itself, or several at once so that no gap opens between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from medseg.annotate.conditions import checked_mm
from medseg.annotate.painting import Protection
from medseg.annotate.reshaping.new_shape import around, relabelled_edit, reshaped_edit, surroundings
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Segmentation
from medseg.model.patching import box_around
from medseg.raster import box_of, boxes_of
from medseg.raster.blur import CUT, blurred
from medseg.raster.components import parts_of
from medseg.raster.reach import grown, offsets_mm, shrunk, widened_by_mm

Method = Literal["median", "opening", "closing"]
#: More than rounding in a convolution, less than one voxel's weight can matter.
_TIE = 1e-7


def smoothing_edit(
    segmentation: Segmentation,
    number: int,
    authorship: Authorship,
    *,
    method: Method = "median",
    radius_mm: float,
    protection: Protection | None = None,
) -> Edit:
    """The edit that smooths a segment; empty if nothing changes, as for an empty segment.

    "median" makes each voxel what most voxels within the radius are. "opening" takes away what
    a ball of the radius does not fit into, "closing" fills what a ball does not fit into from
    outside. Beyond the border of the image nothing is known, and nothing counts. The ball is
    one in the patient: on coarse slices it may be no thicker than one slice.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        authorship: who, when, with what.
        method: as above.
        radius_mm: radius of the ball.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: there is no such segment, it is locked, the method is none of the three, or
            the radius no finite number above 0.
    """
    if method not in ("median", "opening", "closing"):
        raise EditError(f'A segment is smoothed by "median", "opening", "closing"; not {method!r}.')
    radius_mm = checked_mm(radius_mm, "A radius")
    steps = segmentation.geometry.affine[:3, :3]
    corner, mask = surroundings(segmentation, number, 2 * radius_mm)
    if mask.size and method == "median":
        mask = _median(mask, steps, radius_mm)
    elif mask.size and method == "opening":
        mask = grown(shrunk(mask, steps, radius_mm), steps, radius_mm)
    elif mask.size:
        mask = shrunk(grown(mask, steps, radius_mm), steps, radius_mm)
    return reshaped_edit(segmentation, corner, mask, number, authorship, protection)


def joint_smoothing_edit(
    segmentation: Segmentation,
    numbers: Sequence[int],
    authorship: Authorship,
    *,
    sigma_mm: float,
    keep_outline: bool = False,
    protection: Protection | None = None,
) -> Edit:
    """The edit that smooths several segments at once, without gaps or overlaps between them.

    First the outline of all together is smoothed: each part of it is blurred by a Gaussian, and
    occupies as many voxels as before, those with most of the blurred part. So nothing shrinks,
    and no small part is lost. Then each occupied voxel goes to the segment with most of its own
    blur there; in a tie it stays whose it is. What other segments hold stays theirs.

    Args:
        segmentation: what would be changed; it is only read.
        numbers: the segments.
        authorship: who, when, with what.
        sigma_mm: the Gaussian's standard deviation.
        keep_outline: whether exactly the voxels that are occupied now stay occupied, so that
            only borders between the segments move.
        protection: what may be changed beside the segments; None for the background alone.

    Raises:
        EditError: there is no such segment or no segment at all, one is locked, or sigma is no
            finite number above 0.
    """
    if not numbers:
        raise EditError("One segment or more can be smoothed; none was named.")
    sigma_mm = checked_mm(sigma_mm, "A Gaussian's sigma")
    own = [segmentation.segment(number).number for number in dict.fromkeys(numbers)]
    boxes = [box for number in own if (box := box_of(segmentation.array, number)) is not None]
    box = around(segmentation, box_around(boxes), CUT * sigma_mm) if boxes else box_around([])
    before = segmentation.array[box]
    wanted = before
    if boxes:
        steps = segmentation.geometry.affine[:3, :3]
        occupied = np.isin(before, own)
        if not keep_outline:
            occupied = _smooth_outline(occupied, steps, sigma_mm)
        wanted = np.where(occupied, _owners(before, own, steps, sigma_mm), 0)
    corner = (box[0].start, box[1].start, box[2].start)
    return relabelled_edit(
        segmentation, corner, wanted, own, authorship, protection=protection, gives_up=True
    )


def _median(
    mask: NDArray[np.bool_], steps: NDArray[np.float64], radius_mm: float
) -> NDArray[np.bool_]:
    ball = (offsets_mm(steps, radius_mm, mask.shape) <= radius_mm * (1 + 1e-9)).astype(np.float64)
    inside = fftconvolve(mask.astype(np.float64), ball, mode="same")
    known = fftconvolve(np.ones(mask.shape), ball, mode="same")
    more = np.rint(2 * inside) - np.rint(known)
    return np.asarray(np.where(more == 0, mask, more > 0), bool)


def _smooth_outline(
    mask: NDArray[np.bool_], steps: NDArray[np.float64], sigma_mm: float
) -> NDArray[np.bool_]:
    parts, sizes = parts_of(mask)
    smooth = np.zeros_like(mask)
    shape = (mask.shape[0], mask.shape[1], mask.shape[2])
    for number, own in boxes_of(parts).items():
        box = widened_by_mm(own, steps, CUT * sigma_mm, shape)
        part = parts[box] == number
        most = blurred(part, steps, sigma_mm) + _TIE * part
        level = np.partition(most, -sizes[number - 1], axis=None)[-sizes[number - 1]]
        smooth[box] |= most >= level
    return smooth


def _owners(
    before: NDArray[Any], own: Sequence[int], steps: NDArray[np.float64], sigma_mm: float
) -> NDArray[Any]:
    """Per voxel, the number of the segment with most of its blur there."""
    owner, most = np.full_like(before, own[0]), np.zeros(before.shape)
    for number in own:
        mask = before == number
        part = blurred(mask, steps, sigma_mm) + _TIE * mask
        owner[part > most] = number
        most = np.maximum(most, part)
    return owner
