"""The whole story, from the scanner's files to the export, opens no socket."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.clean_room import CALLED

ROOT = Path(__file__).resolve().parents[2]


def told(tmp_path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.reliability.clean_room", str(tmp_path / "study"), *more]
    environment = {**os.environ, "MEDSEG_HOME": str(tmp_path / "home")}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_the_whole_story_opens_no_socket(tmp_path: Path):
    run = told(tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[-1] == "VALID"


@pytest.mark.long
def test_the_demo_opens_no_socket(tmp_path: Path):
    code = (
        "from tests.reliability.clean_room import forbid_sockets; forbid_sockets();"
        "from medseg.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "demo", "--out", str(tmp_path / "demo")]
    environment = {**os.environ, "MEDSEG_HOME": str(tmp_path / "home")}
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_room_catches_a_story_that_calls_home(tmp_path: Path):
    run = told(tmp_path, "--call-home")
    assert run.returncode == CALLED
    assert "reached out" in run.stderr
