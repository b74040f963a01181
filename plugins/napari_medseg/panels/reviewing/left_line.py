"""What the person before left for whoever opens a reading."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from napari_medseg.panels.looks import QUIET, shade, text_label, without_argument
from napari_medseg.viewmodels.reviewing.remarks.taking_over import TakingOverViewModel

#: Of more than so many characters the rest is in the tooltip.
_MOST = 200


class LeftLine(QWidget):
    """The hand-over in a few lines, and the way to its place; hidden where nothing was left.

    Args:
        model: what was left.
    """

    def __init__(self, model: TakingOverViewModel) -> None:
        super().__init__()
        self._model = model
        self.text = text_label()
        # A long note asks for no height of the window: as wide as the panel it has few lines.
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.go, self.close_it = QPushButton("Go there"), QPushButton("Hide")
        self.go.setToolTip("Go to where they were last")
        self.close_it.setToolTip("Take these lines away; they come back when it is opened anew")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, stretch=1)
        for button in (self.go, self.close_it):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
            row.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        self.go.clicked.connect(without_argument(model.go))
        self.close_it.clicked.connect(without_argument(self._put_away))
        model.changed.connect(self.render_state)
        self.render_state()

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widget away."""
        self._model.changed.disconnect(self.render_state)

    def render_state(self) -> None:
        """Show what is so now."""
        told = self._model.text
        short = told if len(told) <= _MOST else f"{told[:_MOST].rsplit(' ', 1)[0]} …"
        lines = "<br>".join(map(escape, short.split("\n")))
        self.text.setToolTip(told)
        self.text.setText(f'<span style="color:{shade(QUIET)}">{lines}</span>')
        self.go.setVisible(self._model.can_go)
        self.setVisible(bool(told))

    def _put_away(self) -> None:
        self.hide()
