"""The window in which a judgement is signed, and all that it is about."""

from __future__ import annotations

from html import escape

from qtpy.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QWidget,
)

from napari_medseg.panels.looks import text_label, without_argument
from napari_medseg.panels.reviewing.act_dialog import ActDialog, Draft, heading_of, writing_field
from napari_medseg.panels.reviewing.findings import FindingsList
from napari_medseg.panels.reviewing.proof import Proof
from napari_medseg.panels.reviewing.signed_list import SignedLesions, as_table
from napari_medseg.viewmodels.reviewing.acting.signed_text import about_rows, version_line
from napari_medseg.viewmodels.reviewing.acting.signing import SigningViewModel

_REASON_HEIGHT = 56


class SignDialog(ActDialog):
    """What exactly is signed, what the signature says, in which role, and the passphrase.

    Args:
        model: what is done.
        parent: the panel.
    """

    def __init__(self, model: SigningViewModel, parent: QWidget) -> None:
        super().__init__(
            model,
            parent,
            title="Judge and sign",
            heading=heading_of(model.home.title, model.home.who),
            act="Sign",
            proof=Proof(model.home.person),
        )
        self.model = model
        self.choices = {one.name: QRadioButton(one.label) for one in model.choices}
        self.version, self.about, self.meaning = (text_label() for _ in range(3))
        self.lesions, self.findings = SignedLesions(), FindingsList()
        self.reason = writing_field(_REASON_HEIGHT, "Why; it stands in the record")
        self.own = QPushButton("Draw my own from this…")
        self.own.setToolTip("Begin a reading of your own as a copy of this one")
        self.own.setAutoDefault(False)
        self._lay_out()
        self._connect()
        self.render_state()

    @property
    def first(self) -> QWidget:
        """The reason, where one is needed and there is none."""
        choice = self.model.choice
        is_open = choice is not None and not self.model.is_done
        lacks_reason = choice is not None and choice.needs_reason and not self.model.reason
        return self.reason if is_open and lacks_reason else super().first

    @property
    def draft(self) -> Draft:
        """The judgement and its reason, as soon as there is one."""
        choice, reason = self.model.choice, self.model.reason
        return {"choice": choice.name, "reason": reason} if choice is not None and reason else {}

    def take_up(self, draft: Draft) -> None:
        """Go on with a judgement and its reason."""
        self.model.choose(draft.get("choice", ""))
        self.reason.setPlainText(draft.get("reason", ""))

    def render_state(self) -> None:
        """Show what is so now."""
        model, choice = self.model, self.model.choice
        self._render_preview()
        if choice is not None:
            self.choices[choice.name].setChecked(True)
            who = escape(model.home.who.split(",")[0])
            self.meaning.setText(
                f"<b>What you sign</b>, as {who} in the role <b>{escape(model.role)}</b>:"
                f"<br>“{escape(choice.meaning.text)}”"
            )
        is_open = choice is not None and not model.is_done
        self.meaning.setVisible(is_open)
        self.reason.setVisible(is_open and choice is not None and choice.takes_reason)
        self._render_way_on(is_open=is_open)
        super().render_state()

    def _sign(self) -> None:
        if self.proof is not None:
            self.model.sign(*self.proof.taken())

    def _render_preview(self) -> None:
        preview = self.model.preview
        if preview is not None:
            self.version.setText(escape(version_line(preview)))
            self.lesions.render_lesions(preview.lesions)
            self.about.setText(as_table(about_rows(preview)))
            self.findings.render_findings(preview.findings)
        for widget in (self.version, self.about):
            widget.setVisible(preview is not None)
        self.lesions.setVisible(preview is not None and bool(preview.lesions))
        self.findings.setVisible(preview is not None and bool(preview.findings))

    def _render_way_on(self, *, is_open: bool) -> None:
        """Message, passphrase and buttons."""
        model, choice, proof = self.model, self.model.choice, self.proof
        why_not = model.cannot_sign
        says_itself = model.is_refusal or model.is_busy or model.is_done
        self.say(model.said if says_itself else why_not or "", warns=True)
        self.own.setVisible(model.can_draw_own)
        if proof is not None:
            proof.setVisible(is_open)
            proof.ask(for_id=model.asks_for_id)
        self.act.setVisible(is_open)
        self.act.setText(choice.label if choice else "Sign")
        self.act.setEnabled(why_not is None and proof is not None and proof.is_given)
        self.act.setToolTip(why_not or "Sign exactly this, with your key")
        self.leave.setText("Close" if not is_open else "Not now")

    def _lay_out(self) -> None:
        row, group = QHBoxLayout(), QButtonGroup(self)
        for button in self.choices.values():
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self.body.addLayout(row)
        shown = (self.version, self.lesions, self.about, self.findings, self.meaning, self.reason)
        for widget in shown:
            self.body.addWidget(widget)
        self.aside.addWidget(self.own)
        self._tab_through(*self.choices.values(), self.findings, self.reason)

    def _connect(self) -> None:
        self.wanted.connect(self._sign)
        for name, button in self.choices.items():
            button.clicked.connect(lambda _checked=False, name=name: self.model.choose(name))
        self.reason.textChanged.connect(lambda: self.model.give_reason(self.reason.toPlainText()))
        self.findings.chosen.connect(self.place_chosen)
        self.own.clicked.connect(without_argument(self.model.draw_own))
