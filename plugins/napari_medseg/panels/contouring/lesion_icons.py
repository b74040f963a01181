"""The small pictures in the table of lesions: colour, lock and eye."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from napari_medseg.panels.looks import QUIET, shade

_SIZE, _SCALE = 16, 3
# What is shut or struck through stands out, whatever the theme.
_MARK = "#d9930d"
# How much is seen of a lock that is open, and of an eye that is struck through.
_FAINT = 0.6


@cache
def swatch(color: tuple[int, int, int]) -> QIcon:
    """A lesion's colour."""

    def paint(painter: QPainter) -> None:
        painter.setPen(QPen(QColor("#000000"), 1))
        painter.setBrush(QColor(*color))
        painter.drawRoundedRect(QRectF(2, 2, 12, 12), 2, 2)

    return _icon(paint)


def lock_icon(is_locked: bool) -> QIcon:
    """A padlock, shut or open."""
    return _lock(is_locked, shade(QUIET))


def eye_icon(is_hidden: bool) -> QIcon:
    """An eye, open or struck through."""
    return _eye(is_hidden, shade(QUIET))


@cache
def _lock(is_locked: bool, color: str) -> QIcon:
    def paint(painter: QPainter) -> None:
        chosen = QColor(_MARK if is_locked else color)
        painter.setOpacity(1.0 if is_locked else _FAINT)
        painter.setPen(QPen(chosen, 1.6))
        left = 4.5 if is_locked else 8.0
        painter.drawArc(QRectF(left, 1.5, 7, 10), 0, 180 * 16)
        painter.setBrush(chosen)
        painter.drawRoundedRect(QRectF(3, 7.5, 10, 7), 1.5, 1.5)

    return _icon(paint)


@cache
def _eye(is_hidden: bool, color: str) -> QIcon:
    def paint(painter: QPainter) -> None:
        painter.setOpacity(_FAINT if is_hidden else 1.0)
        painter.setPen(QPen(QColor(color), 1.4))
        painter.drawEllipse(QRectF(1.5, 4.5, 13, 7))
        painter.setBrush(QColor(color))
        painter.drawEllipse(QRectF(6, 6, 4, 4))
        if is_hidden:
            painter.setOpacity(1.0)
            painter.setPen(QPen(QColor(_MARK), 1.8))
            painter.drawLine(QPointF(3, 13), QPointF(13, 3))

    return _icon(paint)


def _icon(paint: Callable[[QPainter], None]) -> QIcon:
    pixmap = QPixmap(_SIZE * _SCALE, _SIZE * _SCALE)  # sharp on dense screens too
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(_SCALE, _SCALE)
    paint(painter)
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)  # or a chosen line tints its colour
    return icon
