"""How tests are shared out: one order everywhere, the longest first, what is dear made once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import LONGEST
from tests.made_once import made_in

ROOT = Path(__file__).parents[1]
_NO_WINDOW = [f"-pno:{name}" for name in ("pytest-qt", "napari", "napari-plugin-engine", "npe2")]


def _collected(seed: str) -> list[str]:
    """The ids that a process finds whose sets and texts hash by `seed`."""
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "not qt", *_NO_WINDOW],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return [line for line in found.stdout.splitlines() if "::" in line]


@pytest.mark.long
def test_the_order_does_not_depend_on_how_texts_hash():
    first, *others = (_collected(seed) for seed in ("1", "5", "6"))
    assert len(first) > 1000
    assert all(other == first for other in others)


def test_the_longest_are_files_of_ours():
    assert [name for name in LONGEST if not (ROOT / name).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)


def test_what_is_dear_is_made_once_for_all_who_ask(tmp_path: Path):
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        time.sleep(0.1)
        folder.mkdir()
        (folder / "whole").touch()

    def ask() -> None:
        found.append((made_in(tmp_path, "dear", make) / "whole").is_file())

    found: list[bool] = []
    asking = [threading.Thread(target=ask) for _ in range(4)]
    for one in asking:
        one.start()
    for one in asking:
        one.join(timeout=60)
    assert found == [True] * 4
    assert made == [tmp_path / "dear"]


def test_where_making_fails_the_next_who_asks_tries_again(tmp_path: Path):
    def fail(folder: Path) -> None:
        folder.mkdir()
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        made_in(tmp_path, "dear", fail)
    assert list(tmp_path.iterdir()) == []
    assert made_in(tmp_path, "dear", Path.mkdir).is_dir()
