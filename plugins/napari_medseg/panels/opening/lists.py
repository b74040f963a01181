"""The lists of series and findings, each drawn from what the view-model has."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QScrollArea,
)

from medseg.model import Finding
from napari_medseg.panels.looks import SEVERITY_COLORS, ink, shade
from napari_medseg.viewmodels.rows import SeriesRow

# Above these the lists scroll.
_TALLEST_SERIES, _TALLEST_FINDINGS = 150, 150

_SEVERITY_WORDS = {
    "note": "Note",
    "warning": "Warning",
    "undecided": "Not checked",
    "error": "Error",
}


class SeriesList(QListWidget):
    """The series of a path, what was skipped below; a click on a readable one chooses it."""

    chosen = Signal(str)
    beside_chosen = Signal(str)
    """A series is wanted beside the one that is open."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMaximumHeight(_TALLEST_SERIES)
        self.itemClicked.connect(self._choose)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._offer_beside)

    def render_rows(self, series: Sequence[SeriesRow], skipped: Sequence[SeriesRow]) -> None:
        """Show the rows; where there is no choice and nothing was skipped, hide the list."""
        self.clear()
        for row in (*series, *skipped):
            self.addItem(_series_item(row))
        self.setVisible(len(series) + len(skipped) > 1)

    def _offer_beside(self, at: QPoint) -> None:
        item = self.itemAt(at)
        if item is not None and item.data(Qt.ItemDataRole.UserRole):
            menu = QMenu(self)
            menu.addAction("Show beside the case")
            if menu.exec(self.mapToGlobal(at)) is not None:
                self.beside_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

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


def _series_item(row: SeriesRow) -> QListWidgetItem:
    mark = "▸ " if row.is_open else ""
    text = f"{mark}{row.text}" if row.reason is None else f"{row.text}: {row.reason}"
    item = QListWidgetItem(text)
    item.setToolTip(text)
    if row.reason is None:
        item.setData(Qt.ItemDataRole.UserRole, row.id)
    else:
        item.setForeground(ink(SEVERITY_COLORS["warning"]))
    return item


def _finding_html(finding: Finding) -> str:
    color, word = shade(SEVERITY_COLORS[finding.severity]), _SEVERITY_WORDS[finding.severity]
    return f'<span style="color:{color}">{word}:</span> {escape(finding.text)}'
