"""The list of differences, each with a tick."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QBrush, QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem

from napari_medseg.viewmodels.reviewing.comparing.comparison_sketch import CURRENT, MOVED, THEIRS
from napari_medseg.viewmodels.reviewing.comparing.differences import Difference
from napari_medseg.viewmodels.reviewing.comparing.walking import WalkViewModel

#: Lists of this page ask for so much height, in pixels, and take what is left.
LOWEST = 80

_COLORS = {"added": CURRENT, "removed": THEIRS, "moved": MOVED}
_PATTERNS = {
    "added": Qt.BrushStyle.BDiagPattern,
    "removed": Qt.BrushStyle.FDiagPattern,
    "moved": Qt.BrushStyle.DiagCrossPattern,
}


class DifferenceList(QListWidget):
    """Every difference in the order of the walk; a click goes there, a tick says it was seen.

    Args:
        walk: what is listed.
    """

    def __init__(self, walk: WalkViewModel) -> None:
        super().__init__()
        self._walk = walk
        self._shown: Sequence[Difference] = ()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setToolTip("A click goes there; the tick is set when it was gone to.")
        self._icons = {kind: swatch(kind) for kind in _COLORS}
        self.itemClicked.connect(self._go)
        self.itemChanged.connect(self._tick)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Low, so that the page fits a small screen; where there is room it grows."""
        return QSize(super().sizeHint().width(), LOWEST)

    def render_state(self) -> None:
        """Show what is so now."""
        self.blockSignals(True)
        items = self._walk.items
        if items != self._shown:
            self._shown = items
            self.clear()
            for item in items:
                line = QListWidgetItem(self._icons[item.kind], _line(item))
                line.setToolTip(f"{item.voxels} voxels")
                self.addItem(line)
        for place, item in enumerate(items):
            is_seen = self._walk.is_seen(item)
            self.item(place).setCheckState(
                Qt.CheckState.Checked if is_seen else Qt.CheckState.Unchecked
            )
        self.setCurrentRow(self._walk.place)
        self.blockSignals(False)

    def _go(self, line: QListWidgetItem) -> None:
        self._walk.go_to(self.row(line))

    def _tick(self, line: QListWidgetItem) -> None:
        self._walk.tick(self.row(line), is_seen=line.checkState() == Qt.CheckState.Checked)


def swatch(kind: str) -> QIcon:
    """A patch hatched as the difference is in the image."""
    pixmap = QPixmap(14, 14)
    pixmap.fill(QColor("#202326"))
    painter = QPainter(pixmap)
    painter.setPen(QColor(_COLORS[kind]))
    painter.fillRect(pixmap.rect(), QBrush(QColor(_COLORS[kind]), _PATTERNS[kind]))
    painter.drawRect(0, 0, 13, 13)
    painter.end()
    return QIcon(pixmap)


def _line(item: Difference) -> str:
    first, last = item.slices
    slices = f"slice {first}" if first == last else f"slices {first}-{last}"
    return f"{item.text}, {slices}"
