"""The window in which a lesion is given its kind and region."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QCompleter, QDialog, QDialogButtonBox, QFormLayout, QWidget

from medseg.model import Code, Segment
from napari_medseg.viewmodels.contouring.lesions.terminology import (
    Choice,
    kind_choices,
    place_of,
    region_choices,
)


class CodeDialog(QDialog):
    """Asks what a lesion is, and where; typing finds an entry.

    Args:
        segment: the lesion.
        parent: the widget that it belongs to.
    """

    def __init__(self, segment: Segment, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(segment.label)
        self._segment = segment
        self._kinds, self._regions = kind_choices(segment.type), region_choices(segment.region)
        self.kind = _box(self._kinds, place_of(self._kinds, segment.type))
        self.region = _box(self._regions, place_of(self._regions, segment.region))
        form = QFormLayout(self)
        form.addRow("What it is", self.kind)
        form.addRow("Where it is", self.region)
        buttons = QDialogButtonBox.StandardButton
        box = QDialogButtonBox(buttons.Ok | buttons.Cancel)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        form.addRow(box)

    @property
    def chosen(self) -> tuple[Code, Code | None]:
        """The kind and the region that stand there."""
        kind = self._kinds[self.kind.currentIndex()].code or self._segment.type
        return kind, self._regions[self.region.currentIndex()].code


def _box(choices: tuple[Choice, ...], place: int) -> QComboBox:
    box = QComboBox()
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    for number, choice in enumerate(choices):
        box.addItem(choice.text)
        box.setItemData(number, choice.tip, Qt.ItemDataRole.ToolTipRole)
    box.completer().setFilterMode(Qt.MatchFlag.MatchContains)
    box.completer().setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
    box.setCurrentIndex(place)
    return box
