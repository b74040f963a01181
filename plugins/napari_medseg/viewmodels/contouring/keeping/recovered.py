"""What an earlier session left unsaved, seen and told before anybody decides about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from medseg.annotate import History, Recovery
from medseg.errors import MedsegError
from medseg.model import Change, Changes, Edit, Segment, Segmentation, slices_in_words
from medseg.session import Session
from napari_medseg.display import Display
from napari_medseg.viewmodels.contouring.lesions.plane_rings import PlaneRings
from napari_medseg.viewmodels.errand import Errand
from napari_medseg.viewmodels.sketch import Line, Shape, Text

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class LesionChange:
    """What would become of one lesion.

    Args:
        segment: as it would be; as it is if it would be gone.
        kind: "new", "removed" or "changed".
        slices: stored slices on which its voxels differ, ascending.
        added: voxels that it would gain.
        removed: voxels that it would lose.
        place: stored (slice, row, column) amid these, on the middle one of the slices; None
            without any.
    """

    segment: Segment
    kind: str
    slices: tuple[int, ...]
    added: int
    removed: int
    place: tuple[int, float, float] | None

    @property
    def text(self) -> str:
        """The change in words."""
        what = {"new": "new", "removed": "removed", "changed": "changed"}[self.kind]
        if not self.slices:
            return f"{self.segment.label}: {what} (name, code or colour)."
        counts = [(self.added, "more"), (self.removed, "fewer")]
        told = " and ".join(f"{count:,} voxels {word}" for count, word in counts if count)
        return f"{self.segment.label}: {what}, {slices_in_words(self.slices)}, {told}."


@dataclass(frozen=True, eq=False)
class Preview:
    """The mask as it would be, and what is different.

    Args:
        after: the mask with the changes made again.
        lesions: what becomes of each lesion that differs.
        box: stored box of all that differs; None if no voxel does.
    """

    after: Segmentation
    lesions: tuple[LesionChange, ...]
    box: Box | None

    @property
    def text(self) -> str:
        """All of it in words."""
        told = " ".join(lesion.text for lesion in self.lesions)
        return told or "Taken together they change nothing."


def preview_of(recovery: Recovery, segmentation: Segmentation) -> Preview:
    """What a recovery would make of a mask; the mask itself is not touched.

    Raises:
        EditError: the mask was changed since the recovery was found.
    """
    after = Segmentation(
        segmentation.array.copy(),
        segmentation.geometry,
        segmentation.segments,
        segmentation.provenance,
        segmentation.calipers,
    )
    done = recovery.replay(after, History(after))
    box = _box_of([recorded.change for recorded in done.changes])
    differs = _differs(segmentation, after, box)
    return Preview(after, tuple(_lesion_changes(segmentation, after, box)), differs)


class RecoveredViewModel:
    """The preview of one session's offer, and the sketch that shows it, dashed."""

    changed = Signal()
    """There is another preview, or none any more."""

    def __init__(self) -> None:
        self.preview: Preview | None = None
        self.refusal = ""
        self._rings: PlaneRings | None = None
        self._shown_box: Box | None = None
        self._errand = Errand("medseg recovery preview")

    def work_on(self, session: Session) -> None:
        """Look at what this session is offered, in a thread; nothing if nothing is."""
        self.forget()
        recovery = session.safekeeping.recovery
        if recovery is not None and recovery.changes:
            segmentation = session.segmentation
            self._errand.begin(
                lambda: preview_of(recovery, segmentation), self._take, self._take_refusal
            )

    @property
    def is_busy(self) -> bool:
        """Whether the preview is being made."""
        return self._errand.is_busy

    @property
    def place(self) -> tuple[int, float, float] | None:
        """Stored (slice, row, column) amid what would change first; None if no voxel would."""
        found = self.preview.lesions if self.preview is not None else ()
        return next((lesion.place for lesion in found if lesion.place is not None), None)

    def poll(self) -> None:
        """Take the preview up if it is made."""
        self._errand.poll()

    def wait(self) -> None:
        """Wait for the preview."""
        self._errand.wait()

    def forget(self) -> None:
        """Show nothing any more: it was decided."""
        self._errand.forget()
        self.preview, self.refusal, self._rings, self._shown_box = None, "", None, None
        self.changed.emit()

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The lesions as they would be, on the slices where something would change."""
        preview, box = self.preview, self._shown_box
        if preview is None or box is None or self._rings is None:
            return ()
        if not box[through].start <= index < box[through].stop:
            return ()
        rings = self._rings.on(through, index)
        shapes: list[Shape] = []
        for lesion in preview.lesions:
            color = "#{:02x}{:02x}{:02x}".format(*lesion.segment.color)
            own = rings.get(lesion.segment.number, []) if lesion.kind != "removed" else []
            shapes += [Line(ring, color, 2.0, is_dashed=True, is_closed=True) for ring in own]
            if own:
                down = min(axis for axis in range(3) if axis != through)
                at = own[0][np.argmin(own[0][:, down])]
                words = f"{lesion.segment.number} not saved"
                shapes.append(Text((float(at[0]), float(at[1]), float(at[2])), words, color))
        return shapes

    def _take(self, preview: Preview) -> None:
        self.preview = preview
        if preview.box is not None:
            self._rings = PlaneRings(preview.after)
            self._shown_box = Display(preview.after.geometry).shown_box(preview.box)
        self.changed.emit()

    def _take_refusal(self, error: MedsegError) -> None:
        self.refusal = str(error)
        self.changed.emit()


def _box_of(changes: Sequence[Change]) -> Box | None:
    leaves = Changes(tuple(changes)).leaves if changes else ()
    boxes = [leaf.box for leaf in leaves if isinstance(leaf, Edit) and not leaf.is_empty]
    if not boxes:
        return None
    first, second, third = (
        slice(min(box[axis].start for box in boxes), max(box[axis].stop for box in boxes))
        for axis in range(3)
    )
    return first, second, third


def _differs(before: Segmentation, after: Segmentation, box: Box | None) -> Box | None:
    if box is None:
        return None
    where = np.nonzero(before.array[box] != after.array[box])
    if not len(where[0]):
        return None
    first, second, third = (
        slice(side.start + int(found.min()), side.start + int(found.max()) + 1)
        for side, found in zip(box, where, strict=True)
    )
    return first, second, third


def _lesion_changes(
    before: Segmentation, after: Segmentation, box: Box | None
) -> list[LesionChange]:
    old = {segment.number: segment for segment in before.segments}
    new = {segment.number: segment for segment in after.segments}
    found = []
    for number in sorted({*old, *new}):
        kind = "new" if number not in old else "removed" if number not in new else "changed"
        slices, added, removed, place = _voxels(before, after, box, number)
        if slices or old.get(number) != new.get(number):
            segment = new.get(number) or old[number]
            found.append(LesionChange(segment, kind, slices, added, removed, place))
    return found


def _voxels(
    before: Segmentation, after: Segmentation, box: Box | None, number: int
) -> tuple[tuple[int, ...], int, int, tuple[int, float, float] | None]:
    if box is None:
        return (), 0, 0, None
    was: NDArray[np.bool_] = before.array[box] == number
    is_now: NDArray[np.bool_] = after.array[box] == number
    differs = was != is_now
    slices = [int(index) + box[0].start for index in np.flatnonzero(differs.any(axis=(1, 2)))]
    if not slices:
        return (), 0, 0, None
    middle = slices[len(slices) // 2]
    row, column = (float(np.mean(where)) for where in np.nonzero(differs[middle - box[0].start]))
    place = (middle, row + box[1].start, column + box[2].start)
    return tuple(slices), int((is_now & ~was).sum()), int((was & ~is_now).sum()), place
