"""Buttons of one width, in as few rows as the panel has room for."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QGridLayout, QWidget

#: A widget and how many columns it takes.
Cell = tuple[QWidget, int]


class Flow(QWidget):
    """Widgets in rows of equally many columns; in a narrow panel there are more rows.

    Args:
        cells: the widgets in their order.
        spacing: between them, in pixels.
    """

    def __init__(self, cells: Sequence[Cell], *, spacing: int) -> None:
        super().__init__()
        self._cells, self._spacing, self._columns = tuple(cells), spacing, 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(spacing)
        self._arrange(self._total)

    @property
    def columns(self) -> int:
        """How many there are now."""
        return self._columns

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Take as many columns as there is room for, the rows equally long."""
        super().resizeEvent(event)
        self._arrange(self._columns_in(event.size().width()))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """The widest cell, as high as the rows are now."""
        widest = max(widget.sizeHint().width() for widget, _ in self._cells)
        return QSize(widest, super().minimumSizeHint().height())

    @property
    def _total(self) -> int:
        return sum(span for _, span in self._cells)

    def _columns_in(self, width: int) -> int:
        needed = max(
            -(-(widget.sizeHint().width() - (span - 1) * self._spacing) // span)
            for widget, span in self._cells
        )
        room = max((width + self._spacing) // (needed + self._spacing), 1)
        rows = -(-self._total // room)
        return -(-self._total // rows)

    def _arrange(self, columns: int) -> None:
        columns = max(columns, *(span for _, span in self._cells))
        if columns == self._columns:
            return
        for column in range(self._columns):
            self._grid.setColumnStretch(column, 0)
        self._columns = columns
        place = 0
        for widget, span in self._cells:
            if place % columns + span > columns:  # no room left in this row
                place += columns - place % columns
            self._grid.addWidget(widget, place // columns, place % columns, 1, span)
            place += span
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)
