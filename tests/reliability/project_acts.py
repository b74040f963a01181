"""A project and whole acts on its one reading, round and round, for processes of their own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from medseg.formats import read_segmentation, write_segmentation
from medseg.model import Authorship, Edit, ReadingState
from medseg.project import Project, acts
from medseg.project.folder.remembered import trust_root
from medseg.review import reading_state
from medseg.signoff import mask_digest
from tests.project.team import KEYS, ROOT, Team, person_id

#: Hears what is about to be saved and what was.
Tell = Callable[[str], None]


def made(folder: Path, *, database: str | None = None) -> Team:
    """A project with a mask that was drawn, in a folder that holds the user's own besides."""
    os.environ["MEDSEG_HOME"] = str(folder / "home")
    team = Team.make(folder, database=database)
    team.draw()
    return team


def reopened(folder: Path, *, case: str, reading: str) -> Team:
    """The project that `made` made, in another process."""
    os.environ["MEDSEG_HOME"] = str(folder / "home")
    trust_root(ROOT.keyid, "Lung")
    project = Project.open(folder / "study")
    return Team(project, folder / "images" / "image.nii.gz", case, reading)


def redraw(team: Team, number: int, tell: Tell = lambda _: None) -> None:
    """Another voxel given to the first lesion or taken from it, and saved."""
    mask = read_segmentation(team.mask)
    index = (0, number % 5, number // 5 % 10)
    patch = np.full((1, 1, 1), 0 if mask.array[index] else 1, mask.array.dtype)
    Edit.from_patch(mask, index, patch, Authorship("Ada", "brush")).apply(mask)
    tell(f"saving {mask_digest(mask)}")
    write_segmentation(mask, team.mask)
    tell(f"saved {mask_digest(mask)}")


def next_act(team: Team, number: int, tell: Tell = lambda _: None) -> str:
    """Do what follows in the state that the reading is in, and return its name.

    Most reviews reject, so that many masks are saved; now and then a reading is locked.
    """
    project, reading = team.project, team.reading
    found = project.case(team.case).reading(reading)
    assert found is not None
    state = reading_state(project.policy, found)
    if state in (ReadingState.OPEN, ReadingState.RETURNED):
        redraw(team, number, tell)
        team.submit()
        return "submit"
    if state is ReadingState.SUBMITTED:
        team.review("reject", reason="more") if number % 3 else team.review()
        return "review"
    if state is ReadingState.REVIEWED:
        team.sign()
        return "sign"
    if state is ReadingState.SIGNED:
        team.lock()
        return "lock"
    acts.unlock(project, reading, by=person_id("lea"), key=KEYS["lea"], reason="once more")
    return "unlock"
