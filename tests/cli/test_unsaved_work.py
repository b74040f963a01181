"""Commands that meet a mask with unsaved work of an editor: nothing is passed over."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from medseg.formats import sample
from medseg.session import Session
from tests.cli.conftest import run_command

IMAGE = ("--image", sample.sample_case().dicom)


@pytest.fixture
def mask(demo_folder: Path, tmp_path: Path) -> Path:
    """A copy of the demo's mask with its sidecar, unsigned."""
    for name in ("lesions.nii.gz", "lesions.json"):
        shutil.copy(demo_folder / name, tmp_path / name)
    return tmp_path / "lesions.nii.gz"


def edited(mask: Path) -> Session:
    session = Session.open(sample.sample_case().dicom, author="A. Reader", mask=mask)
    session.remove(1)
    return session


def test_interpolate_refuses_a_mask_whose_unsaved_changes_wait(mask: Path, tmp_path: Path) -> None:
    edited(mask).close()
    before = mask.read_bytes()
    for out in ((), ("--out", tmp_path / "out.nii.gz")):
        done = run_command("interpolate", mask, *IMAGE, *out)
        assert done.code == 3
        assert "medseg open" in done.err
    assert mask.read_bytes() == before
    measured = run_command("measure", mask, *IMAGE, "--json")
    assert "not saved" in measured.err
    assert json.loads(measured.out)["1"]
    again = Session.open(sample.sample_case().dicom, author="A. Reader", mask=mask)
    assert again.recover() == 1


def test_interpolate_changes_no_mask_that_somebody_edits(mask: Path, tmp_path: Path) -> None:
    session = edited(mask)
    before = mask.read_bytes()
    done = run_command("interpolate", mask, *IMAGE)
    assert (done.code, mask.read_bytes()) == (3, before)
    assert "--out" in done.err
    elsewhere = run_command("interpolate", mask, *IMAGE, "--out", tmp_path / "out.nii.gz")
    assert elsewhere.code == 0, elsewhere.err
    session.save()
    session.close()


def test_interpolate_leaves_no_journal(mask: Path) -> None:
    done = run_command("interpolate", mask, *IMAGE)
    assert done.code == 0, done.err
    assert not mask.with_name("lesions.journal").exists()
