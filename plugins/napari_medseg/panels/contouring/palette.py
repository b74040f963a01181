"""The palette: the tools, what they are set to, and the commands of one click."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, QSize, Qt, QTimer
from qtpy.QtWidgets import (
    QDoubleSpinBox,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_medseg import keys
from napari_medseg.panels.contouring.icons import tool_icon
from napari_medseg.panels.contouring.tool_choices import ToolChoices
from napari_medseg.panels.flow import Flow
from napari_medseg.panels.looks import (
    QUIET,
    colored,
    ink,
    shade,
    text_label,
    without_argument,
)
from napari_medseg.views.desk import Desk

#: Command and name of each tool, in the order of the hand.
_TOOLS = (
    ("outline", "Outline"),
    ("points", "Points"),
    ("livewire", "Wire"),
    ("brush", "Brush"),
    ("grow", "Grow"),
    ("scribble", "Scribble"),
    ("ellipsoid", "Ellipse"),
    ("move", "Move"),
)

#: Command and name of what one click does to the current lesion.
_CLICKS = (
    ("copy_up", "Copy ▲"),
    ("copy_down", "Copy ▼"),
    ("snap", "Snap"),
    ("smooth_lesion", "Smooth"),
    ("refine", "Refine"),
    ("margin_out", "Margin+"),
    ("margin_in", "Margin-"),
    ("fill_holes", "Holes"),
    ("keep_largest", "Largest"),
)
_ICON = 22
_POLL_MS = 25
#: napari draws tool buttons flat: one could not see that they are buttons, nor which is down.
_LOOKS = """
QToolButton { background: rgba(128, 128, 128, 55); border: 1px solid transparent;
              border-radius: 3px; padding: 2px 1px; }
QToolButton:hover { background: rgba(128, 128, 128, 110); }
QToolButton:checked { background: rgba(70, 110, 220, 120); border-color: #6c8cff; }
QToolButton:disabled { color: #7a7f86; background: rgba(128, 128, 128, 25); }
"""


class Palette(QWidget):
    """Tools and commands on the current lesion.

    Args:
        desk: whose tools and commands.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._shaping, self._ink = desk, desk.shaping, ""
        self.tools = {name: _tool_button(name, label) for name, label in _TOOLS}
        self.clicks = {name: _click_button(name, label) for name, label in _CLICKS}
        self.choices = ToolChoices(desk.easel)
        self.scope = _click_button("", "Slice")
        self.scope.setCheckable(True)
        self.by_mm = QDoubleSpinBox()
        self.hint = text_label()
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._set_up()
        self._lay_out()
        self._connect()

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widgets away."""
        self._desk.toolbox.picked.disconnect(self.render_state)
        self._desk.toolbox.changed.disconnect(self._watch_tool)
        self._desk.easel.options.changed.disconnect(self.render_state)
        self._shaping.changed.disconnect(self._watch)

    def render_state(self) -> None:
        """Show what is so now."""
        active, now = self._desk.toolbox.active, self._desk.easel.options.now
        self._draw_icons()
        cannot_draw = self._desk.easel.case.lesions.cannot_draw
        for name, button in self.tools.items():
            button.setChecked(active is not None and active.command == name)
            button.setEnabled(cannot_draw is None)
            button.setToolTip(cannot_draw or keys.tip(name))
        why_not = self._shaping.why_not or (self._shaping.doing and "Working...") or None
        for name, button in self.clicks.items():
            button.setEnabled(why_not is None)
            button.setToolTip(why_not or keys.tip(name))
        self.scope.setText("Whole" if now.is_whole else "Slice")
        self.scope.setChecked(now.is_whole)
        with QSignalBlocker(self.by_mm):
            self.by_mm.setValue(now.by_mm)
        self.choices.show_tool(active)
        said = f"{self._shaping.doing}..." if self._shaping.doing else active.hint if active else ""
        self.hint.setText(colored(said, QUIET))
        self.hint.setVisible(bool(said))

    def _draw_icons(self) -> None:
        """The tools' pictures in the ink of the theme that is on, where it is another now."""
        if self._ink != shade(QUIET):
            self._ink = shade(QUIET)
            for name, button in self.tools.items():
                button.setIcon(tool_icon(name, ink(QUIET)))

    def _set_up(self) -> None:
        self.setStyleSheet(_LOOKS)
        self.scope.setToolTip("Commands and moving change the slice shown, or all of the lesion")
        self.by_mm.setRange(0.1, 50.0)
        self.by_mm.setDecimals(1)
        self.by_mm.setSuffix(" mm")
        self.by_mm.setKeyboardTracking(False)
        self.by_mm.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.by_mm.setToolTip("How far margin, smoothing, snapping and refining go")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(Flow([(button, 1) for button in self.tools.values()], spacing=1))
        column.addWidget(self.hint)
        column.addWidget(self.choices)
        clicks = [(button, 1) for button in self.clicks.values()]
        column.addWidget(Flow([(self.scope, 1), (self.by_mm, 2), *clicks], spacing=2))

    def _connect(self) -> None:
        options = self._desk.easel.options
        for name, button in {**self.tools, **self.clicks}.items():
            button.clicked.connect(without_argument(self._desk.commands[name]))
            button.clicked.connect(self._give_keys_back)
        for name, button in self.tools.items():
            # A click has checked it already, whether or not the tool could be taken up.
            button.clicked.connect(without_argument(self.render_state))
            del name
        self.scope.clicked.connect(lambda on: options.choose(is_whole=bool(on)))
        self.by_mm.valueChanged.connect(lambda mm: options.choose(by_mm=round(mm, 1)))
        self.by_mm.editingFinished.connect(self._give_keys_back)
        self.choices.done.connect(self._give_keys_back)
        self._timer.timeout.connect(self._poll)
        self._desk.toolbox.changed.connect(self._watch_tool)
        options.changed.connect(self.render_state)
        self._desk.toolbox.picked.connect(self.render_state)
        self._shaping.changed.connect(self._watch)

    def _watch(self) -> None:
        """Look for what is being worked out, until it is there."""
        if self._shaping.is_busy:
            self._timer.start()
        self.render_state()

    def _watch_tool(self) -> None:
        if self._desk.toolbox.is_busy and not self._timer.isActive():
            self._timer.start()

    def _poll(self) -> None:
        self._shaping.poll()
        self._desk.toolbox.poll()
        if not (self._shaping.is_busy or self._desk.toolbox.is_busy):
            self._timer.stop()

    def _give_keys_back(self) -> None:
        views = self._desk.screen.views
        if views:
            views[0].canvas.setFocus()


def _tool_button(name: str, label: str) -> QToolButton:
    button = _click_button(name, f"{label}\n{keys.shown(name)}")
    button.setCheckable(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setIconSize(QSize(_ICON, _ICON))
    return button


def _click_button(name: str, label: str) -> QToolButton:
    button = QToolButton()
    button.setText(label)
    button.setObjectName(name)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
    button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return button
