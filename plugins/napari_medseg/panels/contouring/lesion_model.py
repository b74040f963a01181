"""The lesions as Qt's tables want them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSortFilterProxyModel, Qt, Signal
from qtpy.QtGui import QIcon

from napari_medseg.panels.contouring.lesion_columns import COLUMNS, NAMES, Column
from napari_medseg.panels.contouring.lesion_icons import eye_icon, lock_icon, swatch
from napari_medseg.viewmodels.rows import LesionRow

#: The role under which a cell gives what it is sorted by.
SORT = Qt.ItemDataRole.UserRole

_ICONS: dict[str, Callable[[LesionRow], QIcon]] = {
    "number": lambda row: swatch(row.color),
    "lock": lambda row: lock_icon(row.is_locked),
    "eye": lambda row: eye_icon(row.is_hidden),
}
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def _icon(column: Column, row: LesionRow) -> QIcon | None:
    return _ICONS[column.name](row) if column.name in _ICONS else None


def _tip(column: Column, row: LesionRow) -> str:
    return row.code_tip if column.name == "code" else f"{column.text(row)}\n{column.tip}".strip()


_ROLES: dict[int, Callable[[Column, LesionRow], Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda column, row: column.text(row),
    Qt.ItemDataRole.EditRole: lambda column, row: column.text(row),
    Qt.ItemDataRole.DecorationRole: _icon,
    Qt.ItemDataRole.ToolTipRole: _tip,
    Qt.ItemDataRole.TextAlignmentRole: lambda column, _: _RIGHT if column.is_number else None,
    SORT: lambda column, row: column.sort(row),
}


class LesionModel(QAbstractTableModel):
    """The rows of the lesions; a name that is edited is told, and nothing is changed here."""

    renamed = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[LesionRow, ...] = ()

    def show_rows(self, rows: Sequence[LesionRow]) -> None:
        """Show these rows; where the lesions are the same, only what differs is drawn anew."""
        before, rows = self.rows, tuple(rows)
        if [row.number for row in before] != [row.number for row in rows]:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
            return
        self.rows = rows
        for place, (old, new) in enumerate(zip(before, rows, strict=True)):
            if old != new:
                first, last = self.index(place, 0), self.index(place, len(COLUMNS) - 1)
                self.dataChanged.emit(first, last)

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """How many lesions there are."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """How many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """A column's title, and what it holds."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        column = COLUMNS[section]
        texts = {Qt.ItemDataRole.DisplayRole: column.head, Qt.ItemDataRole.ToolTipRole: column.tip}
        return texts.get(Qt.ItemDataRole(role))

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows, is sorted by, and tells under the pointer."""
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        return _ROLES[role](column, row) if role in _ROLES else None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Only the name is edited in its cell."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.isValid() and NAMES[index.column()] == "label":
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(  # noqa: N802 - Qt's name
        self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        """Tell that a name was edited."""
        if not index.isValid() or role != Qt.ItemDataRole.EditRole:
            return False
        self.renamed.emit(self.rows[index.row()].number, str(value))
        return True


class LesionFilter(QSortFilterProxyModel):
    """The lesions in whichever order, those alone whose words hold what is looked for."""

    def __init__(self, model: LesionModel) -> None:
        super().__init__()
        self._model, self._words = model, ""
        self.setSourceModel(model)
        self.setSortRole(SORT)
        self.setDynamicSortFilter(True)

    def look_for(self, words: str) -> None:
        """Show only lesions that hold each of these words; none shows all."""
        self._words = words.casefold()
        self.invalidate()

    def filterAcceptsRow(self, place: int, _parent: QModelIndex) -> bool:  # noqa: N802
        """Whether a lesion holds all words looked for, in its number, name, kind or state."""
        return matches(self._model.rows[place], self._words)

    def number_at(self, index: QModelIndex) -> int:
        """The number of the lesion in a line."""
        return self._model.rows[self.mapToSource(index).row()].number


def matches(row: LesionRow, words: str) -> bool:
    """Whether a lesion's number, name, kind or state hold each word, whatever its case."""
    text = f"{row.number} {row.label} {row.code} {row.state}".casefold()
    return all(word in text for word in words.casefold().split())
