"""Several files put into a folder: all of them or none, and none over another."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from medseg.errors import FormatError


@contextmanager
def all_or_nothing(folder: Path) -> Iterator[Path]:
    """A hidden folder inside `folder`; its files are moved up into `folder` on success.

    A file that is there already is left alone if it has the same content. On any failure nothing
    is left behind: no new file, and no folder that was not there before.

    Args:
        folder: made with its parents if absent.

    Raises:
        FormatError: the folder cannot be made or written to, or it has a file of one of the
            names with other content.
    """
    made: list[Path] = []
    placed: list[Path] = []
    hidden: Path | None = None
    try:
        _make(folder, made)
        hidden = Path(tempfile.mkdtemp(prefix=".medseg-", dir=folder))
        yield hidden
        for file in _new_files(hidden, folder):
            os.replace(file, folder / file.name)
            placed.append(folder / file.name)
    except BaseException as error:
        with suppress(OSError):
            for path in placed:
                path.unlink()
        _remove(hidden, made)
        if isinstance(error, OSError) or (isinstance(error, ValueError) and hidden is None):
            raise FormatError(
                f"Results go to a folder that can be made and written to; {folder} cannot: "
                f"{getattr(error, 'strerror', None) or error}. Choose another."
            ) from error
        raise
    _remove(hidden, [])


def _make(folder: Path, made: list[Path]) -> None:
    """Make a folder with its parents, and note in `made` which ones, the outermost first."""
    absent = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(absent):
        one.mkdir(exist_ok=True)
        made.append(one)
    if not folder.is_dir():
        raise NotADirectoryError(20, f"{folder.name} is a file")


def _new_files(hidden: Path, folder: Path) -> list[Path]:
    """The files that are not in the folder yet; all names are looked at before any is used."""
    new = []
    for file in sorted(hidden.iterdir()):
        final = folder / file.name
        if not os.path.lexists(final):
            new.append(file)
        elif not final.is_file() or final.read_bytes() != file.read_bytes():
            raise FormatError(
                f"Results never take the place of another file; {final} is there already and "
                "differs from what would be written. Choose an empty folder."
            )
    return new


def _remove(hidden: Path | None, made: list[Path]) -> None:
    if hidden is not None:
        shutil.rmtree(hidden, ignore_errors=True)
    with suppress(OSError):  # a folder that others have put something into stays
        for folder in reversed(made):
            folder.rmdir()
