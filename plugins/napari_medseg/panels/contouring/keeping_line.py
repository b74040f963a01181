"""The footer: whether the work is safe, always in sight and ticking."""

from __future__ import annotations

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from napari_medseg.panels.looks import GOOD, SEVERITY_COLORS, colored, text_label
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.contouring.keeping.keeping_words import Safety

_EVERY_MS = 250
# The footer takes room from all else: what is longer, and no warning, is told by the tooltip.
_MOST = 70


class KeepingLine(QWidget):
    """A dot and a sentence on how safe the work is, and whether it is saved by itself.

    Args:
        model: the case.
    """

    def __init__(self, model: CaseViewModel) -> None:
        super().__init__()
        self._model = model
        self.text, self.autosave = text_label(), QCheckBox("Autosave")
        self.autosave.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.autosave.setToolTip(
            "Save a mask that has a file some seconds after each change. "
            "A project's readings are always saved."
        )
        self.autosave.setChecked(model.keeping.autosaves)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, stretch=1)
        row.addWidget(self.autosave)
        self.autosave.toggled.connect(model.keeping.set_autosaves)
        model.keeping.ticked.connect(self.render_state)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self.render_state()

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widgets away."""
        self._model.keeping.ticked.disconnect(self.render_state)
        self._model.lesions.measured.close()

    def render_state(self) -> None:
        """Show what is so now."""
        keeping = self._model.keeping
        is_safe = keeping.safety is Safety.SAVED
        color = GOOD if is_safe else SEVERITY_COLORS[keeping.safety.value]
        is_urgent = keeping.safety in (Safety.AT_RISK, Safety.FAILED)
        told = keeping.status if is_urgent else _brief(keeping.status)
        self.text.setText(colored(f"● {told}", color))
        self.text.setToolTip(keeping.status)
        self.autosave.setVisible(not keeping.is_in_project)

    def _tick(self) -> None:
        self._model.keeping.tick()
        self._model.lesions.measured.poll()


def _brief(status: str) -> str:
    """The status in a line or two, cut between words where it is longer."""
    return status if len(status) <= _MOST else f"{status[:_MOST].rsplit(' ', 1)[0]} …"
