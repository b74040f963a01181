"""Several readers' masks of one image: how far they agree, and what they agree on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medseg.errors import MedsegError
from medseg.measure.masks.agreement import Agreement, Convention
from medseg.measure.masks.comparison import compare_masks
from medseg.measure.readers.consensus import Consensus, majority, staple
from medseg.measure.readers.kappa import fleiss_kappa_of, generalised_dice
from medseg.measure.readers.paired_lesions import grid_of_readers
from medseg.measure.readers.votes import Votes
from medseg.model import Geometry, Measurement, Segment, Segmentation


@dataclass(frozen=True, eq=False)
class ReaderAgreement:
    """How two or more readers agree on one label, or on all that they drew.

    Args:
        label: what was compared; empty for all segments as one.
        readers: their names.
        absent: readers whose list has no such label; they count as having drawn nothing.
        pairs: each two readers, in order, with how their masks agree.
        generalised_dice: 0 to 1 over all pairs; NaN where nobody drew.
        fleiss_kappa: over the voxels of the union box; NaN where nobody drew.
        majority: what more than half of them drew.
        staple: what STAPLE estimates from all of them.
        geometry: the one grid of all.
    """

    label: str
    readers: tuple[str, ...]
    absent: tuple[str, ...]
    pairs: dict[tuple[str, str], Agreement]
    generalised_dice: float
    fleiss_kappa: float
    majority: Consensus
    staple: Consensus
    geometry: Geometry

    def measurements(self) -> tuple[Measurement, ...]:
        """The numbers over all readers, with unit and definition."""
        return (
            Measurement(
                "generalised_dice",
                self.generalised_dice,
                "1",
                "twice the overlaps of all pairs of readers over the sums of their sizes",
            ),
            Measurement(
                "fleiss_kappa",
                self.fleiss_kappa,
                "1",
                "Fleiss' kappa of inside and outside over the voxels of the smallest box with "
                "all that any reader drew",
            ),
        )

    def consensus_segmentation(self, method: Literal["majority", "staple"]) -> Segmentation:
        """The consensus as a mask with one new segment, which says by which method it came."""
        consensus = self.majority if method == "majority" else self.staple
        name = f"{self.label} ({method})" if self.label else f"Consensus ({method})"
        return Segmentation(
            consensus.mask.astype(np.uint8), self.geometry, (Segment.new_lesion(1, name),)
        )


def compare_readers(
    readers: Mapping[str, Segmentation],
    *,
    label: str | None = None,
    tolerance_mm: float | Sequence[float] = 1.0,
    convention: Convention = "surfel",
) -> ReaderAgreement:
    """How readers' segmentations of one image agree.

    Args:
        readers: their segmentations by their names, on one grid; 2 to 16.
        label: the segments of that name; None takes all segments as one.
        tolerance_mm: for the pairs' `nsd`.
        convention: how the pairs' surfaces are taken, as in `compare_masks`.

    Raises:
        MedsegError: fewer than two readers, more than 16, or none has the label.
        GeometryError: they lie on different grids; by how many mm is in the message.
    """
    masks = {reader: _mask_of(mask, label) for reader, mask in readers.items()}
    drawn = {reader: mask for reader, mask in masks.items() if mask is not None}
    if readers and not drawn:
        known = sorted({one.label for mask in readers.values() for one in mask.segments})
        raise MedsegError(
            f"A label is compared where a reader's list has it; none has {label!r}. They have "
            f"{', '.join(known) or 'no labels'}."
        )
    geometry = grid_of_readers(readers)
    whole = {reader: drawn.get(reader, np.zeros(geometry.shape, np.bool_)) for reader in readers}
    votes = Votes.of(whole)
    pairs = {
        (one, other): compare_masks(
            whole[one], whole[other], geometry, tolerance_mm=tolerance_mm, convention=convention
        )
        for one, other in combinations(readers, 2)
    }
    return ReaderAgreement(
        label or "",
        tuple(readers),
        tuple(reader for reader in readers if reader not in drawn),
        pairs,
        generalised_dice(votes),
        fleiss_kappa_of(votes),
        majority(votes),
        staple(votes),
        geometry,
    )


def _mask_of(segmentation: Segmentation, label: str | None) -> NDArray[np.bool_] | None:
    if label is None:
        return np.asarray(segmentation.array != 0)
    numbers = [one.number for one in segmentation.segments if one.label == label]
    if not numbers:
        return None
    masks = (segmentation.mask(number) for number in numbers)  # one, but for a label used twice
    return reduce(np.logical_or, masks)
