"""The frame of the windows in which something is done in a project."""

from __future__ import annotations

from functools import partial
from html import escape
from itertools import pairwise
from typing import Protocol

from psygnal import SignalInstance
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QKeyEvent, QShowEvent
from qtpy.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
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
from napari_medseg.panels.reviewing.proof import Proof
from napari_medseg.panels.reviewing.tight import LongText, be_tight, fit_height

#: From this height on what is said is scrolled, in pixels.
_TALLEST_SAID = 150


class Told(Protocol):
    """What a window says of its act."""

    said: str
    is_refusal: bool
    is_busy: bool
    is_done: bool

    @property
    def changed(self) -> SignalInstance:
        """Something in the window is different."""
        ...

    @property
    def ended(self) -> SignalInstance:
        """What it is about was left, in words."""
        ...

    def let_go(self) -> None:
        """Look nothing up any more."""
        ...


#: What was typed in a window: the field's name -> its text.
Draft = dict[str, str]


class ActDialog(QDialog):
    """A heading, a body, what is said, the proof where there is one, and the buttons.

    It is as high as what it shows. The window behind stays usable; a passphrase that was typed is
    wiped when this one closes.

    Args:
        model: what is done.
        parent: the panel.
        title: of the window.
        heading: what it is about, as rich text; empty for none.
        act: what the button says that does it.
        width: in pixels.
        proof: asks for the passphrase; None where the act is not signed.

    Attributes:
        body: what stands between heading and message.
        act: the button that does it; `leave` the one that does not.
        acting: the model.
    """

    place_chosen = Signal(object)
    left = Signal()
    """What it is about is not on screen any more; it is being closed."""
    wanted = Signal()
    """The button that does it was pressed, or Enter in the passphrase, while it may be done."""

    def __init__(
        self,
        model: Told,
        parent: QWidget,
        *,
        title: str,
        heading: str,
        act: str,
        width: int = 500,
        proof: Proof | None = None,
    ) -> None:
        super().__init__(parent)
        self.acting = model
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.heading, self.message = text_label(), LongText(_TALLEST_SAID)
        self.heading.setText(heading)
        self.heading.setVisible(bool(heading))
        self.body, self.aside = QVBoxLayout(), QHBoxLayout()
        self.proof = proof
        self.act, self.leave = QPushButton(act), QPushButton("Not now")
        self._fitting = QTimer(self)
        self._fitting.setSingleShot(True)
        self._fitting.timeout.connect(partial(fit_height, self))
        self._frame()
        be_tight(self, width)
        self.act.clicked.connect(without_argument(self._press))
        self.leave.clicked.connect(without_argument(self.reject))
        if proof is not None:
            proof.typed.connect(self.render_state)
            proof.given.connect(self._press)
        model.changed.connect(self.render_state)
        model.ended.connect(self._end)
        self.finished.connect(lambda _result: self.let_go())

    @property
    def first(self) -> QWidget:
        """What is filled in first; it has the focus when the window comes up."""
        proof = self.proof
        return proof.first if proof is not None and proof.isVisibleTo(self) else self.leave

    @property
    def draft(self) -> Draft:
        """What was typed and chosen, as `take_up` takes it; never the passphrase."""
        return {}

    def take_up(self, draft: Draft) -> None:
        """Go on with what was typed in an earlier window of the same kind."""

    def let_go(self) -> None:
        """Stop listening."""
        self.acting.changed.disconnect(self.render_state)
        self.acting.ended.disconnect(self._end)
        self.acting.let_go()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Begin where there is something to fill in."""
        super().showEvent(event)
        if not event.spontaneous():
            self.first.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Return presses the button that has the focus, and none from elsewhere.

        In the passphrase it has acted by now; Qt would press the default button once more.
        """
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        focused = self.focusWidget()
        if isinstance(focused, QPushButton):
            focused.click()

    def done(self, result: int) -> None:
        """Close, with nothing of the passphrase left."""
        if self.proof is not None:
            self.proof.wipe()
        super().done(result)

    def render_state(self) -> None:
        """Be as high as what is shown, once that is laid out."""
        self._fitting.start(0)

    def say(self, text: str, *, warns: bool) -> None:
        """Show what is said; it takes no room where that is nothing.

        Args:
            text: a sentence or two.
            warns: whether it keeps the act from being done.
        """
        color = QUIET
        if self.acting.is_done:
            color = GOOD
        elif warns and not self.acting.is_busy:
            color = SEVERITY_COLORS["warning"]
        self.message.setText(colored(text, color).replace("\n", "<br>"))
        self.message.setVisible(bool(text))

    def _frame(self) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addWidget(self.heading)
        column.addLayout(self.body)
        column.addWidget(self.message)
        if self.proof is not None:
            column.addWidget(self.proof)
        buttons = QHBoxLayout()
        buttons.addLayout(self.aside)
        buttons.addStretch(1)
        for button in (self.leave, self.act):
            button.setAutoDefault(False)  # Enter in the passphrase would press the first of them
            buttons.addWidget(button)
        self.act.setDefault(self.proof is not None)
        column.addLayout(buttons)

    def _tab_through(self, *widgets: QWidget) -> None:
        """Tab goes through these, then to the passphrase, the act, and the ways out."""
        proof = (self.proof.signer, self.proof.passphrase) if self.proof is not None else ()
        aside = (self.aside.itemAt(place).widget() for place in range(self.aside.count()))
        order = (*widgets, *proof, self.act, self.leave, *aside)
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _end(self, _why: str) -> None:
        self.left.emit()
        self.reject()

    def _press(self) -> None:
        if self.act.isEnabled():
            self.wanted.emit()


def writing_field(height: int, hint: str) -> QPlainTextEdit:
    """A field for some lines of text, with a frame in every theme; Tab leaves it.

    Args:
        height: in pixels.
        hint: what it is for.
    """
    field = QPlainTextEdit()
    field.setFixedHeight(height)
    field.setTabChangesFocus(True)
    field.setPlaceholderText(hint)
    field.setStyleSheet(f"QPlainTextEdit {{ border: 1px solid {QUIET}; border-radius: 2px; }}")
    return field


def heading_of(title: str, who: str = "") -> str:
    """A heading: the case and reading, and who acts."""
    return f"<b>{escape(title)}</b><br>{colored(who, QUIET)}" if who else f"<b>{escape(title)}</b>"
