"""The window in which a reading is handed in."""

from __future__ import annotations

from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from medseg.model import EndingKind, NotEvaluable
from napari_medseg.panels.looks import without_argument
from napari_medseg.panels.reviewing.act_dialog import ActDialog, Draft, heading_of
from napari_medseg.panels.reviewing.findings import FindingsList
from napari_medseg.panels.reviewing.proof import Proof
from napari_medseg.viewmodels.reviewing.acting.endings import SubmitViewModel

_LABELS = {
    EndingKind.LESIONS: "Lesions",
    EndingKind.NO_LESION_FOUND: "No lesion found",
    EndingKind.NOT_EVALUABLE: "Not evaluable:",
}


class SubmitDialog(ActDialog):
    """How the reading ends, what the checks found, and the passphrase.

    A finding can be looked at and put right while it stands there.

    Args:
        model: what is done.
        parent: the panel.
    """

    def __init__(self, model: SubmitViewModel, parent: QWidget) -> None:
        super().__init__(
            model,
            parent,
            title="Hand in",
            heading=heading_of(model.home.title, model.home.who),
            act="Hand in",
            width=480,
            proof=Proof(model.home.person),
        )
        self.model = model
        self.kinds = {kind: QRadioButton(label) for kind, label in _LABELS.items()}
        self.reason = QComboBox()
        for reason in NotEvaluable:
            self.reason.addItem(reason.value, reason)
        self.remark = QLineEdit()
        self.remark.setPlaceholderText("A remark on the ending, if there is one")
        self.findings = FindingsList()
        self.again = QPushButton("Check again")
        self.again.setToolTip("Save what was changed meanwhile, and ask the checks anew")
        self.again.setAutoDefault(False)
        self._lay_out()
        self._connect()
        self.render_state()

    @property
    def first(self) -> QWidget:
        """The ending, where no passphrase is asked for."""
        is_open = not (self.model.asks_for_passphrase or self.model.is_done)
        return self.kinds[self.model.kind] if is_open else super().first

    @property
    def draft(self) -> Draft:
        """The remark, and why it is not evaluable; the other endings go by the mask."""
        is_seen = self.model.kind is not EndingKind.NOT_EVALUABLE
        why_not = "" if is_seen else self.model.reason.value
        remark = self.remark.text()
        return {"remark": remark, "why_not": why_not} if remark or why_not else {}

    def take_up(self, draft: Draft) -> None:
        """Go on with a remark, and with what kept the image from being read."""
        if draft.get("why_not"):
            self.model.kind = EndingKind.NOT_EVALUABLE
            self.reason.setCurrentText(draft["why_not"])
        self.remark.setText(draft.get("remark", ""))
        self.render_state()

    def render_state(self) -> None:
        """Show what is so now."""
        model, proof = self.model, self.proof
        self.kinds[model.kind].setChecked(True)
        self.reason.setEnabled(model.kind is EndingKind.NOT_EVALUABLE)
        self.findings.render_findings(model.findings)
        self.findings.setVisible(bool(model.findings))
        why_not = model.cannot_submit
        parts = (model.said, "" if model.is_done else why_not or "")
        warns = model.is_refusal or why_not is not None
        self.say(" ".join(dict.fromkeys(part for part in parts if part)), warns=warns)
        needs_proof = model.asks_for_passphrase and not model.is_done
        if proof is not None:
            proof.setVisible(needs_proof)
            proof.ask(for_id=model.asks_for_id)
        is_proven = not needs_proof or (proof is not None and proof.is_given)
        self.act.setEnabled(why_not is None and is_proven)
        self.act.setToolTip(why_not or "Hand the reading in as it is saved")
        for widget in (self.act, self.again):
            widget.setVisible(not model.is_done)
        self.again.setEnabled(not model.is_busy)
        self.leave.setText("Close" if model.is_done else "Not yet")
        super().render_state()

    def _hand_in(self) -> None:
        if self.proof is not None:
            self.model.submit(*self.proof.taken())

    def _lay_out(self) -> None:
        row, group = QHBoxLayout(), QButtonGroup(self)
        for button in self.kinds.values():
            group.addButton(button)
            row.addWidget(button)
        row.addWidget(self.reason, stretch=1)
        self.body.addLayout(row)
        self.body.addWidget(self.remark)
        self.body.addWidget(self.findings)
        self.aside.addWidget(self.again)
        self._tab_through(*self.kinds.values(), self.reason, self.remark, self.findings)

    def _connect(self) -> None:
        self.wanted.connect(self._hand_in)
        for kind, button in self.kinds.items():
            button.clicked.connect(lambda _checked=False, kind=kind: self.model.end_as(kind))
        self.reason.currentIndexChanged.connect(lambda _index: self._choose_reason())
        self.remark.textChanged.connect(lambda text: self.model.end_as(self.model.kind, text=text))
        self.findings.chosen.connect(self.place_chosen)
        self.again.clicked.connect(without_argument(self.model.begin))

    def _choose_reason(self) -> None:
        reason = self.reason.currentData()
        self.model.end_as(self.model.kind, reason=NotEvaluable(reason) if reason else None)
