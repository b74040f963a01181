"""A list of findings; a click goes to the place."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QRect, Qt, Signal
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem

from medseg.model import Finding
from napari_medseg.panels.looks import SEVERITY_COLORS, ink

_TALLEST, _MARGIN = 150, 14
_WORDS = {"error": "Stops it", "warning": "Look again", "undecided": "Not checked", "note": "Note"}


class FindingsList(QListWidget):
    """Findings, each in its colour and with a word for how much it matters."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemClicked.connect(self._choose)
        self._findings: tuple[Finding, ...] = ()

    def render_findings(self, findings: Sequence[Finding]) -> None:
        """Show these."""
        if tuple(findings) == self._findings and self.count() == len(findings):
            return
        self._findings = tuple(findings)
        self.clear()
        for finding in findings:
            item = QListWidgetItem(f"{_WORDS[finding.severity]}: {finding.text}")
            item.setForeground(ink(SEVERITY_COLORS[finding.severity]))
            goes = finding.where.slices or finding.where.segment
            item.setToolTip(f"{finding.code}{': click to go there' if goes else ''}")
            self.addItem(item)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the width, at which the sentences wrap anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as the findings, up to a height from which they are scrolled."""
        wrap = Qt.TextFlag.TextWordWrap
        room = QRect(0, 0, max(self.viewport().width() - _MARGIN, 100), 10_000)
        metrics = self.fontMetrics()
        texts = (self.item(row).text() for row in range(self.count()))
        needed = sum(metrics.boundingRect(room, wrap, text).height() + 4 for text in texts)
        self.setFixedHeight(min(needed + 2 * self.frameWidth() + _MARGIN, _TALLEST))

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(self._findings[self.row(item)])
