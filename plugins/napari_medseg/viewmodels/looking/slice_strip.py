"""What the strip beside the slice slider shows: the current lesion along the slices."""

from __future__ import annotations

from dataclasses import dataclass

from psygnal import Signal

from napari_medseg.viewmodels.contouring.filling.filling import FillingViewModel
from napari_medseg.viewmodels.contouring.filling.slice_states import SliceState
from napari_medseg.viewmodels.contouring.lesions.lesions import LesionsViewModel
from napari_medseg.viewmodels.looking.planes import PlanesViewModel

#: Each state in words.
MEANINGS = {
    SliceState.KEY: "key slice, drawn or corrected by a person",
    SliceState.FILLED: "filled between key slices, accepted",
    SliceState.ASSISTED: "made by a model, accepted",
    SliceState.PROPOSED: "proposed, not accepted yet",
    SliceState.STALE: "filled from key slices that have changed since; proposed anew",
}


@dataclass(frozen=True)
class StripMarks:
    """The slices of the plane of acquisition, in the order in which they are shown.

    Args:
        count: how many there are.
        states: shown slice -> what the current lesion is there.
        seen: the shown slices that were looked at, where somebody keeps count.
        color: the lesion's, as "#rrggbb".
        ends: what of the patient lies beyond the first and the last slice, as "I" and "S".
        plane: the plane that these are the slices of, as "axial".
    """

    count: int
    states: dict[int, SliceState]
    seen: frozenset[int]
    color: str
    ends: tuple[str, str]
    plane: str


class SliceStripViewModel:
    """The current lesion along the slices, and the way to one of them.

    Args:
        planes: whose crosshair is moved.
        filling: how the lesion's slices came to be.
        lesions: which lesion is current.
    """

    changed = Signal()
    """Marks may be others; the crosshair tells of itself."""

    def __init__(
        self, planes: PlanesViewModel, filling: FillingViewModel, lesions: LesionsViewModel
    ) -> None:
        self.planes, self._filling, self._lesions = planes, filling, lesions
        self._current: int | None = None
        filling.changed.connect(self.changed.emit)
        lesions.notice.changed.connect(self._look)

    def close(self) -> None:
        """Stop listening."""
        self._filling.changed.disconnect(self.changed.emit)
        self._lesions.notice.changed.disconnect(self._look)

    @property
    def marks(self) -> StripMarks | None:
        """What is to be shown; None without an image."""
        display, session = self.planes.display, self._lesions.session
        if (
            display is None
            or session is None
            or display.geometry.shape != session.volume.voxels.shape
        ):
            return None
        last = self.planes.shape[0] - 1
        turned = display.orientation.flips[0]
        letters = display.letters(down=0, right=1)
        seen = self._lesions.seen_slices() if self._lesions.seen_slices else ()
        number = self._lesions.current
        color = "#e6e6e6"
        if number is not None:
            color = "#{:02x}{:02x}{:02x}".format(*session.segmentation.segment(number).color)
        return StripMarks(
            self.planes.shape[0],
            {last - i if turned else i: state for i, state in self._filling.states.items()},
            frozenset(last - i if turned else i for i in seen),
            color,
            (letters["top"], letters["bottom"]),
            self.planes.planes[0].name,
        )

    def go_to(self, index: int) -> None:
        """Show this slice (shown index); beyond the ends the outermost."""
        self.planes.go_to_slice(0, index)

    def go_to_key(self, by: int) -> None:
        """Show the next key slice of the lesion, to the head (`by` > 0) or the other way."""
        display = self.planes.display
        if display is None:
            return
        here = self.planes.stored_index[0]
        up = self.planes.upward(0) * (-1 if display.orientation.flips[0] else 1)
        key = self._filling.key_beside(here, by * up)
        if key is not None:
            self.planes.go_to_stored((key, *self.planes.stored_index[1:]))

    def _look(self) -> None:
        if self._lesions.current != self._current:
            self._current = self._lesions.current
            self.changed.emit()
