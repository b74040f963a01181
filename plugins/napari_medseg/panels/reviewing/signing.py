"""The window in which a judgement is signed, and all that it is about."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
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
from napari_medseg.panels.reviewing.findings import FindingsList
from napari_medseg.panels.reviewing.proof import Proof
from napari_medseg.viewmodels.reviewing.acting.signed_text import about_lines, lesion_lines
from napari_medseg.viewmodels.reviewing.acting.signing import SigningViewModel


class SignDialog(QDialog):
    """What exactly is signed, what the signature says, in which role, and the passphrase.

    Args:
        model: what is done.
        parent: the panel.
    """

    place_chosen = Signal(object)

    def __init__(self, model: SigningViewModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.model = model
        self.setWindowTitle("Judge and sign")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(520)
        self.choices = {one.name: QRadioButton(one.label) for one in model.choices}
        self.about, self.lesions, self.meaning, self.message = (text_label() for _ in range(4))
        self.findings = FindingsList()
        self.reason = QPlainTextEdit()
        self.reason.setMaximumHeight(64)
        self.reason.setPlaceholderText("Why; it stands in the record")
        self.reason.setTabChangesFocus(True)
        self.proof = Proof(model.home.person)
        self.sign, self.leave = QPushButton("Sign"), QPushButton("Not now")
        self.own = QPushButton("Draw my own from this…")
        self.own.setToolTip("Begin a reading of your own as a copy of this one")
        for button in (self.own, self.leave, self.sign):
            button.setAutoDefault(False)  # Enter in the passphrase would press the first of them
        self._is_filled = False
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
        row, group = QHBoxLayout(), QButtonGroup(self)
        for button in self.choices.values():
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        for widget in (self.lesions, self.about, self.findings, self.meaning, self.reason):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(self.message)
        column.addWidget(self.proof)
        buttons = QHBoxLayout()
        buttons.addWidget(self.own)
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        buttons.addWidget(self.sign)
        column.addLayout(buttons)

    def _connect(self) -> None:
        for name, button in self.choices.items():
            button.clicked.connect(lambda _checked=False, name=name: self.model.choose(name))
        self.reason.textChanged.connect(lambda: self.model.give_reason(self.reason.toPlainText()))
        self.findings.chosen.connect(self.place_chosen)
        self.proof.typed.connect(self.render_state)
        self.proof.given.connect(self._sign)
        self.sign.clicked.connect(without_argument(self._sign))
        self.leave.clicked.connect(without_argument(self.reject))
        self.own.clicked.connect(without_argument(self.model.draw_own))
        self.model.changed.connect(self.render_state)
        self.finished.connect(lambda _result: self.let_go())

    def render_state(self) -> None:
        """Show what is so now."""
        model, choice, preview = self.model, self.model.choice, self.model.preview
        if choice is not None:
            self.choices[choice.name].setChecked(True)
            self.meaning.setText(
                f"<b>What you sign</b>, as {escape(model.home.who.split(',')[0])} in the role "
                f"<b>{escape(model.role)}</b>:<br>“{escape(choice.meaning.text)}”"
            )
        self.reason.setVisible(choice is not None and choice.takes_reason and not model.is_done)
        if preview is not None:
            self.lesions.setText("<br>".join(map(escape, lesion_lines(preview))))
            self.about.setText(colored_lines(about_lines(preview)))
            self.findings.render_findings(preview.findings)
        self.findings.setVisible(preview is not None and bool(preview.findings))
        if preview is not None and not self._is_filled:
            self._is_filled = True
            QTimer.singleShot(0, self.adjustSize)  # once the texts are laid out
        why_not = model.cannot_sign
        said = model.said if model.is_refusal or model.is_busy or model.is_done else why_not or ""
        color = GOOD if model.is_done else SEVERITY_COLORS["warning"] if said else QUIET
        self.message.setText(colored(said, QUIET if model.is_busy else color))
        is_open = choice is not None and not model.is_done
        self.own.setVisible(model.can_draw_own)
        self.proof.setVisible(is_open)
        self.proof.ask(for_id=model.asks_for_id)
        self.proof.setEnabled(not model.is_busy)
        self.sign.setVisible(is_open)
        self.sign.setText(choice.label if choice else "Sign")
        self.sign.setEnabled(why_not is None and self.proof.is_given)
        self.sign.setToolTip(why_not or "Sign exactly this, with your key")
        self.leave.setText("Close" if model.is_done or choice is None else "Not now")

    def _sign(self) -> None:
        if self.sign.isEnabled():
            self.model.sign(*self.proof.taken())


def colored_lines(lines: tuple[str, ...]) -> str:
    """The lines as rich text, quietly."""
    return "<br>".join(colored(line, QUIET) for line in lines)
