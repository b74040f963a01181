"""The coverage bar: one stroke a slice, labelled ones high, seen ones filled."""

from __future__ import annotations

from qtpy.QtCore import QRectF, QSize
from qtpy.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_medseg.viewmodels.looking.planes import PlanesViewModel
from napari_medseg.viewmodels.reviewing.remarks.seen_slices import SeenSlicesViewModel

_HEIGHT = 22
_GROUND, _SEEN, _LABELLED_SEEN, _UNSEEN = "#2b2f33", "#5f676f", "#3fa45b", "#ffb000"
_HERE = "#ffffff"


class CoverageBar(QWidget):
    """All slices from the first to the last; a click goes to one.

    Low strokes are slices without a label, grey where they were seen. High ones hold a label:
    green where they were seen, hollow amber where not. The white line is the slice on screen.

    Args:
        slices: which are labelled and which were seen.
        planes: which one is on screen.
    """

    def __init__(self, slices: SeenSlicesViewModel, planes: PlanesViewModel) -> None:
        super().__init__()
        self._slices, self._planes = slices, planes
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            "One stroke a slice. High: it holds a label; green where it was displayed with the "
            "mask, amber outline where not. Low: no label; light where displayed. Evidence of "
            "display, not of attention. A click goes there."
        )

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as there is room."""
        return QSize(100, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the strokes, and where the slice on screen is."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(_GROUND))
        if self._slices.count:
            self._draw_slices(painter)
        painter.end()

    def _draw_slices(self, painter: QPainter) -> None:
        count, seen = self._slices.count, self._slices.seen
        labelled, step = frozenset(self._slices.labelled), self.width() / count
        for index in range(count):
            self._draw(painter, index, step, index in labelled, index in seen)
        here = self._planes.stored_index[0]
        painter.fillRect(QRectF((here + 0.5) * step - 1.0, 0, 2.0, self.height()), QColor(_HERE))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go to the slice under the pointer."""
        if self._slices.count:
            self._slices.go_to(int(event.position().x() * self._slices.count / self.width()))

    def _draw(
        self, painter: QPainter, index: int, step: float, is_labelled: bool, is_seen: bool
    ) -> None:
        height = self.height()
        low = QRectF(index * step, height * 0.7, max(step, 1.0), height * 0.3)
        high = QRectF(index * step, 1, max(step, 1.0), height - 2)
        if is_labelled and is_seen:
            painter.fillRect(high, QColor(_LABELLED_SEEN))
        elif is_labelled:
            painter.fillRect(high, QColor(_UNSEEN).darker(280))
            painter.fillRect(QRectF(high.left(), 1, high.width(), 3), QColor(_UNSEEN))
            painter.fillRect(QRectF(high.left(), height - 4, high.width(), 3), QColor(_UNSEEN))
        elif is_seen:
            painter.fillRect(low, QColor(_SEEN))
