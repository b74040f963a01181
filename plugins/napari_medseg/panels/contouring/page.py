"""The page of contouring: the lesions, the tools, and filling between slices."""

from __future__ import annotations

from qtpy.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from napari_medseg import keys
from napari_medseg.panels.contouring.lesion_table import LesionTable
from napari_medseg.panels.looks import key_button, without_argument
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.views.desk import Desk

_BUTTONS = (
    ("new_lesion", "New lesion"),
    ("outline", "Draw outline"),
    ("fill", "Fill between"),
    ("save", "Save"),
    ("undo", "Undo"),
    ("redo", "Redo"),
)


class ContourPage(QWidget):
    """Lesions and tools.

    Args:
        model: the case.
        desk: what the buttons command.
    """

    title = "Contour"

    def __init__(self, model: CaseViewModel, desk: Desk) -> None:
        super().__init__()
        self._model, self._desk = model, desk
        self.lesions = LesionTable()
        self.buttons = {name: key_button(name, label) for name, label in _BUTTONS}
        self.buttons["outline"].setCheckable(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.lesions, stretch=1)
        grid = QGridLayout()
        for place, button in enumerate(self.buttons.values()):
            grid.addWidget(button, place // 2, place % 2)
        column.addLayout(grid)
        self.lesions.chosen.connect(desk.go_to_lesion)
        for name, button in self.buttons.items():
            button.clicked.connect(without_argument(desk.commands[name]))
        desk.toolbox.picked.connect(self.render_state)

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widgets away."""
        self._desk.toolbox.picked.disconnect(self.render_state)

    def render_state(self) -> None:
        """Show what is so now."""
        lesions, active = self._model.lesions, self._desk.toolbox.active
        self.lesions.render_rows(lesions.rows, lesions.current)
        self.buttons["outline"].setChecked(active is not None and active.command == "outline")
        for name, why_not in self._model.why_not.items():
            self.buttons[name].setEnabled(why_not is None)
            self.buttons[name].setToolTip(why_not or keys.tip(name))
