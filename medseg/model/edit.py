"""A change to a segmentation as a value with an inverse.

Building an edit does nothing; `apply` does. Undo, the crash journal, provenance and "who
touched this version" all come from the same edits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError
from medseg.model.provenance import Origin, SliceOrigin, after_change
from medseg.model.segmentation import Segmentation

Box = tuple[slice, slice, slice]
#: (segment, slice) -> its origin before and after a change; None where there is none.
Origins = Mapping[tuple[int, int], tuple[SliceOrigin | None, SliceOrigin | None]]


def now_iso() -> str:
    """The present time in UTC, ISO 8601 with milliseconds and offset."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Authorship:
    """Who changed something, when and with what.

    Args:
        author: the person, as they sign.
        tool: name of the tool, as "outline".
        time: ISO 8601 with an offset from UTC.
        active_seconds: time the hand was at work on it.
        proposal: id of the accepted proposal, if the change came from one.
    """

    author: str
    tool: str
    time: str = field(default_factory=now_iso)
    active_seconds: float = 0.0
    proposal: str | None = None


class Change(Protocol):
    """What a history holds: something that can be applied, and taken back."""

    @property
    def nbytes(self) -> int:
        """Memory it holds, in bytes."""

    def apply(self, segmentation: Segmentation) -> None:
        """Make the change."""

    def inverse(self) -> Change:
        """The change that takes this one back."""


@dataclass(frozen=True, eq=False)
class Edit:
    """A change of voxels: bounding box, which voxels change, their old and new values.

    Args:
        box: the smallest box around the changed voxels, in array indices (slice, row, column).
        changed_bits: one bit per voxel of the box in C order, packed by `numpy.packbits`.
        old: values before, one per changed voxel, or a single one if all were equal.
        new: values after, likewise.
        authorship: who, when, with what.
        origins: (segment, slice) -> its origin before and after; None where there was none.
    """

    box: Box
    changed_bits: NDArray[np.uint8]
    old: NDArray[Any]
    new: NDArray[Any]
    authorship: Authorship
    origins: Origins

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
            EditError: the patch leaves the grid, or holds a number that no segment names.
        """
        box = _box_at(corner, patch.shape, segmentation.geometry.shape)
        before = segmentation.array[box]
        changed = before != patch
        _check_named(patch[changed], segmentation)
        touched = _touched(before, patch, changed, corner[0]) | set(also_origin_of)
        inner = _bounding_box(changed)
        box = _shifted(inner, corner)
        changed = changed[inner]
        return cls(
            box,
            np.packbits(changed),
            _constant_or_all(before[inner][changed]),
            _constant_or_all(np.asarray(patch[inner][changed], dtype=before.dtype)),
            authorship,
            _origin_changes(segmentation, touched, authorship, origin),
        )

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Which voxels of the box change: boolean, in the box's shape."""
        shape = self.shape
        bits = np.unpackbits(self.changed_bits, count=int(np.prod(shape)))
        return bits.reshape(shape).astype(bool)

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
        return not self.changed_bits.size and not self.origins

    @property
    def nbytes(self) -> int:
        """Memory the edit holds, in bytes (an origin counts as 200)."""
        arrays = self.changed_bits.nbytes + self.old.nbytes + self.new.nbytes
        return arrays + 200 * len(self.origins)

    def apply(self, segmentation: Segmentation) -> None:
        """Make the change.

        Raises:
            EditError: the voxels are not in the state that the edit was built on; nothing
                has changed then.
        """
        changed = self.changed
        current = segmentation.array[self.box]
        if current.shape != changed.shape or not np.array_equal(
            current[changed], np.broadcast_to(self.old, changed.sum())
        ):
            raise EditError(
                "An edit applies to the state it was built on; the voxels differ by now. "
                "Undo what came between, or build the edit anew."
            )
        segmentation.overwrite(self.box, changed, self.new)
        segmentation.record_origins({key: after for key, (_, after) in self.origins.items()})

    def inverse(self) -> Edit:
        """The edit that takes this one back: applied after it, everything is as before."""
        origins = {key: (after, before) for key, (before, after) in self.origins.items()}
        return Edit(self.box, self.changed_bits, self.new, self.old, self.authorship, origins)


def _box_at(corner: tuple[int, int, int], size: tuple[int, ...], grid: tuple[int, int, int]) -> Box:
    inside = len(size) == 3 and all(
        start >= 0 and start + extent <= limit
        for start, extent, limit in zip(corner, size, grid, strict=True)
    )
    if not inside:
        raise EditError(f"A patch lies inside the grid {grid}; found {size} at {corner}.")
    sides = [slice(start, start + extent) for start, extent in zip(corner, size, strict=True)]
    return sides[0], sides[1], sides[2]


def _check_named(values: NDArray[Any], segmentation: Segmentation) -> None:
    unnamed = sorted(set(np.unique(values).tolist()) - {0, *segmentation.numbers})
    if unnamed:
        raise EditError(f"Every number in a mask has a segment; none names {unnamed}.")


def _bounding_box(changed: NDArray[np.bool_]) -> Box:
    if not changed.any():
        return slice(0, 0), slice(0, 0), slice(0, 0)
    sides = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        hit = np.flatnonzero(changed.any(axis=others))
        sides.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return sides[0], sides[1], sides[2]


def _shifted(box: Box, corner: tuple[int, int, int]) -> Box:
    sides = [
        slice(side.start + start, side.stop + start)
        for side, start in zip(box, corner, strict=True)
    ]
    return sides[0], sides[1], sides[2]


def _constant_or_all(values: NDArray[Any]) -> NDArray[Any]:
    if values.size > 1 and (values == values[0]).all():
        return values[:1].copy()
    return values.copy()


def _touched(
    before: NDArray[Any], after: NDArray[Any], changed: NDArray[np.bool_], first_slice: int
) -> set[tuple[int, int]]:
    touched = set()
    for index in np.flatnonzero(changed.any(axis=(1, 2))):
        here = changed[index]
        numbers = np.union1d(before[index][here], after[index][here])
        touched |= {(int(number), first_slice + int(index)) for number in numbers if number}
    return touched


def _origin_changes(
    segmentation: Segmentation,
    touched: set[tuple[int, int]],
    authorship: Authorship,
    origin: Origin,
) -> dict[tuple[int, int], tuple[SliceOrigin | None, SliceOrigin | None]]:
    change = SliceOrigin(
        origin, authorship.author, authorship.time, authorship.tool, authorship.proposal
    )
    changes: dict[tuple[int, int], tuple[SliceOrigin | None, SliceOrigin | None]] = {}
    for key in sorted(touched):
        before = segmentation.provenance.get(key)
        changes[key] = (before, after_change(before, change))
    return changes
