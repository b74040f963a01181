"""A small project made and moved on by commands alone, for the tests."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from medseg import read_volume, write_segmentation
from medseg.model import Segmentation
from tests.cli.running import Run, run_command
from tests.phantoms import ramp_volume
from tests.project.cases import save_image
from tests.signoff.cases import three_lesions

PASSPHRASE = "correct horse of the tests"
ROLES = {
    "Ana": ("annotator", "importer"),
    "Ben": ("annotator",),
    "Ravi": ("reviewer",),
    "Ada": ("adjudicator", "signer", "lead"),
}


@dataclass(frozen=True)
class Study:
    """A project's folder with keys beside it; `root` holds all of it and the user's own folder."""

    root: Path
    case: str = ""
    reading: str = ""

    @property
    def folder(self) -> Path:
        return self.root / "study"

    @property
    def image(self) -> Path:
        return self.root / "images" / "image.nii.gz"

    @property
    def mask(self) -> Path:
        return self.folder / "cases" / self.case / self.reading / "lesions.nii.gz"

    def key(self, name: str) -> Path:
        return self.root / f"{name}.json"

    def run(self, *words: str | Path, by: str = "", passphrase: str = PASSPHRASE) -> Run:
        """One command, given by the owner of a key."""
        key = ("--key", self.key(by)) if by else ()
        return run_command(*words, *key, passphrase=passphrase)

    def done(self, *words: str | Path, by: str = "", code: int = 0) -> str:
        """What a command printed that has to go well."""
        run = self.run(*words, by=by)
        assert run.code == code, (words, run.err, run.out)
        return run.out

    def json(self, *words: str | Path, by: str = "") -> Any:
        return json.loads(self.done(*words, "--json", by=by))

    def in_project(self) -> tuple[str, Path]:
        return "--project", self.folder

    def ids(self) -> dict[str, str]:
        people = self.json("people", "list", *self.in_project())["people"]
        return {one["name"]: one["person"] for one in people}

    @classmethod
    def make(cls, root: Path, policy: str = "") -> Study:
        """A team's project with one case, assigned to Ana."""
        study = cls(root)
        study.image.parent.mkdir(parents=True)
        save_image(ramp_volume(), study.image)
        keeper = root / "keeper.json"
        study.done("init", study.folder, "--name", "Lung", "--site", "Site A", "--key", keeper)
        for name, roles in ROLES.items():
            study.done("key", "new", name, by=name)
            asked = [word for role in roles for word in ("--role", role)]
            enrol = ("people", "enrol", name, *asked, "--public-key", study.key(name))
            study.done(*enrol, *study.in_project(), "--key", keeper)
        if policy:
            settings = study.folder / "medseg.toml"
            text = settings.read_text(encoding="utf-8")
            settings.write_text(_with_policy(text, policy), encoding="utf-8")
            study.done("policy", "apply", *study.in_project(), by="Ada")
        (case,) = study.json("import", study.image, *study.in_project(), by="Ana")["imported"][0][
            "cases"
        ]
        return study.assigned(case, "Ana")

    def assigned(self, case: str, reader: str) -> Study:
        told = self.done("assign", case, "--to", reader, *self.in_project(), by="Ada")
        found = re.search(r"as (r-\w+)", told)
        assert found is not None
        return replace(self, case=case, reading=found[1])

    def copied(self, root: Path) -> Study:
        """The same in another folder; the image is taken in again, at its new place."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        copy = replace(self, root=root)
        copy.done("import", copy.image, *copy.in_project(), by="Ana")
        return copy

    def draw(self, segmentation: Segmentation | None = None) -> None:
        """Three lesions, saved as a viewer would."""
        image = read_volume(self.image)
        mask = segmentation or three_lesions(image.geometry)
        self.mask.parent.mkdir(parents=True, exist_ok=True)
        write_segmentation(mask, self.mask)

    def submit(self, *words: str, by: str = "Ana") -> str:
        return self.done("submit", self.reading, *words, *self.in_project(), by=by)

    def act(self, *words: str, by: str) -> str:
        """A command about the reading, which follows the command's name."""
        return self.done(*words, *self.in_project(), by=by)

    def locked(self) -> Study:
        """Drawn, handed in, approved, signed, locked."""
        self.draw()
        self.submit()
        self.act("review", "approve", self.reading, by="Ravi")
        self.done("sign", self.mask, by="Ada")
        self.act("lock", self.reading, by="Ada")
        return self


def _with_policy(text: str, policy: str) -> str:
    """The settings with other rules in the place of theirs."""
    head = re.split(r"(?m)^\[policy", text)[0]
    return f"{head}\n{policy}\n"
