"""What all panels look like: colours, texts, buttons and rows."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from napari_medseg import keys

# Readable on napari's dark and light theme alike.
SEVERITY_COLORS = {
    "note": "#8aa4b8",
    "warning": "#d9930d",
    "undecided": "#7d8ff0",
    "error": "#e5533d",
}
QUIET, GOOD = "#8d949c", "#3fa45b"


def text_label() -> QLabel:
    """A label that wraps and can be copied from."""
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def key_button(command: str, label: str) -> QPushButton:
    """A button for a command of the key table, with its key on it and in its tooltip."""
    button = QPushButton(f"{label}  ({keys.shown(command)})")
    button.setToolTip(keys.tip(command))
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
    return button


def row_of(*widgets: QWidget) -> QHBoxLayout:
    """The widgets side by side."""
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row


def colored(text: str, color: str) -> str:
    """The text as rich text in a colour; markup in it is inert."""
    return f'<span style="color:{color}">{escape(text)}</span>'


def without_argument(command: Callable[[], None]) -> Callable[[bool], None]:
    """The command for a signal that says whether a button is checked."""

    def clicked(_checked: bool = False) -> None:
        command()

    return clicked
