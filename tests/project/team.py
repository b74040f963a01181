"""A small project with people in three roles and more, and its one case, for the tests."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from medseg.formats import read_segmentation, write_segmentation
from medseg.model import Authorship, Edit, Ending, EndingKind, Person, Policy, Role
from medseg.project import Project, acts, import_images
from medseg.project.folder.making import enrolled_key
from medseg.signoff import SigningKey
from tests.phantoms import ramp_volume
from tests.project.cases import save_image
from tests.signoff.cases import key_of, three_lesions

LESIONS = Ending(EndingKind.LESIONS)
ROLES = {
    "ada": Role.ANNOTATOR,
    "ben": Role.ANNOTATOR,
    "rob": Role.REVIEWER,
    "joy": Role.ADJUDICATOR,
    "sig": Role.SIGNER,
    "lea": Role.LEAD,
}
KEYS = {name: key_of(10 + number, name.title()) for number, name in enumerate(ROLES)}
ROOT = key_of(1, "Root")


def person_id(name: str) -> str:
    return f"p-{name}"


def person(name: str, key: SigningKey | None = None) -> Person:
    own = key or KEYS[name]
    keys = (enrolled_key(own.keyid, own.public_key),)
    return Person(person_id(name), name.title(), frozenset({ROLES[name]}), keys)


@dataclass
class Team:
    """A project, its case and the reading that Ada has."""

    project: Project
    image: Path
    case: str
    reading: str

    @classmethod
    def make(cls, root: Path, *, policy: Policy | None = None, database: str | None = None) -> Team:
        project = Project.create(
            root / "study",
            name="Lung",
            site="Site A",
            key=ROOT,
            people=[person(name) for name in ROLES],
            policy=policy,
            database=database,
        )
        image = root / "images" / "image.nii.gz"
        image.parent.mkdir(exist_ok=True)
        save_image(ramp_volume(), image)
        (case,) = import_images(project, image, by="p-lea").cases
        reading = acts.assign(project, case, "p-ada", by="p-lea")
        return cls(project, image, case, reading)

    def copied(self, root: Path) -> Team:
        """The same project, image and all, in another folder."""
        study = self.project.layout.root
        shutil.copytree(study.parent, root, dirs_exist_ok=True)
        project = Project.open(root / study.name)
        image = root / self.image.relative_to(study.parent)
        import_images(project, image, by="p-lea")  # the record tells the copy's place
        return replace(self, project=project, image=image)

    @property
    def mask(self) -> Path:
        return self.project.mask_path(self.case, self.reading)

    def draw(self, reading: str | None = None, by: str = "ada") -> None:
        """Three lesions, saved as a reader would."""
        opened = acts.open_reading(self.project, reading or self.reading, by=person_id(by))
        mask = three_lesions(opened.image.geometry)
        write_segmentation(mask, opened.mask_path)

    def submit(self, reading: str | None = None, by: str = "ada") -> Any:
        return acts.submit(
            self.project, reading or self.reading, by=person_id(by), key=KEYS[by], ending=LESIONS
        )

    def review(self, decision: str = "approve", *, by: str = "rob", **options: Any) -> str:
        options.setdefault("key", KEYS[by])
        return acts.review(
            self.project, self.reading, by=person_id(by), decision=decision, **options
        )

    def sign(self, by: str = "sig", **options: Any) -> str:
        options.setdefault("key", KEYS[by])
        return acts.sign(self.project, self.reading, by=person_id(by), **options)

    def lock(self, by: str = "lea", **options: Any) -> str:
        options.setdefault("key", KEYS[by])
        return acts.lock(self.project, self.reading, by=person_id(by), **options)

    def to_locked(self) -> None:
        self.draw()
        self.submit()
        self.review()
        self.sign()
        self.lock()

    def entries(self) -> list[Any]:
        with self.project.store.read() as view:
            return list(view.entries())


def change_voxel(
    mask: Path, index: tuple[int, int, int], label: int, *, author: str = "Ada"
) -> None:
    """One voxel changed and written, with provenance, as some program would."""
    segmentation = read_segmentation(mask)
    patch = np.full((1, 1, 1), label, segmentation.array.dtype)
    Edit.from_patch(segmentation, index, patch, Authorship(author, "brush")).apply(segmentation)
    write_segmentation(segmentation, mask)
