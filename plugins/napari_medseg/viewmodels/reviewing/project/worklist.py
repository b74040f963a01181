"""The worklist of the person who works: what waits for them, and where each case stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from psygnal import Signal

from medseg.errors import MedsegError
from medseg.model import CaseState, Person, Role, StageName
from medseg.project import Project
from medseg.project.worklist import WorklistRow, worklist
from medseg.project.worklist_queries import Filters, Place, Sort
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel
from napari_medseg.viewmodels.reviewing.project.standing import STAGE_WORDS

#: How many rows are looked up at once.
PAGE = 200

_WAITS_FOR = {
    CaseState.UNASSIGNED: "the lead, to assign it",
    CaseState.READING: "its reader",
    CaseState.REVIEW: "a reviewer",
    CaseState.ADJUDICATION: "an adjudicator",
    CaseState.TO_SIGN: "a signer",
    CaseState.TO_LOCK: "the lead, to lock it",
    CaseState.LOCKED: "nobody",
    CaseState.MEASURED: "nobody",
}


@dataclass(frozen=True)
class WorkRow:
    """One line of the worklist as it is shown.

    Args:
        case: its id.
        reading: id of the reading that the turn is about; empty where it is about the case.
        todo: what the person is to do, as "review"; empty if it is not their turn.
        waits_for: whose turn it is, in words.
        state: where the case stands.
        readers: their printed names, in a line.
        due: ISO 8601 date; empty if there is none.
        is_late: whether that day is over.
        comments: how many are open.
        queries: how many questions to the importing site are open; 0 where that is hidden.
        agreement: between its readings, as "0.84"; empty where hidden or not measured.
        is_open: whether it is on screen.
    """

    case: str
    reading: str
    todo: str
    waits_for: str
    state: str
    readers: str
    due: str
    is_late: bool
    comments: int
    queries: int
    agreement: str
    is_open: bool = False


@dataclass(frozen=True)
class _Page:
    rows: tuple[WorklistRow, ...]
    names: Mapping[str, str]
    is_last: bool


class WorklistViewModel:
    """The rows of the person's worklist; empty outside of a project.

    What is hidden from the person is neither shown, nor filtered or sorted by.

    Args:
        home: the project that is open.
        today: the present day, ISO 8601.
    """

    changed = Signal()
    """Other rows are to be seen."""

    def __init__(self, home: ProjectViewModel, *, today: str) -> None:
        self._home, self._today = home, today
        self.is_mine = True
        self.sort: Sort = "due"
        self.filters = Filters()
        self.words = ""
        self._page = _Page((), {}, is_last=True)
        self._present = object()  # the project and person that the rows are of
        home.changed.connect(self._follow)

    def let_go(self) -> None:
        """Stop listening."""
        self._home.changed.disconnect(self._follow)

    @property
    def rows(self) -> tuple[WorkRow, ...]:
        """The rows that hold all words looked for, in order."""
        wanted = self.words.casefold().split()
        rows = (self._row(row) for row in self._page.rows)
        return tuple(row for row in rows if all(word in _text(row) for word in wanted))

    @property
    def may_assign(self) -> bool:
        """Whether the person may say who reads what."""
        person = self._home.person
        return person is not None and person.may_act_as({Role.LEAD})

    @property
    def has_more(self) -> bool:
        """Whether there are rows that were not looked up yet."""
        return not self._page.is_last

    @property
    def summary(self) -> str:
        """How many rows there are, in a line."""
        count = len(self._page.rows)
        more = "" if self._page.is_last else " and more"
        cases = "1 turn" if count == 1 and self.is_mine else f"{count} turns"
        what = cases if self.is_mine else ("1 case" if count == 1 else f"{count} cases")
        return f"{what}{more}" if count else "Nothing waits for you." if self.is_mine else "No case"

    def show_mine(self, is_mine: bool) -> None:
        """Show the person's turns, or all cases that they may see."""
        self.is_mine = is_mine
        self.refresh()

    def sort_by(self, sort: Sort) -> None:
        """Sort by this."""
        self.sort = sort
        self.refresh()

    def filter(self, **changes: object) -> None:
        """Leave out other rows: fields of `Filters`."""
        self.filters = replace(self.filters, **changes)  # type: ignore[arg-type]
        self.refresh()

    def look_for(self, words: str) -> None:
        """Show only rows in which all these words are found."""
        self.words = words
        self.changed.emit()

    def refresh(self) -> None:
        """Look the rows up anew, in the background."""
        self._look_up(None)

    def more(self) -> None:
        """Look up the rows that follow."""
        if self._page.rows and self.has_more:
            self._look_up(self._page.rows[-1].place)

    def open_row(self, row: WorkRow) -> None:
        """Open the reading of a row; where it names none, the one that the person comes for."""
        self._home.open_reading(row.case, row.reading)

    def next_case(self) -> None:
        """Open what the person should do next, apart from what is open."""
        project, person = self._home.project, self._home.person
        if project is None or person is None:
            self._home.notice.say("The next case is one of a project; open a project first.")
            self._home.notice.changed.emit()
            return
        case = self._home.case.case_id if self._home.case else ""
        work = partial(_next, project, person, case)
        self._home.jobs.run("Looking for the next case", work, self._go_on)

    def _go_on(self, row: WorklistRow | None) -> None:
        if row is None:
            self._home.notice.say("Nothing else waits for you.")
            self._home.notice.changed.emit()
            return
        self._home.open_reading(row.case_id, (row.turn.reading or "") if row.turn else "")

    def _follow(self) -> None:
        """Rows are looked up anew whenever something may have moved on."""
        self.refresh()

    def _look_up(self, after: Place | None) -> None:
        project, person = self._home.project, self._home.person
        if project is None or person is None:
            self._page = _Page((), {}, is_last=True)
            self.changed.emit()
            return
        work = partial(
            _page,
            project,
            person,
            filters=self.filters,
            is_mine=self.is_mine,
            sort=self.sort,
            after=after,
        )
        self._home.jobs.run("", work, partial(self._take, after=after), failed=self._refuse)

    def _take(self, page: _Page, *, after: Place | None) -> None:
        before = self._page.rows if after is not None else ()
        self._page = replace(page, rows=(*before, *page.rows))
        self.changed.emit()

    def _refuse(self, error: MedsegError) -> None:
        self._home.notice.refuse(error)
        self._home.notice.changed.emit()

    def _row(self, row: WorklistRow) -> WorkRow:
        turn = row.turn
        todo = STAGE_WORDS[turn.stage] if turn else ""
        if turn and turn.stage is StageName.ANNOTATE and turn.reading is None:
            todo = "assign"
        readers = ", ".join(self._page.names.get(one, one) for one in row.readers)
        on_screen, reading = self._home.reading, (turn.reading or "") if turn else ""
        case = self._home.case
        is_open = case is not None and case.case_id == row.case_id
        if reading and on_screen is not None:
            is_open = on_screen.reading_id == reading
        return WorkRow(
            row.case_id,
            reading,
            todo,
            "you" if todo else _WAITS_FOR[row.state],
            row.state.value,
            readers,
            row.due or "",
            bool(row.due and row.due < self._today and row.state not in _DONE),
            row.open_comments,
            row.open_queries or 0,
            "" if row.agreement is None else f"{row.agreement:.2f}",
            is_open,
        )


_DONE = frozenset({CaseState.LOCKED, CaseState.MEASURED})


def _text(row: WorkRow) -> str:
    parts = (row.case, row.reading, row.todo, row.state, row.readers, row.due)
    return " ".join(parts).casefold()


def _page(
    project: Project,
    person: Person,
    *,
    filters: Filters,
    is_mine: bool,
    sort: Sort,
    after: Place | None,
) -> _Page:
    rows = worklist(
        project.store,
        person,
        filters=filters,
        mine=is_mine,
        sort=sort,
        limit=PAGE + 1,
        after=after,
    )
    names = {one.person_id: one.printed_name for one in project.registry.people}
    return _Page(rows[:PAGE], names, is_last=len(rows) <= PAGE)


def _next(project: Project, person: Person, case: str) -> WorklistRow | None:
    """The turn that is due first and can be taken on screen, apart from the case that is open."""
    for row in worklist(project.store, person, mine=True, limit=PAGE):
        turn = row.turn
        if turn is None or row.case_id == case:
            continue
        if turn.reading is not None or turn.stage is StageName.ADJUDICATE:
            return row
    return None
