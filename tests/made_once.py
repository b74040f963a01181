"""What is dear to make is made by one process of a test run, and lent to all of them."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

_PATIENCE = 600.0


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that `make` filled, in this process or in another one of the same run.

    Who uses it changes nothing in it. Where making it fails, the next who asks tries again.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has a folder of its own in the run's
        root = root.parent
    return made_in(root, name, make)


def made_in(root: Path, name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name, which whoever comes first makes while the others wait."""
    folder, claim, made = root / name, root / f"{name}.claim", root / f"{name}.made"
    end = time.monotonic() + _PATIENCE
    while not made.exists():
        try:
            claim.mkdir()
        except FileExistsError:
            if time.monotonic() > end:
                raise TimeoutError(f"{folder} was not made in {_PATIENCE:g} seconds") from None
            time.sleep(0.05)
            continue
        try:
            _make(folder, made, make)
        finally:
            claim.rmdir()
    return folder


def _make(folder: Path, made: Path, make: Callable[[Path], None]) -> None:
    if made.exists():  # by another, after this one had looked
        return
    try:
        make(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    made.touch()
