"""The window in which results are exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QGuiApplication
from qtpy.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from napari_medseg.panels.looks import (
    GOOD,
    QUIET,
    SEVERITY_COLORS,
    colored,
    text_label,
    without_argument,
)
from napari_medseg.viewmodels.reviewing.acting.exporting import ExportViewModel

_SCOPES = {"reading": "This reading", "project": "All of the project", "mask": "This mask"}


class ExportDialog(QDialog):
    """What leaves and what stays, the folder, and the same as a command.

    Args:
        model: what is done.
        parent: the panel.
        ask_folder: asks for the folder.
    """

    def __init__(
        self, model: ExportViewModel, parent: QWidget, *, ask_folder: Callable[[], Path | None]
    ) -> None:
        super().__init__(parent)
        self.model, self._ask_folder = model, ask_folder
        self.setWindowTitle("Export what is signed")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(480)
        self.scopes = {scope: QRadioButton(_SCOPES[scope]) for scope in model.scopes}
        self.listed = QListWidget()
        self.listed.setWordWrap(True)
        self.folder, self.command = QLineEdit(), QLineEdit()
        for line in (self.folder, self.command):
            line.setReadOnly(True)
        self.choose, self.copy = QPushButton("Folder…"), QPushButton("Copy")
        self.copy.setToolTip("Copy the command, for a script")
        self.message = text_label()
        self.export, self.leave = QPushButton("Export"), QPushButton("Close")
        self._lay_out()
        self._connect()
        self.render_state()

    def let_go(self) -> None:
        """Stop listening."""
        self.model.changed.disconnect(self.render_state)

    def _lay_out(self) -> None:
        column, row, group = QVBoxLayout(self), QHBoxLayout(), QButtonGroup(self)
        for button in self.scopes.values():
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.listed, stretch=1)
        for label, line, button in (
            ("Into", self.folder, self.choose),
            ("As a command", self.command, self.copy),
        ):
            row = QHBoxLayout()
            row.addWidget(QLabel(label))
            row.addWidget(line, stretch=1)
            row.addWidget(button)
            column.addLayout(row)
        column.addWidget(self.message)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.leave)
        row.addWidget(self.export)
        column.addLayout(row)

    def _connect(self) -> None:
        for scope, button in self.scopes.items():
            button.clicked.connect(lambda _checked=False, scope=scope: self.model.choose(scope))
        self.choose.clicked.connect(without_argument(self._choose))
        self.copy.clicked.connect(without_argument(self._copy))
        self.export.clicked.connect(without_argument(self.model.export))
        self.leave.clicked.connect(without_argument(self.reject))
        self.model.changed.connect(self.render_state)
        self.finished.connect(lambda _result: self.let_go())

    def render_state(self) -> None:
        """Show what is so now."""
        model = self.model
        self.scopes[model.scope].setChecked(True)
        self.listed.clear()
        for one in model.listed:
            mark = "stays" if one.why_not else "leaves"
            name = " ".join(part for part in (one.case, one.reading) if part)
            item = QListWidgetItem(f"{mark}  {name}  {one.why_not}".rstrip())
            item.setForeground(QColor(SEVERITY_COLORS["warning"] if one.why_not else GOOD))
            self.listed.addItem(item)
        self.folder.setText(str(model.folder or ""))
        self.command.setText(model.command)
        self.command.setCursorPosition(0)
        self.command.setToolTip(model.command)
        why_not = model.cannot_export
        color = SEVERITY_COLORS["warning"] if model.is_refusal else QUIET
        said = model.said if model.is_refusal or model.is_done else f"{model.said} {why_not or ''}"
        self.message.setText(colored(said.strip(), GOOD if model.is_done else color))
        self.export.setEnabled(why_not is None)
        self.export.setToolTip(why_not or "Write what is signed into the folder")

    def _choose(self) -> None:
        folder = self._ask_folder()
        if folder is not None:
            self.model.put_into(folder)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.model.command)
