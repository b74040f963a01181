"""How a reading ended is signed, counted and exported; what is not sound stays in the house."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from medseg.formats import read_segmentation
from medseg.model import Segmentation
from tests.cli.study import Study
from tests.cli.telling import changed, kinds, refused
from tests.phantoms import ramp_volume


@pytest.mark.parametrize(
    ("words", "ending", "reason"),
    [
        (("--no-lesion",), "no lesion found", ""),
        (("--not-evaluable", "motion", "--text", "blurred"), "not evaluable", "motion"),
    ],
)
def test_other_endings_are_signed_counted_and_exported(
    study: Study, tmp_path: Path, words: tuple[str, ...], ending: str, reason: str
) -> None:
    study.draw(Segmentation.empty(ramp_volume().geometry))
    study.submit(*words)
    study.act("review", "approve", study.reading, by="Ravi")
    study.act("sign", study.reading, by="Ada")
    study.act("lock", study.reading, by="Ada")
    out = tmp_path / "out"
    told = study.done("export", study.folder, "--out", out, by="Ada")
    assert "1 of 1 readings exported" in told
    assert f"1 ended as {ending}" in told
    with (out / "readings.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["ending"], row["reason"], row["state"]) == (ending, reason, "locked")
    assert (out / row["files"] / "lesions.nii.gz").exists()
    assert not read_segmentation(out / row["files"] / "lesions.nii.gz").array.any()
    assert kinds(study)[-1] == "export"
    page = tmp_path / "page.html"
    study.act("review", "record", study.case, "--out", str(page), by="Ada")
    assert "nothing to outline" in page.read_text(encoding="utf-8")


def test_an_unfinished_reading_is_counted_and_stays_in_the_house(
    study: Study, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    told = study.json("export", study.folder, "--out", out, by="Ada")
    assert [one["written"] for one in told["readings"]] == [[]]
    assert [path.name for path in out.iterdir()] == ["readings.csv"]


def test_a_changed_reading_stays_in_the_house_and_the_table_says_why(
    study: Study, tmp_path: Path
) -> None:
    study.locked()
    changed(study.mask)
    out = tmp_path / "out"
    run = study.run("export", study.folder, "--out", out, by="Ada")
    assert run.code == 11
    assert study.reading in run.err
    with (out / "readings.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["files"].startswith("not exported:")
    assert [path.name for path in out.iterdir()] == ["readings.csv"]
    assert "export" not in kinds(study)
    refused(study.run("export", study.folder, "--out", out, by="Ada"), "empty folder")
