"""The strip beside the slice slider: the current lesion's slices, each as what it is."""

from __future__ import annotations

from html import escape
from typing import Any

from qtpy.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import (
    QColor,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_medseg import keys
from napari_medseg.viewmodels.contouring.filling.slice_states import SliceState
from napari_medseg.viewmodels.looking.slice_strip import MEANINGS, SliceStripViewModel, StripMarks
from napari_medseg.views.looking.marks import PLANE_COLORS

HEIGHT = 26
#: Room at both ends, for the patient's letters; and before them, for the name of the plane.
_ENDS, _NAME = 16, 58
_BEGIN = _NAME + _ENDS
_GROUND, _TRACK, _SEEN, _HERE, _LETTER = "#1b1d21", "#33373d", "#8d949c", "#ffffff", "#b9bfc6"
#: The lane of the marks, and the thin one of the slices that were seen, from the top.
_LANE, _SEEN_LANE = (3.0, 17.0), (19.5, 2.5)
#: Narrowest mark in pixels: a key slice of a thousand is still seen.
_NARROWEST = 3.0


class SliceStrip(QWidget):
    """Key slices stand out by form, not by colour; click or drag goes to a slice.

    Args:
        model: what it shows.
    """

    def __init__(self, model: SliceStripViewModel) -> None:
        super().__init__()
        self._model = model
        self._drawn: QPixmap | None = None  # all but the slice on screen
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
        self.setMouseTracking(True)
        self.setAccessibleName("Slices of the current lesion")
        self._marks: StripMarks | None = None
        model.changed.connect(self._look)
        model.planes.moved.connect(self._move)

    def let_go(self) -> None:
        """Stop listening; Qt may take the widget away."""
        self._model.changed.disconnect(self._look)
        self._model.planes.moved.disconnect(self._move)

    def slice_at(self, x: float) -> int:
        """The shown slice under a place of the strip."""
        count = self._marks.count if self._marks else 1
        return min(max(int((x - _BEGIN) / self._step(count)), 0), count - 1)

    def place_of(self, index: int) -> float:
        """Where the middle of a shown slice is on the strip, in pixels from its left."""
        return _BEGIN + (index + 0.5) * self._step(self._marks.count if self._marks else 1)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the marks, kept from the last time, and the slice on screen over them."""
        if self._drawn is None:
            self._drawn = self._picture()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        if self._marks is not None:
            self._draw_here(painter)
        painter.end()

    def resizeEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Draw all anew in the new width."""
        self._drawn = None

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go to the slice."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._model.go_to(self.slice_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go on to the slices that the pointer is drawn over."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._model.go_to(self.slice_at(event.position().x()))

    def event(self, event: QEvent) -> bool:
        """Say what the slice under the pointer is, with the legend."""
        if isinstance(event, QHelpEvent) and self._marks is not None:
            text = self.words_on(self.slice_at(event.pos().x()))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return bool(super().event(event))

    def words_on(self, index: int) -> str:
        """What a shown slice is, and the legend, as rich text."""
        state = self._marks.states.get(index) if self._marks else None
        what = MEANINGS[state] if state else "nothing of this lesion"
        plane = self._marks.plane.capitalize() if self._marks else ""
        rows = "".join(
            f"<tr><td><b>{_SIGNS[one]}</b></td><td>&nbsp;{escape(text)}</td></tr>"
            for one, text in MEANINGS.items()
        )
        return (
            f"<b>{plane} slice {index}</b>: {escape(what)}<table>{rows}"
            "<tr><td><b>▁</b></td><td>&nbsp;looked at</td></tr></table>"
            f"Click or drag goes to a slice; {keys.shown('next_key')} and "
            f"{keys.shown('previous_key')} go from key slice to key slice."
        )

    def _look(self) -> None:
        self._marks, self._drawn = self._model.marks, None
        self.update()

    def _move(self) -> None:
        if self._marks is None or self._marks.count != self._model.planes.shape[0]:
            self._look()
        self.update()

    def _step(self, count: int) -> float:
        return max(self.width() - _BEGIN - _ENDS, 1) / count

    def _picture(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(self.width() * ratio), round(HEIGHT * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(_GROUND))
        self._marks = marks = self._model.marks
        if marks is None:
            return picture
        painter = QPainter(picture)
        track = QRectF(_BEGIN, _LANE[0], self.width() - _BEGIN - _ENDS, _LANE[1])
        painter.fillRect(track, QColor(_TRACK))
        for index in marks.seen:
            self._fill_seen(painter, index, marks)
        # Keys last: where slices are narrower than marks, they are what is seen.
        for index, state in sorted(marks.states.items(), key=lambda one: one[1] is SliceState.KEY):
            _draw_mark(painter, self._box(index, marks.count), state, QColor(marks.color))
        middle = Qt.AlignmentFlag.AlignCenter
        # In the colour of its plane's caption and lines: other planes lie beside it.
        painter.setPen(QColor(PLANE_COLORS[marks.plane]))
        painter.drawText(QRectF(0, 0, _NAME, HEIGHT), middle, marks.plane.capitalize())
        painter.setPen(QColor(_LETTER))
        painter.drawText(QRectF(_NAME, 0, _ENDS, HEIGHT), middle, marks.ends[0][:1])
        right = QRectF(self.width() - _ENDS, 0, _ENDS, HEIGHT)
        painter.drawText(right, middle, marks.ends[1][:1])
        painter.end()
        return picture

    def _box(self, index: int, count: int) -> QRectF:
        step = self._step(count)
        width = max(min(step - 1, 14.0), _NARROWEST)
        return QRectF(self.place_of(index) - width / 2, _LANE[0], width, _LANE[1])

    def _fill_seen(self, painter: QPainter, index: int, marks: StripMarks) -> None:
        step = self._step(marks.count)
        box = QRectF(_BEGIN + index * step, _SEEN_LANE[0] + 1, max(step, 1.0), _SEEN_LANE[1])
        painter.fillRect(box, QColor(_SEEN))

    def _draw_here(self, painter: QPainter) -> None:
        x = self.place_of(self._model.planes.crosshair[0])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor("#000000"), 3.0))
        painter.drawLine(QLineF(x, 0, x, HEIGHT))
        painter.setPen(QPen(QColor(_HERE), 1.4))
        painter.drawLine(QLineF(x, 0, x, HEIGHT))
        painter.setBrush(QColor(_HERE))
        painter.drawPolygon(QPolygonF([QPointF(x - 4, 0), QPointF(x + 4, 0), QPointF(x, 5)]))


#: The signs of the legend, as near to the marks as letters are.
_SIGNS = {
    SliceState.KEY: "█",
    SliceState.FILLED: "▄",
    SliceState.ASSISTED: "▨",
    SliceState.PROPOSED: "▯",
    SliceState.STALE: "◪",
}


def _draw_mark(painter: QPainter, box: QRectF, state: SliceState, color: QColor) -> None:
    """A key fills the lane, what was filled its lower half; what is proposed is hollow."""
    low = QRectF(box.left(), box.center().y(), box.width(), box.height() / 2)
    if state is SliceState.KEY:
        painter.fillRect(box, color)
    elif state is SliceState.FILLED:
        painter.fillRect(low, color)
    elif state is SliceState.ASSISTED:
        for place in range(3):  # rungs of a ladder
            y = box.top() + 2 + place * 6
            painter.fillRect(QRectF(box.left(), y, box.width(), 2.5), color)
    elif state is SliceState.PROPOSED:
        _draw_hollow(painter, low, color)
    else:
        painter.fillRect(low, color)
        _draw_hollow(painter, box, color)


def _draw_hollow(painter: QPainter, box: QRectF, color: QColor) -> None:
    painter.setPen(QPen(color, 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
