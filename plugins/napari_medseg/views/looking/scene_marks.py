"""What is drawn over the 3D view: the image's box, the crosshair, and the patient's sides."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QWidget

from napari_medseg.viewmodels.looking.scene import BOX_EDGES, Sight, letters_seen
from napari_medseg.views.looking.ink import write

_BOX, _TEXT, _YELLOW = "#7a808a", "#e6e6e6", "#ffd84d"
# The sides' letters stand around this point from the lower left corner, so far from it.
_CORNER, _ARM, _LETTER = 52, 34, 16
_POINTS = 9.0


class SceneMarks(QWidget):
    """The marks over the 3D canvas; the mouse goes through to it.

    Args:
        canvas: the widget that napari draws on.
        viewer: whose camera tells from where the patient is seen.
    """

    seen = Signal()
    """The canvas has come into sight."""

    def __init__(self, canvas: QWidget, viewer: Any) -> None:
        super().__init__(canvas)
        self._viewer = viewer
        self.caption: tuple[str, ...] = ()
        self.corners: NDArray[np.float64] | None = None
        #: Each line of the crosshair: two ends in the world, and its colour.
        self.cross: tuple[tuple[NDArray[np.float64], str], ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        canvas.installEventFilter(self)
        self.setGeometry(canvas.rect())
        events = viewer.scene.camera.events
        self._followed = (events.center, events.zoom, events.angles)
        for event in self._followed:
            event.connect(self._camera_moved)
        self.show()

    def close_marks(self) -> None:
        """Let go of the camera and of the canvas, and go."""
        for event in self._followed:
            event.disconnect(self._camera_moved)
        if isalive(self):
            self.hide()
            self.deleteLater()

    @property
    def sight(self) -> Sight:
        """From where the patient is seen now."""
        camera = self._viewer.scene.camera
        return Sight(
            _three(camera.view_direction), _three(camera.up_direction),
            _three(camera.center), float(camera.zoom),
        )  # fmt: skip

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Cover the canvas whatever its size; all events pass."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        elif event.type() == QEvent.Type.Show:
            self.seen.emit()
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the box and the crosshair, then the texts over them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPointSizeF(_POINTS)
        painter.setFont(font)
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

    def _camera_moved(self, _event: Any = None) -> None:
        self.update()


def _three(values: ArrayLike) -> tuple[float, float, float]:
    first, second, third = (float(part) for part in np.asarray(values)[-3:])
    return first, second, third
