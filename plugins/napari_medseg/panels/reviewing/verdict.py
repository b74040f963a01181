"""The line with the verdict on a signed mask, and all of it on a click."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from napari_medseg.panels.looks import GOOD, SEVERITY_COLORS, text_label
from napari_medseg.panels.reviewing.findings import FindingsList
from napari_medseg.viewmodels.reviewing.verdict import VerdictViewModel

_MOST = 44


class VerdictLine(QWidget):
    """One line in the verdict's colour; hidden where the mask is not signed.

    Args:
        model: the verdict.
    """

    def __init__(self, model: VerdictViewModel) -> None:
        super().__init__()
        self._model = model
        self.label: QLabel = text_label()
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.label)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        model.changed.connect(self.render_state)
        self.render_state()

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widget away."""
        self._model.changed.disconnect(self.render_state)

    def render_state(self) -> None:
        """Show what is so now."""
        model = self._model
        word, _, rest = model.text.partition(". ")
        color = GOOD if model.is_valid and model.severity == "note" else ""
        color = color or SEVERITY_COLORS[model.severity]
        short = rest if len(rest) <= _MOST else f"{rest[:_MOST].rsplit(' ', 1)[0]} …"
        self.label.setText(
            f'<span style="color:{color}">■ <b>{escape(word)}</b></span> {escape(short)}'
        )
        self.setToolTip(f"{model.text}\nClick for all that was checked." if model.text else "")
        self.setVisible(bool(model.text))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show all of it."""
        super().mouseReleaseEvent(event)
        self.show_details()

    def show_details(self) -> QDialog:
        """A window with all verdicts, beside the one that works."""
        dialog = QDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Sign-offs of this mask")
        dialog.resize(560, 320)
        column = QVBoxLayout(dialog)
        head = text_label()
        head.setText(self.label.text())
        listed = FindingsList()
        listed.render_findings(self._model.details)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(dialog.reject)
        for widget in (head, listed, buttons):
            column.addWidget(widget)
        dialog.show()
        return dialog
