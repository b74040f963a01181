"""The page of the worklist: who works, what waits for them, and what they do with what is open."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from medseg.model import CaseState
from napari_medseg.panels.looks import (
    QUIET,
    colored,
    key_button,
    row_of,
    text_label,
    without_argument,
)
from napari_medseg.panels.reviewing.offering import id_chosen, offer
from napari_medseg.panels.reviewing.reading_choice import ReadingChoice
from napari_medseg.panels.reviewing.worklist_table import WorklistTable
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel
from napari_medseg.viewmodels.reviewing.project.worklist import WorklistViewModel

_ACTS = (
    ("next_case", "Next case"),
    ("submit", "Hand in…"),
    ("sign", "Judge, sign…"),
    ("export", "Export…"),
)


class WorklistPage(QWidget):
    """The person's worklist.

    Args:
        home: the project.
        model: the rows.
    """

    title = "Worklist"

    def __init__(self, home: ProjectViewModel, model: WorklistViewModel) -> None:
        super().__init__()
        self._home, self._model = home, model
        self.who, self.summary = text_label(), text_label()
        self.people, self.state = QComboBox(), QComboBox()
        self.readings = ReadingChoice("Reading")
        self.people.setToolTip("Your key names nobody of this project: say who you are")
        self.open_project = QPushButton("Open project…")
        self.mine, self.all = QRadioButton("My turns"), QRadioButton("All cases")
        self.mine.setToolTip("What waits for you, one line a turn")
        self.all.setToolTip("Every case that you may see, one line a case")
        self.words = QLineEdit()
        self.words.setPlaceholderText("Filter")
        self.words.setToolTip("Only rows that hold all these words")
        self.words.setClearButtonEnabled(True)
        self.comments = QPushButton("Talk")
        self.comments.setCheckable(True)
        self.comments.setToolTip("Only cases with open comments")
        self.queries = QPushButton("Asked")
        self.queries.setCheckable(True)
        self.queries.setToolTip("Only cases with an open question to the importing site")
        self.table, self.more = WorklistTable(), QPushButton("More rows")
        self.assign, self.hand_over = QPushButton("Assign…"), QPushButton("Hand over…")
        self.assign.setToolTip(
            "Give the chosen cases to somebody to read or review, or deal out all that wait"
        )
        self.hand_over.setToolTip(
            "Give the reading on screen to the next person, with what is open and your place"
        )
        self.buttons = {name: key_button(name, label) for name, label in _ACTS}
        for name, label in _ACTS:
            self.buttons[name].setText(label)  # the keys are in the tooltips: the panel is narrow
        for button in (self.assign, self.hand_over):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # so that the canvas keeps the keys
        self.state.addItem("any state", None)
        for state in CaseState:
            self.state.addItem(state.value, state)
        for box in (self.people, self.state):  # long names ask for no width
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(6)
        self._lay_out()
        self._connect()
        self.render_state()

    def let_go(self) -> None:
        """Stop listening; Qt has taken the widgets away."""
        self._model.changed.disconnect(self.render_state)
        self._home.changed.disconnect(self.render_state)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.who)
        column.addWidget(self.people)
        column.addWidget(self.open_project)
        self.looking_for = QWidget()
        rows = QVBoxLayout(self.looking_for)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addLayout(row_of(self.mine, self.all, self.state))
        rows.addLayout(row_of(self.words, self.comments, self.queries))
        column.addWidget(self.looking_for)
        column.addWidget(self.table, stretch=1)
        column.addLayout(row_of(self.summary, self.more))
        column.addWidget(self.readings)
        acts = row_of(*(self.buttons[name] for name in ("next_case", "submit", "sign")))
        column.addLayout(acts)
        column.addLayout(row_of(self.hand_over, self.assign, self.buttons["export"]))

    def _connect(self) -> None:
        model = self._model
        self.mine.clicked.connect(lambda: model.show_mine(True))
        self.all.clicked.connect(lambda: model.show_mine(False))
        self.state.activated.connect(lambda _place: model.filter(state=self.state.currentData()))
        self.comments.toggled.connect(lambda is_on: model.filter(with_comments=is_on))
        self.queries.toggled.connect(lambda is_on: model.filter(with_queries=is_on))
        self.words.textChanged.connect(model.look_for)
        self.table.opened.connect(model.open_row)
        self.table.sorted_by.connect(model.sort_by)
        self.more.clicked.connect(without_argument(model.more))
        self.people.activated.connect(
            lambda _place: self._home.choose_person(id_chosen(self.people))
        )
        self.readings.chosen.connect(self._open_reading)
        model.changed.connect(self.render_state)
        self._home.changed.connect(self.render_state)

    def render_state(self) -> None:
        """Show what is so now."""
        home, model = self._home, self._model
        is_home = home.project is not None and home.person is not None
        self._render_who()
        for widget in (self.looking_for, self.table, self.summary):
            widget.setVisible(is_home)
        self.state.setVisible(is_home and not model.is_mine)
        (self.mine if model.is_mine else self.all).setChecked(True)
        self.table.render_rows(model.rows, model.sort)
        self.summary.setText(colored(model.summary, QUIET))
        self.more.setVisible(is_home and model.has_more)
        self.readings.render_standing(home.standing)
        self.assign.setVisible(is_home and model.may_assign)
        self.hand_over.setVisible(home.standing is not None)
        for name in ("next_case", "submit", "sign"):
            self.buttons[name].setVisible(is_home)

    def _render_who(self) -> None:
        home = self._home
        self.open_project.setVisible(home.project is None)
        self.people.setVisible(bool(home.people))
        if home.project is None:
            self.who.setText(colored("No project is open.", QUIET))
        elif home.person is None:
            self.who.setText(f"<b>{escape(home.project.settings.name)}</b>: who are you?")
        else:
            settings = home.project.settings
            self.who.setText(f"<b>{escape(settings.name)}</b> {colored(settings.site, QUIET)}")
        people = ((one.person_id, one.printed_name) for one in home.people)
        offer(self.people, [("", "choose your name"), *people])

    def _open_reading(self, reading: str) -> None:
        if self._home.case is not None:
            self._home.open_reading(self._home.case.case_id, reading)
