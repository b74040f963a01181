"""The page of the worklist: who works, what waits for them, and what they do with what is open."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
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
        self.people, self.readings, self.state = QComboBox(), QComboBox(), QComboBox()
        self.people.setToolTip("Your key names nobody of this project: say who you are")
        self.readings.setToolTip("The readings of this case that you may see")
        self.open_project = QPushButton("Open project…")
        self.mine, self.all = QRadioButton("My turns"), QRadioButton("All cases")
        self.words = QLineEdit()
        self.words.setPlaceholderText("Filter")
        self.words.setToolTip("Only rows that hold all these words")
        self.words.setClearButtonEnabled(True)
        self.comments = QPushButton("Talk")
        self.comments.setCheckable(True)
        self.comments.setToolTip("Only cases with open comments")
        self.table, self.more = WorklistTable(), QPushButton("More rows")
        self.buttons = {name: key_button(name, label) for name, label in _ACTS}
        self.state.addItem("any state", None)
        for state in CaseState:
            self.state.addItem(state.value, state)
        for box in (self.people, self.readings, self.state):  # long names ask for no width
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
        row = QHBoxLayout(self.looking_for)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.mine, self.all, self.state, self.words, self.comments):
            row.addWidget(widget)
        column.addWidget(self.looking_for)
        column.addWidget(self.table, stretch=1)
        column.addLayout(row_of(self.summary, self.more))
        self.of_case = QLabel("Reading")
        column.addLayout(row_of(self.of_case, self.readings))
        column.addLayout(row_of(self.buttons["next_case"], self.buttons["submit"]))
        column.addLayout(row_of(self.buttons["sign"], self.buttons["export"]))

    def _connect(self) -> None:
        model = self._model
        self.mine.clicked.connect(lambda: model.show_mine(True))
        self.all.clicked.connect(lambda: model.show_mine(False))
        self.state.activated.connect(lambda _place: model.filter(state=self.state.currentData()))
        self.comments.toggled.connect(lambda is_on: model.filter(with_comments=is_on))
        self.words.textChanged.connect(model.look_for)
        self.table.opened.connect(model.open_row)
        self.table.sorted_by.connect(model.sort_by)
        self.more.clicked.connect(without_argument(model.more))
        self.people.activated.connect(
            lambda _place: self._home.choose_person(self.people.currentData() or "")
        )
        self.readings.activated.connect(lambda _place: self._open_reading())
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
        self._render_readings()
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
        wanted = [("choose your name", ""), *((p.printed_name, p.person_id) for p in home.people)]
        if [self.people.itemData(place) for place in range(self.people.count())] != [
            person for _, person in wanted
        ]:
            self.people.clear()
            for name, person in wanted:
                self.people.addItem(name, person)

    def _render_readings(self) -> None:
        """The readings of the case on screen, where there are several to choose from."""
        standing = self._home.standing
        listed = standing.case.readings if standing is not None else ()
        self.readings.clear()
        for number, one in enumerate(listed, start=1):
            name = standing.names.get(one.reader, "") if standing is not None else ""
            how = f" by {one.method}" if one.method else ""
            text = f"{number}  {name or 'reading'}{how}: {one.state.value}"
            self.readings.addItem(text, one.reading_id)
            self.readings.setItemData(number - 1, one.reading_id, Qt.ItemDataRole.ToolTipRole)
        if standing is not None:
            ids = [one.reading_id for one in listed]
            self.readings.setCurrentIndex(ids.index(standing.reading.reading_id))
        for widget in (self.of_case, self.readings):
            widget.setVisible(len(listed) > 1)

    def _open_reading(self) -> None:
        case, reading = self._home.case, self.readings.currentData()
        if case is not None and reading:
            self._home.open_reading(case.case_id, str(reading))
