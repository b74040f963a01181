"""A change to a segmentation as a value with an inverse.

Building an edit does nothing; `apply` does. Undo, the crash journal, provenance and "who
touched this version" all come from the same edits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError
from medseg.model.authorship import Authorship
from medseg.model.marks import Marks
from medseg.model.origins import GroupedOrigins
from medseg.model.patching import (
    Box,
    bounding_box,
    box_at,
    check_named,
    check_unlocked,
    shifted,
    stored,
    touched_by,
)
from medseg.model.provenance import Origin, SliceOrigin
from medseg.model.segmentation import Segmentation
from medseg.model.values import Values

#: (segment, slice) -> its origin before and after a change; None where there is none.
Origins = Mapping[tuple[int, int], tuple[SliceOrigin | None, SliceOrigin | None]]

# A box of so few voxels is copied out, changed and copied back, which is quick for a brush.
_SMALL = 2**20


class Change(Protocol):
    """What a history holds: something that can be applied, and taken back."""

    @property
    def nbytes(self) -> int:
        """Memory it holds, in bytes."""

    @property
    def authorship(self) -> Authorship:
        """Who made it, when, with what."""

    def apply(self, segmentation: Segmentation) -> None:
        """Make the change."""

    def inverse(self) -> Change:
        """The change that takes this one back."""


@dataclass(frozen=True, eq=False, slots=True)
class Edit:
    """A change of voxels: bounding box, which voxels change, their old and new values.

    Args:
        box: the smallest box around the changed voxels, in array indices (slice, row, column).
        marks: which voxels of the box change.
        old: values before, one per changed voxel.
        new: values after, likewise.
        authorship: who, when, with what.
        origins: (segment, slice) -> its origin before and after; None where there was none.
            They are held grouped.
    """

    box: Box
    marks: Marks
    old: Values
    new: Values
    authorship: Authorship
    origins: Origins

    def __post_init__(self) -> None:
        object.__setattr__(self, "origins", GroupedOrigins.of(self.origins))

    @classmethod
    def from_patch(
        cls,
        segmentation: Segmentation,
        corner: tuple[int, int, int],
        patch: NDArray[Any],
        authorship: Authorship,
        origin: Origin = Origin.DRAWN,
        also_origin_of: tuple[tuple[int, int], ...] = (),
    ) -> Edit:
        """The edit that would make the array equal `patch` at `corner`.

        Args:
            segmentation: what would be changed; it is only read.
            corner: index of the patch's first voxel (slice, row, column).
            patch: new labels, 3D, inside the grid.
            authorship: who, when, with what.
            origin: how the new voxels came to be, for the provenance of each slice touched.
            also_origin_of: further (segment, slice) pairs that get this origin although no
                voxel of theirs changes, as a slice that a person redrew just as it was.

        Raises:
            EditError: the patch leaves the grid, holds a number that no segment names, or would
                change a voxel of a locked segment.
        """
        box = box_at(corner, patch.shape, segmentation.geometry.shape)
        before = segmentation.array[box]
        differs = before != patch
        _check_numbers(patch, differs, segmentation)
        inner = bounding_box(differs)
        changed = differs[inner]
        old = Values.of(before[inner][changed])
        new = Values.of(patch[inner][changed].astype(before.dtype, copy=False))
        return cls._of_parts(
            segmentation,
            shifted(inner, corner),
            changed,
            old,
            new,
            authorship,
            origin,
            also_origin_of,
        )

    @classmethod
    def of_one_value(
        cls,
        segmentation: Segmentation,
        corner: tuple[int, int, int],
        where: NDArray[np.bool_],
        number: int,
        authorship: Authorship,
        origin: Origin = Origin.DRAWN,
        also_origin_of: tuple[tuple[int, int], ...] = (),
    ) -> Edit:
        """The edit that would store one number in the voxels of a boolean patch.

        Args:
            segmentation: what would be changed; it is only read.
            corner: index of the patch's first voxel (slice, row, column).
            where: which voxels shall hold the number: 3D, inside the grid.
            number: a segment's, or 0 for the background.
            authorship: who, when, with what.
            origin: as in `from_patch`.
            also_origin_of: as in `from_patch`.

        Raises:
            EditError: as `from_patch`.
        """
        box = box_at(corner, where.shape, segmentation.geometry.shape)
        check_named((number,), segmentation)
        before = segmentation.array[box].copy()  # in one piece it is quicker to go over again
        differs = before != number
        differs &= where
        old = Values.where(before, differs)
        inner = bounding_box(differs)
        changed = np.ascontiguousarray(differs[inner])
        new = Values.repeated(number, old.count, before.dtype)
        return cls._of_parts(
            segmentation,
            shifted(inner, corner),
            changed,
            old,
            new,
            authorship,
            origin,
            also_origin_of,
        )

    @classmethod
    def _of_parts(  # noqa: PLR0913, PLR0917 - what both constructors found out
        cls,
        segmentation: Segmentation,
        box: Box,
        changed: NDArray[np.bool_],
        old: Values,
        new: Values,
        authorship: Authorship,
        origin: Origin,
        also_origin_of: tuple[tuple[int, int], ...],
    ) -> Edit:
        check_unlocked((*old.distinct, *new.distinct), segmentation)
        touched = sorted({*touched_by(changed, old, new, box[0].start), *also_origin_of})
        word = SliceOrigin(
            origin, authorship.author, authorship.time, authorship.tool, authorship.proposal
        )
        origins = GroupedOrigins.after_change(segmentation.provenance, touched, word)
        return cls(box, Marks.of(changed), old, new, authorship, origins)

    def packed(self) -> Edit:
        """The same edit in fewer bytes, if that is possible."""
        marks = self.marks.packed()
        return self if marks is self.marks else replace(self, marks=marks)

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Which voxels of the box change: boolean, in the box's shape."""
        return self.marks.dense

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size of the box (slice, row, column)."""
        sizes = [side.stop - side.start for side in self.box]
        return sizes[0], sizes[1], sizes[2]

    @property
    def slices(self) -> tuple[int, ...]:
        """The slices touched, ascending."""
        return tuple(sorted({index for _, index in self.origins}))

    @property
    def segments(self) -> tuple[int, ...]:
        """The numbers of the segments touched, ascending; background is none."""
        return tuple(sorted({number for number, _ in self.origins}))

    @property
    def is_empty(self) -> bool:
        """Whether neither a voxel nor an origin would change."""
        return not self.old.count and not self.origins

    @property
    def nbytes(self) -> int:
        """Memory the edit holds, in bytes (itself counts as 1000, a group of origins as 400)."""
        arrays = self.marks.nbytes + self.old.nbytes + self.new.nbytes
        return 1000 + arrays + 400 * len(self._grouped.groups)

    def apply(self, segmentation: Segmentation) -> None:
        """Make the change.

        Raises:
            EditError: voxels or provenance are not in the state that the edit was built on, or
                a segment is no more; nothing has changed then.
        """
        changed, current = self.changed, segmentation.array[self.box]
        if changed.size <= _SMALL:
            current = current.copy()  # in one piece it is quicker to go over again
        self._check_state(segmentation, changed, current)
        if changed.size <= _SMALL and self.new.held.size == 1:
            stored(self.new.held[0], current, changed)
            segmentation.replace_box(self.box, current)
        else:
            new = self.new.held if self.new.held.size == 1 else self.new.dense
            segmentation.overwrite(self.box, changed, new)
        for group in self._grouped.groups:
            segmentation.record_origin(group.keys, group.after)

    def _check_state(
        self, segmentation: Segmentation, changed: NDArray[np.bool_], current: NDArray[Any]
    ) -> None:
        fits = (
            current.shape == changed.shape
            and self.old.are_in(current, changed)
            and self._grouped.are_in(segmentation.provenance)
        )
        if not fits:
            raise EditError(
                "An edit applies to the state it was built on; the voxels differ by now, or "
                "their provenance does. Undo what came between, or build the edit anew."
            )
        check_named(self.new.distinct, segmentation)

    @property
    def _grouped(self) -> GroupedOrigins:
        return GroupedOrigins.of(self.origins)

    def inverse(self) -> Edit:
        """The edit that takes this one back: applied after it, everything is as before."""
        origins = self._grouped.inverse
        return Edit(self.box, self.marks, self.new, self.old, self.authorship, origins)


def _check_numbers(
    patch: NDArray[Any], differs: NDArray[np.bool_], segmentation: Segmentation
) -> None:
    # Before they are cast to the array's type, where 300 would become 44.
    check_named(Values.of(patch[differs]).distinct, segmentation)
