"""With what the mask is compared and how that is shown: the top of the Review page."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_medseg import keys
from napari_medseg.panels.asking import Questions
from napari_medseg.panels.flow import Flow
from napari_medseg.panels.looks import text_label
from napari_medseg.viewmodels.reviewing.comparing.comparing import MODES, ComparingViewModel
from napari_medseg.viewmodels.reviewing.comparing.comparison_sketch import (
    CURRENT,
    KEPT,
    MOVED,
    THEIRS,
)

_NONE = "nothing yet"

#: What the colours mean, by mode.
_LEGENDS = {
    "off": "",
    "outline": f'<span style="color:{THEIRS}">▬ theirs</span> &nbsp; '
    f'<span style="color:{CURRENT}">▬ this mask</span> &nbsp; both where they run together',
    "difference": f'<span style="color:{CURRENT}">▨ added</span> &nbsp; '
    f'<span style="color:{THEIRS}">▧ removed</span> &nbsp; '
    f'<span style="color:{KEPT}">▢ kept</span> &nbsp; '
    f'<span style="color:{MOVED}">▩ in another lesion</span>',
    "side by side": "Left: this mask. Right: theirs, on the same slice.",
}


class ComparisonBox(QWidget):
    """The choice of the other mask, the modes, and their legend.

    Args:
        comparing: what is compared.
        questions: asks for a mask file.
    """

    def __init__(self, comparing: ComparingViewModel, questions: Questions) -> None:
        super().__init__()
        self._comparing, self._questions = comparing, questions
        self.choices, self.file = QComboBox(), QPushButton("File…")
        self.choices.setToolTip("What the mask on screen is compared with")
        self.file.setToolTip("Compare with any mask file of this image")
        self.modes = {mode: QPushButton(mode.capitalize()) for mode in MODES}
        self.legend = text_label()
        self.legend.setToolTip("Added: only here. Removed: only in theirs. Kept: in both.")
        self._lay_out()
        self.choices.activated.connect(self._choose)
        self.file.clicked.connect(lambda _checked=False: self._choose_file())
        for mode, button in self.modes.items():
            button.clicked.connect(lambda _checked=False, mode=mode: comparing.show(mode))

    def render_state(self) -> None:
        """Show what is so now."""
        comparing = self._comparing
        titles = [one.title for one in comparing.choices]
        chosen = comparing.chosen
        shown = [*([] if chosen is not None else [_NONE]), *titles]
        if [self.choices.itemText(place) for place in range(self.choices.count())] != shown:
            self.choices.clear()
            self.choices.addItems(shown)
        keys_of = [one.key for one in comparing.choices]
        if chosen is not None and chosen.key in keys_of:
            self.choices.setCurrentIndex(keys_of.index(chosen.key))
        for mode, button in self.modes.items():
            button.setChecked(mode == comparing.mode)
            button.setEnabled(bool(titles))
        for widget in (self.choices, self.file):
            widget.setEnabled(bool(titles))
        self.legend.setText(_LEGENDS[comparing.mode])
        self.legend.setVisible(comparing.mode != "off")

    def _choose(self, place: int) -> None:
        offered = self._comparing.choices
        place -= self.choices.count() - len(offered)  # before a choice the first line is none
        if 0 <= place < len(offered):
            self._comparing.choose(offered[place].key)

    def _choose_file(self) -> None:
        path = self._questions.mask_to_compare()
        if path is not None:
            self._comparing.choose_file(path)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        first = QHBoxLayout()
        first.addWidget(self.choices, stretch=1)
        first.addWidget(self.file)
        for button in self.modes.values():
            button.setCheckable(True)
            button.setToolTip(keys.tip("difference_view"))
        for widget in (self.choices, self.file, *self.modes.values()):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
        column.addLayout(first)
        column.addWidget(Flow([(button, 1) for button in self.modes.values()], spacing=2))
        column.addWidget(self.legend)
