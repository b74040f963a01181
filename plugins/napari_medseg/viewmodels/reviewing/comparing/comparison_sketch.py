"""The other mask over the planes: its outline beside the current one, or what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from medseg.raster import Box, edge_contours
from medseg.raster.content import content_box
from napari_medseg.display import Display
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.reviewing.comparing.comparing import ComparingViewModel
from napari_medseg.viewmodels.reviewing.comparing.differences import codes_of
from napari_medseg.viewmodels.reviewing.comparing.walking import WalkViewModel
from napari_medseg.viewmodels.sketch import Area, Disc, Shape, Text

#: Told apart by colour-blind readers, on grey too (Okabe & Ito 2008).
THEIRS, CURRENT, MOVED, KEPT = "#56b4e9", "#ffb000", "#cc79a7", "#c8ccd0"

# Slices kept drawn; a reader goes back and forth over a few.
_MOST_KEPT = 200


class ComparisonSketch:
    """What a comparison draws on every plane.

    Args:
        case: whose mask is on screen.
        comparing: what it is compared with, and how that is shown.
        walk: the difference that is looked at.
    """

    changed = Signal()

    def __init__(
        self, case: CaseViewModel, comparing: ComparingViewModel, walk: WalkViewModel
    ) -> None:
        self._case, self._comparing, self._walk = case, comparing, walk
        self._kept: dict[tuple[int, int], tuple[Shape, ...]] = {}
        for signal in (comparing.changed, comparing.edited, walk.changed):
            signal.connect(self._anew)

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The outlines of both masks, or what was added, removed and kept; side by side neither."""
        if self._comparing.mode == "side by side":
            return self._marker(through, index)
        if self._comparing.mode == "off":
            return ()
        if (through, index) not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[through, index] = self._drawn(through, index)
        return self._kept[through, index]

    def _anew(self) -> None:
        self._kept.clear()
        self.changed.emit()

    def _drawn(self, through: int, index: int) -> tuple[Shape, ...]:
        section = self._section(through, index)
        if section is None:
            return ()
        theirs, current, corner = section
        place = _Place(through, index, corner)
        areas: tuple[Area, ...]
        if self._comparing.mode == "outline":
            # The wider line below shows on both sides where the two run together.
            areas = (
                Area(place.rings(theirs != 0), THEIRS, "none", width=3.2),
                Area(place.rings(current != 0), CURRENT, "none", width=1.4),
            )
        else:
            codes = codes_of(theirs, current)
            areas = (
                Area(place.rings(codes == 1), KEPT, "none", width=1.0),
                Area(place.rings(codes == 3), THEIRS, "falling"),
                Area(place.rings(codes == 2), CURRENT, "rising"),
                Area(place.rings(codes == 4), MOVED, "crossed"),
            )
        shown = [area for area in areas if area.rings]
        return (*shown, *self._marker(through, index))

    def _section(
        self, through: int, index: int
    ) -> tuple[NDArray[Any], NDArray[Any], tuple[int, int]] | None:
        """Both masks' lesions on a slice, where there are any, and the first row and column."""
        session, theirs, result = self._case.session, self._comparing.theirs, self._comparing.result
        if session is None or theirs is None or result is None or result.pairing is None:
            return None
        display = Display(session.volume.geometry)
        boxes = [display.shown_box(box) for box in self._comparing.boxes]
        both = [
            filled_section(display.show(mask.array), boxes, through, index)
            for mask in (theirs, session.segmentation)
        ]
        box = content_box((both[0] | both[1])[None])
        if box is None:
            return None
        _, rows, columns = box
        pairing = result.pairing
        return (
            pairing.theirs[both[0][rows, columns]],
            pairing.current[both[1][rows, columns]],
            (rows.start, columns.start),
        )

    def _marker(self, through: int, index: int) -> tuple[Shape, ...]:
        """A ring around the difference that is looked at, with its number."""
        item, session = self._walk.current, self._case.session
        if item is None or session is None:
            return ()
        slices, rows, columns = Display(session.volume.geometry).to_shown(item.point).tolist()
        at = (slices, rows, columns)
        if round(at[through]) != index:
            return ()
        words = f"{self._walk.place + 1} of {len(self._walk.items)}"
        return Disc(at, 0.0, "#ffffff", radius_px=13.0, is_dashed=True), Text(at, f"    {words}")


class TheirsSketch:
    """The other mask filled, for a pane of its own beside the current one.

    Args:
        case: whose image it is.
        comparing: which mask.
    """

    changed = Signal()

    def __init__(self, case: CaseViewModel, comparing: ComparingViewModel) -> None:
        self._case, self._comparing = case, comparing
        comparing.changed.connect(self.changed.emit)

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """Each of its lesions in its own colour, while masks are shown side by side."""
        session, theirs = self._case.session, self._comparing.theirs
        if session is None or theirs is None or self._comparing.mode != "side by side":
            return ()
        section = section_of(Display(theirs.geometry).show(theirs.array), through, index)
        place = _Place(through, index, (0, 0))
        colors = {segment.number: segment.color for segment in theirs.segments}
        found = {int(number) for number in np.unique(section) if number}
        return [
            Area(place.rings(section == number), _hex(colors[number]), "plain", width=1.6)
            for number in sorted(found)
        ]


def filled_section(
    shown: NDArray[Any], boxes: Sequence[Box], through: int, index: int
) -> NDArray[Any]:
    """One slice of a shown array, read in these boxes only and 0 elsewhere: quick on any plane."""
    section = section_of(shown, through, index)
    found = np.zeros(section.shape, section.dtype)
    for box in boxes:
        if box[through].start <= index < box[through].stop:
            down, right = (side for axis, side in enumerate(box) if axis != through)
            found[down, right] = section[down, right]
    return found


def section_of(shown: NDArray[Any], through: int, index: int) -> NDArray[Any]:
    """One slice of a shown array; a view."""
    place: list[int | slice] = [slice(None)] * 3
    place[through] = index
    return np.asarray(shown[tuple(place)])


class _Place:
    """From rows and columns of a section's box to shown indices."""

    def __init__(self, through: int, index: int, corner: tuple[int, int]) -> None:
        self._through, self._index, self._corner = through, index, corner

    def rings(self, mask: NDArray[np.bool_]) -> tuple[NDArray[np.float64], ...]:
        """The edges of a mask in the box, each (n, 3) shown indices."""
        return tuple(
            np.insert(ring + self._corner, self._through, self._index, axis=1)
            for ring in edge_contours(mask)
        )


def _hex(color: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
