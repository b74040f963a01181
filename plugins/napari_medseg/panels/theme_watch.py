"""A panel follows napari's theme: what is written in colours of its own is written anew."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget

from napari_medseg.panels.looks import is_light


class ThemeWatch(QObject):
    """Shows a panel anew when the theme becomes light or dark.

    Args:
        panel: the widget; what lies in it and has a `render_state` is shown anew too.
    """

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self._panel, self._was_light = panel, is_light()
        panel.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Look whether it is another theme where the style has changed; all events pass."""
        if event.type() == QEvent.Type.StyleChange and self._was_light != is_light():
            self._was_light = not self._was_light
            for part in (self._panel, *self._panel.findChildren(QWidget)):
                render: Callable[[], None] | None = getattr(part, "render_state", None)
                if render is not None:
                    render()
        return False
