"""Whatever stands in a file that others may have written: it is refused in words, and soon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.counts import full
from tests.reliability.hostile_files import CONTROL, TARGETS
from tests.reliability.hostile_folder import make_folder

pytest.importorskip("resource", reason="a limit on memory is a thing of Unix")
if not Path("/proc/self/status").exists():
    pytest.skip("what a process holds is read from /proc", allow_module_level=True)

KINDS = len(TARGETS) - 1
ROUNDS = -(-2_000 // KINDS)
LONG_ROUNDS = -(-full(100_000) // KINDS)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_folder(tmp_path / "files", tmp_path / "made", monkeypatch)
    return tmp_path / "files"


def mutate(folder: Path, rounds: int, *names: str) -> dict[str, Any]:
    """What the process found of each kind of file."""
    module = "tests.reliability.hostile_files"
    command = [sys.executable, "-m", module, str(folder), str(rounds), *names]
    environment = {**os.environ, "MEDSEG_HOME": str(folder)}
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def check(found: dict[str, Any], rounds: int) -> None:
    faults = {name: one["faults"] for name, one in found.items() if one["faults"]}
    assert not faults, json.dumps(faults, indent=1)
    assert len(found) == KINDS
    for name, one in found.items():
        assert one["read"] + one["refused"] == rounds, name
    assert all(one["refused"] for name, one in found.items() if name not in ("sign-offs", "log"))


def test_hostile_files_are_refused_in_words(folder: Path):
    check(mutate(folder, ROUNDS), ROUNDS)


@pytest.mark.long
def test_very_many_hostile_files_are_refused_in_words(folder: Path):
    check(mutate(folder, LONG_ROUNDS), LONG_ROUNDS)


def test_the_mutations_catch_a_reader_that_takes_any_json(folder: Path):
    (found,) = mutate(folder, 400, CONTROL).values()
    told = " ".join(found["faults"])
    assert "ambiguous" in told or "RecursionError" in told or "JSONDecodeError" in told
    assert len(found["faults"]) == 5
