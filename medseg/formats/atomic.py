"""Saving a file whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from medseg.errors import FormatError


@contextmanager
def replacing(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """A temporary path in the same folder; what is written there becomes `path` on success.

    The temporary name is hidden and ends in the suffixes of `path` (".nii.gz"), because many
    writers choose the format by them. On success the file's bytes reach the disk before its
    name does, so a crash leaves either the old file or the new one. On any failure the old file
    stays byte for byte and the temporary file is removed. A link is followed: the file it
    points at is replaced. Permissions of a replaced file are kept unless `mode` is given.

    Args:
        path: what is to be there afterwards.
        mode: permissions from the first byte on, as 0o600 for a secret.

    Raises:
        FormatError: the folder is absent or read-only, the disk is full, or nothing was written.
    """
    target = Path(os.path.realpath(path))
    temporary = target.parent / f".{uuid.uuid4().hex[:12]}{''.join(target.suffixes[-2:])}"
    try:
        _check_folder(target)
        if mode is not None:
            # Made before the writer opens it: a secret must never lie open, not even for a moment.
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        yield temporary
        _flush(temporary)
        if mode is not None:
            os.chmod(temporary, mode)
        elif target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
        _flush_folder(target.parent)
    except OSError as error:
        raise FormatError(
            f"{path.name} could not be saved: {error.strerror or error}. What stood there before "
            f"is untouched. Check that {target.parent} is a folder you may write to and that the "
            "disk has room, or save elsewhere."
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Save `data` as the whole content of `path`, or leave what is there untouched.

    Args:
        path: where to save.
        data: the whole content.
        mode: permissions, as 0o600 for a secret; by default those of the file replaced.

    Raises:
        FormatError: it cannot be written.
    """
    with replacing(path, mode=mode) as temporary:
        temporary.write_bytes(data)


def _check_folder(target: Path) -> None:
    # Told before the writer starts: some libraries answer a missing folder with a riddle.
    if not target.parent.is_dir():
        raise NotADirectoryError(20, f"{target.parent} is not a folder")
    if target.is_dir():
        raise IsADirectoryError(21, f"{target.name} is a folder")
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(13, f"{target.parent} is read-only")


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    # The new name itself must survive a power cut. Windows has no such call for folders.
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
