"""How the image is looked at: layout, window, and what is drawn how; each with its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_medseg import keys
from napari_medseg.panels.flow import Flow
from napari_medseg.panels.looks import key_button, without_argument
from napari_medseg.viewmodels.looking.layouts import LAYOUTS, LayoutViewModel
from napari_medseg.viewmodels.looking.reading import SLABS, ReadingViewModel

#: Command and what stands on its button; what it does is told by the key table.
_BUTTONS = (
    ("invert", "Invert"),
    ("smooth", "Smooth"),
    ("slab", "Slab"),
    ("linked", "Link"),
    ("crosshair", "Cross"),
    ("fit", "Fit"),
    ("ruler", "Ruler"),
    ("caliper", "Caliper"),
    ("docks", "Layers"),
    ("all_keys", "Keys"),
)

#: Buttons that do something once; the others stay down while what they switch is on.
_AT_ONCE = ("fit", "ruler", "caliper", "docks", "all_keys")

_OTHER = "window"


class LookingBar(QWidget):
    """Two lists and rows of buttons; they do what the keys do.

    Args:
        reading: how the image is looked at.
        layout: which planes are on screen.
        commands: what the buttons do, by name.
    """

    def __init__(
        self,
        reading: ReadingViewModel,
        layout: LayoutViewModel,
        commands: Mapping[str, Callable[[], None]],
    ) -> None:
        super().__init__()
        self._reading, self._layout, self._commands = reading, layout, commands
        self.layouts, self.windows = QComboBox(), QComboBox()
        self.layouts.addItems(list(LAYOUTS))
        self.layouts.setToolTip(f"Which planes are on screen ({keys.shown('layout')}: the next)")
        self.buttons = {name: self._button(name, text) for name, text in _BUTTONS}
        self._lay_out()
        self.layouts.textActivated.connect(layout.choose)
        self.windows.activated.connect(self._choose_window)
        reading.changed.connect(self.render_state)
        layout.changed.connect(self.render_state)
        self.render_state()

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widgets away."""
        self._reading.changed.disconnect(self.render_state)
        self._layout.changed.disconnect(self.render_state)

    def render_state(self) -> None:
        """Show what is so now."""
        reading = self._reading
        self.layouts.setCurrentText(self._layout.layout)
        self._render_windows()
        down = {
            "invert": reading.windows.is_inverted,
            "smooth": reading.is_smooth,
            "slab": reading.slab != "none",
            "linked": reading.is_linked,
            "crosshair": reading.shows_crosshair,
        }
        for name, is_down in down.items():
            self.buttons[name].setChecked(is_down)
        self.buttons["slab"].setText(SLABS[reading.slab] or "Slab")

    def _render_windows(self) -> None:
        windows = self._reading.windows
        names = [_OTHER, "automatic", "as stored", *(preset.name for preset in windows.presets)]
        if [self.windows.itemText(place) for place in range(self.windows.count())] != names:
            self.windows.clear()
            self.windows.addItems(names)
            for place in range(1, len(names)):
                key = keys.shown(self._window_command(place))
                self.windows.setItemData(place, f"{key}", Qt.ItemDataRole.ToolTipRole)
        now = (windows.window.center, windows.window.width)
        found = [p.name for p in windows.presets if (p.center, p.width) == now]
        self.windows.setCurrentText(found[0] if found else _OTHER)
        self.windows.setToolTip(
            f"{windows.text}. Right-drag in the image changes it; "
            f"{keys.shown('window_1')} and on are the presets, "
            f"{keys.shown('automatic_window')} fits the values."
        )

    def _choose_window(self, place: int) -> None:
        if place > 0:
            self._commands[self._window_command(place)]()
        self.render_state()

    def _window_command(self, place: int) -> str:
        return {1: "automatic_window", 2: "stored_window"}.get(place, f"window_{place - 2}")

    def _button(self, name: str, text: str) -> QPushButton:
        button = key_button(name, text)
        button.setText(text)  # ten of them leave no room for their keys
        button.setCheckable(name not in _AT_ONCE)
        button.clicked.connect(without_argument(self._commands[name]))
        return button

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        lists = QHBoxLayout()
        lists.addWidget(self.layouts)
        lists.addWidget(self.windows)
        column.addLayout(lists)
        column.addWidget(Flow([(button, 1) for button in self.buttons.values()], spacing=4))
        for box in (self.layouts, self.windows):
            box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
