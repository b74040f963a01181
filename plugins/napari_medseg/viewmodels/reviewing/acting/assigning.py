"""Who shall read or review which cases: given by hand, or dealt out as the policy says."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from medseg.errors import MedsegError, ReviewError
from medseg.model import Person, ReadingState, Role, Stage, StageName
from medseg.project import Project, acts
from medseg.review import assignments
from medseg.review.workflow.facts import CLOSED, IN_READERS_HANDS, competing
from medseg.review.workflow.states import stage_of
from napari_medseg.viewmodels.reviewing.acting.acting import ActingViewModel
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel

#: To read a case, to review its readings, or to deal out all that waits.
Task = Literal["read", "review", "distribute"]

_DONE = {"read": "reads", "review": "is asked to review"}


@dataclass(frozen=True)
class Candidate:
    """Somebody who may do the work.

    Args:
        person_id: their id.
        name: as printed.
        in_hand: how many readings they have in hand.
        specialties: theirs, in a line.
    """

    person_id: str
    name: str
    in_hand: int
    specialties: str

    @property
    def text(self) -> str:
        """As "Dr A. Reader (3 in hand; chest)"."""
        also = f"; {self.specialties}" if self.specialties else ""
        return f"{self.name} ({self.in_hand} in hand{also})"


@dataclass(frozen=True)
class Outlook:
    """What there is to give, and to whom.

    Args:
        readers: who may read, those with the least in hand first.
        reviewers: who may review, likewise.
        dealt: name -> how many cases they would get, were all dealt out with these lots.
    """

    readers: tuple[Candidate, ...]
    reviewers: tuple[Candidate, ...]
    dealt: tuple[tuple[str, int], ...]


class AssigningViewModel(ActingViewModel):
    """Giving chosen cases to a person, or all that wait to those who read.

    Args:
        home: the project.
        cases: ids of those that are chosen, in order; none deals out all that waits.
        given: called when something was assigned, as to look the worklist up anew.
        today: the present day, ISO 8601; None asks the clock.
    """

    def __init__(
        self,
        home: ProjectViewModel,
        cases: Sequence[str],
        *,
        given: Callable[[], None],
        today: str | None = None,
    ) -> None:
        super().__init__(home, is_of_reading=False)
        self._given = given
        self._today = today or datetime.now(UTC).astimezone().date().isoformat()
        self._seed = secrets.randbelow(2**32)
        self.cases = tuple(dict.fromkeys(cases))
        self.task: Task = "read" if self.cases else "distribute"
        self.person, self.note = "", ""
        self.due: str | None = None
        self.outlook: Outlook | None = None
        self.refused: tuple[tuple[str, str], ...] = ()

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What can be chosen; without cases only the dealing out."""
        return ("read", "review", "distribute") if self.cases else ("distribute",)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Who may do what is chosen."""
        if self.outlook is None:
            return ()
        return self.outlook.reviewers if self.task == "review" else self.outlook.readers

    @property
    def what(self) -> str:
        """What is given, in a line."""
        if self.task == "distribute":
            return self._dealt
        count = len(self.cases)
        return f"{'1 case' if count == 1 else f'{count} cases'}: {', '.join(self.cases)}"

    @property
    def cannot_assign(self) -> str | None:
        """Why nothing can be given now, a sentence; None if it can."""
        if self.is_done:
            return "It is done."
        if self.outlook is None or self.is_busy:
            return "Who may do it is still being looked up."
        if self.task == "distribute":
            return None if self.outlook.dealt else "Nothing waits to be dealt out."
        if not self.candidates:
            return f"Nobody in the project may {self.task} a case; enrol somebody first."
        return None if self.person else "Choose a person."

    def begin(self, *, because: MedsegError | None = None) -> None:
        """Look up who may do it, and what dealing out would give to whom.

        Args:
            because: what was refused before, and is still to be read afterwards.
        """
        try:
            project, lead = self._lead_at_hand()
        except MedsegError as error:
            self.refuse(because or error)
            return
        work = partial(_outlook, project, lead, self._seed)
        failed = None if because is None else partial(self._stays_refused, because)
        take = partial(self._take, because=because)
        self.run("Looking up who reads what", work, take, failed=failed)

    def _stays_refused(self, because: MedsegError, _error: MedsegError) -> None:
        """Nobody can be looked up now either; what was said first says more."""
        self.refuse(because)

    def choose(self, task: Task) -> None:
        """Choose what is to be done."""
        self.task, self.person = task, ""
        self.say("")

    def choose_person(self, person_id: str) -> None:
        """Choose who shall do it."""
        self.person = person_id
        self.say("")

    def assign(self) -> None:
        """Give what is chosen, case by case; what is refused stays, with the reason."""
        try:
            project, lead = self._lead_at_hand()
            if self.cannot_assign:
                raise ReviewError(self.cannot_assign)
            if self.task == "read" and self.due is not None and self.due < self._today:
                raise ReviewError(
                    f"A case is wanted by a day to come; {self.due} is over. Choose another day."
                )
        except MedsegError as error:
            self.refuse(error)
            return
        if self.task == "distribute":
            work = partial(acts.assign_all, project, by=lead.person_id, seed=self._seed)
            self.run("Dealing out", work, self._was_dealt, failed=self._not_dealt)
            return
        give = partial(self._give, project, lead)
        name = next(one.name for one in self.candidates if one.person_id == self.person)
        done = partial(self._was_given, name)
        self.run("Assigning", partial(_one_by_one, self.cases, give), done)

    def _give(self, project: Project, lead: Person, case: str) -> None:
        """One case to the person chosen."""
        if self.task == "review":
            _ask_reviewer(project, case, self.person, by=lead.person_id)
            return
        due, note = self.due, self.note.strip()
        acts.assign(project, case, self.person, by=lead.person_id, due=due, note=note)

    @property
    def _dealt(self) -> str:
        if self.outlook is None:
            return ""
        told = [f"{name} {count}" for name, count in self.outlook.dealt]
        return f"By load and specialty, as the policy says: {', '.join(told)}" if told else ""

    def _take(self, outlook: Outlook, *, because: MedsegError | None = None) -> None:
        self.outlook = outlook
        if self.person not in [one.person_id for one in self.candidates]:
            self.person = ""
        if because is not None:
            self.refuse(because)
        else:
            self.say("")

    def _was_dealt(self, given: list[tuple[str, str, str]]) -> None:
        self._given()
        self.finish(f"{len(given)} assigned; the seed of the lots is {self._seed}.")

    def _not_dealt(self, error: MedsegError) -> None:
        """Some may be dealt out all the same: the worklist shows which."""
        self._given()
        self.begin(because=error)

    def _was_given(self, name: str, refused: tuple[tuple[str, str], ...]) -> None:
        self._given()
        done = len(self.cases) - len(refused)
        said = f"{name} {_DONE[self.task]} {'1 case' if done == 1 else f'{done} cases'}."
        self.refused = refused
        if not refused:
            self.finish(said)
            return
        self.cases = tuple(case for case, _ in refused)
        told = "\n".join(f"{case}: {why}" for case, why in refused)
        counted = f"{said} {done} given, {len(refused)} not:" if done else ""
        self.begin(because=ReviewError(f"{counted}\n{told}".strip()))

    def _lead_at_hand(self) -> tuple[Project, Person]:
        self.check_bound()
        project, person = self.home.project, self.home.person
        if project is None or person is None:
            raise ReviewError("Cases are assigned in a project; open one first.")
        if not person.may_act_as({Role.LEAD}):
            raise ReviewError(
                f"Cases are assigned by the lead; {person.printed_name} is not. Ask them."
            )
        return project, person


def _one_by_one(cases: Sequence[str], give: Callable[[str], None]) -> tuple[tuple[str, str], ...]:
    """Give each; returns those that were refused, with the reason."""
    refused = []
    for case in cases:
        try:
            give(case)
        except MedsegError as error:  # the database, too, may fail after the first
            refused.append((case, str(error)))
    return tuple(refused)


def _ask_reviewer(project: Project, case: str, person: str, *, by: str) -> None:
    """Ask somebody to review all readings of a case that can be reviewed yet."""
    readings = [one for one in competing(project.case(case)) if one.state not in CLOSED]
    if not readings:
        raise ReviewError(
            f"A reading is reviewed before it is signed; {case} has none that waits for it. "
            "Assign it to a reader first, or unlock it."
        )
    for one in readings:
        acts.assign_reviewer(project, one.reading_id, person, by=by)


def _outlook(project: Project, lead: Person, seed: int) -> Outlook:
    policy, people, cases = project.policy, project.registry.people, project.cases()
    readings = [one for case in cases for one in case.readings]
    reads = Counter(one.reader for one in readings if one.state in IN_READERS_HANDS)
    waiting = (one for one in readings if one.state is ReadingState.SUBMITTED)
    reviews = Counter(name for one in waiting for name in one.reviewers)
    by_id = {one.person_id: one for one in people}
    # The ids of the new readings are drawn when they are dealt out; here nobody sees them.
    planned = assignments(
        policy, by_id, cases, lead=lead.person_id, seed=seed, new_id=lambda: "r-planned"
    )
    dealt = Counter(by_id[one.request.reader].printed_name for one in planned)
    return Outlook(
        _candidates(people, stage_of(policy, StageName.ANNOTATE), reads),
        _candidates(people, stage_of(policy, StageName.REVIEW), reviews),
        tuple(sorted(dealt.items())),
    )


def _candidates(
    people: Sequence[Person], stage: Stage, load: Counter[str]
) -> tuple[Candidate, ...]:
    found = (
        Candidate(
            one.person_id,
            one.printed_name,
            load[one.person_id],
            ", ".join(sorted(one.specialties)),
        )
        for one in people
        if one.may_act_as(stage.roles)
    )
    return tuple(sorted(found, key=lambda one: (one.in_hand, one.name)))
