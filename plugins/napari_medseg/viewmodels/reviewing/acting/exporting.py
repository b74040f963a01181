"""What would leave the house, what would not and why, and the same as a command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from psygnal import Signal

from medseg.errors import FormatError, MedsegError
from medseg.export import Exported, export_project, export_reading, export_signed
from medseg.model import Person, ReadingState, Volume
from medseg.project import Project
from medseg.review import view_of
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.reviewing.acting.about import BoundToScreen
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel
from napari_medseg.viewmodels.reviewing.verdict import is_signed

Scope = Literal["reading", "project", "mask"]

_FINISHED = frozenset({ReadingState.SIGNED, ReadingState.LOCKED})


@dataclass(frozen=True)
class Leaving:
    """One reading, and whether it would be exported.

    Args:
        case: its id; the file's name outside of a project.
        reading: its id; empty outside of a project.
        why_not: why it stays in the house, a sentence; empty if it would leave.
    """

    case: str
    reading: str
    why_not: str = ""


class ExportViewModel(BoundToScreen):
    """Exporting the reading on screen, all of its project, or a mask of no project.

    Args:
        home: the project, if one is open.
        case: what is on screen.
    """

    changed = Signal()
    """Something in the window is different."""

    def __init__(self, home: ProjectViewModel, case: CaseViewModel) -> None:
        super().__init__(home)
        self._case = case
        self.said, self.is_refusal = "", False
        self.is_busy = self.is_done = False
        self.folder: Path | None = None
        self.listed: tuple[Leaving, ...] = ()
        self.scopes: tuple[Scope, ...] = ("mask",)
        if home.project is not None:
            self.scopes = ("reading", "project") if home.reading is not None else ("project",)
        self.scope: Scope = self.scopes[0]

    @property
    def command(self) -> str:
        """The same as one command, to be copied into a script."""
        folder = str(self.folder) if self.folder else "FOLDER"
        what = self._what
        return shlex.join(["medseg", "export", str(what) if what else "MASK", "--out", folder])

    @property
    def cannot_export(self) -> str | None:
        """Why nothing can be exported now, a sentence; None if it can."""
        if self.is_busy:
            return "It is being looked up."
        if self._what is None:
            return "A saved mask is exported; save it first."
        if self.scope != "project" and any(one.why_not for one in self.listed):
            return self.listed[0].why_not
        return None if self.folder else "Choose a folder."

    def begin(self) -> None:
        """Look up what would leave."""
        project, person = self.home.project, self.home.person
        if self.scope == "mask" or project is None or person is None:
            self._take(self._of_mask())
            return
        reading = self.home.reading if self.scope == "reading" else None
        only = reading.reading_id if reading is not None else ""
        self.is_busy = True
        work = partial(_leaving, project, person, only)
        self.home.jobs.run("Looking up what is signed", work, self._take, failed=self.refuse)
        self.changed.emit()

    def choose(self, scope: Scope) -> None:
        """Export the reading, or all of the project."""
        self.scope, self.is_done = scope, False
        self.begin()

    def put_into(self, folder: Path) -> None:
        """Choose the folder."""
        self.folder, self.is_done = folder, False
        self._say("")

    def export(self) -> None:
        """Write what leaves."""
        try:
            self.check_bound()
            if self.cannot_export:
                raise FormatError(self.cannot_export)
        except MedsegError as error:
            self.refuse(error)
            return
        self.is_busy = True
        self._say("Exporting …")
        self.home.jobs.run("Exporting", self._work(), self._done, failed=self.refuse)

    def refuse(self, error: MedsegError) -> None:
        """Say what was refused; all that was chosen stays."""
        self.is_busy = False
        self.said, self.is_refusal = str(error), True
        self.changed.emit()

    @property
    def _what(self) -> Path | None:
        """What the command names."""
        project, on_screen = self.home.project, self.home.on_screen
        if self.scope == "project" and project is not None:
            return project.layout.root
        if self.scope == "reading" and on_screen is not None:
            return on_screen.mask_path
        return self._case.keeping.mask_path

    def _of_mask(self) -> tuple[Leaving, ...]:
        mask = self._what
        if mask is None:
            return ()
        why_not = "" if is_signed(mask) else "It is not signed; only what is signed leaves."
        return (Leaving(mask.name, "", why_not),)

    def _take(self, listed: tuple[Leaving, ...]) -> None:
        self.is_busy, self.listed = False, listed
        leaves = sum(not one.why_not for one in listed)
        self._say(f"{leaves} of {len(listed)} would be exported." if listed else "")

    def _work(self) -> partial[str]:
        project, person, folder, what = (
            self.home.project,
            self.home.person,
            self.folder,
            self._what,
        )
        assert folder is not None and what is not None  # noqa: PT018, S101 - it was asked before
        if project is None or person is None or self.scope == "mask":
            image = self._case.session.volume if self._case.session else None
            return partial(_export_mask, what, folder, image)
        if self.scope == "project":
            return partial(_export_project, project, person, folder)
        reading = self.home.reading.reading_id if self.home.reading else ""
        return partial(_export_reading, project, person, reading, folder)

    def _done(self, text: str) -> None:
        self.is_busy, self.is_done = False, True
        self._say(text)
        self.home.notice.say(text)
        self.home.notice.changed.emit()

    def _say(self, text: str) -> None:
        self.said, self.is_refusal = text, False
        self.changed.emit()


def _leaving(project: Project, person: Person, only: str) -> tuple[Leaving, ...]:
    policy, found = project.policy, []
    for case in project.cases():
        for reading in view_of(policy, case, person).readings:
            if only and reading.reading_id != only:
                continue
            why_not = ""
            if reading.state not in _FINISHED:
                why_not = f"It is {reading.state.value}; only what is signed leaves."
            found.append(Leaving(case.case_id, reading.reading_id, why_not))
    return tuple(found)


def _export_mask(mask: Path, folder: Path, image: Volume | None) -> str:
    files = export_signed(mask, folder, image=image)
    return _written(files, folder)


def _export_reading(project: Project, person: Person, reading: str, folder: Path) -> str:
    files = export_reading(project, reading, folder, by=person.person_id)
    return _written(files, folder)


def _export_project(project: Project, person: Person, folder: Path) -> str:
    done, table = export_project(project, folder, person=person)
    kept = [_kept(one) for one in done if one.problem]
    written = sum(bool(one.files) for one in done)
    return " ".join([f"{written} of {len(done)} readings exported: {table}.", *kept])


def _kept(one: Exported) -> str:
    return f"{one.reading.reading_id} stayed: {one.problem}"


def _written(files: list[Path], folder: Path) -> str:
    return f"Written to {folder}: {', '.join(one.name for one in files)}."
