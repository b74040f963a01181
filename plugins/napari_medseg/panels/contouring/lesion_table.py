"""The table of lesions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from qtpy.QtCore import QModelIndex, QPoint, QSize, Qt, Signal
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QSizePolicy, QTableView

from napari_medseg.panels.contouring.lesion_columns import COLUMNS, NAMES
from napari_medseg.panels.contouring.lesion_model import LesionFilter, LesionModel
from napari_medseg.viewmodels.rows import LesionRow

_FEWEST_LINES, _ROOM, _LINE_ROOM = 3, 10, 7
_NARROWEST_NAME, _LONGEST_NAME = 90, 260
#: From so much on a column is worth cutting off names, and from so much on it never goes.
_ALWAYS, _NEVER = 75, 80
_TOGGLES = ("lock", "eye")
_SORTED = "sorted by a column; click its head until it is not"


class LesionTable(QTableView):
    """The lesions, one a line; a click makes one current, a double-click changes what it hits.

    Columns that have no room are hidden, the least needed first; numbers are never cut off.
    """

    chosen = Signal(int)
    renamed = Signal(int, str)
    toggled = Signal(int, str)
    """A lock or an eye was clicked: the lesion and which."""
    change_wanted = Signal(int, str)
    """A colour or a kind was double-clicked: the lesion and which."""
    ordered = Signal(str, bool)
    """Lines are in another order: by which column, "" for the list's own, and whether upwards."""

    moved = Signal(int, int)
    """A lesion is to go up the list (-1) or down (1)."""
    palette_wanted = Signal()
    """All lesions are to have colours that every eye tells apart."""
    columns_wanted = Signal(list)
    """Other columns are to be shown whatever room there is: their names."""

    def __init__(self) -> None:
        super().__init__()
        self._wanted: frozenset[str] = frozenset()
        self.lesions = LesionModel()
        self.lines = LesionFilter(self.lesions)
        self.setModel(self.lines)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _LINE_ROOM)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setIconSize(QSize(14, 14))
        policy = QSizePolicy.Policy
        self.setSizePolicy(policy.Expanding, policy.Maximum)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
        self._dress_header()
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        self.clicked.connect(self._click)
        self.doubleClicked.connect(self._double_click)
        self.lesions.renamed.connect(self.renamed)

    def render_rows(self, rows: Sequence[LesionRow], current: int | None) -> None:
        """Show the rows, with the current lesion marked."""
        self.lesions.show_rows(rows)
        self._fit()
        self.updateGeometry()
        for line in range(self.lines.rowCount()):
            if self.lines.number_at(self.lines.index(line, 0)) == current:
                self.selectRow(line)
                return
        self.clearSelection()

    def order_by(self, column: str, *, is_upwards: bool) -> None:
        """Sort by a column; one that there is not leaves the list's own order."""
        order = Qt.SortOrder.AscendingOrder if is_upwards else Qt.SortOrder.DescendingOrder
        place = NAMES.index(column) if column in NAMES else -1
        self.horizontalHeader().setSortIndicator(place, order)

    def want_columns(self, names: Iterable[str]) -> None:
        """Show these columns whatever room there is, the others where they have some."""
        self._wanted = frozenset(names) & set(NAMES)
        self._fit()

    def header_menu(self) -> QMenu:
        """The menu of the header: which columns are shown whatever room there is."""
        menu = QMenu(self)
        for column in (column for column in COLUMNS if column.keep < _ALWAYS):
            action = menu.addAction(f"Always show {column.head}: {column.tip}")
            action.setCheckable(True)
            action.setChecked(column.name in self._wanted)
            action.toggled.connect(partial(self._toggle_column, column.name))
        return menu

    def lesion_menu(self, number: int) -> QMenu:
        """The menu of a line: its place in the list's own order, and the colours of all."""
        menu = QMenu(self)
        is_own_order = self.horizontalHeader().sortIndicatorSection() not in range(len(COLUMNS))
        for text, by in (("Move up", -1), ("Move down", 1)):
            action = menu.addAction(text if is_own_order else f"{text} ({_SORTED})")
            action.setEnabled(is_own_order)
            action.triggered.connect(partial(self._move, number, by))
        menu.addSeparator()
        action = menu.addAction("Colours of all lesions: safe for colour-blind eyes")
        action.triggered.connect(self._want_palette)
        return menu

    def _move(self, number: int, by: int) -> None:
        self.moved.emit(number, by)

    def _want_palette(self) -> None:
        self.palette_wanted.emit()

    def _show_menu(self, point: QPoint) -> None:
        index = self.indexAt(point)
        if index.isValid():
            self.lesion_menu(self.lines.number_at(index)).popup(self.viewport().mapToGlobal(point))

    def _toggle_column(self, name: str, is_wanted: bool) -> None:
        self.want_columns(self._wanted | {name} if is_wanted else self._wanted - {name})
        self.columns_wanted.emit(sorted(self._wanted))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as its lines."""
        return QSize(super().sizeHint().width(), self._height_of(self.lines.rowCount()))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A few lines, so that the page fits a small screen."""
        return QSize(super().minimumSizeHint().width(), self._height_of(0))

    def _height_of(self, lines: int) -> int:
        lines = max(lines, _FEWEST_LINES)
        header = self.horizontalHeader().sizeHint().height()
        return header + lines * self.verticalHeader().defaultSectionSize() + 2 * self.frameWidth()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Show as many columns as have room."""
        super().resizeEvent(event)
        self._fit()

    def _dress_header(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(18)
        for place, column in enumerate(COLUMNS):
            is_name = column.name == "label"
            modes = QHeaderView.ResizeMode
            header.setSectionResizeMode(place, modes.Stretch if is_name else modes.Fixed)
        header.setSortIndicatorClearable(True)  # a third click is the list's own order again
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(
            lambda point: self.header_menu().popup(header.mapToGlobal(point))
        )
        header.sortIndicatorChanged.connect(self._tell_order)

    def _fit(self) -> None:
        needed = {place: self._width(place) for place in range(len(COLUMNS))}
        shown = self._with_room(needed)
        for place, width in needed.items():
            self.setColumnHidden(place, place not in shown)
            if COLUMNS[place].name != "label":
                self.setColumnWidth(place, width)

    def _with_room(self, needed: Mapping[int, int]) -> set[int]:
        """The columns that have room: first beside whole names, then beside cut off ones."""
        shown, name = set(needed), NAMES.index("label")
        for place in sorted(needed, key=lambda place: COLUMNS[place].keep):
            column = COLUMNS[place]
            width = needed[name] if column.keep < _ALWAYS else min(needed[name], _NARROWEST_NAME)
            taken = sum(needed[one] for one in shown if one != name) + width
            may_go = column.keep < _NEVER and column.name not in self._wanted
            if may_go and taken > self.viewport().width():
                shown.discard(place)
        return shown

    def _width(self, place: int) -> int:
        if COLUMNS[place].name in _TOGGLES:
            return 24
        metrics = self.fontMetrics()
        texts = [COLUMNS[place].head, *(COLUMNS[place].text(row) for row in self.lesions.rows)]
        widest = max(metrics.horizontalAdvance(text) for text in texts)
        if COLUMNS[place].name == "label":  # a name is cut off last of all
            widest = min(widest, _LONGEST_NAME)
        return widest + _ROOM + (20 if COLUMNS[place].name == "number" else 0)

    def _click(self, index: QModelIndex) -> None:
        name = NAMES[index.column()]
        if name in _TOGGLES:
            self.toggled.emit(self.lines.number_at(index), name)
        else:
            self.chosen.emit(self.lines.number_at(index))

    def _double_click(self, index: QModelIndex) -> None:
        name = NAMES[index.column()]
        if name in ("number", "code"):
            self.change_wanted.emit(self.lines.number_at(index), name)

    def _tell_order(self, place: int, order: Qt.SortOrder) -> None:
        name = NAMES[place] if 0 <= place < len(NAMES) else ""
        self.ordered.emit(name, order == Qt.SortOrder.AscendingOrder)
