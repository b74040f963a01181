"""The page of the image: who reads, what else the path holds, what was found on reading it."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from napari_medseg.panels.looks import row_of
from napari_medseg.panels.opening.lists import FindingsText, SeriesList
from napari_medseg.viewmodels.case import CaseViewModel

_BY_HAND = "Your name, as it will stand in the record of each slice"
_BY_KEY = "Who you are in this project, as it stands in the record of each slice; your key says so"


class ImagePage(QWidget):
    """Reader, series and findings.

    Args:
        model: the case.
        beside: the row that opens another image beside it.
    """

    series_chosen = Signal(str)
    beside_chosen = Signal(str)

    def __init__(self, model: CaseViewModel, beside: QWidget) -> None:
        super().__init__()
        self._model = model
        self.reader = QLineEdit(model.author)
        self.series, self.findings = SeriesList(), FindingsText()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.addLayout(row_of(QLabel("Reader"), self.reader))
        column.addWidget(self.series)
        column.addWidget(beside)
        column.addWidget(self.findings)
        column.addStretch(1)
        self.reader.editingFinished.connect(lambda: model.set_author(self.reader.text()))
        self.series.chosen.connect(self.series_chosen)
        self.series.beside_chosen.connect(self.beside_chosen)

    @property
    def title(self) -> str:
        """The page's name, with how much was found."""
        count = len(self._model.findings)
        return f"Image ({count})" if count else "Image"

    def render_state(self) -> None:
        """Show what is so now."""
        model = self._model
        is_known = model.keeping.is_in_project
        self.reader.setReadOnly(is_known)
        self.reader.setToolTip(_BY_KEY if is_known else _BY_HAND)
        if not self.reader.hasFocus():
            self.reader.setText(model.author)
        self.series.render_rows(model.series, model.skipped)
        self.findings.render_findings(model.findings)
