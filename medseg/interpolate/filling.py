"""Fill one segment between its key slices, as an edit with a report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.interpolate.between_slices import fill_between_slices
from medseg.model import (
    Authorship,
    Edit,
    Finding,
    Origin,
    Place,
    Segmentation,
    key_slices,
    slices_in_words,
)
from medseg.model.finding import Severity
from medseg.raster import box_of, widened
from medseg.raster.boxes import Box

#: Room around the segment, in pixels, for what grows between two sections.
_MARGIN = 2


@dataclass(frozen=True)
class FillResult:
    """What filling one segment would do, and what it would not.

    Args:
        edit: the change; None if there is nothing to change.
        filled: slices between keys that hold the segment after it, ascending.
        skipped: what was left empty, or cut, or not done, and why.
    """

    edit: Edit | None
    filled: tuple[int, ...]
    skipped: tuple[Finding, ...]


def fill_edit(segmentation: Segmentation, number: int, authorship: Authorship) -> FillResult:
    """The edit that fills a segment between its key slices; building it changes nothing.

    Key slices are those that a person drew or corrected, even if they hold nothing now (the
    object ends there), and those that hold the segment without being interpolated or
    propagated, as all slices of a mask made elsewhere. What lies between is computed anew; it
    is recorded as interpolated. Voxels of other segments are never changed.

    It works on the native slices, tilted or not: neighbours are one slice step apart, and an
    object that a tilt shifts from slice to slice is followed by its centroid.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        authorship: who asks for it.

    Raises:
        EditError: there is no such segment.
    """
    name = segmentation.segment(number).label
    box = box_of(segmentation.array, number)
    keys = _keys(segmentation, number, box)
    if box is None or len(keys) < 2:
        return FillResult(None, (), (_too_few(name, keys),))
    task = _Task.around(segmentation, number, box, keys)
    filled = tuple(index for index in task.between if task.has(task.after == number, index))
    edit = Edit.from_patch(
        segmentation,
        task.corner,
        task.after,
        authorship,
        Origin.INTERPOLATED,
        also_origin_of=_to_record(segmentation, number, filled),
    )
    findings = (*_nothing_to_do(name, task, edit), *_ends(name, task), *_cuts(name, task))
    return FillResult(None if edit.is_empty else edit, filled, findings)


@dataclass(frozen=True, eq=False)
class _Task:
    """A segment's surroundings from its first key to its last, before and after filling."""

    number: int
    keys: tuple[int, ...]
    corner: tuple[int, int, int]
    before: NDArray[Any]
    wanted: NDArray[np.bool_]

    @classmethod
    def around(
        cls, segmentation: Segmentation, number: int, box: Box, keys: tuple[int, ...]
    ) -> _Task:
        _, row_count, column_count = segmentation.geometry.shape
        rows = widened(box[1], _MARGIN, row_count)
        columns = widened(box[2], _MARGIN, column_count)
        before = segmentation.array[keys[0] : keys[-1] + 1, rows, columns]
        wanted = fill_between_slices(
            before == number,
            segmentation.geometry.spacing_mm,
            keys=[key - keys[0] for key in keys],
        )
        return cls(number, keys, (keys[0], rows.start, columns.start), before, wanted)

    @cached_property
    def after(self) -> NDArray[Any]:
        """The labels with the segment filled wherever no other one is."""
        own = self.before == self.number
        after = np.where(own & ~self.wanted, 0, self.before).astype(self.before.dtype)
        after[self.wanted & (after == 0)] = self.number
        return after

    @property
    def between(self) -> tuple[int, ...]:
        """The slices between the first key and the last that are none."""
        return tuple(sorted(set(range(self.keys[0], self.keys[-1])) - set(self.keys)))

    def has(self, mask: NDArray[np.bool_], index: int) -> bool:
        """Whether a mask of this box has a voxel on that slice of the grid."""
        return bool(mask[index - self.keys[0]].any())


def _keys(segmentation: Segmentation, number: int, box: Box | None) -> tuple[int, ...]:
    keys = set(key_slices(segmentation.provenance, number))
    if box is not None:
        present = _present(segmentation.array[box] == number)
        for index in (box[0].start + offset for offset in present):
            slice_origin = segmentation.provenance.get((number, index))
            made = slice_origin.origin if slice_origin else None
            if made not in (Origin.INTERPOLATED, Origin.PROPAGATED):
                keys.add(index)
    return tuple(sorted(keys))


def _present(mask: NDArray[np.bool_]) -> list[int]:
    return [int(index) for index in np.flatnonzero(mask.any(axis=(1, 2)))]


def _to_record(
    segmentation: Segmentation, number: int, filled: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """Filled slices that are not on record as interpolated yet."""
    return tuple(
        (number, index)
        for index in filled
        if (known := segmentation.provenance.get((number, index))) is None
        or known.origin is not Origin.INTERPOLATED
    )


def _too_few(name: str, keys: tuple[int, ...]) -> Finding:
    found = f"it has {'only ' if keys else ''}{slices_in_words(keys)}"
    if len(keys) > 1:
        found = f"it is empty on all of {slices_in_words(keys)}"
    text = (
        f"{name} is not filled: filling goes from one key slice to the next, and {found}. "
        "Draw its outline on at least two slices."
    )
    return Finding("TOO_FEW_KEYS", "warning", text, Place(segment=name, slices=keys))


def _nothing_to_do(name: str, task: _Task, edit: Edit) -> list[Finding]:
    if not task.between:
        text = f"{name}: no slice lies between its key slices, {slices_in_words(task.keys)}."
        where = Place(segment=name, slices=task.keys)
        return [Finding("NOTHING_BETWEEN", "note", text, where)]
    if edit.is_empty:
        text = f"{name}: {slices_in_words(task.between)} already are as filling makes them."
        where = Place(segment=name, slices=task.between)
        return [Finding("NOTHING_CHANGED", "note", text, where)]
    return []


def _ends(name: str, task: _Task) -> list[Finding]:
    """Slices on which nothing was wanted: beside an empty key, or between two tiny sections."""
    empty = [index for index in task.between if not task.has(task.wanted, index)]
    if not empty:
        return []
    has_empty_key = any(not task.has(task.before == task.number, key) for key in task.keys)
    why = (
        "it ends where a key slice is empty"
        if has_empty_key
        else "the key slices beside are too small or too far apart to join"
    )
    text = (
        f"{name} stays empty on {slices_in_words(empty)}: {why}. To have it there, draw it on one "
        "of these slices."
    )
    severity: Severity = "note" if has_empty_key else "warning"
    return [Finding("OBJECT_ENDS", severity, text, Place(segment=name, slices=tuple(empty)))]


def _cuts(name: str, task: _Task) -> list[Finding]:
    lost = task.wanted & (task.after != task.number)
    cut = [index for index in task.between if task.has(lost, index)]
    if not cut:
        return []
    text = f"{name} is cut by other segments on {slices_in_words(cut)}; their voxels stay theirs."
    return [Finding("CUT_BY_OTHERS", "warning", text, Place(segment=name, slices=tuple(cut)))]
