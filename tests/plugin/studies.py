"""A small project of several people with encrypted keys, made quickly, for the plugin's tests."""

from __future__ import annotations

import base64
import shutil
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from medseg import signoff
from medseg.formats import write_segmentation
from medseg.model import Person, Policy, Role, Volume
from medseg.project import Project, acts, import_images
from medseg.project.folder.making import enrolled_key
from napari_medseg.viewmodels.case import CaseViewModel
from napari_medseg.viewmodels.reviewing.project.jobs import Jobs
from napari_medseg.viewmodels.reviewing.project.project import ProjectViewModel
from napari_medseg.viewmodels.reviewing.project.worklist import WorklistViewModel
from napari_medseg.viewmodels.reviewing.remarks.viewings import ViewingsViewModel
from tests.phantoms import ramp_volume
from tests.project.cases import save_image
from tests.signoff.cases import key_of, three_lesions

PASSPHRASE = "correct horse of the tests"
ROLES = {
    "ana": (Role.ANNOTATOR,),
    "ben": (Role.ANNOTATOR,),
    "rob": (Role.REVIEWER,),
    "joy": (Role.ADJUDICATOR,),
    "sig": (Role.SIGNER, Role.LEAD),
}


@cache
def key_file(name: str) -> bytes:
    """Somebody's encrypted key; making one takes a while on purpose, so each is made once."""
    return signoff.create_key(f"Dr {name.title()}", PASSPHRASE)


def person(name: str) -> Person:
    told = signoff.describe_key(key_file(name))
    keys = (enrolled_key(told["keyid"], base64.b64decode(told["publicKey"])),)
    return Person(f"p-{name}", f"Dr {name.title()}", frozenset(ROLES[name]), keys)


@dataclass(frozen=True)
class SmallStudy:
    """A project with a case that Ana reads; keys lie beside it."""

    root: Path
    case: str
    reading: str

    @property
    def folder(self) -> Path:
        return self.root / "study"

    @property
    def mask(self) -> Path:
        return self.folder / "cases" / self.case / self.reading / "lesions.nii.gz"

    def key(self, name: str) -> Path:
        return self.root / f"{name}.json"

    @classmethod
    def make(
        cls,
        root: Path,
        *,
        policy: Policy | None = None,
        readers: str = "ana",
        volume: Volume | None = None,
        is_drawn: bool = True,
    ) -> SmallStudy:
        """The project in a folder.

        Args:
            root: the folder.
            policy: its rules; None takes the usual ones.
            readers: who reads the case, in words.
            volume: the case's image; None takes a small oblique one.
            is_drawn: whether there are lesions already.
        """
        for name in ROLES:
            (root / f"{name}.json").write_bytes(key_file(name))
        people = [person(name) for name in ROLES]
        with Project.create(
            root / "study",
            name="Lung",
            site="Site A",
            key=key_of(1, "Root"),
            people=people,
            policy=policy,
        ) as project:
            image = root / "SMITH-JOHN" / "image.nii.gz"
            image.parent.mkdir()
            save_image(volume or ramp_volume(), image)
            (case,) = import_images(project, image, by="p-sig").cases
            first, *others = [
                acts.assign(project, case, f"p-{name}", by="p-sig") for name in readers.split()
            ]
            study = cls(root, case, first)
            for one in (first, *others) if is_drawn else ():
                study.draw(project, one)
        return study

    def draw(self, project: Project, reading: str) -> None:
        """Three lesions, saved as their reader would."""
        volume = project.image(self.case)
        path = project.mask_path(self.case, reading)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_segmentation(three_lesions(volume.geometry), path)

    def copied(self, root: Path) -> SmallStudy:
        """The same in another folder; its image is taken in again, at its new place."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        with Project.open(root / "study") as project:
            import_images(project, root / "SMITH-JOHN" / "image.nii.gz", by="p-sig")
        return replace(self, root=root)


class Workplace:
    """What one window has behind its widgets, with somebody at work; time passes by hand."""

    def __init__(self, study: SmallStudy, name: str = "") -> None:
        self.study = study
        self.seconds = 0.0
        self.case = CaseViewModel("nobody")
        self.jobs = Jobs(self.case.notice)
        self.viewings = ViewingsViewModel(clock=lambda: self.seconds)
        self.home = ProjectViewModel(self.case, self.jobs, self.viewings)
        self.worklist = WorklistViewModel(self.home, today="2026-11-23")
        if name:
            self.come(name)

    @property
    def said(self) -> str:
        return self.case.notice.text

    def come(self, name: str) -> None:
        """Somebody opens the project with their key."""
        self.home.open(self.study.folder, key=self.study.key(name))
        self.jobs.finish()

    def open(self, reading: str = "") -> None:
        """Put the study's case on screen."""
        self.home.open_reading(self.study.case, reading)
        self.jobs.finish()

    def done(self, command: Any, *arguments: Any, **options: Any) -> None:
        """Give a command, and wait until nothing is under way."""
        command(*arguments, **options)
        self.jobs.finish()

    def draw(self, slice_index: int = 1) -> None:
        self.case.lesions.add_outline(slice_index, [(1, 1), (1, 4), (4, 4), (4, 1)])
