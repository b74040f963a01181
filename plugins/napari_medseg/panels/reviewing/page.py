"""The Review page: what changed, what was remarked, what was seen, and the decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QPushButton, QTabWidget, QVBoxLayout, QWidget

from napari_medseg.panels.asking import Questions
from napari_medseg.panels.looks import (
    key_button,
    row_of,
    text_label,
    without_argument,
)
from napari_medseg.panels.reviewing.busy import BusyLine
from napari_medseg.panels.reviewing.comment_list import CommentPage
from napari_medseg.panels.reviewing.comparison_box import ComparisonBox
from napari_medseg.panels.reviewing.comparison_table import ComparisonTable
from napari_medseg.panels.reviewing.coverage_bar import CoverageBar
from napari_medseg.panels.reviewing.difference_list import DifferenceList
from napari_medseg.panels.reviewing.query_list import QueryPage
from napari_medseg.panels.reviewing.reading_choice import ReadingChoice
from napari_medseg.viewmodels.reviewing.comparing.walking import ORDERS
from napari_medseg.viewmodels.reviewing.review import ReviewViewModel

# Often enough that nobody waits for it, seldom enough that it costs nothing.
_EVERY_MS = 50
_ARROW_WIDTH = 36
# Most comparisons are done sooner; the page below would jump at every stroke.
_PATIENCE_MS = 1000

#: What is done with the reading in the end.
_DECISIONS = {"submit": "Hand in…", "sign": "Judge and sign…"}


class ReviewPage(QWidget):
    """The reviewer's view of the case on screen.

    Args:
        review: its parts.
        commands: what the keys do.
        questions: asks for a mask file to compare with.

    Attributes:
        busy: what is being compared, with the way out; it belongs where it is always seen.
        decisions: the bottom of the page, for what is decided of the reading.
    """

    title = "Review"

    def __init__(
        self,
        review: ReviewViewModel,
        commands: Mapping[str, Callable[[], None]],
        questions: Questions,
    ) -> None:
        super().__init__()
        self._review, self._planes, self._commands = review, review.planes, commands
        self.readings, self.swap = ReadingChoice("This mask"), QPushButton("Swap")
        self.comparison = ComparisonBox(review.comparing, questions)
        self.busy = BusyLine(
            review.comparing.jobs,
            stop=review.comparing.give_up,
            tip="Stop comparing; what was compared before comes back",
            patience_ms=_PATIENCE_MS,
        )
        self.summary, self.place, self.seen_text = text_label(), text_label(), text_label()
        self.previous = key_button("previous_difference", "◀")
        self.next = key_button("next_difference", "Next difference")
        self.previous.setText("◀")  # the keys are in the tooltips: the panel is narrow
        self.next.setText("Next difference")
        self.previous.setMinimumWidth(_ARROW_WIDTH)
        self.order = QPushButton()
        self.differences = DifferenceList(review.walk)
        self.lesions = ComparisonTable()
        self.comments = CommentPage(review.comments)
        self.queries = QueryPage(review.queries)
        self.lists = QTabWidget()
        self.bar = CoverageBar(review.slices, review.planes)
        self.next_unseen = key_button("next_unseen", "Next unseen")
        self.buttons = {name: key_button(name, label) for name, label in _DECISIONS.items()}
        self.decisions = row_of(*self.buttons.values())
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._lay_out()
        self._connect()
        self.render_state()

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widgets away."""
        review = self._review
        review.comparing.changed.disconnect(self.render_state)
        review.comparing.edited.disconnect(self._mind)
        review.walk.changed.disconnect(self._render_walk)
        review.comments.changed.disconnect(self._render_comments)
        review.queries.changed.disconnect(self._render_queries)
        self.queries.let_go()
        self.comments.let_go()
        self.busy.let_go()
        review.slices.changed.disconnect(self._render_slices)
        self._planes.moved.disconnect(self._render_slices)

    def render_state(self) -> None:
        """Show what is so now."""
        comparing = self._review.comparing
        self.readings.render_standing(self._review.standing)
        self.swap.setEnabled(self._review.can_swap)
        self.comparison.render_state()
        self.summary.setText(f"<b>{escape(comparing.text)}</b>")
        self.summary.setToolTip(comparing.text)
        self.lesions.render_lesions(comparing.result.lesions if comparing.result else ())
        self._render_walk()
        self._render_comments()
        self._render_queries()
        self._render_slices()
        self._mind()

    def _render_walk(self) -> None:
        walk = self._review.walk
        self.place.setText(walk.place_text)
        self.place.setVisible(bool(walk.items))
        self.order.setText(ORDERS[walk.order])
        self.order.setEnabled(len(walk.items) > 1)
        self.differences.render_state()
        self.lists.setTabText(0, f"Differences {len(walk.items)}")
        self.lists.setTabText(1, f"Lesions {self.lesions.rowCount()}")

    def _render_comments(self) -> None:
        comments = self._review.comments
        if comments.draft is not None:
            self.lists.setCurrentWidget(self.comments)
            self._come_to_front()
        self.comments.render_state()
        rows = comments.rows
        count = sum(row.comment.is_open for row in rows)
        self.lists.setTabText(2, f"Comments {count}" if rows else "Comments")
        self.lists.setTabToolTip(2, f"{comments.title}; the number tells how many are open")

    def _render_queries(self) -> None:
        standing = self._review.standing
        self.readings.render_standing(standing)
        self.queries.follow(standing.case.case_id if standing is not None else "")
        self.queries.render_state()
        self.lists.setTabText(3, self._review.queries.title)
        self.lists.setTabToolTip(3, "Questions to the site that sent the image; how many are open")

    def _render_slices(self) -> None:
        self.seen_text.setText(self._review.slices.text)
        self.seen_text.setToolTip(self._review.slices.explanation)
        self.bar.update()

    def _come_to_front(self) -> None:
        """Show this page among the panel's, so that what is typed is seen."""
        around: list[QWidget] = [self]
        while (outer := around[-1].parentWidget()) is not None:
            if isinstance(outer, QTabWidget):
                outer.setCurrentIndex(max(map(outer.indexOf, around)))
            around.append(outer)

    def _mind(self) -> None:
        """Look for what comes out of the background as long as something may."""
        is_busy = self._review.comparing.is_busy
        if is_busy != self._timer.isActive():
            self._timer.start() if is_busy else self._timer.stop()

    def _poll(self) -> None:
        self._review.comparing.poll()
        self._mind()

    def _connect(self) -> None:
        review = self._review
        self._timer.timeout.connect(self._poll)
        walking = {
            "next_difference": self.next,
            "previous_difference": self.previous,
            "next_unseen": self.next_unseen,
        }
        for name, button in (walking | self.buttons).items():
            button.clicked.connect(without_argument(self._commands[name]))
        self.order.clicked.connect(without_argument(review.walk.next_order))
        self.lesions.chosen.connect(review.go_to_lesion)
        review.comparing.changed.connect(self.render_state)
        review.comparing.edited.connect(self._mind)
        review.walk.changed.connect(self._render_walk)
        review.comments.changed.connect(self._render_comments)
        review.queries.changed.connect(self._render_queries)
        self.readings.chosen.connect(review.open_reading)
        self.swap.clicked.connect(without_argument(review.swap))
        review.slices.changed.connect(self._render_slices)
        self._planes.moved.connect(self._render_slices)

    def _lay_out(self) -> None:
        self.order.setToolTip("Walk through the differences largest first, or by slice")
        self.order.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.swap.setToolTip("Put theirs on screen, and compare it with this one")
        self.swap.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.readings.row.addWidget(self.swap)
        self.lists.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for page in (self.differences, self.lesions, self.comments, self.queries):
            self.lists.addTab(page, "")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.readings)
        column.addWidget(self.comparison)
        column.addWidget(self.summary)
        column.addLayout(row_of(self.previous, self.next, self.order))
        column.addWidget(self.place)
        column.addWidget(self.lists, stretch=1)
        column.addWidget(self.bar)
        row = row_of(self.seen_text, self.next_unseen)
        row.setStretch(0, 1)
        column.addLayout(row)
        column.addLayout(self.decisions)
