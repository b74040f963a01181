"""The page of contouring: the lesions, the tools, and filling between slices."""

from __future__ import annotations

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_medseg import keys
from napari_medseg.panels.contouring.filling import FillingLine
from napari_medseg.panels.contouring.lesion_panel import LesionPanel
from napari_medseg.panels.contouring.palette import Palette
from napari_medseg.panels.flow import Flow
from napari_medseg.panels.looks import key_button, without_argument
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.views.desk import Desk

#: Command, what stands on its button, and how wide that is beside the others: one row of all.
_BUTTONS = (
    ("new_lesion", "New lesion", 3),
    ("undo", "Undo", 2),
    ("redo", "Redo", 2),
    ("fill", "Fill", 2),
    ("save", "Save", 2),
)


class ContourPage(QWidget):
    """Lesions and tools; the line about filling is `foot`, which stays when the page scrolls.

    Args:
        model: the case.
        desk: what the buttons command.
    """

    title = "Contour"

    def __init__(self, model: CaseViewModel, desk: Desk) -> None:
        super().__init__()
        self._model, self._desk = model, desk
        self.lesion_panel = LesionPanel(model, desk)
        self.lesions = self.lesion_panel.table
        self.filling = FillingLine(model.filling, desk)
        self.buttons = {name: key_button(name, label) for name, label, _ in _BUTTONS}
        self.tools = Palette(desk)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.lesion_panel)
        for name, label, _ in _BUTTONS:
            self.buttons[name].setText(label)  # the key stands in the tooltip; the row is narrow
        column.addWidget(
            Flow([(self.buttons[name], wide) for name, _, wide in _BUTTONS], spacing=4)
        )
        column.addWidget(self.tools)
        column.addStretch(1)
        for name, button in self.buttons.items():
            button.clicked.connect(without_argument(desk.commands[name]))
        self.buttons |= self.tools.tools

    @property
    def foot(self) -> FillingLine:
        """What stands under the page, always in sight."""
        return self.filling

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widgets away."""
        self.tools.let_go()
        self.filling.let_go()

    def render_state(self) -> None:
        """Show what is so now."""
        self.lesion_panel.render_state()
        self.tools.render_state()
        self.filling.render_state()
        for name, why_not in self._model.why_not.items():
            if name in self.buttons:
                self.buttons[name].setEnabled(why_not is None)
                self.buttons[name].setToolTip(why_not or keys.tip(name))
