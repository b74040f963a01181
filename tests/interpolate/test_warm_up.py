"""Kernels that are compiled once, kept where that is possible, and ready before they are needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import cast

import pytest

import medseg
from medseg.cli import contouring
from medseg.interpolate import FillResult, is_compiled, run, warm_up
from medseg.session import Session

ASK = """
from pathlib import Path
from medseg.interpolate import is_compiled, run
print(is_compiled(), run.fill_run.stats.cache_path)
"""


def test_in_the_background_or_not_the_kernels_are_in_memory_afterwards() -> None:
    thread = warm_up()
    assert thread is not None
    thread.join(timeout=300)
    assert is_compiled()
    assert warm_up(in_background=False) is None
    assert run.fill_run.signatures


def test_kernels_on_the_disk_that_are_older_than_their_source_do_not_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Kernel:
        signatures: tuple[str, ...] = ()
        py_func = staticmethod(is_compiled)

        class stats:  # noqa: N801 - as the compiler calls it
            cache_path = str(tmp_path)

    module = import_module("medseg.interpolate.warm_up")
    monkeypatch.setattr(module, "fill_run", Kernel)
    assert not is_compiled()
    index = tmp_path / "run.fill_run-24.py311.nbi"
    index.write_bytes(b"")
    assert is_compiled()
    os.utime(index, (0, 0))
    assert not is_compiled()


def test_an_install_that_cannot_be_written_keeps_them_in_the_users_cache(tmp_path: Path) -> None:
    source = Path(medseg.__file__).parent
    package = tmp_path / "site" / "medseg"
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("interpolate", "raster"):
        (package / folder / "__pycache__").write_text(
            "no folder can be made here, not even by root"
        )
    home = tmp_path / "home"
    home.mkdir()
    hidden = ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "-B", "-c", ASK],
        cwd=package.parent,
        env={**kept, "HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    compiled, place = done.stdout.split(maxsplit=1)
    assert compiled == "False", "a machine that never has"
    assert Path(place.strip()).is_relative_to(home)


@pytest.mark.parametrize("compiled", [False, True])
def test_the_command_says_when_a_person_has_to_wait_for_the_compiler(
    monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    class NothingToFill:
        def fill_between(self) -> FillResult:
            return FillResult(None, ())

    said: list[str] = []
    monkeypatch.setattr(medseg.interpolate, "is_compiled", lambda: compiled)
    monkeypatch.setattr(contouring, "say", lambda text, **_: said.append(text))
    assert contouring._filled(cast(Session, NothingToFill()), aloud=True) == []
    assert [("compiled" in text, "minute" in text) for text in said] == [(True, True)] * (
        not compiled
    )
