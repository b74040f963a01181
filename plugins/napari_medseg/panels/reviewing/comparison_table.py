"""The table of lesions compared."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_medseg.panels.reviewing.difference_list import LOWEST
from napari_medseg.viewmodels.reviewing.comparing.lesion_rows import COLUMNS, Cell, cells_of, tip_of
from napari_medseg.viewmodels.reviewing.comparing.pairing import PairedLesion

# The longest number, and what stands around it in pixels.
_WIDEST, _RIM = "+0.00", 8


class ComparisonTable(QTableWidget):
    """One lesion a line, sorted by the head that was clicked; a click on a line chooses it."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        for place, column in enumerate(COLUMNS):
            item = QTableWidgetItem(column.head)
            item.setToolTip(column.tip)
            self.setHorizontalHeaderItem(place, item)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
        self._size_columns()
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.cellClicked.connect(self._choose)
        self._shown: Sequence[PairedLesion] = ()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Low, so that the page fits a small screen; where there is room it grows."""
        return QSize(super().sizeHint().width(), LOWEST)

    def render_lesions(self, lesions: Sequence[PairedLesion]) -> None:
        """Show these lesions, sorted as before."""
        if lesions is self._shown:
            return
        self._shown = lesions
        self.setSortingEnabled(False)  # or rows would move while they are filled
        self.setRowCount(len(lesions))
        for row, lesion in enumerate(lesions):
            for column, cell in enumerate(cells_of(lesion)):
                item = _Item(cell)
                item.setToolTip(tip_of(lesion))
                item.setData(Qt.ItemDataRole.UserRole, lesion.number)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
                self.setItem(row, column, item)
        self.setSortingEnabled(True)

    def _size_columns(self) -> None:
        """Numbers have the room that they need, and names what is left; long ones wrap."""
        header, modes = self.horizontalHeader(), QHeaderView.ResizeMode
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(modes.Fixed)
        for place in range(1, len(COLUMNS)):
            self.setColumnWidth(place, self.fontMetrics().horizontalAdvance(_WIDEST) + _RIM)
        header.setSectionResizeMode(0, modes.Stretch)
        self.verticalHeader().setSectionResizeMode(modes.ResizeToContents)

    def _choose(self, row: int, _column: int) -> None:
        item = self.item(row, 0)
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))


class _Item(QTableWidgetItem):
    """A cell that is sorted by its number, not by its text."""

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell.text)
        self.order = cell.order

    def __lt__(self, other: QTableWidgetItem) -> bool:
        if isinstance(other, _Item) and isinstance(self.order, type(other.order)):
            return bool(self.order < other.order)  # type: ignore[operator]
        return bool(self.text() < other.text())
