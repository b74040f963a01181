"""The same tests are found in the same order in every process, or they cannot be shared out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
    )
    return [line for line in found.stdout.splitlines() if "::" in line]


@pytest.mark.long
def test_the_order_does_not_depend_on_how_texts_hash():
    first, *others = (_collected(seed) for seed in ("1", "5", "6"))
    assert len(first) > 1000
    assert all(other == first for other in others)
