"""What all panels look like: colours, texts, buttons and rows."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from napari.settings import get_settings
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from napari_medseg import keys

# Each colour by its name on dark ground, and what stands for it on light: no one colour is legible
# on both. All have a contrast of at least 4.5 to 1 with whatever napari's two themes put behind
# words. Reference: Web Content Accessibility Guidelines 2.2, 1.4.3.
SEVERITY_COLORS = {
    "note": "#a9c3d6",
    "warning": "#f0ae3c",
    "undecided": "#b3bdff",
    "error": "#ffa394",
}
QUIET, GOOD = "#b4bac1", "#70cf8c"
_ON_LIGHT = {
    SEVERITY_COLORS["note"]: "#264d66",
    SEVERITY_COLORS["warning"]: "#6a4000",
    SEVERITY_COLORS["undecided"]: "#343fa3",
    SEVERITY_COLORS["error"]: "#951c0c",
    QUIET: "#474d54",
    GOOD: "#115426",
}
# A theme is light where its ground is lighter than this, of 255.
_MIDDLE = 128


def is_light() -> bool:
    """Whether napari's theme has a light ground."""
    ground = get_theme(get_settings().appearance.theme).background
    return QColor(ground.as_hex()).lightness() > _MIDDLE


def shade(color: str) -> str:
    """What stands for one of these colours on the theme that is on now."""
    return _ON_LIGHT[color] if is_light() else color


def ink(color: str) -> QColor:
    """One of these colours, as it is on the theme that is on now, to paint and write with."""
    return QColor(shade(color))


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
    """The text as rich text in one of these colours; markup in it is inert."""
    return f'<span style="color:{shade(color)}">{escape(text)}</span>'


def without_argument(command: Callable[[], None]) -> Callable[[bool], None]:
    """The command for a signal that says whether a button is checked."""

    def clicked(_checked: bool = False) -> None:
        command()

    return clicked
