"""The table of lesions."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_medseg.viewmodels.rows import LesionRow

#: Head of each column, and what it means.
_COLUMNS = (
    ("Lesion", "name and colour"),
    ("ml", "volume"),
    ("mm", "longest diameter x longest one perpendicular to it, within one slice"),
    ("Slices", "how its slices came to be"),
)

_LOWEST_LESIONS = 110


class LesionTable(QTableWidget):
    """The lesions, one a line; a click makes one current."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(0, len(_COLUMNS))
        for column, (name, tip) in enumerate(_COLUMNS):
            item = QTableWidgetItem(name)
            item.setToolTip(tip)
            self.setHorizontalHeaderItem(column, item)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setMinimumHeight(_LOWEST_LESIONS)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
        # Long names wrap: numbers are never cut off for them.
        fit, stretch = QHeaderView.ResizeMode.ResizeToContents, QHeaderView.ResizeMode.Stretch
        for column, mode in enumerate((stretch, fit, fit, fit)):
            self.horizontalHeader().setSectionResizeMode(column, mode)
        self.verticalHeader().setSectionResizeMode(fit)
        self.cellClicked.connect(self._choose)
        self._numbers: list[int] = []

    def render_rows(self, rows: Sequence[LesionRow], current: int | None) -> None:
        """Show the rows, with the current lesion marked."""
        self._numbers = [row.number for row in rows]
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, text in enumerate((row.label, row.volume, row.diameters, row.slices)):
                item = QTableWidgetItem(text.replace(", ", "\n") if column == 3 else text)
                if column == 0:
                    item.setIcon(_swatch(row.color))
                item.setToolTip(text)
                self.setItem(place, column, item)
        if current in self._numbers:
            self.selectRow(self._numbers.index(current))
        else:
            self.clearSelection()

    def _choose(self, place: int, _column: int) -> None:
        self.chosen.emit(self._numbers[place])


def _swatch(color: tuple[int, int, int]) -> QIcon:
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(*color))
    return QIcon(pixmap)
