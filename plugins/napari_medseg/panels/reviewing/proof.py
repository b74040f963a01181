"""Where id and passphrase are typed: read once, and wiped."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLineEdit, QWidget

from medseg.model import Person


class Proof(QWidget):
    """The id, where a sitting begins, and the passphrase of the person's key."""

    typed = Signal()
    given = Signal()

    def __init__(self, person: Person | None) -> None:
        super().__init__()
        self.signer, self.passphrase = QLineEdit(), QLineEdit()
        self.signer.setText(person.person_id if person else "")
        self.signer.setToolTip("Your id or printed name, asked for where a sitting begins")
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.setPlaceholderText("of your key; it is not kept")
        self.passphrase.setToolTip("Opens your key for this one signature")
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.addRow("Signing as", self.signer)
        self._form.addRow("Passphrase", self.passphrase)
        self.passphrase.textChanged.connect(lambda _text: self.typed.emit())
        self.passphrase.returnPressed.connect(self.given)

    @property
    def first(self) -> QLineEdit:
        """The field to type into first: the passphrase, once there is an id.

        An id that is there already must not have the focus: the passphrase would be typed over
        it, in clear.
        """
        needs_id = self.signer.isVisibleTo(self) and not self.signer.text().strip()
        return self.signer if needs_id else self.passphrase

    @property
    def is_given(self) -> bool:
        """Whether a passphrase was typed."""
        return bool(self.passphrase.text())

    def ask(self, *, for_id: bool) -> None:
        """Ask for the id besides the passphrase, or for the passphrase alone."""
        self._form.setRowVisible(self.signer, for_id)

    def taken(self) -> tuple[str, str]:
        """Passphrase and id as they were typed; the passphrase is wiped from the field."""
        given = self.passphrase.text(), self.signer.text() if self.signer.isVisible() else ""
        self.wipe()
        return given

    def wipe(self) -> None:
        """Forget what was typed; the field cannot bring it back either."""
        self.passphrase.setText("")
