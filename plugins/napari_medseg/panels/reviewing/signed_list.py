"""The table of the lesions that a signature is about, and the lines below it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from medseg.project.acts import SignedLesion
from napari_medseg.panels.looks import QUIET, shade
from napari_medseg.viewmodels.reviewing.acting.signed_text import LESION_HEADS, lesion_cells

#: So many lesions are seen at once; more are scrolled.
_MOST = 8
_SWATCH = 10


class SignedLesions(QTableWidget):
    """One lesion a line with its colour, as high as there are lesions."""

    def __init__(self) -> None:
        super().__init__(0, len(LESION_HEADS))
        self.setHorizontalHeaderLabels(list(LESION_HEADS))
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setIconSize(QSize(_SWATCH, _SWATCH))
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)

    def render_lesions(self, lesions: Sequence[SignedLesion]) -> None:
        """Show these."""
        self.setRowCount(len(lesions))
        for row, lesion in enumerate(lesions):
            for column, text in enumerate(lesion_cells(lesion)):
                item = QTableWidgetItem(text)
                if column > 1:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.setItem(row, column, item)
            self.item(row, 0).setIcon(_swatch(lesion.segment.color))
            self.item(row, 1).setToolTip(lesion.segment.label)
        self.setVisible(bool(lesions))
        shown = min(len(lesions), _MOST) * self.verticalHeader().defaultSectionSize()
        head = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(shown + head + 2 * self.frameWidth() + 2)


def as_table(rows: Sequence[tuple[str, str]]) -> str:
    """Heads and texts side by side, as rich text; the heads are quiet."""
    lines = (
        f'<tr><td style="color:{shade(QUIET)}; padding-right:10px">{escape(head)}</td>'
        f"<td>{escape(text)}</td></tr>"
        for head, text in rows
    )
    return f'<table cellspacing="0" cellpadding="1">{"".join(lines)}</table>'


def _swatch(color: tuple[int, int, int]) -> QIcon:
    pixmap = QPixmap(_SWATCH, _SWATCH)
    pixmap.fill(QColor(*color))
    return QIcon(pixmap)
