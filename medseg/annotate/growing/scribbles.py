"""What scribbles would make of the labels around them, to be looked at before it is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import label

from medseg.annotate.conditions import image_for, voxels_at
from medseg.annotate.growing.seeds import BACKGROUND, region_of_seeds
from medseg.annotate.painting import Protection
from medseg.annotate.reshaping.new_shape import Corner
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Segmentation, Volume


@dataclass(frozen=True, eq=False)
class Scribbled:
    """The labels around scribbles as they would be; the segmentation is not changed.

    Args:
        corner: the patch's first voxel (slice, row, column).
        labels: as they would be in the patch.
        before: as they were when this was worked out.
    """

    corner: Corner
    labels: NDArray[Any]
    before: NDArray[Any]

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return bool((self.labels == self.before).all())

    def gained(self, number: int) -> NDArray[np.bool_]:
        """The voxels of the patch that a segment would have and does not have now."""
        return np.asarray((self.labels == number) & (self.before != number))

    @property
    def given_up(self) -> NDArray[np.bool_]:
        """The voxels of the patch that a segment would lose to none."""
        return np.asarray((self.labels == BACKGROUND) & (self.before != BACKGROUND))

    def edit(self, segmentation: Segmentation, authorship: Authorship) -> Edit:
        """The edit that makes it so.

        Raises:
            EditError: a voxel of a locked segment would be changed, or a segment is gone.
        """
        return Edit.from_patch(segmentation, self.corner, self.labels, authorship)


def scribbled(
    segmentation: Segmentation,
    volume: Volume,
    seeds: Mapping[int, ArrayLike],
    *,
    axis: int | None = None,
    margin_mm: float = 10.0,
    protection: Protection | None = None,
) -> Scribbled:
    """What seeds of segments and of the background make of the labels where they meet.

    Each segment gains what its seeds reach first and may be taken. It loses, of what it has,
    only the connected pieces that seeds of another kind reach first and lie on: what nobody has
    scribbled on is never taken away.

    Args:
        segmentation: what would be changed; it is only read.
        volume: the image, on the same grid.
        seeds: points in LPS mm, (n, 3), for each segment's number; under 0 for background.
        axis: an array axis across which all seeds lie in one layer, which alone changes; None
            lets them grow through the slices.
        margin_mm: how far beyond the seeds is looked.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: as `seeds_edit`; seeds of several layers where an axis is given.
        GeometryError: the image is on another grid than the segmentation.
    """
    image_for(segmentation, volume, "Scribbling")
    rules, own = protection or Protection(), [one for one in seeds if one != BACKGROUND]
    _check_unlocked(segmentation, own)
    corner, reached = region_of_seeds(volume, seeds, axis=axis, margin_mm=margin_mm)
    sides = [slice(at, at + size) for at, size in zip(corner, reached.shape, strict=True)]
    box = (sides[0], sides[1], sides[2])
    before = segmentation.array[box].copy()
    taken = (reached != BACKGROUND) & (rules.takeable(before) | np.isin(before, list(seeds)))
    for number in own:
        lost = (before == number) & (reached != number)
        taken &= ~lost
        taken |= _with_seeds(lost, corner, _others(segmentation, seeds, number))
    taken &= rules.changeable(segmentation, box)
    return Scribbled(corner, np.where(taken, reached, before).astype(before.dtype), before)


def _check_unlocked(segmentation: Segmentation, numbers: Iterable[int]) -> None:
    for number in numbers:
        segment = segmentation.segment(number)
        if segment.is_locked:
            raise EditError(
                f"A locked segment stays as it is; {segment.label} is. Unlock it first."
            )


def _others(
    segmentation: Segmentation, seeds: Mapping[int, ArrayLike], number: int
) -> Iterable[NDArray[np.int64]]:
    """The voxels with seeds of any other kind than this segment's."""
    for kind, points in seeds.items():
        if kind != number:
            yield voxels_at(segmentation.geometry, np.asarray(points, float), "Seeds lie")


def _with_seeds(
    inside: NDArray[np.bool_], corner: Corner, seeds: Iterable[NDArray[np.int64]]
) -> NDArray[np.bool_]:
    """The connected pieces that a seed lies on."""
    pieces, count = label(inside)
    hit = np.zeros(count + 1, bool)
    for voxels in seeds:
        hit[pieces[tuple((voxels - corner).T)]] = True
    hit[0] = False
    return np.asarray(hit[pieces])
