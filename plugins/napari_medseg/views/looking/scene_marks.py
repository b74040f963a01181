"""What is drawn over the 3D view: the image's box, the crosshair, and the patient's sides."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QWidget

from napari_medseg.viewmodels.looking.scene import BOX_EDGES, Sight, letters_seen
from napari_medseg.views.looking.ink import write
from napari_medseg.views.looking.sheet import Sheet

_BOX, _TEXT, _YELLOW = "#7a808a", "#e6e6e6", "#ffd84d"
# The sides' letters stand around this point from the lower left corner, so far from it.
_CORNER, _ARM, _LETTER = 52, 34, 16


class SceneMarks(Sheet):
    """The marks over the 3D canvas.

    Args:
        canvas: the widget that napari draws on.
        viewer: whose camera tells from where the patient is seen.
    """

    def __init__(self, canvas: QWidget, viewer: Any) -> None:
        super().__init__(canvas, viewer, ("center", "zoom", "angles"))
        self._viewer = viewer
        self.caption: tuple[str, ...] = ()
        self.corners: NDArray[np.float64] | None = None
        #: Each line of the crosshair: two ends in the world, and its colour.
        self.cross: tuple[tuple[NDArray[np.float64], str], ...] = ()

    @property
    def sight(self) -> Sight:
        """From where the patient is seen now."""
        camera = self._viewer.scene.camera
        return Sight(
            _three(camera.view_direction), _three(camera.up_direction),
            _three(camera.center), float(camera.zoom),
        )  # fmt: skip

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the box and the crosshair, then the texts over them."""
        painter = self.painter()
        sight = self.sight
        if self.corners is not None:
            self._draw_box(painter, sight, self.corners)
            self._draw_letters(painter, sight)
        for ends, color in self.cross:
            self._draw_line(painter, sight, ends, QPen(QColor(color), 1.0))
        height = painter.fontMetrics().height()
        for place, text in enumerate(self.caption):
            box = QRectF(8, 8 + place * height, self.width() - 16, height)
            write(painter, box, text, _TEXT)
        painter.end()

    def _draw_box(self, painter: QPainter, sight: Sight, corners: NDArray[np.float64]) -> None:
        """The box, its edges beside the farthest corner dashed: they are behind all else."""
        farthest = int(np.argmax(sight.seen(corners)[:, 2]))
        for edge in BOX_EDGES:
            pen = QPen(QColor(_BOX), 0.8)
            if farthest in edge:
                pen.setStyle(Qt.PenStyle.DashLine)
            self._draw_line(painter, sight, corners[list(edge)], pen)

    def _draw_line(self, painter: QPainter, sight: Sight, ends: ArrayLike, pen: QPen) -> None:
        painter.setPen(pen)
        first, last = sight.seen(ends)
        middle = QPointF(self.width() / 2, self.height() / 2)
        painter.drawLine(middle + QPointF(first[0], first[1]), middle + QPointF(last[0], last[1]))

    def _draw_letters(self, painter: QPainter, sight: Sight) -> None:
        """The patient's sides around a small star of axes; what points away is dim."""
        middle = QPointF(_CORNER, self.height() - _CORNER)
        for letter, right, below, depth in letters_seen(sight, _ARM):
            color = QColor(_YELLOW)
            color.setAlphaF(1.0 - 0.65 * max(0.0, depth))
            end = middle + QPointF(right, below)
            painter.setPen(QPen(color, 1.2))
            painter.drawLine(middle, middle + QPointF(right, below) * 0.7)
            box = QRectF(end.x() - _LETTER / 2, end.y() - _LETTER / 2, _LETTER, _LETTER)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)


def _three(values: ArrayLike) -> tuple[float, float, float]:
    first, second, third = (float(part) for part in np.asarray(values)[-3:])
    return first, second, third
