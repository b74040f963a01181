"""The panel's two lists, each drawn from the rows of the view-model."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QTableWidget,
    QTableWidgetItem,
)

from napari_medseg.viewmodels.rows import LesionRow, SeriesRow

_COLUMNS = ("Lesion", "ml", "mm", "Slices")
_TALLEST_SERIES = 130


class SeriesList(QListWidget):
    """The series of a path, what was skipped below; a click on a readable one chooses it."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setMaximumHeight(_TALLEST_SERIES)
        self.itemClicked.connect(self._choose)

    def render_rows(self, series: Sequence[SeriesRow], skipped: Sequence[SeriesRow]) -> None:
        """Show the rows; where there is no choice and nothing was skipped, hide the list."""
        self.clear()
        for row in (*series, *skipped):
            self.addItem(_series_item(row))
        self.setVisible(len(series) + len(skipped) > 1)

    def _choose(self, item: QListWidgetItem) -> None:
        if item.data(Qt.ItemDataRole.UserRole):
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))


class LesionTable(QTableWidget):
    """The lesions, one a line; a click makes one current."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(0, len(_COLUMNS))
        self.setHorizontalHeaderLabels(_COLUMNS)
        self.horizontalHeaderItem(2).setToolTip("longest diameter x longest perpendicular to it")
        self.verticalHeader().hide()
        self.setShowGrid(False)
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
                item.setToolTip(text)
                self.setItem(place, column, item)
            self.item(place, 0).setIcon(_swatch(row.color))
        if current in self._numbers:
            self.selectRow(self._numbers.index(current))
        else:
            self.clearSelection()

    def _choose(self, place: int, _column: int) -> None:
        self.chosen.emit(self._numbers[place])


def _series_item(row: SeriesRow) -> QListWidgetItem:
    mark = "▸ " if row.is_open else ""
    text = f"{mark}{row.text}" if row.reason is None else f"{row.text}: {row.reason}"
    item = QListWidgetItem(text)
    item.setToolTip(text)
    if row.reason is None:
        item.setData(Qt.ItemDataRole.UserRole, row.id)
    else:
        item.setForeground(QColor("#d9930d"))
    return item


def _swatch(color: tuple[int, int, int]) -> QIcon:
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(*color))
    return QIcon(pixmap)
