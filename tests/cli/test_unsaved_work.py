"""Commands that meet a mask with unsaved work of an editor: nothing is passed over."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from medseg.formats import sample
from medseg.session import Session
from tests.cli.running import run_command

IMAGE = ("--image", sample.sample_case().dicom)


@pytest.fixture
def mask(demo_mask: Path, tmp_path: Path) -> Path:
    """A copy of the demo's mask with its sidecar, unsigned."""
    for name in ("lesions.nii.gz", "lesions.json"):
        shutil.copy(demo_mask.with_name(name), tmp_path / name)
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
    assert json.loads(measured.out)["segments"][0]["measures"]
    again = Session.open(sample.sample_case().dicom, author="A. Reader", mask=mask)
    assert again.recover() == 1


@pytest.mark.parametrize(
    ("command", "ways"),
    [
        ("measure", IMAGE),
        ("compare", ()),
        ("agreement", IMAGE),
        ("followup", (*IMAGE, *IMAGE)),
    ],
)
def test_numbers_of_a_mask_with_unsaved_changes_say_so(
    mask: Path, demo_mask: Path, command: str, ways: tuple[str | Path, ...]
) -> None:
    saved = demo_mask
    words = (mask,) if command == "measure" else (saved, mask, "--name", "a", "--name", "b")
    session = edited(mask)
    during = run_command(command, *words, *ways, "--json")
    session.close()
    findings = Session.open(IMAGE[1], author="B. Reader", mask=mask).findings
    assert [one.code for one in findings] == ["UNSAVED_CHANGES"]
    assert "lesions.nii.gz: A mask is edited by one at a time" in during.err
    after = run_command(command, *words, *ways, "--json")
    told = json.loads(after.out)["notes"]
    for said in (
        f"lesions.nii.gz: {findings[0].text}",
        "What was saved is what the numbers are about.",
    ):
        assert said in after.err
        assert said in told


def test_the_page_tells_what_was_not_saved_and_only_then(mask: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    before = run_command("measure", mask, *IMAGE, "--html", page)
    assert "not saved" not in before.err + page.read_text(encoding="utf-8")
    edited(mask).close()
    run_command("measure", mask, *IMAGE, "--html", page)
    assert "was not saved when medseg ended" in page.read_text(encoding="utf-8")


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
