"""One person does everything, and it is said so."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.running import run_command
from tests.cli.study import PASSPHRASE, Study
from tests.phantoms import ramp_volume
from tests.project.cases import save_image


def test_one_person_alone_signs_and_it_is_said_that_nobody_else_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))
    image = save_image(ramp_volume(), tmp_path / "image.nii.gz")
    folder = tmp_path / "mine"

    def done(*words: str | Path, code: int = 0) -> str:
        run = run_command(*words, passphrase=PASSPHRASE)
        assert run.code == code, (words, run.err)
        return run.out

    assert "self-attested" in done("init", folder, "--solo", "Dr. Solo")
    (case,) = json.loads(done("import", image, "--project", folder, "--json"))["imported"][0][
        "cases"
    ]
    assert f"medseg assign {case}" in done("worklist", "--next", "--project", folder)
    told = done("distribute", "--project", folder)
    found = re.search(r"as (r-\w+)", told)
    assert found is not None
    reading = Study(tmp_path, case, found[1])
    mask = folder / "cases" / case / found[1] / "lesions.nii.gz"
    source = Study(tmp_path).image
    source.parent.mkdir()
    shutil.copy(image, source)
    reading.draw()
    mask.parent.mkdir(parents=True)
    for file in reading.mask.parent.glob("lesions.*"):
        shutil.copy(file, mask.parent / file.name)
    done("submit", found[1], "--project", folder)
    done("sign", mask)
    done("lock", found[1], "--project", folder)
    assert "SELF_ATTESTED" in done("verify", mask, code=10)
    page = tmp_path / "page.html"
    done("review", "record", case, "--project", folder, "--out", page)
    assert "self-attested" in page.read_text(encoding="utf-8")


# Other endings
