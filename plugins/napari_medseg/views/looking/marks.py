"""What is drawn over a plane by Qt: crosshair, sketches, caption and read-out.

It follows the pointer and the other planes on a sheet of its own: drawing the image anew costs
far more than a few lines of text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QWidget

from napari_medseg.viewmodels.looking.film import (
    LETTER_POINTS,
    MARGIN,
    Box,
    letter_boxes,
    place_lines,
)
from napari_medseg.viewmodels.sketch import Shape
from napari_medseg.views.looking.ink import draw_shape, write
from napari_medseg.views.looking.sheet import Sheet

#: Each plane's colour, of its caption and of its line in the other planes.
PLANE_COLORS = {"axial": "#ff6f61", "coronal": "#62c370", "sagittal": "#f2c744"}

_TEXT, _GAP, _YELLOW, _SHADOW = "#e6e6e6", 14, "#ffd84d", "#000000"
# Red, green, blue and how opaque: behind the letters.
_GROUND = (0, 0, 0, 120)


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


class FilmMarks(Sheet):
    """The marks over one plane.

    Args:
        canvas: the widget that napari draws on.
        viewer: whose camera tells where a point of the world is on the canvas.
    """

    def __init__(self, canvas: QWidget, viewer: Any) -> None:
        super().__init__(canvas, viewer, ("center", "zoom", "orientation"))
        self._viewer = viewer
        self.caption: tuple[str, ...] = ()
        self.caption_color = _TEXT
        self.readout: tuple[str, ...] = ()
        self.letters: dict[str, str] = {}
        self.cross: Cross | None = None
        self.shapes: tuple[Shape, ...] = ()
        self._place: Callable[[Any], tuple[float, float]] | None = None
        self.has_scale_bar = False

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

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the lines, then the texts over them."""
        painter = self.painter()
        if self.cross is not None:
            self._draw_cross(painter, self.cross)
        self._draw_shapes(painter)
        self._write_texts(painter)
        painter.end()

    def _draw_shapes(self, painter: QPainter) -> None:
        place, zoom = self._place, float(self._viewer.scene.camera.zoom)
        if place is not None:
            for shape in self.shapes:
                draw_shape(painter, shape, lambda index: self.on_canvas(place(index)), zoom)

    def _draw_cross(self, painter: QPainter, cross: Cross) -> None:
        at, right, bottom = self.on_canvas(cross.point), self.width(), self.height()
        painter.setPen(QPen(QColor(cross.color_across), 1.0))
        painter.drawLine(QLineF(0, at.y(), at.x() - _GAP, at.y()))
        painter.drawLine(QLineF(at.x() + _GAP, at.y(), right, at.y()))
        painter.setPen(QPen(QColor(cross.color_down), 1.0))
        painter.drawLine(QLineF(at.x(), 0, at.x(), at.y() - _GAP))
        painter.drawLine(QLineF(at.x(), at.y() + _GAP, at.x(), bottom))

    def _write_texts(self, painter: QPainter) -> None:
        size = (float(self.width()), float(self.height()))
        taken = self._draw_letters(painter, letter_boxes(*size, self.letters))
        if self.has_scale_bar:
            taken.append(self._draw_scale_bar(painter))
        color = self.caption_color
        taken += self._write(painter, self.readout, taken, first_color=_TEXT, from_top=False)
        self._write(painter, self.caption, taken, first_color=color, from_top=True)

    def _draw_letters(self, painter: QPainter, boxes: Mapping[str, Box]) -> list[Box]:
        """The patient's sides, each on a dark ground; what they take."""
        text_font, font = painter.font(), QFont(painter.font())
        font.setPointSizeF(LETTER_POINTS)
        painter.setFont(font)
        for edge, box in boxes.items():
            room = QRectF(box.left, box.top, box.width, box.height)
            painter.fillRect(room, QColor(*_GROUND))
            painter.setPen(QColor(_YELLOW))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self.letters[edge])
        painter.setFont(text_font)
        return list(boxes.values())

    def _draw_scale_bar(self, painter: QPainter) -> Box:
        """A bar of a round length in mm at the bottom right, a quarter of the canvas at most."""
        zoom = float(self._viewer.scene.camera.zoom)
        length_mm = round_length(self.width() / 4 / zoom)
        right, y = self.width() - MARGIN, self.height() - MARGIN - 2
        left = right - length_mm * zoom
        lines = ((left, y, right, y), (left, y - 4, left, y), (right, y - 4, right, y))
        for color, width in ((_SHADOW, 4.0), (_TEXT, 2.0)):  # seen on black and on white
            painter.setPen(QPen(QColor(color), width))
            for line in lines:
                painter.drawLine(QLineF(*line))
        text = f"{length_mm:g} mm"
        width = painter.fontMetrics().horizontalAdvance(text)
        height = painter.fontMetrics().height()
        write(painter, QRectF(right - width - 4, y - height - 6, width + 8, height), text, _TEXT)
        start = min(left, right - width - 4)
        return Box(start, y - height - 6, self.width() - start, height + 6 + MARGIN)

    def _write(
        self,
        painter: QPainter,
        lines: Sequence[str],
        taken: Sequence[Box],
        *,
        first_color: str,
        from_top: bool,
    ) -> list[Box]:
        """Write lines in a corner, clear of what is taken, cut where need be; what they take."""
        metrics = painter.fontMetrics()
        widths = [metrics.horizontalAdvance(text) + 2.0 for text in lines]
        size = (float(self.width()), float(self.height()))
        boxes = place_lines(widths, metrics.height(), size, taken, from_top=from_top)
        for place, (text, box) in enumerate(zip(lines, boxes, strict=True)):
            if box is not None:
                cut = metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(box.width))
                room = QRectF(box.left, box.top, box.width + 2, box.height)
                write(painter, room, cut, first_color if place == 0 else _TEXT)
        return [box for box in boxes if box is not None]


def round_length(longest_mm: float) -> float:
    """The longest of 1, 2 or 5 times a power of ten that is not longer than this, in mm."""
    if not (longest_mm > 0 and math.isfinite(longest_mm)):
        return 0.0
    power = 10.0 ** math.floor(math.log10(longest_mm))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= longest_mm)
