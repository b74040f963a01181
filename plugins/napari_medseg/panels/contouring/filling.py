"""The line about filling: how far the lesion is, and why nothing is proposed."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_medseg import keys
from napari_medseg.panels.flow import Flow
from napari_medseg.panels.looks import QUIET, colored, text_label, without_argument
from napari_medseg.viewmodels.contouring.filling.filling import FillingViewModel
from napari_medseg.viewmodels.rows import sentences
from napari_medseg.views.desk import Desk

_STALE = (
    "Stale slices were filled from key slices that have changed since; accepting takes what is "
    "proposed in their place."
)
#: Command and what stands on its button.
_BUTTONS = (
    ("accept_slice", "Accept slice"),
    ("accept_lesion", "Accept lesion"),
    ("accept_all", "Accept all"),
    ("live", "Live"),
)


class FillingLine(QWidget):
    """What is proposed between the current lesion's key slices, and the buttons that take it.

    Args:
        model: what is told of.
        desk: what the buttons command.
    """

    def __init__(self, model: FillingViewModel, desk: Desk) -> None:
        super().__init__()
        self._model = model
        self.text = text_label()
        self.buttons = {name: _button(name, label) for name, label in _BUTTONS}
        self.buttons["live"].setCheckable(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.text)
        column.addWidget(Flow([(button, 1) for button in self.buttons.values()], spacing=4))
        for name, button in self.buttons.items():
            button.clicked.connect(without_argument(desk.commands[name]))
        model.changed.connect(self.render_state)
        self.render_state()

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widgets away."""
        self._model.changed.disconnect(self.render_state)

    def render_state(self) -> None:
        """Show what is so now; while it is computed anew, what was so before."""
        self.buttons["live"].setChecked(self._model.is_live)
        if self._model.live.is_busy:
            return
        is_any = bool(self._model.current_slices)
        hint = (
            f": {keys.shown('accept_slice')} accepts this slice, "
            f"{keys.shown('accept_lesion')} the lesion, {keys.shown('cancel')} rejects"
            if is_any
            else ""
        )
        self.text.setText(colored(f"{self._model.summary}{hint}", QUIET))
        self.text.setToolTip(sentences(self._model.findings) or _STALE)
        for name in ("accept_slice", "accept_lesion"):
            self.buttons[name].setEnabled(is_any)
        self.buttons["accept_all"].setEnabled(bool(self._model.proposed))


def _button(command: str, label: str) -> QPushButton:
    button = QPushButton(label)
    button.setToolTip(keys.tip(command))
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
    return button
