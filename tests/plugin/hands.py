"""A person at the window: mouse, wheel and keys as Qt's own events, and what is on the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.plugin.canvas_hand import FRAME_MS, key_click, send_mouse

Place = tuple[float, float, float]


def wait(milliseconds: int = FRAME_MS) -> None:
    """Let the window go on for a while."""
    from qtpy.QtTest import QTest

    QTest.qWait(milliseconds)


def wait_for(is_so: Callable[[], Any], what: str = "it", seconds: float = 60.0) -> None:
    """Let the window go on until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"{what} never came to be so"
        wait(10)


@dataclass(frozen=True)
class Hands:
    """Mouse and keyboard of whoever sits before a panel's planes."""

    panel: Any

    def view(self, through: int) -> Any:
        """The plane through a shown axis: 0 axial, 1 coronal, 2 sagittal for an upright scan."""
        return next(one for one in self.panel.desk.screen.views if one.through == through)

    def press(self, *keys: str, on: Any = None) -> None:
        """Press keys as "D" or "Shift+Return" on the main plane's canvas, or on a widget."""
        for combination in keys:
            key_click(on or self.panel.desk.screen.views[0].canvas, combination)
            wait()

    def drag(self, through: int, places: Sequence[Place], *, shift: bool = False) -> None:
        """Move there, press the left button, drag through shown indices, let go."""
        self._mouse(through, "MouseMove", places[0], shift=shift)
        self._mouse(through, "MouseButtonPress", places[0], "Left", "Left", shift=shift)
        for place in places[1:]:
            self._mouse(through, "MouseMove", place, held="Left", shift=shift)
        self._mouse(through, "MouseButtonRelease", places[-1], "Left", shift=shift)
        wait(60)

    def draw_circle(self, index: int, middle: tuple[float, float], radius_mm: float) -> None:
        """Drag round on an axial slice; middle as shown (row, column)."""
        _, down, right = (float(part) for part in self.view(0).image.scale)
        turns = np.linspace(0, 2 * np.pi, 20)
        rows = middle[0] + radius_mm * np.sin(turns) / down
        columns = middle[1] + radius_mm * np.cos(turns) / right
        self.drag(0, [(index, *place) for place in zip(rows, columns, strict=True)])

    def wheel(self, through: int, notches: int) -> None:
        """Turn the wheel over the middle of a plane, from one's self if positive."""
        from qtpy.QtCore import QPoint, QPointF, Qt
        from qtpy.QtGui import QWheelEvent
        from qtpy.QtWidgets import QApplication

        canvas = self.view(through).canvas
        here = QPointF(canvas.width() / 2, canvas.height() / 2)
        for _ in range(abs(notches)):
            event = QWheelEvent(
                here,
                canvas.mapToGlobal(here),
                QPoint(),
                QPoint(0, 120 if notches > 0 else -120),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(canvas, event)
            wait()

    def click(self, widget: Any) -> None:
        """Click the middle of a button that is on screen and can be used."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        assert widget.isVisible(), "nobody can click what is not on screen"
        assert widget.isEnabled(), widget.toolTip()
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
        wait()

    def click_tab(self, page: Any) -> None:
        """Bring a page to the front of all tabs that it lies in, by clicks on their heads."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest
        from qtpy.QtWidgets import QTabWidget

        around = [page]
        while (outer := around[-1].parentWidget()) is not None:
            around.append(outer)
        for tabs in reversed([one for one in around if isinstance(one, QTabWidget)]):
            place = max(map(tabs.indexOf, around))
            bar = tabs.tabBar()
            middle = bar.tabRect(place).center()
            QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=middle)
            wait()
        assert page.isVisible()

    def open_case(self) -> None:
        """The case that waits: the first row by Return, the next one by Shift+N; until it shows."""
        panel = self.panel
        opened: list[Any] = []
        panel.project_model.opened.connect(opened.append)
        if panel.desk.screen.views:
            self.press("Shift+N")
        else:
            table = panel.room.page.table
            self.click_tab(panel.room.page)
            table.selectRow(0)
            self.press("Return", on=table)
        wait_for(lambda: opened and opened[-1] is not None and not panel.jobs.is_busy, "the case")
        wait_for(lambda: not panel.desk.screen.arrival.is_under_way, "its planes")
        panel.project_model.opened.disconnect(opened.append)
        wait(150)
        self.press("0")

    def click_line(self, lines: Any, row: int) -> None:
        """Click a line of a list."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        middle = lines.visualItemRect(lines.item(row)).center()
        QTest.mouseClick(lines.viewport(), Qt.MouseButton.LeftButton, pos=middle)
        wait()

    def type(self, widget: Any, text: str) -> None:
        """Type into a field."""
        from qtpy.QtTest import QTest

        assert widget.isVisible(), "nobody can type where no field is on screen"
        QTest.keyClicks(widget, text)

    def _mouse(
        self,
        through: int,
        kind: str,
        place: Place,
        changes: str = "No",
        held: str = "No",
        *,
        shift: bool,
    ) -> None:
        wait()
        view = self.view(through)
        world = np.asarray(place, float) * np.asarray(view.image.scale)
        here = view.marks.on_canvas(tuple(world[list(view.viewer.dims.displayed)]))
        assert view.canvas.rect().contains(here.toPoint()), f"{place} is not on the canvas"
        at = (here.x(), here.y())
        send_mouse(view.canvas, kind, at, changes=changes, held=held, shift=shift)


def cells_of(table: Any) -> list[list[str]]:
    """What stands in the cells of a table, row by row."""
    model = table.model()
    columns = range(model.columnCount())
    return [[model.index(row, at).data() for at in columns] for row in range(model.rowCount())]


def pixels_of_image(image: Any) -> NDArray[np.uint8]:
    """The pixels of a QImage: (rows, columns, RGB)."""
    image = image.convertToFormat(image.Format.Format_RGB32)
    memory = image.constBits()
    if hasattr(memory, "setsize"):  # PyQt6 does not know how long it is
        memory.setsize(image.sizeInBytes())
    raw = np.frombuffer(memory, np.uint8).reshape(image.height(), -1, 4)
    return raw[..., 2::-1].copy()


def picture(widget: Any) -> NDArray[np.int16]:
    """A widget as it is on screen, what lies in it and over it too: (rows, columns, RGB)."""
    image = widget.window().grab().toImage()
    raw = pixels_of_image(image)
    ratio = image.devicePixelRatio()
    corner = widget.mapTo(widget.window(), widget.rect().topLeft())
    top, left = round(corner.y() * ratio), round(corner.x() * ratio)
    height, width = round(widget.height() * ratio), round(widget.width() * ratio)
    cut = raw[top : top + height, left : left + width]
    return cut.astype(np.int16)


def count_color(pixels: NDArray[np.int16], color: Iterable[int], within: int = 40) -> int:
    """How many pixels have about this colour."""
    away = np.abs(pixels - np.fromiter(color, np.int16)).max(axis=2)
    return int((away < within).sum())
