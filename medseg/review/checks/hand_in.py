"""What the rule checks look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from medseg.model import Ending, Place, Segment, Segmentation, Volume, labels_in
from medseg.review.coverage import Coverage
from medseg.review.intervals import slices_of


@dataclass(frozen=True, eq=False)
class HandIn:
    """A reading that is about to be handed in.

    Args:
        segmentation: its mask.
        ending: how the reader wants to end it.
        coverage: what was displayed to the reader, across the array's slices; None: nothing.
        volume: the image; None where it is not at hand.
        unsaved: edits since the mask was last saved.
        small_island_voxels: below how many voxels a separate part is an island.
    """

    segmentation: Segmentation
    ending: Ending
    coverage: Coverage | None = None
    volume: Volume | None = None
    unsaved: int = 0
    small_island_voxels: int = 3

    @cached_property
    def slices(self) -> dict[int, tuple[int, ...]]:
        """By segment number, the slices that hold a voxel of it, ascending."""
        found: dict[int, list[int]] = {number: [] for number in self.segmentation.numbers}
        for index, plane in enumerate(self.segmentation.array):
            for number in labels_in(plane[np.newaxis]):
                found[number].append(index)
        return {number: tuple(slices) for number, slices in found.items()}

    @cached_property
    def displayed(self) -> frozenset[int]:
        """Slices that were displayed to the reader with the mask visible."""
        return frozenset(slices_of(self.coverage.with_mask)) if self.coverage else frozenset()

    @property
    def labelled(self) -> tuple[int, ...]:
        """Slices that hold a voxel of any segment, ascending."""
        return tuple(sorted({index for slices in self.slices.values() for index in slices}))

    def place(self, segment: Segment, slices: tuple[int, ...] = ()) -> Place:
        """Where to jump to for that segment."""
        return Place(segment=segment.label, slices=slices)


class Found(NamedTuple):
    """One thing that a check found: a sentence with what to do, and where to jump to."""

    text: str
    where: Place = Place()


class NotChecked(NamedTuple):
    """A check that could not be made, and why."""

    why: str


#: What a check finds; nothing where all is well.
Look = Callable[[HandIn], list[Found] | NotChecked]
