"""The window in which results are exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QRadioButton,
    QWidget,
)

from napari_medseg.panels.looks import GOOD, SEVERITY_COLORS, ink, without_argument
from napari_medseg.panels.reviewing.act_dialog import ActDialog, heading_of
from napari_medseg.viewmodels.reviewing.acting.exporting import ExportViewModel, Leaving

_SCOPES = {"reading": "This reading", "project": "All of the project", "mask": "This mask"}

#: So many readings are seen at once; more are scrolled.
_MOST, _RIM = 8, 4


class ExportDialog(ActDialog):
    """What leaves and what stays, the folder, and the same as a command.

    Args:
        model: what is done.
        parent: the panel.
        ask_folder: asks for the folder.
    """

    def __init__(
        self, model: ExportViewModel, parent: QWidget, *, ask_folder: Callable[[], Path | None]
    ) -> None:
        super().__init__(
            model,
            parent,
            title="Export what is signed",
            heading=heading_of("Export what is signed, with its record and its sign-offs"),
            act="Export",
        )
        self.model, self._ask_folder = model, ask_folder
        self.scopes = {scope: QRadioButton(_SCOPES[scope]) for scope in model.scopes}
        self.listed = LeavingList()
        self.folder, self.command = QLineEdit(), QLineEdit()
        for line in (self.folder, self.command):
            line.setReadOnly(True)
        self.folder.setPlaceholderText("no folder yet")
        self.choose, self.copy = QPushButton("Folder…"), QPushButton("Copy")
        self.choose.setToolTip("Choose the folder that is written into")
        self.copy.setToolTip("Copy the command, for a script")
        for button in (self.choose, self.copy):
            button.setAutoDefault(False)
        self.leave.setText("Close")
        self._lay_out()
        self._connect()
        self.render_state()

    @property
    def first(self) -> QWidget:
        """The folder."""
        return self.choose

    def render_state(self) -> None:
        """Show what is so now."""
        model = self.model
        self.scopes[model.scope].setChecked(True)
        self.listed.render_rows(model.listed)
        # Of a single reading the message tells all.
        self.listed.setVisible(bool(model.listed) and model.scope == "project")
        self.folder.setText(str(model.folder or ""))
        self.command.setText(model.command)
        self.command.setCursorPosition(0)
        self.command.setToolTip(model.command)
        why_not = model.cannot_export
        says_itself = model.is_refusal or model.is_done or model.is_busy
        said = model.said if says_itself else " ".join((model.said, why_not or ""))
        self.say(said.strip(), warns=model.is_refusal or bool(why_not and model.folder))
        self.act.setEnabled(why_not is None)
        self.act.setToolTip(why_not or "Write what is signed into the folder")
        super().render_state()

    def _lay_out(self) -> None:
        row, group = QHBoxLayout(), QButtonGroup(self)
        for button in self.scopes.values():
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self.body.addLayout(row)
        self.body.addWidget(self.listed)
        lines = QGridLayout()
        for place, (label, line, button) in enumerate(
            (("Into", self.folder, self.choose), ("As a command", self.command, self.copy))
        ):
            for column, widget in enumerate((QLabel(label), line, button)):
                lines.addWidget(widget, place, column)
        self.body.addLayout(lines)
        fields = (self.folder, self.choose, self.command, self.copy)
        self._tab_through(*self.scopes.values(), self.listed, *fields)

    def _connect(self) -> None:
        self.wanted.connect(self.model.export)
        for scope, button in self.scopes.items():
            button.clicked.connect(lambda _checked=False, scope=scope: self.model.choose(scope))
        self.choose.clicked.connect(without_argument(self._choose))
        self.copy.clicked.connect(without_argument(self._copy))

    def _choose(self) -> None:
        folder = self._ask_folder()
        if folder is not None:
            self.model.put_into(folder)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.model.command)


class LeavingList(QListWidget):
    """One reading a line: that it leaves, or why it stays; as high as there are lines."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._rows: tuple[Leaving, ...] = ()

    def render_rows(self, rows: tuple[Leaving, ...]) -> None:
        """Show these: what leaves first."""
        if rows == self._rows:
            return
        self._rows = rows
        self.clear()
        for one in sorted(rows, key=lambda one: bool(one.why_not)):
            name = " ".join(part for part in (one.case, one.reading) if part)
            text = f"{name}:  {one.why_not}" if one.why_not else f"{name}:  leaves"
            item = QListWidgetItem(text)
            item.setToolTip(text)
            item.setForeground(ink(SEVERITY_COLORS["warning"] if one.why_not else GOOD))
            self.addItem(item)
        height = self.sizeHintForRow(0) if rows else 0
        self.setFixedHeight(min(len(rows), _MOST) * height + 2 * self.frameWidth() + _RIM)
