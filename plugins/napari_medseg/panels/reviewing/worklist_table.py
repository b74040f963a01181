"""The table of the worklist."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor, QFont, QKeyEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_medseg.panels.looks import GOOD, SEVERITY_COLORS
from napari_medseg.viewmodels.reviewing.project.worklist import WorkRow

#: Head of each column, what it means, and what a click on it sorts by.
COLUMNS = (
    ("Case", "opaque id of the case", "case"),
    ("To do", "what you are to do, or whom the case waits for", ""),
    ("State", "where the case stands", ""),
    ("Reader", "who reads it", ""),
    ("Due", "by when it is wanted", "due"),
    ("Talk", "open comments", "comments"),
    ("Agree", "smallest Dice of any two readings", "agreement"),
)


class WorklistTable(QTableWidget):
    """The rows; a double click or Enter opens one, a click on a head sorts."""

    opened = Signal(object)
    sorted_by = Signal(str)

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        for column, (name, tip, sort) in enumerate(COLUMNS):
            item = QTableWidgetItem(name)
            item.setToolTip(f"{tip}; a click sorts by it" if sort else tip)
            self.setHorizontalHeaderItem(column, item)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._sort)
        self.cellDoubleClicked.connect(lambda place, _column: self._open(place))
        self._rows: tuple[WorkRow, ...] = ()

    @property
    def rows(self) -> tuple[WorkRow, ...]:
        """What is shown."""
        return self._rows

    def render_rows(self, rows: Sequence[WorkRow], sort: str) -> None:
        """Show the rows; the one on screen is marked, the head that sorts has an arrow."""
        chosen = (
            self._rows[self.currentRow()].case if 0 <= self.currentRow() < len(self._rows) else ""
        )
        self._rows = tuple(rows)
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            self._render_row(place, row)
        for column in (2, 3, 4, 5, 6):  # what no row has anything in takes no room
            self.setColumnHidden(
                column, not any(self.item(r, column).text() for r in range(len(rows)))
            )
        for column, (name, _, by) in enumerate(COLUMNS):
            self.horizontalHeaderItem(column).setText(f"{name} ↓" if by == sort else name)
        places = [place for place, row in enumerate(rows) if row.case == chosen]
        if places:
            self.selectRow(places[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter opens; all else is the table's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentRow() >= 0:
            self._open(self.currentRow())
            return
        super().keyPressEvent(event)

    def _render_row(self, place: int, row: WorkRow) -> None:
        todo = row.todo or f"waits for {row.waits_for}"
        texts = (
            row.case,
            todo,
            row.state if not row.todo else "",
            row.readers,
            row.due,
            str(row.comments or ""),
            row.agreement,
        )
        for column, text in enumerate(texts):
            item = QTableWidgetItem(f"▸ {text}" if column == 0 and row.is_open else text)
            item.setToolTip(f"{row.case} {row.reading}\n{row.state}; {todo}".strip())
            if column == 4 and row.is_late:
                item.setForeground(QColor(SEVERITY_COLORS["warning"]))
                item.setToolTip(f"It was wanted by {row.due}")
            if column == 1 and row.todo:
                item.setForeground(QColor(GOOD))
                font = QFont(item.font())
                font.setBold(True)
                item.setFont(font)
            self.setItem(place, column, item)

    def _open(self, place: int) -> None:
        if 0 <= place < len(self._rows):
            self.opened.emit(self._rows[place])

    def _sort(self, column: int) -> None:
        if COLUMNS[column][2]:
            self.sorted_by.emit(COLUMNS[column][2])
