"""A folder with one true file of every kind that a project has."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from medseg.project.folder.remembered import remember_log
from medseg.project.images.image_record import read_image_record, write_image_record
from medseg.project.images.place import plain_place
from medseg.signoff import create_key, image_identity, seal_derivation
from medseg.signoff.log.jsonl import write_log
from tests.phantoms import ramp_volume
from tests.project.team import KEYS
from tests.reliability.hostile_files import PASSPHRASE
from tests.reliability.project_acts import made


def make_folder(folder: Path, where: Path, patch: pytest.MonkeyPatch) -> None:
    """Make a project in `where`, bring its case to the lock, and lay its files side by side.

    `folder` is the user's own besides, with what is remembered.
    """
    folder.mkdir()
    team = made(where)
    patch.setenv("MEDSEG_HOME", str(folder))
    remember_log("lung/site", 7, "ab" * 32)
    team.submit()
    team.review()
    team.sign()
    team.lock()
    layout = team.project.layout
    for path in (layout.people, layout.settings, layout.secret, team.image):
        shutil.copy(path, folder / path.name)
    _lay_image_records(layout.image(team.case), folder)
    for path in team.mask.parent.glob("lesions.*"):
        shutil.copy(path, folder / path.name)
    entries = team.entries()
    (folder / "log.jsonl").write_bytes(write_log(entries))
    (folder / "entry.json").write_bytes(next(one.raw for one in entries if one.kind == "submit"))
    with team.project.store.read() as view:
        (folder / "checkpoint.txt").write_text(view.checkpoints()[-1].note, encoding="utf-8")
    line = (folder / "lesions.signoff.jsonl").read_bytes().splitlines()[-1]
    (folder / "record.json").write_bytes(line)
    (folder / "key.json").write_bytes(create_key("Ada", PASSPHRASE))
    (folder / "derivation.json").write_bytes(_derivation())
    team.project.close()


def _lay_image_records(path: Path, folder: Path) -> None:
    """One as it is written now, and one of the first version, which told a path in clear."""
    told = read_image_record(path)
    record = replace(told, path=folder / "image.nii.gz")
    write_image_record(record, folder / "cases" / record.case / "image.json")
    (folder / "cases" / record.case).rename(folder / "cases" / "c-hostile")
    content = json.loads(path.read_bytes())
    old = {**content, **plain_place(record.path, record.series, folder), "version": 1}
    (folder / "image.json").write_text(json.dumps(old, indent=2))


def _derivation() -> bytes:
    identity = image_identity(ramp_volume())
    return seal_derivation(identity, identity, "defaced", KEYS["lea"])
