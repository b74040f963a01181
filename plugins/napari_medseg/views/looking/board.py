"""Where the canvases stand in the window: columns of panes, with handles between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from napari.qt import QtViewer
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtWidgets import QApplication, QSplitter, QVBoxLayout, QWidget

from napari_medseg.views.looking.strip import HEIGHT

# What the first of two columns takes of the width.
_FIRST_COLUMN = 2
# No pane is smaller, in pixels: on a canvas of no width a place cannot be pointed at, and vispy
# divides by it.
_LEAST = 64


def canvas_widget_of(viewer: Any) -> QtViewer | None:
    """Napari's widget of a viewer, its slider included; None where there is no window."""
    wanted = getattr(viewer, "__wrapped__", viewer)
    if QApplication.instance() is None:
        return None
    widgets = (widget for widget in QApplication.allWidgets() if isinstance(widget, QtViewer))
    return next((widget for widget in widgets if widget.viewer is wanted), None)


class Board(QWidget):
    """Takes the place of napari's canvas in the window, with that canvas as its pane 0.

    Args:
        main: napari's own widget, which goes back to its place in `give_back`.
        make_pane: makes the widget of another pane, asked once for each when it is first shown.
    """

    closing = Signal()
    """napari is closing its canvas: whoever holds one of the panes has to let go of it."""

    def __init__(self, main: QtViewer, make_pane: Callable[[int], QWidget]) -> None:
        super().__init__(main.parentWidget())
        self._panes: dict[int, QWidget] = {0: main}
        self._make_pane = make_pane
        self._columns: tuple[tuple[int, ...], ...] = ()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        self._holder = main.parentWidget()
        place = self._holder.layout() if self._holder is not None else None
        if place is not None:
            place.replaceWidget(main, self)
        self._splitter.addWidget(main)
        self._least_before = main.minimumSize()
        main.setMinimumSize(_LEAST, _LEAST)
        main.installEventFilter(self)
        main.show()
        # Napari's welcome would stand beside our own words for an empty canvas.
        self._welcome, main.show_welcome_screen = main.show_welcome_screen, False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Tell that napari closes its canvas; all events pass."""
        if event.type() == QEvent.Type.Close and watched is self._panes.get(0):
            self.closing.emit()
        return False

    def has(self, number: int) -> bool:
        """Whether this pane has been made."""
        return number in self._panes

    def make(self, number: int) -> None:
        """Make a pane before it is shown."""
        pane = self._panes[number] = self._make_pane(number)
        pane.setMinimumSize(_LEAST, _LEAST)

    def arrange(self, columns: Sequence[Sequence[int]]) -> None:
        """Show these panes in these columns, and hide the others; as they are is left alone."""
        for number in (number for column in columns for number in column):
            if not self.has(number):
                self.make(number)
        wanted = tuple(tuple(column) for column in columns)
        if wanted == self._columns:
            return  # the reader may have moved the handles
        self._columns = wanted
        old = [self._splitter.widget(place) for place in range(self._splitter.count())]
        for column in columns:
            # Canvases move straight from one splitter to the next: without a parent in between
            # they would lose their OpenGL context.
            splitter = QSplitter(Qt.Orientation.Vertical)
            self._splitter.addWidget(splitter)
            for number in column:
                splitter.addWidget(self._panes[number])
                self._panes[number].show()
            splitter.setSizes([1000] * len(column))
            splitter.show()
        shown = {number for column in columns for number in column}
        attic = QSplitter(Qt.Orientation.Vertical)
        self._splitter.addWidget(attic)
        for number, pane in self._panes.items():
            if number not in shown:
                attic.addWidget(pane)
        attic.hide()
        for widget in old:
            if widget is not None and widget not in self._panes.values():
                widget.setParent(None)
                widget.deleteLater()
        self._level(is_level=all(len(column) == 1 for column in columns))
        is_wide = len(columns) == 2 and len(columns[0]) == 1 and len(columns[1]) > 1
        first = _FIRST_COLUMN if is_wide else 1
        self._splitter.setSizes([1000 * first, *[1000] * (len(columns) - 1), 0])

    def _level(self, *, is_level: bool) -> None:
        """Panes in one row show images of one height, though the strip is under the first alone."""
        for number, pane in self._panes.items():
            if number:
                pane.setContentsMargins(0, 0, 0, HEIGHT if is_level else 0)

    def give_back(self) -> None:
        """Put napari's canvas back in its place, and let the other panes go."""
        main: Any = self._panes.get(0)
        if main is None or not isalive(self) or not isalive(main):
            self.let_go()
            return
        place = self._holder.layout() if self._holder is not None else None
        if place is not None:
            place.replaceWidget(self, main)
        main.show()
        main.setMinimumSize(self._least_before)
        main.show_welcome_screen = self._welcome
        self.let_go()
        self.hide()
        self.deleteLater()

    def let_go(self) -> None:
        """Close the panes beside napari's, and hold none of them any longer."""
        main = self._panes.pop(0, None)
        if main is not None and isalive(self) and isalive(main):
            main.removeEventFilter(self)
        for pane in self._panes.values():
            if isalive(pane):
                pane.setParent(None)
                pane.close()
        self._panes.clear()
