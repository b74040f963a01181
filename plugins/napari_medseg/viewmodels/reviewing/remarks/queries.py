"""Questions to the site that sent the image: asked, answered and closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from psygnal import Signal

from medseg.errors import MedsegError, ReviewError
from medseg.model import Case, Person, Query, QueryState, Role
from medseg.project import Project, acts
from napari_medseg.viewmodels.notice import Notice, in_words
from napari_medseg.viewmodels.reviewing.comparing.in_hand import ProjectInHand
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs
from napari_medseg.viewmodels.reviewing.remarks.comment_rows import HIDDEN, when_text

_OUTSIDE = (
    "The importing site is asked about a case of a project; this image is in none. Import it into "
    "one: medseg import"
)
_ANSWERS = frozenset({Role.IMPORTER, Role.LEAD})


@dataclass(frozen=True)
class QueryRow:
    """A question as the list shows it.

    Args:
        query: the question.
        author: printed name; `HIDDEN` where it may not be seen.
        when: as "22 Nov 14:05".
        answer: the answer, and by whom; empty before.
        may_answer: whether whoever looks may answer it now.
        may_close: whether they may close it now.
    """

    query: Query
    author: str
    when: str
    answer: str
    may_answer: bool
    may_close: bool


class QueriesViewModel:
    """The questions about the case on screen that this person may see.

    Args:
        notice: where refusals are said.
    """

    changed = Signal()
    """Questions or answers have come, or another one is chosen."""
    kept = Signal()
    """What was typed stands in the log."""

    def __init__(self, notice: Notice) -> None:
        self.notice = notice
        self.selected = ""
        self._project: ProjectInHand | None = None
        self._jobs: Jobs | None = None

    def attach(self, project: ProjectInHand, jobs: Jobs) -> None:
        """Ask and answer in this project, in the background."""
        self._project, self._jobs = project, jobs
        project.changed.connect(self.changed.emit)

    @property
    def cannot_ask(self) -> str | None:
        """Why nobody can be asked here; None if they can."""
        return None if self._in_hand is not None else _OUTSIDE

    @property
    def rows(self) -> tuple[QueryRow, ...]:
        """The questions, in the order in which they were asked."""
        in_hand = self._in_hand
        if in_hand is None:
            return ()
        _, case, person = in_hand
        standing = self._project.standing if self._project is not None else None
        names = standing.names if standing is not None else {}

        def name(of: str) -> str:
            return names.get(of, HIDDEN)

        return tuple(_row(one, name, person) for one in case.queries)

    @property
    def chosen(self) -> QueryRow | None:
        """The one that is looked at."""
        return next((one for one in self.rows if one.query.query_id == self.selected), None)

    @property
    def title(self) -> str:
        """As "Questions 1": how many are open."""
        rows = self.rows
        count = sum(one.query.state is QueryState.OPEN for one in rows)
        return f"Questions {count}" if rows else "Questions"

    def select(self, query_id: str) -> None:
        """Look at one."""
        self.selected = query_id
        self.changed.emit()

    @in_words
    def ask(self, text: str) -> None:
        """Ask the importing site about the case."""
        project, case, person = self._needed()
        work = partial(acts.ask_query, project, case.case_id, text.strip(), by=person.person_id)
        self._run("Asking the importing site", work, "Asked; the worklist of the site shows it.")

    @in_words
    def answer(self, text: str) -> None:
        """Answer the chosen question."""
        self._about_chosen(acts.answer_query, text, "Keeping the answer", "Answered.")

    @in_words
    def close(self, text: str = "") -> None:
        """Close the chosen question, answered or not."""
        self._about_chosen(acts.close_query, text, "Closing the question", "Closed.")

    def _about_chosen(self, act: Callable[..., None], text: str, doing: str, done: str) -> None:
        project, case, person = self._needed()
        if self.chosen is None:
            raise ReviewError("One question is answered or closed at a time; choose it first.")
        query = self.chosen.query.query_id
        work = partial(act, project, case.case_id, query, text.strip(), by=person.person_id)
        self._run(doing, work, done)

    @property
    def _in_hand(self) -> tuple[Project, Case, Person] | None:
        here = self._project
        if here is None or here.project is None or here.case is None or here.person is None:
            return None
        return here.project, here.case, here.person

    def _needed(self) -> tuple[Project, Case, Person]:
        if self._in_hand is None:
            raise ReviewError(_OUTSIDE)
        return self._in_hand

    def _run(self, text: str, work: Callable[[], object], done: str) -> None:
        if self._jobs is not None:
            self._jobs.run(text, work, lambda _none: self._kept(done), failed=self._refuse)

    def _refuse(self, error: MedsegError) -> None:
        self.notice.refuse(error)
        self.notice.changed.emit()

    def _kept(self, text: str) -> None:
        self.kept.emit()
        self.notice.say(text)
        self.notice.changed.emit()
        if self._project is not None:
            self._project.reload()
        self.changed.emit()


def _row(query: Query, name: Callable[[str], str], person: Person) -> QueryRow:
    answer = f"{name(query.answered_by)}: {query.answer}" if query.answered_by else ""
    is_own, is_lead = query.author == person.person_id, person.may_act_as({Role.LEAD})
    return QueryRow(
        query,
        name(query.author),
        when_text(query.at),
        answer,
        may_answer=query.state is QueryState.OPEN and person.may_act_as(_ANSWERS),
        may_close=query.state is not QueryState.CLOSED and (is_own or is_lead),
    )
