"""The window in which a reading is handed in."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from medseg.model import EndingKind, NotEvaluable
from napari_medseg.panels.looks import (
    QUIET,
    SEVERITY_COLORS,
    colored,
    text_label,
    without_argument,
)
from napari_medseg.panels.reviewing.findings import FindingsList
from napari_medseg.panels.reviewing.proof import Proof
from napari_medseg.viewmodels.reviewing.acting.endings import SubmitViewModel

_LABELS = {
    EndingKind.LESIONS: "Lesions",
    EndingKind.NO_LESION_FOUND: "No lesion found",
    EndingKind.NOT_EVALUABLE: "Not evaluable:",
}


class SubmitDialog(QDialog):
    """How the reading ends, what the checks found, and the passphrase.

    The window behind stays usable, so that a finding can be looked at and put right.

    Args:
        model: what is done.
        parent: the panel.
    """

    place_chosen = Signal(object)

    def __init__(self, model: SubmitViewModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.model = model
        self.setWindowTitle("Hand in")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(460)
        self.kinds = {kind: QRadioButton(label) for kind, label in _LABELS.items()}
        self.reason = QComboBox()
        for reason in NotEvaluable:
            self.reason.addItem(reason.value, reason)
        self.remark = QLineEdit()
        self.remark.setPlaceholderText("A remark on the ending, if there is one")
        self.findings = FindingsList()
        self.again = QPushButton("Check again")
        self.again.setToolTip("Save what was changed meanwhile, and ask the checks anew")
        self.proof = Proof(model.home.person)
        self.message = text_label()
        self.hand_in, self.leave = QPushButton("Hand in"), QPushButton("Not yet")
        for button in (self.again, self.leave, self.hand_in):
            button.setAutoDefault(False)  # Enter in the passphrase would press the first of them
        self._lay_out()
        self._connect()
        self.render_state()

    def let_go(self) -> None:
        """Stop listening."""
        self.model.changed.disconnect(self.render_state)

    def done(self, result: int) -> None:
        """Close, with nothing of the passphrase left."""
        self.proof.wipe()
        super().done(result)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.addWidget(QLabel(f"<b>{self.model.home.title}</b>"))
        column.addWidget(QLabel(self.model.home.who))
        group = QButtonGroup(self)
        for kind, button in self.kinds.items():
            group.addButton(button)
            if kind is not EndingKind.NOT_EVALUABLE:
                column.addWidget(button)
        row = QHBoxLayout()
        row.addWidget(self.kinds[EndingKind.NOT_EVALUABLE])
        row.addWidget(self.reason, stretch=1)
        column.addLayout(row)
        column.addWidget(self.remark)
        column.addWidget(self.findings)
        column.addStretch(1)
        column.addWidget(self.message)
        column.addWidget(self.proof)
        buttons = QHBoxLayout()
        buttons.addWidget(self.again)
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        buttons.addWidget(self.hand_in)
        column.addLayout(buttons)

    def _connect(self) -> None:
        for kind, button in self.kinds.items():
            button.clicked.connect(lambda _checked=False, kind=kind: self.model.end_as(kind))
        self.reason.currentIndexChanged.connect(lambda _index: self._choose_reason())
        self.remark.textChanged.connect(lambda text: self.model.end_as(self.model.kind, text=text))
        self.findings.chosen.connect(self.place_chosen)
        self.again.clicked.connect(without_argument(self.model.begin))
        self.proof.typed.connect(self.render_state)
        self.proof.given.connect(self._hand_in)
        self.hand_in.clicked.connect(without_argument(self._hand_in))
        self.leave.clicked.connect(without_argument(self.reject))
        self.model.changed.connect(self.render_state)
        self.finished.connect(lambda _result: self.let_go())

    def render_state(self) -> None:
        """Show what is so now."""
        model = self.model
        self.kinds[model.kind].setChecked(True)
        self.reason.setEnabled(model.kind is EndingKind.NOT_EVALUABLE)
        self.findings.render_findings(model.findings)
        self.findings.setVisible(bool(model.findings))
        why_not = model.cannot_submit
        is_refusal = model.is_refusal or (why_not is not None and not model.is_busy)
        color = SEVERITY_COLORS["warning"] if is_refusal and not model.is_done else QUIET
        said = " ".join(part for part in (model.said, why_not or "") if part)
        self.message.setText(colored(said if not model.is_done else model.said, color))
        needs_proof = model.asks_for_passphrase and not model.is_done
        self.proof.setVisible(needs_proof)
        self.proof.ask(for_id=model.asks_for_id)
        self.proof.setEnabled(not model.is_busy)
        self.hand_in.setEnabled(why_not is None and (self.proof.is_given or not needs_proof))
        self.hand_in.setToolTip(why_not or "Hand the reading in as it is saved")
        self.hand_in.setVisible(not model.is_done)
        self.again.setEnabled(not model.is_busy and not model.is_done)
        self.leave.setText("Close" if model.is_done else "Not yet")

    def _choose_reason(self) -> None:
        reason = self.reason.currentData()
        self.model.end_as(self.model.kind, reason=NotEvaluable(reason) if reason else None)

    def _hand_in(self) -> None:
        if self.hand_in.isEnabled():
            self.model.submit(*self.proof.taken())
