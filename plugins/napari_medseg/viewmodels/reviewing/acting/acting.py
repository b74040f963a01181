"""What all windows that act on a reading share: they check, act, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from psygnal import Signal

from medseg.errors import MedsegError, ReviewError
from medseg.model import Finding, Person, Role, StageName
from medseg.project import Project, acts
from medseg.review import Turn, whose_turn
from medseg.session import Session
from napari_medseg.viewmodels.reviewing.acting.about import BoundToScreen
from napari_medseg.viewmodels.reviewing.acting.signer import Signer
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel
from napari_medseg.viewmodels.reviewing.project.standing import Standing

_COMPARING = Turn(Role.LEAD, StageName.ADJUDICATE, None)


class ActingViewModel(BoundToScreen):
    """One act in a window of its own; whatever is refused is said there, and nothing is lost.

    Args:
        home: the project and the reading on screen.
        is_of_reading: whether it is about that reading, and not about cases of the project.
    """

    changed = Signal()
    """Something in the window is different."""

    def __init__(self, home: ProjectViewModel, *, is_of_reading: bool = True) -> None:
        super().__init__(home, is_of_reading=is_of_reading)
        self.said, self.is_refusal = "", False
        self.is_busy = self.is_done = False

    @property
    def asks_for_id(self) -> bool:
        """Whether the id is asked for besides the passphrase."""
        return self.home.signer is not None and self.home.signer.asks_for_id

    def refuse(self, error: MedsegError) -> None:
        """Say what was refused; all that was typed stays."""
        self.said, self.is_refusal, self.is_busy = str(error), True, False
        self.changed.emit()

    def say(self, text: str) -> None:
        """Say something."""
        self.said, self.is_refusal = text, False
        self.changed.emit()

    def refuse_act(self, error: MedsegError) -> None:
        """Say that the act was refused; in the notice, too, where the window may be closed."""
        self.refuse(error)
        if self.is_ended:
            self.home.notice.refuse(error)
            self.home.notice.changed.emit()

    def run(
        self,
        text: str,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        *,
        failed: Callable[[MedsegError], None] | None = None,
    ) -> None:
        """Do some work in the background; while it lasts nothing else can be asked for.

        Args:
            text: what is done, for people.
            work: what takes long.
            done: gets what came of it.
            failed: gets the error in words; None says it here.
        """
        self.is_busy = True
        self.say(f"{text} …")

        def taken(result: Any) -> None:
            self.is_busy = False
            done(result)
            self.changed.emit()

        self.home.jobs.run(text, work, taken, failed=failed or self.refuse)

    def finish(self, text: str, *, gives_away: bool = False) -> None:
        """It is done: say so here and in the window, and look the case up anew.

        Args:
            text: what is said.
            gives_away: whether the reading may not be the person's to see any more.
        """
        self.is_done = True
        self.say(text)
        self.home.notice.say(text)
        self.home.notice.changed.emit()
        self.home.reload(was_given_away=gives_away)

    def at_hand(self) -> tuple[Project, Person, Standing, Signer]:
        """Project, person, reading on screen, and the key that they act with.

        Raises:
            ReviewError: there is none, or another one than this window is about.
        """
        home = self.home
        home.notice.gesture.settle()  # what a hand has begun belongs to what is acted on
        project, person, standing, signer = home.project, home.person, home.standing, home.signer
        if project is None or person is None or standing is None or signer is None:
            raise ReviewError("This is done with a project's reading; open one first.")
        self.check_bound()
        return project, person, standing, signer


def settle_if_due(project: Project, case: str) -> None:
    """Compare the readings if the last one is in, and tell the reader nothing of it.

    What was handed in stands, whatever becomes of that: the lead's worklist shows what is left.
    """
    if _COMPARING in whose_turn(project.policy, project.case(case)):
        with suppress(MedsegError):
            acts.bring_together(project, case)


def place_of(session: Session | None, finding: Finding) -> tuple[float, float, float] | None:
    """Stored index of the middle of what a finding is about; None where it is about no place."""
    if session is None:
        return None
    array = session.segmentation.array
    named = [one for one in session.segmentation.segments if one.label == finding.where.segment]
    slices = [index for index in finding.where.slices if index < len(array)]
    if not slices and named:
        slices = [index for index, plane in enumerate(array) if (plane == named[0].number).any()]
    if not slices:
        return None
    middle = slices[len(slices) // 2]
    there = array[middle] == named[0].number if named else array[middle] != 0
    rows, columns = there.nonzero()
    if not len(rows):
        return float(middle), (array.shape[1] - 1) / 2, (array.shape[2] - 1) / 2
    return float(middle), float(rows.mean()), float(columns.mean())
