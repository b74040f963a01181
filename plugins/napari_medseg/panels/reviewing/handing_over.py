"""The window in which a reading is handed over to the next person."""

from __future__ import annotations

from qtpy.QtCore import QStringListModel, Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import (
    QComboBox,
    QCompleter,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from napari_medseg.panels.looks import without_argument
from napari_medseg.panels.reviewing.act_dialog import ActDialog, Draft, heading_of, writing_field
from napari_medseg.panels.reviewing.offering import id_chosen, offer
from napari_medseg.viewmodels.reviewing.acting.handing_over import HandOverViewModel

_NOTE_HEIGHT, _TOLD_LINES = 56, 10


class HandOverDialog(ActDialog):
    """Who goes on, what they should know, and all that they are told.

    Args:
        model: what is done.
        parent: the panel.
    """

    def __init__(self, model: HandOverViewModel, parent: QWidget) -> None:
        super().__init__(
            model,
            parent,
            title="Hand over",
            heading=heading_of(model.home.title, model.home.who),
            act="Hand over",
            width=520,
        )
        self.model = model
        self.people, self.zone = QComboBox(), QLineEdit()
        self.note = writing_field(_NOTE_HEIGHT, "What should they know? As: upper lobes are done")
        self.zone.setPlaceholderText("theirs, as Asia/Tokyo; else UTC")
        self._zones = QStringListModel(self)
        completer = QCompleter(self._zones, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.zone.setCompleter(completer)
        self.told = writing_field(_TOLD_LINES * self.fontMetrics().lineSpacing() + 14, "")
        self.told.setReadOnly(True)
        self.told_head, self.copy = QLabel("They are told"), QPushButton("Copy")
        self.copy.setToolTip("Copy what they are told, for a message")
        self.copy.setAutoDefault(False)
        self._lay_out()
        self._connect()
        self.render_state()

    @property
    def first(self) -> QWidget:
        """Who goes on."""
        return self.leave if self.model.is_done else self.people

    @property
    def draft(self) -> Draft:
        """The note and the time zone."""
        note, zone = self.note.toPlainText(), self.zone.text()
        return {"note": note, "zone": zone} if note or zone else {}

    def take_up(self, draft: Draft) -> None:
        """Go on with a note."""
        self.note.setPlainText(draft.get("note", ""))
        self.zone.setText(draft.get("zone", ""))
        self.model.choose_zone(self.zone.text())

    def render_state(self) -> None:
        """Show what is so now."""
        model = self.model
        self._render_people()
        if self._zones.rowCount() != len(model.zones):
            self._zones.setStringList(list(model.zones))
        is_open = not model.is_done
        for widget in (self.people, self.zone, self.note):
            self.form.setRowVisible(widget, is_open)
        told = model.told
        if told != self.told.toPlainText():
            self.told.setPlainText(told)
        for shown in (self.told_head, self.told, self.copy):
            shown.setVisible(bool(told))
        why_not = model.cannot_hand_over
        says_itself = model.is_refusal or model.is_busy or model.is_done
        self.say(model.said if says_itself else why_not or "", warns=model.is_refusal)
        self.act.setVisible(is_open)
        self.act.setEnabled(why_not is None)
        self.act.setToolTip(why_not or "Save the mask, write the packet, and give the reading away")
        self.leave.setText("Not now" if is_open else "Close")
        super().render_state()

    def _render_people(self) -> None:
        people = ((one.person_id, one.printed_name) for one in self.model.people)
        offer(self.people, [("", "choose who goes on"), *people])

    def _lay_out(self) -> None:
        self.form = QFormLayout()
        for label, widget in (("To", self.people), ("Time zone", self.zone), ("Note", self.note)):
            self.form.addRow(label, widget)
        self.body.addLayout(self.form)
        self.body.addWidget(self.told_head)
        self.body.addWidget(self.told)
        self.aside.addWidget(self.copy)
        self._tab_through(self.people, self.zone, self.note, self.told)

    def _connect(self) -> None:
        model = self.model
        self.wanted.connect(model.hand_over)
        self.people.activated.connect(lambda _place: model.choose(id_chosen(self.people)))
        self.note.textChanged.connect(lambda: model.write(self.note.toPlainText()))
        self.zone.editingFinished.connect(lambda: model.choose_zone(self.zone.text()))
        self.copy.clicked.connect(without_argument(self._copy))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.model.told)
