"""The panel's lists: series, findings and lesions, each drawn from what the view-model has."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPixmap, QResizeEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
)

from medseg.model import Finding
from napari_medseg.viewmodels.rows import LesionRow, SeriesRow

#: Head of each column, and what it means.
_COLUMNS = (
    ("Lesion", "name and colour"),
    ("ml", "volume"),
    ("mm", "longest diameter x longest one perpendicular to it, within one slice"),
    ("Slices", "how its slices came to be"),
)

# Above these the lists scroll, so that lesions and buttons stay in sight.
_TALLEST_SERIES, _TALLEST_FINDINGS, _LOWEST_LESIONS = 150, 150, 110

# Readable on napari's dark and light theme alike.
SEVERITY_COLORS = {
    "note": "#8aa4b8",
    "warning": "#d9930d",
    "undecided": "#7d8ff0",
    "error": "#e5533d",
}
_SEVERITY_WORDS = {
    "note": "Note",
    "warning": "Warning",
    "undecided": "Not checked",
    "error": "Error",
}


class SeriesList(QListWidget):
    """The series of a path, what was skipped below; a click on a readable one chooses it."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
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


class FindingsText(QScrollArea):
    """The findings as sentences, each with its severity; as tall as they need, up to a limit."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setWidget(self._text)

    def render_findings(self, findings: Sequence[Finding]) -> None:
        """Show the findings; where there is none, hide."""
        self._text.setText("<br>".join(_finding_html(finding) for finding in findings))
        self.setVisible(bool(findings))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the width, at which the sentences wrap anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        needed = self._text.heightForWidth(self.width()) + 2 * self.frameWidth()
        shown, hidden = Qt.ScrollBarPolicy.ScrollBarAlwaysOn, Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(shown if needed > _TALLEST_FINDINGS else hidden)
        self.setFixedHeight(min(max(needed, 1), _TALLEST_FINDINGS))


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


def _series_item(row: SeriesRow) -> QListWidgetItem:
    mark = "▸ " if row.is_open else ""
    text = f"{mark}{row.text}" if row.reason is None else f"{row.text}: {row.reason}"
    item = QListWidgetItem(text)
    item.setToolTip(text)
    if row.reason is None:
        item.setData(Qt.ItemDataRole.UserRole, row.id)
    else:
        item.setForeground(QColor(SEVERITY_COLORS["warning"]))
    return item


def _finding_html(finding: Finding) -> str:
    color, word = SEVERITY_COLORS[finding.severity], _SEVERITY_WORDS[finding.severity]
    return f'<span style="color:{color}">{word}:</span> {escape(finding.text)}'


def _swatch(color: tuple[int, int, int]) -> QIcon:
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(*color))
    return QIcon(pixmap)
