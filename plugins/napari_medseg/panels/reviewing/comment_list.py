"""The remarks: listed, written and answered."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_medseg.panels.looks import key_button, row_of, text_label, without_argument
from napari_medseg.panels.reviewing.afterword import say_after
from napari_medseg.panels.reviewing.difference_list import LOWEST
from napari_medseg.viewmodels.looking.readout import lps_text
from napari_medseg.viewmodels.reviewing.remarks.comment_rows import CommentRow
from napari_medseg.viewmodels.reviewing.remarks.comments import (
    SEVERITIES,
    CommentsViewModel,
    Draft,
)
from napari_medseg.viewmodels.reviewing.remarks.pins import PIN_COLORS, RESOLVED


class CommentList(QListWidget):
    """One remark an entry, with its pin's number; a click goes to its place.

    Args:
        comments: the remarks.
    """

    def __init__(self, comments: CommentsViewModel) -> None:
        super().__init__()
        self._comments = comments
        self._rows: Sequence[CommentRow] = ()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
        self.setWordWrap(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.itemClicked.connect(self._go)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Low, so that the page fits a small screen; where there is room it grows."""
        return QSize(super().sizeHint().width(), LOWEST)

    def render_state(self) -> None:
        """Show what is so now."""
        rows = self._comments.rows
        if rows != self._rows:
            self._rows = rows
            self.clear()
            for row in rows:
                self.addItem(_entry(row))
        for place, row in enumerate(rows):
            if row.comment.comment_id == self._comments.selected:
                self.setCurrentRow(place)

    def _go(self, entry: QListWidgetItem) -> None:
        self._comments.go_to(entry.data(Qt.ItemDataRole.UserRole))


class CommentPage(QWidget):
    """The list, the place to write, and the place to answer.

    Args:
        comments: the remarks.
    """

    def __init__(self, comments: CommentsViewModel) -> None:
        super().__init__()
        self._comments = comments
        self._focus_before: QWidget | None = None
        self.list = CommentList(comments)
        self.new = key_button("comment", "Comment here")
        self.where, self.text = text_label(), QLineEdit()
        self.text.setPlaceholderText("What is to be said of this place? Return keeps it.")
        self.where.setWordWrap(False)
        self.severity, self.on_lesion = QComboBox(), QCheckBox()
        self.severity.addItems(list(SEVERITIES))
        self.post, self.give_up = QPushButton("Keep  (Return)"), QPushButton("Give up  (Esc)")
        self.reply, self.resolve = QLineEdit(), QPushButton("Resolve")
        self.reply.setPlaceholderText("What was done about it? Return resolves it.")
        self._lay_out()
        self._connect()

    def render_state(self) -> None:
        """Show what is so now."""
        comments, draft = self._comments, self._comments.draft
        self.list.render_state()
        is_new = draft is not None and not self.text.isVisibleTo(self)
        for widget in (self.where, self.text, self.severity, self.post, self.give_up):
            widget.setVisible(draft is not None)
        self.on_lesion.setVisible(draft is not None and draft.lesion is not None)
        if draft is not None:
            self.where.setText(f"Pinned at {lps_text(draft.point_lps)}")
            self.on_lesion.setText(f"about {draft.lesion_label}")
        why_not = comments.cannot_comment
        self.new.setVisible(draft is None)
        self.new.setEnabled(why_not is None)
        if why_not:
            self.new.setToolTip(why_not)
        selected = self._selected
        is_open = selected is not None and selected.comment.is_open and draft is None
        for widget in (self.reply, self.resolve):
            widget.setVisible(is_open)
        if selected is not None:
            self.resolve.setText(f"Resolve {selected.number}")
        if is_new and draft is not None:
            self._begin(is_on_lesion=draft.is_on_lesion)
        elif draft is None and self._focus_before is not None:
            self._focus_before.setFocus()
            self._focus_before = None

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widgets away."""
        self._comments.forgotten.disconnect(self._tell_lost)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Escape gives the writing up and goes back to the image; other events pass."""
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if is_escape and event.type() == QEvent.Type.KeyPress:
            self._comments.give_up()
            return True
        return super().eventFilter(watched, event)

    def _tell_lost(self, draft: Draft) -> None:
        """What was begun is about another case: it stays out of this one, and that is said."""
        if self.text.text().strip():
            words = f"The comment begun on {draft.case} was not kept."
            say_after(self._comments.notice, words)

    def _begin(self, *, is_on_lesion: bool) -> None:
        self.text.clear()
        self.severity.setCurrentIndex(0)
        self.on_lesion.setChecked(is_on_lesion)
        self._focus_before = QApplication.focusWidget()
        self.text.setFocus()

    @property
    def _selected(self) -> CommentRow | None:
        rows = (
            row for row in self._comments.rows if row.comment.comment_id == self._comments.selected
        )
        return next(rows, None)

    def _post(self) -> None:
        self._comments.post(
            self.text.text(), self.severity.currentText(), on_lesion=self.on_lesion.isChecked()
        )

    def _resolve(self) -> None:
        if self._selected is not None:
            self._comments.resolve(self._selected.comment.comment_id, self.reply.text())
            self.reply.clear()

    def _connect(self) -> None:
        self._comments.forgotten.connect(self._tell_lost)
        self.new.clicked.connect(without_argument(self._comments.begin))
        self.post.clicked.connect(without_argument(self._post))
        self.give_up.clicked.connect(without_argument(self._comments.give_up))
        self.resolve.clicked.connect(without_argument(self._resolve))
        self.text.returnPressed.connect(self._post)
        self.reply.returnPressed.connect(self._resolve)
        for widget in (self.text, self.severity, self.on_lesion):
            widget.installEventFilter(self)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.list, stretch=1)
        column.addWidget(self.new)
        column.addWidget(self.where)
        column.addWidget(self.text)
        column.addLayout(row_of(self.severity, self.on_lesion))
        column.addLayout(row_of(self.post, self.give_up))
        column.addLayout(row_of(self.reply, self.resolve))


def _entry(row: CommentRow) -> QListWidgetItem:
    comment = row.comment
    color = PIN_COLORS[comment.severity] if comment.is_open else RESOLVED
    state = "" if comment.is_open else "\n    resolved by "
    head = f"{row.number}  {row.where}  ({comment.severity}, {row.author}, {row.when})"
    entry = QListWidgetItem(_pin(color), f"{head}\n    {comment.text}{state}{row.answer}")
    entry.setData(Qt.ItemDataRole.UserRole, comment.comment_id)
    entry.setToolTip(comment.text)
    return entry


def _pin(color: str) -> QIcon:
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(color))
    painter.drawEllipse(1, 1, 10, 10)
    painter.end()
    return QIcon(pixmap)
