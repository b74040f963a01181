"""The line with the verdict on a signed mask, and all of it on a click."""

from __future__ import annotations

from functools import partial
from html import escape

from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from medseg.model.finding import Severity
from napari_medseg.panels.looks import GOOD, SEVERITY_COLORS, shade, text_label
from napari_medseg.panels.reviewing.findings import FindingsList
from napari_medseg.panels.reviewing.tight import be_tight, fit_height
from napari_medseg.viewmodels.reviewing.verdict import VerdictViewModel

_MOST, _WIDTH = 90, 520
#: The reason of a rejection is what its reader goes by.
_MOST_OF_REASON = 240
#: The worst is told first.
_ORDER: tuple[Severity, ...] = ("error", "undecided", "warning", "note")


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
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
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
        if model.sent_back is not None:
            head, why = model.sent_back
            self.label.setText(self._tinted(head, _cut(why, _MOST_OF_REASON)))
        else:
            self.label.setText(self._rich(_cut(model.text, _MOST)))
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
        column = QVBoxLayout(dialog)
        head = text_label()
        head.setText(self._rich(self._model.text))
        listed = FindingsList()
        worst_first = sorted(self._model.details, key=lambda one: _ORDER.index(one.severity))
        listed.render_findings(worst_first)
        listed.setVisible(bool(worst_first))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(dialog.reject)
        for widget in (head, listed, buttons):
            column.addWidget(widget)
        be_tight(dialog, _WIDTH)
        dialog.show()
        QTimer.singleShot(0, partial(fit_height, dialog))
        return dialog

    def _rich(self, text: str) -> str:
        """The verdict's word in its colour, then what speaks for it."""
        word, _, rest = text.partition(". ")
        return self._tinted(word, rest)

    def _tinted(self, word: str, rest: str) -> str:
        model = self._model
        color = GOOD if model.is_valid and model.severity == "note" else ""
        tint = shade(color or SEVERITY_COLORS[model.severity])
        return f'<span style="color:{tint}">■ <b>{escape(word)}</b></span> {escape(rest)}'


def _cut(text: str, most: int) -> str:
    """As much of a text as there is room for, whole words."""
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]} …"
