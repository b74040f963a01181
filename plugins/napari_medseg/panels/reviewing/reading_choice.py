"""The readings of the case on screen, where there are several to choose from."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from napari_medseg.panels.reviewing.offering import id_chosen, offer
from napari_medseg.viewmodels.reviewing.project.standing import Standing


class ReadingChoice(QWidget):
    """Which reading is on screen; hidden where the person may see no other.

    Args:
        label: what stands before it.

    Attributes:
        row: where it is laid out, for what stands behind it.
    """

    chosen = Signal(str)

    def __init__(self, label: str) -> None:
        super().__init__()
        self.box = QComboBox()
        self.box.setToolTip("The readings of this case that you may see")
        self.box.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.setMinimumContentsLength(6)  # long names ask for no width
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel(label))
        row.addWidget(self.box, stretch=1)
        self.row = row
        self.box.activated.connect(lambda _place: self._choose())

    def render_standing(self, standing: Standing | None) -> None:
        """Show the readings of the case on screen; None for none."""
        listed = standing.listed if standing is not None else ()
        chosen = standing.reading.reading_id if standing is not None else None
        offer(self.box, listed, chosen=chosen)
        self.setVisible(len(listed) > 1)

    def _choose(self) -> None:
        if id_chosen(self.box):
            self.chosen.emit(id_chosen(self.box))
