"""The user's own folder on this machine: their key, and what medseg remembers for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VARIABLE = "MEDSEG_HOME"


def home_folder() -> Path:
    r"""The folder; it need not exist yet.

    `MEDSEG_HOME` names it. Without it, it is where the system keeps programs' settings:
    `%APPDATA%\medseg`, `~/Library/Application Support/medseg`, or `medseg` in
    `$XDG_CONFIG_HOME`, which is `~/.config` if not set.
    """
    named = os.environ.get(_VARIABLE)
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home())) / "medseg"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "medseg"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "medseg"


def key_path() -> Path:
    """Where the user's own signing key lies."""
    return home_folder() / "key.json"


@contextmanager
def home_at(folder: Path) -> Iterator[None]:
    """While this is open, the user's own folder is this one; then it is what it was before."""
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = str(folder.resolve())
    try:
        yield
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
