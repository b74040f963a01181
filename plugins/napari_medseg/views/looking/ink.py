"""How a sketch's shapes are drawn with a Qt painter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF

from napari_medseg.viewmodels.sketch import Area, Disc, Line, Shape, Text

_SHADOW = "#000000"
# Where the shadow of a letter falls: on all sides, or its lit side is lost on bone and fat.
_AROUND = ((-1, -1), (1, -1), (-1, 1), (1, 1))
_RING_WIDTH = 1.4
# From a point to the words beside it, in pixels.
_BESIDE = 5

_PLAIN_ALPHA, _UNDER_HATCH_ALPHA = 110, 70
_HATCHES = {
    "rising": Qt.BrushStyle.BDiagPattern,
    "falling": Qt.BrushStyle.FDiagPattern,
    "crossed": Qt.BrushStyle.DiagCrossPattern,
}

#: Where a shown index (3,) lies on the canvas, in its pixels.
Place = Callable[[Any], QPointF]


def draw_shape(painter: QPainter, shape: Shape, place: Place, zoom: float) -> None:
    """Draw one shape.

    Args:
        painter: of the canvas.
        shape: in shown indices.
        place: where those lie on the canvas.
        zoom: pixels of the screen for each mm.
    """
    if isinstance(shape, Line):
        _draw_line(painter, shape, place)
    elif isinstance(shape, Disc):
        _draw_disc(painter, shape, place, zoom)
    elif isinstance(shape, Area):
        _draw_area(painter, shape, place)
    else:
        _draw_text(painter, shape, place)


def write(painter: QPainter, box: QRectF, text: str, color: str) -> None:
    """A line of text, legible on black and on white."""
    painter.setPen(QColor(_SHADOW))
    for right, below in _AROUND:
        painter.drawText(box.translated(right, below), Qt.AlignmentFlag.AlignLeft, text)
    painter.setPen(QColor(color))
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft, text)


def _draw_line(painter: QPainter, line: Line, place: Place) -> None:
    if len(line.points) < 2:
        return
    painter.setPen(_pen(line.color, line.width, is_dashed=line.is_dashed))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    polygon = _polygon(line.points, place)
    if line.is_closed:
        painter.drawPolygon(polygon)
    else:
        painter.drawPolyline(polygon)


def _draw_disc(painter: QPainter, disc: Disc, place: Place, zoom: float) -> None:
    radius = disc.radius_mm * zoom if disc.radius_mm > 0 else disc.radius_px
    painter.setPen(_pen(disc.color, _RING_WIDTH, is_dashed=disc.is_dashed))
    fill = Qt.BrushStyle.SolidPattern if disc.is_filled else Qt.BrushStyle.NoBrush
    painter.setBrush(fill)
    if disc.is_filled:
        painter.setBrush(QColor(disc.color))
    painter.drawEllipse(place(disc.at), radius, radius)


def _draw_area(painter: QPainter, area: Area, place: Place) -> None:
    path = QPainterPath()  # even-odd by itself
    for ring in area.rings:
        path.addPolygon(_polygon(ring, place))
        path.closeSubpath()
    color = QColor(area.color)
    if area.pattern != "none":
        inside = QColor(area.color)
        inside.setAlpha(_PLAIN_ALPHA if area.pattern == "plain" else _UNDER_HATCH_ALPHA)
        painter.fillPath(path, inside)
    if area.pattern in _HATCHES:
        painter.fillPath(path, QBrush(color, _HATCHES[area.pattern]))
    if area.width:
        painter.strokePath(path, QPen(color, area.width))


def _polygon(points: Any, place: Place) -> QPolygonF:
    """Where many points lie; four are placed, the others follow, for the way there is straight."""
    corners = [place(corner) for corner in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))]
    at = np.array([(corner.x(), corner.y()) for corner in corners])
    on_canvas = np.asarray(points, dtype=np.float64) @ (at[1:] - at[0]) + at[0]
    return QPolygonF([QPointF(x, y) for x, y in on_canvas.tolist()])


def _draw_text(painter: QPainter, text: Text, place: Place) -> None:
    at, metrics = place(text.at), painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text.text) + 2, metrics.height()
    write(painter, QRectF(at.x() + _BESIDE, at.y() - height, width, height), text.text, text.color)


def _pen(color: str, width: float, *, is_dashed: bool) -> QPen:
    pen = QPen(QColor(color), width)
    pen.setStyle(Qt.PenStyle.DashLine if is_dashed else Qt.PenStyle.SolidLine)
    return pen
