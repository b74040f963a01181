"""A process killed while it saves, submits or signs takes nothing with it that it acknowledged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.counts import full
from tests.reliability.killing import honest, kill_workers, without_replace

# The store's own tests kill 50 writers more, which do nothing but append.
KILLS = 50
LONG_KILLS = full(1000)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDSEG_HOME", str(tmp_path / "home"))


def test_no_acknowledged_act_is_lost_and_no_file_is_torn(tmp_path: Path):
    aftermath = kill_workers(tmp_path, honest, kills=KILLS)
    assert aftermath.faults == []
    assert aftermath.kills == KILLS
    assert {"submit", "review"} <= set(aftermath.acts), aftermath.acts
    code = "from medseg.cli import main; main()"
    asked = [sys.executable, "-c", code, "log", "check", "--project", str(tmp_path / "0" / "study")]
    run = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.long
def test_very_many_kills(tmp_path: Path):
    aftermath = kill_workers(tmp_path, honest, kills=LONG_KILLS, seed=2)
    assert aftermath.faults == []
    assert aftermath.kills == LONG_KILLS
    assert set(aftermath.acts) == {"submit", "review", "sign", "lock", "unlock"}


def test_the_kills_catch_a_writer_that_does_not_replace_files_whole(tmp_path: Path):
    assert kill_workers(tmp_path, without_replace, kills=25).faults != []
