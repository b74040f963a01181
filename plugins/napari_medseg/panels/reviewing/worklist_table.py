"""The table of the worklist."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QItemSelectionModel, Qt, Signal
from qtpy.QtGui import QFont, QKeyEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_medseg.panels.looks import GOOD, SEVERITY_COLORS, ink, is_light
from napari_medseg.viewmodels.reviewing.project.worklist import WorkRow

#: Head of each column, what it means, and what a click on it sorts by.
COLUMNS = (
    ("Case", "opaque id of the case", "case"),
    ("To do", "what you are to do, or whom the case waits for", ""),
    ("State", "where the case stands", ""),
    ("Reader", "who reads it", ""),
    ("Due", "by when it is wanted", "due"),
    ("Talk", "open comments, then open questions to the importing site", "comments"),
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
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.horizontalHeader()
        self._fit(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._sort)
        self.cellDoubleClicked.connect(lambda place, _column: self._open(place))
        self._rows: tuple[WorkRow, ...] = ()
        self._drawn: tuple[object, ...] = ()

    @property
    def rows(self) -> tuple[WorkRow, ...]:
        """What is shown."""
        return self._rows

    @property
    def chosen_cases(self) -> tuple[str, ...]:
        """Ids of the cases of the chosen rows, from above, each once."""
        places = sorted({index.row() for index in self.selectedIndexes()})
        chosen = (self._rows[place].case for place in places if place < len(self._rows))
        return tuple(dict.fromkeys(chosen))

    def render_rows(self, rows: Sequence[WorkRow], sort: str) -> None:
        """Show the rows; the one on screen is marked, the head that sorts has an arrow."""
        drawn = (tuple(rows), sort, is_light())
        if drawn == self._drawn:
            return
        self._drawn, chosen = drawn, self.chosen_cases
        self._rows = tuple(rows)
        self._fit(QHeaderView.ResizeMode.Fixed)  # or all widths are worked out for each cell
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            self._render_row(place, row)
        self._fit(QHeaderView.ResizeMode.ResizeToContents)
        for column in (2, 3, 4, 5, 6):  # what no row has anything in takes no room
            self.setColumnHidden(
                column, not any(self.item(r, column).text() for r in range(len(rows)))
            )
        for column, (name, _, by) in enumerate(COLUMNS):
            self.horizontalHeaderItem(column).setText(f"{name} ↓" if by == sort else name)
        self._choose_again(chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter opens; all else is the table's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentRow() >= 0:
            self._open(self.currentRow())
            return
        super().keyPressEvent(event)

    def _fit(self, mode: QHeaderView.ResizeMode) -> None:
        header = self.horizontalHeader()
        header.setSectionResizeMode(mode)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)

    def _render_row(self, place: int, row: WorkRow) -> None:
        todo = row.todo or f"waits for {row.waits_for}"
        texts = (
            row.case,
            todo,
            row.state if not row.todo else "",
            row.readers,
            row.due,
            _talk(row),
            row.agreement,
        )
        for column, text in enumerate(texts):
            item = QTableWidgetItem(f"▸ {text}" if column == 0 and row.is_open else text)
            item.setToolTip(f"{row.case} {row.reading}\n{row.state}; {todo}".strip())
            if column == 4 and row.is_late:
                item.setForeground(ink(SEVERITY_COLORS["warning"]))
                item.setToolTip(f"It was wanted by {row.due}")
            if column == 1 and row.todo:
                item.setForeground(ink(GOOD))
                font = QFont(item.font())
                font.setBold(True)
                item.setFont(font)
            self.setItem(place, column, item)

    def _choose_again(self, cases: tuple[str, ...]) -> None:
        """Rows stay chosen where others were put before them."""
        self.clearSelection()
        whole_row = (
            QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        )
        places = [place for place, row in enumerate(self._rows) if row.case in cases]
        for place in places:
            self.selectionModel().select(self.model().index(place, 0), whole_row)
        if places:
            stays = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self.model().index(places[0], 0), stays)

    def _open(self, place: int) -> None:
        if 0 <= place < len(self._rows):
            self.opened.emit(self._rows[place])

    def _sort(self, column: int) -> None:
        if COLUMNS[column][2]:
            self.sorted_by.emit(COLUMNS[column][2])


def _talk(row: WorkRow) -> str:
    """As "2", or "2 + 1 ?" where a question is open."""
    parts = [str(row.comments)] * bool(row.comments) + [f"{row.queries} ?"] * bool(row.queries)
    return " + ".join(parts)
