"""The project that is open: who works in it, and the reading on screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from psygnal import Signal

from medseg.errors import MedsegError, ReviewError
from medseg.model import Case, Person, Policy, Reading
from medseg.project import Project, acts
from medseg.project.folder.home import key_path
from medseg.session import Session
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.notice import in_words
from napari_medseg.viewmodels.reviewing.acting.signer import Signer
from napari_medseg.viewmodels.reviewing.project.entering import (
    House,
    ReadFiles,
    open_house,
    read_files,
)
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs
from napari_medseg.viewmodels.reviewing.project.on_screen import ReadingOnScreen
from napari_medseg.viewmodels.reviewing.project.standing import Standing, standing_of
from napari_medseg.viewmodels.reviewing.remarks.kept_viewings import KeptViewings
from napari_medseg.viewmodels.reviewing.remarks.viewings import ViewingsViewModel


class ProjectViewModel:
    """One project, one person, and at most one reading on screen.

    Whatever reads files or the database runs in `jobs`. Nothing here raises a `MedsegError`.

    Args:
        case: what is on screen.
        jobs: what does the work.
        viewings: what is displayed.
        may_leave: whether the present work may be left; it asks the reader if something is unsaved.
    """

    opened = Signal(object)
    """A project's reading is on screen: its OpenReading; None when it is not any more."""
    changed = Signal()
    """Project, person, case or reading were read anew."""

    def __init__(
        self,
        case: CaseViewModel,
        jobs: Jobs,
        viewings: ViewingsViewModel,
        *,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> None:
        self._case, self.jobs, self.viewings = case, jobs, viewings
        self.notice = case.notice
        self.may_leave = may_leave
        self._house: House | None = None
        self._shown = ReadingOnScreen(case, viewings)
        self._kept = KeptViewings(viewings, jobs)
        self._is_closed = False
        self.key_file = key_path()
        self.signer: Signer | None = None
        case.opened.connect(self._look_who_comes)

    @property
    def project(self) -> Project | None:
        """The project; None where none is open."""
        return self._house.project if self._house else None

    @property
    def person(self) -> Person | None:
        """Who works; None before that is known."""
        return self._house.person if self._house else None

    @property
    def who(self) -> str:
        """Who works, with their roles: "Dr A. Reader, reviewer"; empty outside of a project."""
        if self.person is None:
            return ""
        roles = sorted(role.value for role in self.person.roles)
        return ", ".join([self.person.printed_name, " and ".join(roles) or "without a role"])

    @property
    def people(self) -> tuple[Person, ...]:
        """Among whom one has to say who one is; empty where that is known."""
        return self._house.people if self._house and self._house.person is None else ()

    @property
    def standing(self) -> Standing | None:
        """How the case on screen stands; None where no project's reading is open."""
        return self._shown.standing

    @property
    def on_screen(self) -> acts.OpenReading | None:
        """The reading on screen with its files; None where no project's reading is open."""
        return self._shown.opened

    @property
    def policy(self) -> Policy | None:
        """The rules in force when the reading was last looked up."""
        return self.standing.policy if self.standing else None

    @property
    def case(self) -> Case | None:
        """The case on screen, as the person may see it."""
        return self.standing.case if self.standing else None

    @property
    def reading(self) -> Reading | None:
        """The reading on screen."""
        return self.standing.reading if self.standing else None

    @property
    def is_blind(self) -> bool:
        """Whether the person must see nothing of other readings."""
        return self.standing is not None and self.standing.is_blind

    @property
    def hides_text(self) -> bool:
        """Whether patient and series text is kept off the screen."""
        return self.standing is not None and self.standing.hides_text

    @property
    def refusal(self) -> str:
        """Why nothing may be drawn, a sentence; empty if it may, and outside of a project."""
        return self.standing.refusal if self.standing else ""

    @property
    def reading_is_own(self) -> bool:
        """Whether the reading on screen is the person's own."""
        return self.reading is not None and self.reading.reader == self._me

    @property
    def _me(self) -> str:
        return self.person.person_id if self.person is not None else ""

    @property
    def turn(self) -> str:
        """What the person is to do with the reading: "read", "review or sign"; empty: nothing."""
        return self.standing.turn if self.standing else ""

    @property
    def title(self) -> str:
        """The case and the reading in a line; empty outside of a project."""
        return self.standing.title if self.standing else ""

    def open(self, path: Path, *, person: str = "", key: Path | None = None) -> None:
        """Open the project that a path lies in, and the case or reading that it names.

        Args:
            path: the project's folder, or anything inside.
            person: who works, by id or printed name; empty asks their key.
            key: the key file; None takes the user's own.
        """
        self.key_file = key or self.key_file
        here = self._house.project if self._house else None
        stays = key is None and self.person is not None
        me = person or (self.person.person_id if stays and self.person else "")
        work = partial(open_house, path, here, me, self.key_file)
        self.jobs.run(f"Opening the project of {path.name}", work, self._enter)

    def choose_person(self, person_id: str) -> None:
        """Say who works; what was to be opened is opened then."""
        house = self._house
        found = next((one for one in self.people if one.person_id == person_id), None)
        if house is not None and found is not None:
            self._enter(replace(house, person=found, people=()))

    @in_words
    def open_reading(self, case: str, reading: str = "") -> None:
        """Put a reading on screen, by default the one that the person comes for."""
        if self.project is None or self.person is None:
            raise ReviewError("A reading is opened by somebody of its project; say who you are.")
        work = partial(read_files, self.project, self.person, case, reading)
        text = f"Opening {reading or case}"
        self.jobs.run(text, work, self._take, can_be_given_up=True)

    def reload(self, *, was_given_away: bool = False) -> None:
        """Look up anew how the case on screen stands, as after an act.

        Args:
            was_given_away: whether it is no surprise if the person may not see it any more.
        """
        if self.project is None or self.person is None or self.standing is None:
            return
        case, reading = self.standing.case.case_id, self.standing.reading.reading_id
        work = partial(standing_of, self.project, self.person, case, reading)
        self.jobs.run("", work, self._take_standing, failed=partial(self._lose, was_given_away))

    def keep_viewings(self) -> None:
        """Give what was displayed to the project; what it cannot keep now is tried again."""
        self._kept.keep(self.project)

    def close(self) -> None:
        """Keep what was displayed, end the work behind, close the project; twice does no harm."""
        if self._is_closed:
            return
        self._is_closed = True
        self._case.opened.disconnect(self._look_who_comes)
        self.keep_viewings()
        self.jobs.finish()
        if self.project is not None:
            self.project.close()
        self._house = None

    def _enter(self, house: House) -> None:
        before, me = self.project, self.person
        is_other = before is not house.project or me != house.person
        if self.standing is not None and is_other:
            if not self.may_leave():
                if before is not house.project:
                    house.project.close()
                return
            self._leave()
        if before is not None and before is not house.project:
            self.jobs.run("", before.close)
        self._house, self.signer = house, None
        if house.person is not None:
            self.signer = Signer(house.project, house.person, self.key_file)
        for finding in house.project.findings:
            if finding.severity != "note":
                self.notice.say(finding.text)
        self.changed.emit()
        self.notice.changed.emit()
        if house.person is not None and house.case:
            self.open_reading(house.case, house.reading)

    def _take(self, read: ReadFiles) -> None:
        if self.person is None or not self.may_leave():
            return
        self.keep_viewings()
        if not self._shown.take(read, self.person):
            self._leave()
            return
        self.notice.say(read.standing.refusal or f"{self.title}. {read.standing.way_on}")
        self.opened.emit(read.opened)
        self.changed.emit()
        self.notice.changed.emit()

    def _take_standing(self, standing: Standing) -> None:
        before = self.standing
        if before is None or before.reading.reading_id != standing.reading.reading_id:
            return  # another reading was opened meanwhile
        if before.refusal and not standing.refusal:
            self.open_reading(standing.case.case_id, standing.reading.reading_id)
            return
        if self.person is not None:
            self.keep_viewings()
            self._shown.stands(standing, self.person)
        self.changed.emit()
        self.notice.changed.emit()

    def _lose(self, was_given_away: bool, error: MedsegError) -> None:
        """How the case stands cannot be looked up; a reading that is not to be seen is left."""
        is_gone = isinstance(error, ReviewError)
        if is_gone:
            self._leave()
        if not (is_gone and was_given_away):
            self.notice.refuse(error)
        self.notice.changed.emit()

    def _look_who_comes(self, session: Session) -> None:
        """Another image or mask may have come on screen by another way than this."""
        if not self._shown.is_another(session):
            return
        if self.standing is not None:
            self._leave()
        self.viewings.begin(session.volume.geometry)

    def _leave(self) -> None:
        self.keep_viewings()
        self._shown.leave()
        self.opened.emit(None)
        self.changed.emit()
