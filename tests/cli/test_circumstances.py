"""A folder copied by half, a clock that is off, a disk that cannot be written, a locked database.

Each command says what is wrong and what to do, and leaves everything as it was.
"""

from __future__ import annotations

import functools
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from medseg.formats import read_segmentation, write_segmentation
from medseg.model import Geometry, Segmentation
from medseg.project.store import Store
from tests.cli.running import Run
from tests.cli.study import PASSPHRASE, Study
from tests.cli.telling import changed, entries, refused
from tests.reliability.clocks import Clock
from tests.reliability.failing_disk import ROOT, compiled

TWO_YEARS = timedelta(days=2 * 365)


@pytest.fixture
def submitted(study: Study) -> Study:
    study.draw()
    study.submit()
    return study


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def approve(study: Study) -> Run:
    return study.run("review", "approve", study.reading, *study.in_project(), by="Ravi")


# A folder copied by half


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("medseg.toml", ("project.db", "copied by half", "never finished")),
        ("project.db", ("project.db",)),
        ("people", ("people.json",)),
        ("cases/{case}/image.json", ("image.json", "import the image anew")),
        ("cases/{case}/{reading}/lesions.nii.gz", ("none yet",)),
        ("cases/{case}/{reading}/versions", ("versions/1.nii.gz",)),
        ("project.secret", ("project.secret", "Restore")),
    ],
)
def test_a_folder_copied_by_half(submitted: Study, missing: str, words: tuple[str, ...]) -> None:
    gone = submitted.folder / missing.format(case=submitted.case, reading=submitted.reading)
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    if missing == "people":
        (submitted.folder / "people.json").unlink()
    before = files_of(submitted.folder)
    run = approve(submitted)
    if missing.endswith("versions"):  # what is judged is at hand; what is missing is told
        assert run.code == 0
        assert "versions/1.nii.gz" in run.err
        return
    refused(run, *words)
    after = files_of(submitted.folder)
    assert {name: data for name, data in after.items() if name != "project.db"} == {
        name: data for name, data in before.items() if name != "project.db"
    }


def test_a_database_copied_by_half(submitted: Study) -> None:
    path = submitted.folder / "project.db"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    refused(approve(submitted), "copied by half")
    path.write_bytes(data)
    assert approve(submitted).code == 0


# A clock that is off


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    if not hasattr(time, "tzset"):
        pytest.skip("time zones are set by a variable on Unix alone")
    yield Clock(monkeypatch, datetime.now(UTC).isoformat())
    monkeypatch.undo()
    time.tzset()


def test_a_clock_two_years_off_signs_nothing(submitted: Study, clock: Clock) -> None:
    before = len(entries(submitted))
    clock.set(datetime.now(UTC) + TWO_YEARS)
    refused(approve(submitted), "ended on", "if not, set the clock")
    clock.set(datetime.now(UTC) - TWO_YEARS)
    refused(approve(submitted), "clock")
    assert len(entries(submitted)) == before
    assert not submitted.mask.with_name("lesions.signoff.jsonl").exists()
    clock.set(datetime.now(UTC))
    assert approve(submitted).code == 0


def test_a_clock_two_years_off_judges_with_a_word_about_it(study: Study, clock: Clock) -> None:
    study.locked()
    assert study.run("verify", study.mask).code == 0
    clock.set(datetime.now(UTC) + TWO_YEARS)
    run = study.run("verify", study.mask)
    assert run.code == 12
    assert "REGISTRY_EXPIRED" in run.out
    clock.set(datetime.now(UTC) - TWO_YEARS)
    run = study.run("verify", study.mask)
    assert run.code == 10
    assert "CLOCK_SUSPECT" in run.out


def test_a_key_that_has_ended(submitted: Study, clock: Clock) -> None:
    before = len(entries(submitted))
    clock.set(datetime.now(UTC) + TWO_YEARS + timedelta(days=10))
    keeper = ("--key", submitted.root / "keeper.json")
    submitted.done("people", "renew", *submitted.in_project(), *keeper)
    refused(approve(submitted), "Ravi", "signs from", "a key that holds")
    assert len(entries(submitted)) == before + 1


# A disk that cannot be written


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a process is started with that cannot write a folder."""
    return compiled(tmp_path_factory.mktemp("library"))


@pytest.mark.parametrize(
    ("words", "by"),
    [
        (("review", "approve", "{reading}"), "Ravi"),
        (("review", "comment", "{reading}", "too wide"), "Ravi"),
        (("submit", "{reading}"), "Ana"),
        (("import", "{image}"), "Ana"),
        (("people", "renew"), "keeper"),
    ],
)
def test_a_read_only_folder(
    submitted: Study, library: Path, words: tuple[str, ...], by: str
) -> None:
    before = files_of(submitted.folder)
    run = read_only(submitted, library, *words, by=by)
    assert run.code == 3
    assert "Traceback" not in run.err
    assert "read-only" in run.err or "cannot be written" in run.err
    assert "Check that" in run.err or "ask for the right to write" in run.err
    assert files_of(submitted.folder) == before


def test_a_read_only_folder_can_be_read(submitted: Study, library: Path) -> None:
    before = files_of(submitted.folder)
    assert read_only(submitted, library, "worklist", by="Ravi").code == 0
    assert files_of(submitted.folder) == before


def read_only(study: Study, library: Path, *words: str, by: str) -> Run:
    """A command in a process for which the project's folder cannot be written."""
    about = {"reading": study.reading, "image": str(study.image)}
    named = [word.format(**about) for word in words]
    code = "from medseg.cli import main; main()"
    options = [str(one) for one in (*study.in_project(), "--key", study.key(by))]
    told = {
        "LD_PRELOAD": str(library),
        "READ_ONLY_FOLDER": str(study.folder),
        "MEDSEG_PASSPHRASE": PASSPHRASE,
    }
    done = subprocess.run(
        [sys.executable, "-c", code, *named, *options],
        env={**os.environ, **told},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


# A database locked by another process


def test_a_database_locked_by_another_process(
    submitted: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = functools.partial(Store.open, patience_seconds=0.1)
    monkeypatch.setattr("medseg.project.folder.making.Store.open", impatient)
    before = files_of(submitted.folder)
    other = sqlite3.connect(submitted.folder / "project.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        refused(approve(submitted), "locked by another process", "try again")
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert files_of(submitted.folder) == before
    assert approve(submitted).code == 0


# Another image's mask


def _smaller(mask: Segmentation) -> Segmentation:
    array = np.array(mask.array[:-1])
    return Segmentation(array, Geometry(array.shape, mask.geometry.affine), mask.segments)


def _moved(mask: Segmentation) -> Segmentation:
    affine = np.array(mask.geometry.affine)
    affine[0, 3] += 3.0
    return Segmentation(mask.array, Geometry(mask.array.shape, affine), mask.segments)


@pytest.mark.parametrize("other", [_smaller, _moved])
def test_the_mask_of_another_image(
    study: Study, other: Callable[[Segmentation], Segmentation]
) -> None:
    study.draw()
    before = len(entries(study))
    write_segmentation(other(read_segmentation(study.mask)), study.mask)
    run = study.run("submit", study.reading, *study.in_project(), by="Ana")
    refused(run, "grid of its image", "another image's mask")
    assert len(entries(study)) == before
    study.draw()
    study.submit()
    changed(study.mask)
    refused(approve(study), "handed in")
