"""Whole acts on a disk that fails, and what a reader who opens the project afterwards finds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from medseg.errors import MedsegError
from medseg.formats import read_segmentation
from medseg.project import Project
from medseg.project.folder.signoff_lines import signoff_lines
from medseg.project.store import check_store
from medseg.signoff import mask_digest
from tests.project.team import Team
from tests.reliability.project_acts import made, redraw

Disk = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class FaultedAct:
    """An act, and what has to be done before it.

    Args:
        before: brings the case there.
        act: what the disk fails at.
        entries: how many the act adds to the log.
    """

    before: Callable[[Team], Any]
    act: Callable[[Team], Any]
    entries: int = 1


def _submitted(team: Team) -> None:
    team.submit()


def _reviewed(team: Team) -> None:
    _submitted(team)
    team.review()


def _signed(team: Team) -> None:
    _reviewed(team)
    team.sign()


ACTS = {
    "save": FaultedAct(lambda _: None, lambda team: redraw(team, 1), entries=0),
    "submit": FaultedAct(lambda _: None, Team.submit),
    "reject": FaultedAct(_submitted, lambda team: team.review("reject", reason="more")),
    "sign": FaultedAct(_reviewed, Team.sign),
    "lock": FaultedAct(_signed, Team.lock),
}


@dataclass
class Bench:
    """A project in the state before an act, to be copied for each fault.

    Args:
        team: the project.
        folder: it lies in this one, with its image.
        act: the act.
    """

    team: Team
    folder: Path
    act: FaultedAct

    @classmethod
    def of(cls, name: str, folder: Path) -> Bench:
        """The project made, and the case brought where the act follows."""
        team, act = made(folder), ACTS[name]
        act.before(team)
        team.project.close()
        shutil.rmtree(folder / "home", ignore_errors=True)
        return cls(team, folder, act)

    def copied(self, where: Path) -> Team:
        """The project in another folder."""
        shutil.copytree(self.folder, where)
        image = where / self.team.image.relative_to(self.folder)
        return replace(self.team, project=Project.open(where / "study"), image=image)


def faulted(bench: Bench, where: Path, disk: AbstractContextManager[Any]) -> tuple[str, list[str]]:
    """Do the act on the failing disk; the refusal, empty if there was none, and all faults."""
    team = bench.copied(where)
    size, digest = _size(team), mask_digest(read_segmentation(team.mask))
    team.project.store._engine.dispose()  # each connection is made on the failing disk
    refusal, faults = "", []
    try:
        with disk:
            bench.act.act(team)
    except MedsegError as error:
        refusal = str(error)
    except Exception as error:
        refusal = repr(error)
        faults.append(f"it is refused by {type(error).__name__}: {error}")
    finally:
        team.project.close()
    try:
        faults += _aftermath(bench, team, size, digest, is_refused=bool(refusal))
    except MedsegError as error:
        faults.append(f"afterwards: {type(error).__name__}: {error}")
    shutil.rmtree(where)
    return refusal, faults


def _aftermath(bench: Bench, team: Team, size: int, digest: str, *, is_refused: bool) -> list[str]:
    """What is half-done after the act; then it is done again if it was refused."""
    root = team.project.layout.root
    with Project.open(root) as project:
        again = replace(team, project=project)
        faults = [one.text for one in project.findings if one.code != "SIGNOFFS_WRITTEN_AGAIN"]
        faults += _torn(again, may_wait=is_refused)
        grown = _size(again) - size
        if grown != (0 if is_refused else bench.act.entries):
            faults.append(f"the log grew by {grown}; refused: {is_refused}")
        is_old = mask_digest(read_segmentation(again.mask)) == digest
        if is_old != (is_refused or bench.act.entries > 0):
            faults.append(f"the mask is the old one: {is_old}; refused: {is_refused}")
        if is_refused:
            bench.act.act(again)
            if _size(again) - size != bench.act.entries:
                faults.append("done again, it is not there")
            faults += _torn(again)
    return faults


def _torn(team: Team, *, may_wait: bool = False) -> list[str]:
    """What does not fit together.

    A version stands in its place before the log names it, and nobody can tell a log that refused
    from one whose answer was lost: so the next version's file may wait there, to be replaced.
    """
    project = team.project
    faults = [one.text for one in check_store(project.store, project.summarise)]
    with project.store.read() as view:
        lines = signoff_lines(view, team.case, team.reading)
        entries = list(view.entries())
    signoffs = project.layout.signoffs(team.case, team.reading)
    if (signoffs.read_bytes() if signoffs.exists() else b"") != lines:
        faults.append("the sign-offs beside the mask are not those of the log")
    submits = [one.data for one in entries if one.kind == "submit"]
    folder = project.layout.version(team.case, team.reading, 1).parent
    kept = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if kept - _files(len(submits) + may_wait) or _files(len(submits)) - kept:
        faults.append(f"versions hold {sorted(kept)}; {len(submits)} were handed in")
    hidden = [path.name for path in project.layout.root.rglob(".*")]
    return faults + [f"{name} is left over" for name in hidden]


def _files(versions: int) -> set[str]:
    return {f"{one}{end}" for one in range(1, versions + 1) for end in (".json", ".nii.gz")}


def _size(team: Team) -> int:
    with team.project.store.read() as view:
        return view.size
