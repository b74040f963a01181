"""What is drawn over a canvas by Qt: crosshair, sketches, caption and read-out.

A widget of its own over the canvas: it follows the pointer and the other planes without drawing
the image anew, which costs far more than a few lines of text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QLineF, QObject, QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QWidget

from napari_medseg.viewmodels.sketch import Shape
from napari_medseg.views.looking.ink import draw_shape, write

#: Each plane's colour, of its caption and of its line in the other planes.
PLANE_COLORS = {"axial": "#ff6f61", "coronal": "#62c370", "sagittal": "#f2c744"}

_TEXT, _MARGIN, _GAP = "#e6e6e6", 8, 14
_POINTS = 9.0
# Room of a letter at the edge, in pixels.
_LETTER = 30


@dataclass(frozen=True)
class Cross:
    """A crosshair from edge to edge, open in the middle so that the voxel is seen.

    Args:
        point: (down, right) in mm of the canvas's world.
        color_across: of the horizontal line, which is where another plane cuts this one.
        color_down: of the vertical line.
    """

    point: tuple[float, float]
    color_across: str
    color_down: str


class FilmMarks(QWidget):
    """The marks over one canvas; the mouse goes through to the canvas.

    Args:
        canvas: the widget that napari draws on.
        viewer: whose camera tells where a point of the world is on the canvas.
    """

    seen = Signal()
    """The canvas has come into sight."""
    left = Signal()
    """The pointer has left the canvas."""

    def __init__(self, canvas: QWidget, viewer: Any) -> None:
        super().__init__(canvas)
        self._viewer = viewer
        self.caption: tuple[str, ...] = ()
        self.caption_color = _TEXT
        self.readout: tuple[str, ...] = ()
        self.cross: Cross | None = None
        self.shapes: tuple[Shape, ...] = ()
        self._place: Callable[[Any], tuple[float, float]] | None = None
        self.has_scale_bar = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        canvas.installEventFilter(self)
        self.setGeometry(canvas.rect())
        viewer.scene.camera.events.center.connect(self._camera_moved)
        viewer.scene.camera.events.zoom.connect(self._camera_moved)
        viewer.scene.camera.events.orientation.connect(self._camera_moved)
        self.show()

    def close_marks(self) -> None:
        """Let go of the camera and of the canvas, and go."""
        events = self._viewer.scene.camera.events
        for event in (events.center, events.zoom, events.orientation):
            event.disconnect(self._camera_moved)
        if isalive(self):  # where the window is closed, Qt has taken it away with the canvas
            self.hide()
            self.deleteLater()

    def say(
        self, *, caption: Sequence[str] | None = None, readout: Sequence[str] | None = None
    ) -> None:
        """Write another caption (top left) or read-out (bottom left); None leaves it."""
        before = self.caption, self.readout
        self.caption = self.caption if caption is None else tuple(caption)
        self.readout = self.readout if readout is None else tuple(readout)
        if (self.caption, self.readout) != before:
            self.update()

    def draw_shapes(
        self, shapes: Sequence[Shape], place: Callable[[Any], tuple[float, float]]
    ) -> None:
        """Draw these shapes over the image in place of those before.

        Args:
            shapes: in shown indices.
            place: where a shown index (3,) lies in the canvas's world, (down, right) in mm.
        """
        if shapes or self.shapes:
            self.shapes, self._place = tuple(shapes), place
            self.update()

    def on_canvas(self, world: tuple[float, float]) -> QPointF:
        """Where a point (down, right) of the world is on the canvas, in its pixels."""
        camera = self._viewer.scene.camera
        down_way, right_way = (str(way) for way in camera.orientation2d)
        down, right = (float(part) for part in camera.center[-2:])
        y = (world[0] - down) * camera.zoom * (1 if down_way == "down" else -1)
        x = (world[1] - right) * camera.zoom * (1 if right_way == "right" else -1)
        return QPointF(self.width() / 2 + x, self.height() / 2 + y)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Cover the canvas whatever its size; all events pass."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        elif event.type() == QEvent.Type.Leave:
            self.left.emit()
        elif event.type() == QEvent.Type.Show:
            self.seen.emit()
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the lines, then the texts over them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPointSizeF(_POINTS)
        painter.setFont(font)
        if self.cross is not None:
            self._draw_cross(painter, self.cross)
        self._draw_shapes(painter)
        if self.has_scale_bar:
            self._draw_scale_bar(painter)
        self._write(painter, self.caption, top=True)
        self._write(painter, self.readout, top=False)
        painter.end()

    def _draw_shapes(self, painter: QPainter) -> None:
        place, zoom = self._place, float(self._viewer.scene.camera.zoom)
        if place is not None:
            for shape in self.shapes:
                draw_shape(painter, shape, lambda index: self.on_canvas(place(index)), zoom)

    def _camera_moved(self, _event: Any = None) -> None:
        self.update()

    def _draw_cross(self, painter: QPainter, cross: Cross) -> None:
        at, right, bottom = self.on_canvas(cross.point), self.width(), self.height()
        painter.setPen(QPen(QColor(cross.color_across), 1.0))
        painter.drawLine(QLineF(0, at.y(), at.x() - _GAP, at.y()))
        painter.drawLine(QLineF(at.x() + _GAP, at.y(), right, at.y()))
        painter.setPen(QPen(QColor(cross.color_down), 1.0))
        painter.drawLine(QLineF(at.x(), 0, at.x(), at.y() - _GAP))
        painter.drawLine(QLineF(at.x(), at.y() + _GAP, at.x(), bottom))

    def _draw_scale_bar(self, painter: QPainter) -> None:
        """A bar of a round length in mm at the bottom right, a quarter of the canvas at most."""
        zoom = float(self._viewer.scene.camera.zoom)
        length_mm = round_length(self.width() / 4 / zoom)
        right, y = self.width() - _MARGIN, self.height() - _MARGIN - 2
        left = right - length_mm * zoom
        painter.setPen(QPen(QColor(_TEXT), 2.0))
        for line in ((left, y, right, y), (left, y - 4, left, y), (right, y - 4, right, y)):
            painter.drawLine(QLineF(*line))
        text = f"{length_mm:g} mm"
        width = painter.fontMetrics().horizontalAdvance(text)
        height = painter.fontMetrics().height()
        write(painter, QRectF(right - width - 4, y - height - 6, width + 8, height), text, _TEXT)

    def _write(self, painter: QPainter, lines: Sequence[str], *, top: bool) -> None:
        height = painter.fontMetrics().height()
        clear = self._clear_of_letter(painter, lines)
        y = clear if top else self.height() - clear - height * len(lines)
        for place, text in enumerate(lines):
            box = QRectF(_MARGIN, y + place * height, self.width() - 2 * _MARGIN, height)
            write(painter, box, text, self.caption_color if top and place == 0 else _TEXT)

    def _clear_of_letter(self, painter: QPainter, lines: Sequence[str]) -> float:
        """How far from the edge lines begin: further where they would reach the middle letter."""
        width = max(map(painter.fontMetrics().horizontalAdvance, lines), default=0)
        return _MARGIN if width < self.width() / 2 - _LETTER else _MARGIN + _LETTER


def round_length(longest_mm: float) -> float:
    """The longest of 1, 2 or 5 times a power of ten that is not longer than this, in mm."""
    if not (longest_mm > 0 and math.isfinite(longest_mm)):
        return 0.0
    power = 10.0 ** math.floor(math.log10(longest_mm))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= longest_mm)
