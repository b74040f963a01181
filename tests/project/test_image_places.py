"""Where an image lies is told to whoever has the project's secret, and to nobody else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import medseg
from medseg.errors import FormatError
from medseg.project import Project, image_place, import_images
from medseg.project.images.image_record import read_image_record
from medseg.project.images.place import plain_place
from tests.project.team import Team


def test_no_file_of_a_project_tells_where_an_image_lies(team: Team, tmp_path: Path):
    image = tmp_path / "DOE^Jane 1960-02-03" / "DOE^Jane.nii.gz"
    image.parent.mkdir()
    team.image.rename(image)
    import_images(team.project, image, by="p-lea")
    team.to_locked()
    told = [
        path.relative_to(team.project.layout.root)
        for path in sorted(team.project.layout.root.rglob("*"))
        if path.is_file() and re.search(rb"DOE|Jane|1960", path.read_bytes())
    ]
    assert told == []
    assert image_place(team.mask) == (image.resolve(), image.name)
    assert medseg.verify(team.mask).exit_code == 0


def test_without_the_secret_an_image_is_named_outright(team: Team):
    team.to_locked()
    team.project.layout.secret.unlink()
    found = medseg.verify(team.mask)
    assert found.exit_code == 12
    (told,) = (one for one in found.verdicts if one.code == "IMAGE_ABSENT")
    assert "project.secret" in told.text
    assert "--image" in told.text
    assert medseg.verify(team.mask, image=team.image).exit_code == 0


def test_a_place_opens_for_its_own_project_and_case(team: Team):
    path = team.project.layout.image(team.case)
    content = json.loads(path.read_bytes())
    assert set(content) & {"path", "absolute", "series"} == set()
    for changed in (
        {**content, "case": "c-0therone"},
        {**content, "place": "A" + content["place"][1:]},
        {**content, "place": content["place"][:20]},
        {**content, "place": "no base64!"},
    ):
        if changed == content:
            continue
        path.write_text(json.dumps(changed), encoding="utf-8")
        with pytest.raises(FormatError, match="import the image anew"):
            read_image_record(path)


def test_an_old_record_in_clear_is_read_and_sealed_on_opening(team: Team):
    path = team.project.layout.image(team.case)
    before = read_image_record(path)
    content = json.loads(path.read_bytes())
    del content["place"]
    old = {**content, **plain_place(before.path, before.series, path.parent), "version": 1}
    path.write_text(json.dumps(old), encoding="utf-8")
    assert read_image_record(path) == before
    with Project.open(team.project.layout.root) as opened:
        assert [one.code for one in opened.findings] == ["PLACES_SEALED"]
    assert b"image.nii.gz" not in path.read_bytes()
    assert read_image_record(path) == before
    with Project.open(team.project.layout.root) as opened:
        assert opened.findings == ()


def test_an_old_record_that_cannot_be_sealed_is_told(team: Team):
    path = team.project.layout.image(team.case)
    before = read_image_record(path)
    content = json.loads(path.read_bytes())
    old = {**content, **plain_place(before.path, before.series, path.parent), "version": 1}
    path.write_text(json.dumps(old), encoding="utf-8")
    team.project.layout.secret.unlink()
    with Project.open(team.project.layout.root) as opened:
        (told,) = opened.findings
    assert (told.code, told.severity) == ("PLACES_IN_CLEAR", "warning")
    assert read_image_record(path) == before


def test_the_image_is_found_where_the_folder_was_moved_with_it(team: Team, tmp_path: Path):
    team.project.close()
    moved = tmp_path / "moved"
    moved.mkdir()
    for one in (team.project.layout.root, team.image.parent):
        one.rename(moved / one.name)
    record = read_image_record(moved / "study" / "cases" / team.case / "image.json")
    assert record.path == (moved / "images" / "image.nii.gz").resolve()
