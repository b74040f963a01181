"""Running commands as a person would: words in, exit code and words out."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Run:
    """What a command answered."""

    code: int
    out: str
    err: str


def run_command(*words: str | Path, passphrase: str | None = None) -> Run:
    """Run one medseg command in a process of its own."""
    import os

    environment = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1"}
    environment.pop("MEDSEG_PASSPHRASE", None)
    if passphrase is not None:
        environment["MEDSEG_PASSPHRASE"] = passphrase
    done = subprocess.run(
        [sys.executable, "-c", "from medseg.cli import main; main()", *map(str, words)],
        capture_output=True,
        text=True,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `medseg demo` leaves on the sample case; made once."""
    folder = tmp_path_factory.mktemp("demo") / "out"
    done = run_command("demo", "--out", folder)
    assert done.code == 0, done.err
    (folder / "printed.txt").write_text(done.out, encoding="utf-8")
    return folder
