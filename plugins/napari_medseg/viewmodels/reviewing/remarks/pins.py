"""The remarks' pins over the planes."""

from __future__ import annotations

from collections.abc import Sequence

from psygnal import Signal

from napari_medseg.display import Display
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.reviewing.remarks.comment_rows import CommentRow
from napari_medseg.viewmodels.reviewing.remarks.comments import CommentsViewModel
from napari_medseg.viewmodels.sketch import Disc, Point, Shape, Text

#: A pin is faintly seen on slices up to so far from its own, in mm.
NEAR_MM = 5.0

PIN_COLORS = {"note": "#7fc4ff", "warning": "#ffc233", "error": "#ff6b57"}
RESOLVED = "#9aa0a6"


class PinsSketch:
    """A numbered pin for each remark that has a point.

    On its own slice it is a dot, open ones in the colour of their severity; on slices nearby a
    dashed ring. The one that is looked at has a ring around it.

    Args:
        case: whose image it is.
        comments: the remarks.
    """

    changed = Signal()

    def __init__(self, case: CaseViewModel, comments: CommentsViewModel) -> None:
        self._case, self._comments = case, comments
        self._pins: list[tuple[Point, CommentRow]] = []
        comments.changed.connect(self._place)

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """The pins on a slice, and those nearby."""
        session = self._case.session
        if session is None:
            return ()
        step = Display(session.volume.geometry).shown.spacing_mm[through] if self._pins else 1.0
        shapes: list[Shape] = []
        for point, row in self._pins:
            away = abs(round(point[through]) - index)
            if away == 0 or away * step <= NEAR_MM:
                shapes += self._pin(point, row, is_here=away == 0)
        return shapes

    def _pin(self, at: Point, row: CommentRow, *, is_here: bool) -> Sequence[Shape]:
        comment = row.comment
        color = PIN_COLORS[comment.severity] if comment.is_open else RESOLVED
        pin = Disc(at, 0.0, color, radius_px=5.0, is_filled=is_here, is_dashed=not is_here)
        number = Text(at, f" {row.number}", color)
        if comment.comment_id != self._comments.selected or not is_here:
            return pin, number
        return pin, number, Disc(at, 0.0, "#ffffff", radius_px=9.0)

    def _place(self) -> None:
        session = self._case.session
        self._pins = []
        if session is not None:
            display = Display(session.volume.geometry)
            for row in self._comments.rows:
                if row.comment.point_lps is not None:
                    index = display.shown.to_index(row.comment.point_lps).tolist()
                    self._pins.append(((index[0], index[1], index[2]), row))
        self.changed.emit()
