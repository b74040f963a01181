"""Questions to the importing site: listed, asked, answered and closed."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from medseg.model import QueryState
from napari_medseg.panels.looks import QUIET, ink, row_of, without_argument
from napari_medseg.panels.reviewing.difference_list import LOWEST
from napari_medseg.viewmodels.reviewing.remarks.queries import QueriesViewModel, QueryRow


class QueryList(QListWidget):
    """One question an entry, closed ones grey."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[QueryRow, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
        self.setWordWrap(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Low, so that the page fits a small screen; where there is room it grows."""
        return QSize(super().sizeHint().width(), LOWEST)

    def render_rows(self, rows: tuple[QueryRow, ...], selected: str) -> None:
        """Show these; one of them is looked at."""
        if rows != self._rows:
            self._rows = rows
            self.clear()
            for row in rows:
                self.addItem(_entry(row))
        for place, row in enumerate(rows):
            if row.query.query_id == selected:
                self.setCurrentRow(place)


class QueryPage(QWidget):
    """The list, the place to ask, and the place to answer what is chosen.

    Args:
        queries: the questions.
    """

    def __init__(self, queries: QueriesViewModel) -> None:
        super().__init__()
        self._queries, self._case = queries, ""
        self.list = QueryList()
        self.text, self.ask = QLineEdit(), QPushButton("Ask")
        self.reply = QLineEdit()
        self.answer, self.close_it = QPushButton("Answer"), QPushButton("Close it")
        self.text.setPlaceholderText("Ask the site that sent the image; Return asks")
        self.ask.setToolTip("Enter the question; it stands in the worklist of the site")
        self.reply.setPlaceholderText("Answer, or a word on closing it")
        self.answer.setToolTip("Answer for the importing site")
        self.close_it.setToolTip("Close the question, answered or not")
        self._lay_out()
        self._connect()

    def render_state(self) -> None:
        """Show what is so now."""
        queries, chosen = self._queries, self._queries.chosen
        self.list.render_rows(queries.rows, queries.selected)
        why_not = queries.cannot_ask
        for widget in (self.text, self.ask):
            widget.setEnabled(why_not is None)
        if why_not:
            self.ask.setToolTip(why_not)
        may_answer = chosen is not None and chosen.may_answer
        may_close = chosen is not None and chosen.may_close
        self.reply.setVisible(may_answer or may_close)
        self.answer.setVisible(may_answer)
        self.close_it.setVisible(may_close)

    def follow(self, case: str) -> None:
        """Another case is on screen: what was begun about the one before is not asked of this.

        Args:
            case: its id; empty for none.
        """
        if case != self._case:
            self._case = case
            self._clear()

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widgets away."""
        self._queries.kept.disconnect(self._clear)

    def _clear(self) -> None:
        """Only what was kept is cleared: what is refused can be tried again."""
        self.text.clear()
        self.reply.clear()

    def _ask(self) -> None:
        self._queries.ask(self.text.text())

    def _choose(self, entry: QListWidgetItem) -> None:
        self._queries.select(str(entry.data(Qt.ItemDataRole.UserRole)))

    def _answer(self) -> None:
        self._queries.answer(self.reply.text())

    def _close(self) -> None:
        self._queries.close(self.reply.text())

    def _connect(self) -> None:
        self._queries.kept.connect(self._clear)
        self.list.itemClicked.connect(self._choose)
        self.ask.clicked.connect(without_argument(self._ask))
        self.text.returnPressed.connect(self._ask)
        self.answer.clicked.connect(without_argument(self._answer))
        self.close_it.clicked.connect(without_argument(self._close))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.list, stretch=1)
        column.addLayout(row_of(self.text, self.ask))
        column.addLayout(row_of(self.reply, self.answer, self.close_it))


def _entry(row: QueryRow) -> QListWidgetItem:
    query = row.query
    answer = f"\n    {row.answer}" if row.answer else ""
    head = f"{row.author}, {row.when} ({query.state.value})"
    entry = QListWidgetItem(f"{head}\n    {query.text}{answer}")
    if query.state is QueryState.CLOSED:
        entry.setForeground(ink(QUIET))
    entry.setData(Qt.ItemDataRole.UserRole, query.query_id)
    entry.setToolTip(query.text)
    return entry
