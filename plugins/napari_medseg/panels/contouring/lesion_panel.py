"""The list of lesions: the table, what it is searched for, and what its cells ask."""

from __future__ import annotations

from qtpy.QtCore import QTimer
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from medseg.model import Code, Segment
from napari_medseg.panels.contouring.code_dialog import CodeDialog
from napari_medseg.panels.contouring.lesion_table import LesionTable
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.views.desk import Desk

#: From so many lesions on there is something to search.
_MANY = 4

_SOON_MS = 300


class LesionPanel(QWidget):
    """The lesions of the case.

    Args:
        model: the case.
        desk: goes to a lesion that is clicked.
    """

    def __init__(self, model: CaseViewModel, desk: Desk) -> None:
        super().__init__()
        self._model = model
        self.table, self.search = LesionTable(), QLineEdit()
        self.search.setPlaceholderText("Filter: name, kind, state")
        self.search.setToolTip("Show only lesions whose number, name, kind or state hold this")
        self.search.setClearButtonEnabled(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        row = QHBoxLayout()
        row.addWidget(self.search)
        column.addLayout(row)
        column.addWidget(self.table)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.render_state)
        self.search.textChanged.connect(self.table.lines.look_for)
        self.search.returnPressed.connect(self.search.clearFocus)
        column_name, is_upwards = model.lesion_list.order
        self.table.order_by(column_name, is_upwards=is_upwards)
        self.table.want_columns(model.lesion_list.columns)
        self.table.columns_wanted.connect(model.lesion_list.remember_columns)
        self.table.ordered.connect(model.lesion_list.remember_order)
        self.table.chosen.connect(desk.go_to_lesion)
        self.table.renamed.connect(model.lesion_list.rename)
        self.table.toggled.connect(self._toggle)
        self.table.moved.connect(model.lesion_list.move)
        self.table.palette_wanted.connect(model.lesion_list.use_palette)
        self.table.change_wanted.connect(self._change)

    def render_soon(self, _what: object = None) -> None:
        """Show what is so, a moment later: slices that pass by are counted, not waited for."""
        if not self._soon.isActive():
            self._soon.start(_SOON_MS)

    def render_state(self) -> None:
        """Show what is so now."""
        lesions = self._model.lesions
        rows = lesions.rows
        self.search.setVisible(len(rows) >= _MANY or bool(self.search.text()))
        self.table.render_rows(rows, lesions.current)

    def color_for(self, segment: Segment) -> tuple[int, int, int] | None:
        """The colour that the reader chooses; None if they think better of it."""
        color = QColorDialog.getColor(QColor(*segment.color), self, f"Colour of {segment.label}")
        return (color.red(), color.green(), color.blue()) if color.isValid() else None

    def code_for(self, segment: Segment) -> tuple[Code, Code | None] | None:
        """The kind and region that the reader chooses; None if they think better of it."""
        dialog = CodeDialog(segment, self)
        is_chosen = dialog.exec() == QDialog.DialogCode.Accepted
        return dialog.chosen if is_chosen else None

    def _toggle(self, number: int, what: str) -> None:
        if what == "lock":
            self._model.lesion_list.toggle_lock(number)
        else:
            self._model.lesion_list.toggle_eye(number)

    def _change(self, number: int, what: str) -> None:
        segment = self._model.lesion_list.segment(number)
        if segment is None:
            return
        if what == "code":
            code = self.code_for(segment)
            if code is not None:
                self._model.lesion_list.set_code(number, *code)
            return
        color = self.color_for(segment)
        if color is not None:
            self._model.lesion_list.set_color(number, color)
