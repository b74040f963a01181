"""The window in which cases are given to those who read and review."""

from __future__ import annotations

from qtpy.QtCore import QDate, Qt
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDateEdit,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QWidget,
)

from napari_medseg.panels.reviewing.act_dialog import ActDialog, Draft, heading_of
from napari_medseg.panels.reviewing.offering import id_chosen, offer
from napari_medseg.panels.reviewing.tight import LongText
from napari_medseg.viewmodels.reviewing.acting.assigning import AssigningViewModel, Task

_LABELS: dict[Task, str] = {
    "read": "To read",
    "review": "To review",
    "distribute": "All that waits, by load",
}
_IN_DAYS = 7

#: From this height on the cases' ids are scrolled, in pixels.
_TALLEST_LIST = 80


class AssignDialog(ActDialog):
    """What is given, to whom, by when, and with what note.

    Args:
        model: what is done.
        parent: the panel.
    """

    def __init__(self, model: AssigningViewModel, parent: QWidget) -> None:
        super().__init__(
            model,
            parent,
            title="Assign",
            heading=heading_of("Who reads and reviews what", model.home.who),
            act="Assign",
            width=460,
        )
        self.model = model
        self.tasks = {task: QRadioButton(_LABELS[task]) for task in model.tasks}
        self.what, self.people, self.note = LongText(_TALLEST_LIST), QComboBox(), QLineEdit()
        self.people.setToolTip("Those with the least in hand come first")
        self.note.setPlaceholderText("for the reader; a blind reader is not shown it")
        self.is_due, self.due = QCheckBox("wanted by"), QDateEdit()
        self.due.setDisplayFormat("yyyy-MM-dd")
        self.due.setCalendarPopup(True)
        self.due.setDate(QDate.currentDate().addDays(_IN_DAYS))
        self._lay_out()
        self._connect()
        self.render_state()

    @property
    def first(self) -> QWidget:
        """Who shall do it, or what is dealt out."""
        is_person = self.people.isVisibleTo(self)
        return self.people if is_person else self.tasks[self.model.task]

    @property
    def draft(self) -> Draft:
        """The note to the reader."""
        return {"note": self.note.text()} if self.note.text() else {}

    def take_up(self, draft: Draft) -> None:
        """Go on with a note."""
        self.note.setText(draft.get("note", ""))

    def render_state(self) -> None:
        """Show what is so now."""
        model = self.model
        self.tasks[model.task].setChecked(True)
        self.what.setText(model.what)
        self.what.setVisible(bool(model.what))
        self._render_people()
        is_open = not model.is_done
        self.form.setRowVisible(self.people, is_open and model.task != "distribute")
        for widget in (self.by_when, self.note):  # the acts have both for readers alone
            self.form.setRowVisible(widget, is_open and model.task == "read")
        self.due.setEnabled(self.is_due.isChecked())
        why_not = model.cannot_assign
        says_itself = model.is_refusal or model.is_busy or model.is_done
        self.say(model.said if says_itself else why_not or "", warns=model.is_refusal)
        self.act.setVisible(is_open)
        self.act.setText("Deal out" if model.task == "distribute" else "Assign")
        self.act.setEnabled(why_not is None)
        self.act.setToolTip(why_not or "Enter it in the log")
        self.leave.setText("Not now" if is_open else "Close")
        super().render_state()

    def _assign(self) -> None:
        self.model.note = self.note.text()
        is_due = self.is_due.isChecked()
        self.model.due = self.due.date().toString(Qt.DateFormat.ISODate) if is_due else None
        self.model.assign()

    def _render_people(self) -> None:
        people = ((one.person_id, one.text) for one in self.model.candidates)
        offer(self.people, [("", "choose a person"), *people], chosen=self.model.person)

    def _lay_out(self) -> None:
        row, group = QHBoxLayout(), QButtonGroup(self)
        for button in self.tasks.values():
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self.body.addLayout(row)
        self.body.addWidget(self.what)
        self.by_when = QWidget()
        date = QHBoxLayout(self.by_when)
        date.setContentsMargins(0, 0, 0, 0)
        date.addWidget(self.is_due)
        date.addWidget(self.due, stretch=1)
        self.form = QFormLayout()
        for label, widget in (("To", self.people), ("", self.by_when), ("Note", self.note)):
            self.form.addRow(label, widget)
        self.body.addLayout(self.form)
        self._tab_through(*self.tasks.values(), self.people, self.is_due, self.due, self.note)

    def _connect(self) -> None:
        self.wanted.connect(self._assign)
        for task, button in self.tasks.items():
            button.clicked.connect(lambda _checked=False, task=task: self.model.choose(task))
        self.people.activated.connect(
            lambda _place: self.model.choose_person(id_chosen(self.people))
        )
        self.is_due.toggled.connect(lambda _is_on: self.render_state())
