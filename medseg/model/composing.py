"""Several changes as one: consecutive edits of voxels merged, changes of any kind in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import EditError, MedsegError
from medseg.model.authorship import Authorship
from medseg.model.edit import Change, Edit, Origins
from medseg.model.marks import Marks
from medseg.model.origins import GroupedOrigins, Key
from medseg.model.patching import Box, bounding_box, box_around, shifted, touched_by
from medseg.model.provenance import SliceOrigin
from medseg.model.segmentation import Segmentation
from medseg.model.values import Values

#: The smallest box, which of its voxels change, and their values before and after.
_Change = tuple[Box, NDArray[np.bool_], Values, Values]


@dataclass(frozen=True)
class Changes:
    """Changes made one after the other that count as one: all are made, or none.

    Args:
        parts: the changes, in the order in which they are made; one at least.
    """

    parts: tuple[Change, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise EditError("Several changes as one are one at least; found none.")

    @property
    def authorship(self) -> Authorship:
        """Who, when and with what, as of the last part; active seconds of all."""
        return _joint_authorship([part.authorship for part in self.parts])

    @property
    def leaves(self) -> tuple[Change, ...]:
        """The single changes in order, those of parts that are several themselves among them."""
        nested = [part.leaves if isinstance(part, Changes) else (part,) for part in self.parts]
        return tuple(leaf for part in nested for leaf in part)

    @property
    def nbytes(self) -> int:
        """Memory that the parts hold, in bytes."""
        return sum(part.nbytes for part in self.parts)

    def apply(self, segmentation: Segmentation) -> None:
        """Make the changes.

        Raises:
            MedsegError: one of them does not apply; nothing has changed then.
        """
        done: list[Change] = []
        try:
            for part in self.parts:
                part.apply(segmentation)
                done.append(part)
        except MedsegError:
            for part in reversed(done):
                part.inverse().apply(segmentation)
            raise

    def inverse(self) -> Changes:
        """The changes that take these back, the last one first."""
        return Changes(tuple(part.inverse() for part in reversed(self.parts)))


def composed(edits: Sequence[Edit]) -> Edit:
    """The one edit that does what consecutive edits do, as a stroke of many brush events.

    Voxels and origins that come out as they went in are no part of it. It is by the author of
    the edits, with the last one's tool and time and the active seconds of all.

    Args:
        edits: one at least; each was built on the state that the one before it makes.

    Raises:
        EditError: there is none, they are by several authors, or are not consecutive.
    """
    if not edits:
        raise EditError("One edit is composed of one at least; found none.")
    if len(edits) == 1:
        return edits[0].packed()
    authors = {edit.authorship.author for edit in edits}
    if len(authors) > 1:
        raise EditError(f"One edit has one author; these are by {', '.join(sorted(authors))}.")
    strokes = [edit for edit in edits if edit.new.count]
    place, changed, first, last = _of_one_number(strokes) or _of_any_values(strokes, edits[0])
    touched = set(touched_by(changed, first, last, place[0].start))
    origins = _joint_origins([GroupedOrigins.of(edit.origins) for edit in edits], touched)
    by = _joint_authorship([edit.authorship for edit in edits])
    return Edit(place, Marks.of(changed), first, last, by, origins)


def compacted(changes: Sequence[Change]) -> Change:
    """The changes as one in few bytes, with edits of voxels that follow each other merged.

    Raises:
        EditError: as `composed`.
    """
    parts: list[Change] = []
    run: list[Edit] = []
    for change in changes:
        if isinstance(change, Edit):
            run.append(change)
            continue
        parts += [composed(run)] if run else []
        parts.append(change)
        run = []
    parts += [composed(run)] if run else []
    return parts[0] if len(parts) == 1 else Changes(tuple(parts))


def _of_one_number(edits: Sequence[Edit]) -> _Change | None:
    """What edits change together that all store the same number, as those of a stroke do.

    None where they do not, or a voxel is changed twice: consecutive ones would not do that.
    """
    numbers = {number for edit in edits for number in edit.new.distinct}
    before = {number for edit in edits for number in edit.old.distinct}
    if len(numbers) != 1 or before & numbers:
        return None
    box, count = box_around([edit.box for edit in edits]), sum(edit.new.count for edit in edits)
    union = np.zeros(_size(box), np.bool_)
    for edit in edits:
        union[_within(edit.box, box)] |= edit.changed
    if np.count_nonzero(union) != count:
        return None
    inner = bounding_box(union)
    changed = union[inner]
    new = Values.repeated(numbers.pop(), count, _dtype(edits))
    if len(before) == 1:
        old = Values.repeated(before.pop(), count, _dtype(edits))
    else:
        old = Values.where(_before(edits, box)[inner], changed)
    return shifted(inner, _corner(box)), changed, old, new


def _before(edits: Sequence[Edit], box: Box) -> NDArray[Any]:
    """The values before edits of which no two change the same voxel; 0 beside them."""
    array = np.zeros(_size(box), _dtype(edits))
    for edit in edits:
        changed = edit.changed
        array[_within(edit.box, box)][changed] = edit.old.dense
    return array


def _of_any_values(edits: Sequence[Edit], any_edit: Edit) -> _Change:
    """What edits change together: where, which voxels, their first and their last values."""
    box, old, new = _first_and_last(edits, any_edit)
    differs = old != new
    inner = bounding_box(differs)
    changed = differs[inner]
    first, last = Values.where(old[inner], changed), Values.where(new[inner], changed)
    return shifted(inner, _corner(box)), changed, first, last


def _first_and_last(
    edits: Sequence[Edit], any_edit: Edit
) -> tuple[Box, NDArray[Any], NDArray[Any]]:
    """The box around all edits, and in it the values before the first and after the last."""
    box = box_around([edit.box for edit in edits])
    shape, dtype = _size(box), any_edit.old.held.dtype
    old, new, seen = np.zeros(shape, dtype), np.zeros(shape, dtype), np.zeros(shape, bool)
    for edit in edits:
        own, changed = _within(edit.box, box), edit.changed
        before = edit.old.placed(changed)
        again = changed & seen[own]
        if (again & (new[own] != before)).any():
            raise _not_consecutive()
        np.copyto(old[own], before, where=changed & ~again)
        np.copyto(new[own], edit.new.placed(changed), where=changed)
        seen[own] |= changed
    return box, old, new


def _within(box: Box, outer: Box) -> Box:
    return shifted(box, (-outer[0].start, -outer[1].start, -outer[2].start))


def _dtype(edits: Sequence[Edit]) -> np.dtype[Any]:
    return edits[0].old.held.dtype


def _size(box: Box) -> tuple[int, int, int]:
    sizes = [side.stop - side.start for side in box]
    return sizes[0], sizes[1], sizes[2]


def _corner(box: Box) -> tuple[int, int, int]:
    return box[0].start, box[1].start, box[2].start


def _joint_authorship(parts: Sequence[Authorship]) -> Authorship:
    seconds = sum(part.active_seconds for part in parts)
    return replace(parts[-1], active_seconds=seconds)


def _joint_origins(parts: Sequence[GroupedOrigins], touched: set[Key]) -> Origins:
    joint: dict[Key, tuple[SliceOrigin | None, SliceOrigin | None]] = {}
    for group in (group for origins in parts for group in origins.groups):
        for index in range(group.first, group.past):
            key = group.segment, index
            first, latest = joint.get(key, (group.before, group.before))
            if latest is not group.before and latest != group.before:
                raise _not_consecutive()
            joint[key] = first, group.after
    return {
        key: pair for key, pair in sorted(joint.items()) if pair[0] != pair[1] or key in touched
    }


def _not_consecutive() -> EditError:
    return EditError(
        "Edits are composed in the order in which they were made; one of these was not built on "
        "the state that the one before it makes."
    )
