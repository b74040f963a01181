"""Small drawn icons of the tools, in the colour of the text beside them."""

from __future__ import annotations

import math
from collections.abc import Callable

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

_SIDE, _FINE = 24, 3
#: One colour that stands out on napari's dark and on its light theme.
_MARK = "#e0a020"

Draw = Callable[[QPainter, QColor], None]


def tool_icon(command: str, color: QColor) -> QIcon:
    """The icon of a tool, by its command in the key table; empty for one that has none."""
    draw = _ICONS.get(command)
    if draw is None:
        return QIcon()
    pixmap = QPixmap(_SIDE * _FINE, _SIDE * _FINE)
    pixmap.setDevicePixelRatio(_FINE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    draw(painter, color)
    painter.end()
    return QIcon(pixmap)


def _outline(painter: QPainter, _color: QColor) -> None:
    path = QPainterPath(QPointF(7, 5))
    path.cubicTo(14, 0, 24, 6, 20, 13)
    path.cubicTo(17, 20, 8, 24, 4, 17)
    path.cubicTo(1, 12, 4, 8, 6, 6)
    painter.drawPath(path)


def _points(painter: QPainter, _color: QColor) -> None:
    corners = [QPointF(5, 7), QPointF(16, 4), QPointF(20, 14), QPointF(11, 20), QPointF(4, 16)]
    painter.drawPolygon(QPolygonF(corners))
    _dots(painter, corners)


def _livewire(painter: QPainter, _color: QColor) -> None:
    path = QPainterPath(QPointF(3, 18))
    path.cubicTo(5, 8, 9, 16, 11, 11)
    path.cubicTo(13, 5, 16, 12, 21, 4)
    painter.drawPath(path)
    _dots(painter, [QPointF(3, 18), QPointF(11, 11), QPointF(21, 4)])


def _brush(painter: QPainter, color: QColor) -> None:
    painter.drawEllipse(QPointF(12, 12), 9, 9)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(_MARK))
    painter.drawEllipse(QPointF(12, 12), 5.5, 5.5)
    del color


def _grow(painter: QPainter, _color: QColor) -> None:
    for turn in range(8):
        angle = turn * math.pi / 4
        way = QPointF(math.cos(angle), math.sin(angle))
        painter.drawLine(QPointF(12, 12) + way * 6, QPointF(12, 12) + way * 10)
    _dots(painter, [QPointF(12, 12)], radius=3.2)


def _scribble(painter: QPainter, _color: QColor) -> None:
    beside = QPainterPath(QPointF(2, 20))
    beside.cubicTo(8, 24, 16, 24, 22, 19)
    painter.drawPath(beside)
    path = QPainterPath(QPointF(4, 12))
    path.cubicTo(6, 2, 9, 2, 10, 9)
    path.cubicTo(11, 16, 14, 14, 15, 8)
    path.cubicTo(16, 3, 19, 4, 20, 10)
    painter.setPen(QPen(QColor(_MARK), 2.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPath(path)


def _ellipsoid(painter: QPainter, _color: QColor) -> None:
    painter.drawEllipse(QPointF(12, 12), 10, 6.5)
    painter.setPen(QPen(QColor(_MARK), 1.6))
    painter.drawLine(QPointF(2, 12), QPointF(22, 12))
    painter.drawLine(QPointF(12, 5.5), QPointF(12, 18.5))


def _move(painter: QPainter, _color: QColor) -> None:
    for turn in range(4):
        painter.save()
        painter.translate(12, 12)
        painter.rotate(90 * turn)
        painter.drawLine(QPointF(0, 0), QPointF(9.5, 0))
        painter.drawPolyline(QPolygonF([QPointF(6.5, -3), QPointF(9.5, 0), QPointF(6.5, 3)]))
        painter.restore()


def _dots(painter: QPainter, places: list[QPointF], *, radius: float = 2.4) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(_MARK))
    for place in places:
        painter.drawEllipse(QRectF(place.x() - radius, place.y() - radius, 2 * radius, 2 * radius))


_ICONS: dict[str, Draw] = {
    "outline": _outline,
    "points": _points,
    "livewire": _livewire,
    "brush": _brush,
    "grow": _grow,
    "scribble": _scribble,
    "ellipsoid": _ellipsoid,
    "move": _move,
}
