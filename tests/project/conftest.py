"""Fixtures of this room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medseg.project.folder.remembered import trust_root
from tests.project.team import ROOT, Team


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder of the test's own."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MEDSEG_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def team_made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A project to copy: making one anew for each test takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDSEG_HOME", str(tmp_path_factory.mktemp("home")))
        made = Team.make(tmp_path_factory.mktemp("made"))
    yield made
    made.project.close()


@pytest.fixture
def team(team_made_once: Team, tmp_path: Path, home: Path) -> Iterator[Team]:
    """A project with its case and one reading."""
    trust_root(ROOT.keyid, "Lung")
    copied = team_made_once.copied(tmp_path)
    yield copied
    copied.project.close()
