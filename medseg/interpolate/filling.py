"""Fill segments between their key slices, as an edit with a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.interpolate import findings
from medseg.interpolate.groups import ROOM
from medseg.interpolate.segment_keys import SegmentKeys, keys_of
from medseg.interpolate.stack import Notes, fill_stack
from medseg.model import Authorship, Edit, Finding, Origin, Segmentation
from medseg.raster import box_of, widened
from medseg.raster.boxes import Box


@dataclass(frozen=True)
class SegmentFill:
    """What filling would do to one segment.

    Args:
        number: the segment's.
        filled: slices between keys that hold it after filling, ascending.
        skipped: what was left empty, or cut, or not done, or is uncertain, and why.
    """

    number: int
    filled: tuple[int, ...]
    skipped: tuple[Finding, ...]


@dataclass(frozen=True)
class FillResult:
    """What filling would do, and what it would not.

    Args:
        edit: the change; None if there is nothing to change.
        segments: one entry for each segment that was asked for, in that order.
    """

    edit: Edit | None
    segments: tuple[SegmentFill, ...]

    @property
    def filled(self) -> tuple[int, ...]:
        """Slices between keys that hold one of the segments after it, ascending."""
        return tuple(sorted({index for one in self.segments for index in one.filled}))

    @property
    def skipped(self) -> tuple[Finding, ...]:
        """What a person should know about each of the segments."""
        return tuple(finding for one in self.segments for finding in one.skipped)


def fill_edit(
    segmentation: Segmentation,
    number: int,
    authorship: Authorship,
    *,
    beside: int | None = None,
) -> FillResult:
    """The edit that fills a segment between its key slices; building it changes nothing.

    Key slices are those that a person drew or corrected, even if they hold nothing now (the
    object ends there), and those that hold the segment without being interpolated or
    propagated, as all slices of a mask made elsewhere. What lies between is computed anew; it
    is recorded as interpolated. Voxels of other segments are never changed, and nothing of a
    locked segment is.

    It works on the native slices, tilted or not: neighbours are one slice step apart, and an
    object that a tilt shifts from slice to slice is followed by its centroid.

    A gap's shape rests on its two keys, its curvature on one more on either side. With
    `beside`, the two gaps beside that key alone are filled, each exactly as it would be with
    all the others; what a person has looked at farther off stays as it is. That is what a
    live preview asks for.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        authorship: who asks for it.
        beside: a key slice; None for all gaps.

    Raises:
        EditError: there is no such segment, or `beside` is none of its key slices.
    """
    return _fill(segmentation, (number,), authorship, beside)


def fill_all_edit(
    segmentation: Segmentation, authorship: Authorship, *, numbers: Sequence[int] | None = None
) -> FillResult:
    """One edit that fills several segments between their key slices jointly.

    Where two of them would grow into one another, each voxel goes to the one that it lies
    deeper in, in whatever order they are named; `fill_between_slices` has the rules. Locked
    segments are left as they are and told.

    Args:
        segmentation: what would be changed; it is only read.
        authorship: who asks for it.
        numbers: the segments; None for all.

    Raises:
        EditError: one of the segments does not exist.
    """
    chosen = segmentation.numbers if numbers is None else tuple(dict.fromkeys(numbers))
    return _fill(segmentation, chosen, authorship, None)


def _fill(
    segmentation: Segmentation,
    numbers: tuple[int, ...],
    authorship: Authorship,
    beside: int | None,
) -> FillResult:
    told: dict[int, SegmentFill] = {}
    segments: list[SegmentKeys] = []
    boxes: list[Box] = []
    for number in numbers:
        segment = segmentation.segment(number)
        box = box_of(segmentation.array, number)
        found = keys_of(segmentation, number, box)
        if segment.is_locked:
            told[number] = SegmentFill(number, (), (findings.locked(segment.label),))
        elif box is None or len(found.keys) < 2:
            few = findings.too_few_keys(segment.label, found.keys)
            told[number] = SegmentFill(number, (), (few,))
        else:
            segments.append(found if beside is None else found.beside(beside))
            boxes.append(box)
    if not segments:
        return FillResult(None, tuple(told.values()))
    task = _Task.around(segmentation, segments, boxes)
    edit = task.edit(segmentation, authorship)
    for one in segments:
        report = tuple(task.report(one, edit))
        told[one.number] = SegmentFill(one.number, task.filled(one), report)
    in_order = tuple(told[number] for number in numbers)
    return FillResult(None if edit.is_empty else edit, in_order)


@dataclass(frozen=True, eq=False)
class _Task:
    """The surroundings of the segments from their first key to their last, before and after."""

    segments: list[SegmentKeys]
    corner: tuple[int, int, int]
    before: NDArray[Any]
    after: NDArray[Any]
    alone: dict[int, NDArray[np.bool_]]
    notes: list[Notes]

    @classmethod
    def around(
        cls, segmentation: Segmentation, segments: list[SegmentKeys], boxes: list[Box]
    ) -> _Task:
        first = min(one.keys[0] for one in segments)
        last = max(one.keys[-1] for one in segments)
        top, left = (min(box[axis].start for box in boxes) for axis in (1, 2))
        bottom, right = (max(box[axis].stop for box in boxes) for axis in (1, 2))
        _, row_count, column_count = segmentation.geometry.shape
        rows = widened(slice(top, bottom), ROOM, row_count)
        columns = widened(slice(left, right), ROOM, column_count)
        before = segmentation.array[first : last + 1, rows, columns]
        spacing = segmentation.geometry.spacing_mm[1:]
        positions = np.arange(len(before), dtype=np.float64)
        keys = {one.number: tuple(key - first for key in one.keys) for one in segments}
        alone, notes = {}, []
        for number, own in keys.items():
            wanted = np.where(before == number, before, 0)
            notes += fill_stack(wanted.copy(), wanted, {number: own}, spacing, positions)
            alone[number] = wanted == number
        after = before.copy()
        if len(keys) > 1:
            fill_stack(before, after, keys, spacing, positions)
        else:
            ((number, wanted),) = alone.items()
            after[(after == number) & ~wanted] = 0
            after[wanted & (after == 0)] = number
        task = cls(segments, (first, rows.start, columns.start), before, after, alone, notes)
        task._keep_what_is_not_asked_for()
        return task

    def _keep_what_is_not_asked_for(self) -> None:
        """Gaps that only lend their keys stay as they were."""
        asked = {index for one in self.segments for index in one.between}
        for place in range(len(self.before)):
            if place + self.corner[0] not in asked:
                self.after[place] = self.before[place]

    def edit(self, segmentation: Segmentation, authorship: Authorship) -> Edit:
        """The change, in which every filled slice is on record as interpolated."""
        known = segmentation.provenance
        to_record = tuple(
            (one.number, index)
            for one in self.segments
            for index in self.filled(one)
            if (origin := known.get((one.number, index))) is None
            or origin.origin is not Origin.INTERPOLATED
        )
        return Edit.from_patch(
            segmentation,
            self.corner,
            self.after,
            authorship,
            Origin.INTERPOLATED,
            also_origin_of=to_record,
        )

    def filled(self, one: SegmentKeys) -> tuple[int, ...]:
        """The slices between keys that hold the segment afterwards."""
        return self._held(self.after == one.number, one.between)

    def report(self, one: SegmentKeys, edit: Edit) -> list[Finding]:
        """What a person is told about one segment."""
        if not one.between:
            return [findings.nothing_between(one.name, one.keys)]
        told = [findings.nothing_changed(one.name, one.between)] if edit.is_empty else []
        wanted = self.alone[one.number]
        empty = sorted(set(one.between) - set(self._held(wanted, one.between)))
        if empty:
            told.append(findings.object_ends(one.name, tuple(empty)))
        others = (self.after != one.number) & (self.after != 0) & (self.after == self.before)
        taken = self._held(wanted & others, one.between)
        if taken:
            told.append(findings.cut_by_others(one.name, taken))
        notes = [notes for notes in self.notes if notes.label == one.number]
        between = set(one.between)
        parts = findings.of_parts(one.name, notes, self.corner[0])
        return told + [part for part in parts if between.intersection(part.where.slices)]

    def _held(self, mask: NDArray[np.bool_], slices: tuple[int, ...]) -> tuple[int, ...]:
        """On which of these slices of the grid a mask of this box has a voxel."""
        return tuple(index for index in slices if mask[index - self.corner[0]].any())
