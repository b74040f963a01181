"""What was displayed, given from the screen to the project, and tried again where that fails."""

from __future__ import annotations

from functools import partial

from medseg.errors import MedsegError
from medseg.model import Viewing
from medseg.project import Project
from medseg.project.viewings import add_viewings
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs
from napari_medseg.viewmodels.reviewing.remarks.viewings import ViewingsViewModel


class KeptViewings:
    """Gives the project what was displayed; nothing of it is lost while the project cannot take it.

    Args:
        viewings: what is displayed.
        jobs: what does the work, and whose notice tells once where it fails.
    """

    def __init__(self, viewings: ViewingsViewModel, jobs: Jobs) -> None:
        self._viewings, self._jobs = viewings, jobs
        self._waiting: tuple[Viewing, ...] = ()

    def keep(self, project: Project | None) -> None:
        """Give what was displayed since the last time, and what waits."""
        taken = (*self._waiting, *self._viewings.take())
        self._waiting = ()
        if taken and project is not None:
            work = partial(add_viewings, project.store, taken)
            self._jobs.run("", work, failed=partial(self._keep_for_later, taken))

    def _keep_for_later(self, taken: tuple[Viewing, ...], error: MedsegError) -> None:
        if not self._waiting:
            self._jobs.notice.refuse(error)
            self._jobs.notice.changed.emit()
        self._waiting = (*taken, *self._waiting)
