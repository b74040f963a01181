"""Fixtures of this room."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.running import run_command
from tests.cli.study import Study
from tests.made_once import made_once

BLIND = """
[policy.double]
readings = 2

[policy.stages]
review = false
[policy.stages.annotate]
roles = ["annotator"]
blind = true
[policy.stages.adjudicate]
roles = ["adjudicator"]
"""


@pytest.fixture(scope="session")
def study_made_once(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A team with one case that Ana reads; its user's own folder lies beside."""
    root = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDSEG_HOME", str(root / "home"))
        return Study.make(root / "team")


@pytest.fixture
def study(study_made_once: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A copy of the team, to be worked on."""
    shutil.copytree(study_made_once.root.parent / "home", tmp_path / "home")
    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))
    return study_made_once.copied(tmp_path / "team")


@pytest.fixture(scope="session")
def blind_made_once(tmp_path_factory: pytest.TempPathFactory) -> Study:
    root = tmp_path_factory.mktemp("blind")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDSEG_HOME", str(root / "home"))
        return Study.make(root / "team", BLIND)


@pytest.fixture
def half_blind(blind_made_once: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A case that wants two readers; Ana has it, the second is not named yet."""
    shutil.copytree(blind_made_once.root.parent / "home", tmp_path / "home")
    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))
    return blind_made_once.copied(tmp_path / "team")


@pytest.fixture
def blind(half_blind: Study) -> tuple[Study, Study]:
    """The same case for Ana and for Ben, neither of whom sees the other."""
    return half_blind, half_blind.assigned(half_blind.case, "Ben")


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `medseg demo` leaves on the sample case; made once, and changed by no test."""
    return made_once(tmp_path_factory, "demo", _tell_the_demo)


def _tell_the_demo(folder: Path) -> None:
    done = run_command("demo", "--out", folder)
    assert done.code == 0, done.err
    (folder / "printed.txt").write_text(done.out, encoding="utf-8")


@pytest.fixture(scope="session")
def demo_mask(demo_folder: Path) -> Path:
    """The mask of the demo's one reading, locked."""
    (mask,) = demo_folder.glob("study/cases/*/*/lesions.nii.gz")
    return mask
