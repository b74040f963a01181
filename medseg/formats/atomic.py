"""Saving a file, or several together, whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from medseg.durable import flush_folder
from medseg.errors import FormatError


@contextmanager
def replacing(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """A temporary path in the same folder; what is written there becomes `path` on success.

    As `replacing_together`, for one file.

    Args:
        path: what is to be there afterwards.
        mode: permissions from the first byte on, as 0o600 for a secret.

    Raises:
        FormatError: the folder is absent or read-only, what stands there is no file, the disk is
            full, or nothing was written.
    """
    with replacing_together([path], mode=mode) as (temporary,):
        yield temporary


@contextmanager
def replacing_together(paths: Sequence[Path], *, mode: int | None = None) -> Iterator[list[Path]]:
    """Temporary paths in the same folders; what is written there becomes `paths`, all or none.

    A temporary name is hidden and ends in the suffixes of its path (".nii.gz"), in lower case,
    because many writers choose the format by them. On success all bytes reach the disk before
    the first name does, and the names change in the order given, so a crash leaves each file
    old or new and never half. On any failure all old files stay byte for byte, what was not
    there is not there again, and the temporary files are removed. A link is followed: the file
    it points at is replaced. A device or a pipe, as /dev/stdout may be, is refused. Permissions of
    a replaced file are kept unless `mode` is given.

    Args:
        paths: what is to be there afterwards.
        mode: permissions from the first byte on, as 0o600 for a secret.

    Raises:
        FormatError: a folder is absent or read-only, what stands there is no file, the disk is
            full, or nothing was written.
    """
    swaps = [_Swap.for_path(path) for path in paths]
    try:
        for swap in swaps:
            _check_folder(swap.target)
            if mode is not None:
                # Made before the writer opens it: a secret must never lie open for a moment.
                os.close(os.open(swap.new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        yield [swap.new for swap in swaps]
        for swap in swaps:
            _flush(swap.new)
            _set_permissions(swap, mode)
        _swap_all(swaps)
    except OSError as error:
        names = " and ".join(path.name for path in paths)
        folders = " and ".join(dict.fromkeys(str(swap.target.parent) for swap in swaps))
        raise FormatError(
            f"{names} could not be saved: {error.strerror or error}. What stood there before "
            f"is untouched. Check that {folders} can be written to and that the disk has room, or "
            "save elsewhere."
        ) from error
    finally:
        for swap in swaps:
            for temporary in (swap.new,) if swap.old_is_needed else (swap.new, swap.old):
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)


@dataclass
class _Swap:
    """A file to be replaced, what will replace it, and where the old one waits meanwhile."""

    target: Path
    new: Path
    old: Path
    old_is_needed: bool = False

    @classmethod
    def for_path(cls, path: Path) -> _Swap:
        target = Path(os.path.realpath(path))
        suffixes = "".join(target.suffixes[-2:]).lower()
        new, old = (target.parent / f".{uuid.uuid4().hex[:12]}{suffixes}" for _ in range(2))
        return cls(target, new, old)


def _swap_all(swaps: Sequence[_Swap]) -> None:
    existed = [_kept(swap) for swap in swaps]
    done = 0
    try:
        for swap in swaps:
            os.replace(swap.new, swap.target)
            done += 1
        for folder in dict.fromkeys(swap.target.parent for swap in swaps):
            flush_folder(folder)
    except BaseException:
        for swap, was_there in zip(swaps[:done], existed, strict=False):
            _restore(swap, was_there)
        raise


def _kept(swap: _Swap) -> bool:
    """Whether the target exists; if so it can be had back from `old` afterwards."""
    if not swap.target.exists():
        return False
    try:
        os.link(swap.target, swap.old)
    except OSError:  # some network and memory-stick file systems have no hard links
        shutil.copy2(swap.target, swap.old)
    return True


def _restore(swap: _Swap, was_there: bool) -> None:
    if not was_there:
        swap.target.unlink(missing_ok=True)
        return
    try:
        os.replace(swap.old, swap.target)
    except OSError:  # names cannot be changed any more; bytes perhaps can
        _copy_back(swap)


def _copy_back(swap: _Swap) -> None:
    try:
        shutil.copyfile(swap.old, swap.target)
    except OSError as error:
        swap.old_is_needed = True
        raise FormatError(
            f"{swap.target.name} could not be saved, nor put back as it was: {error.strerror}. "
            f"What stood there before is kept as {swap.old}. Copy it back by hand."
        ) from error


def _set_permissions(swap: _Swap, mode: int | None) -> None:
    if mode is not None:
        os.chmod(swap.new, mode)
    elif swap.target.exists():
        shutil.copymode(swap.target, swap.new)


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
    if target.exists() and not target.is_file():
        raise FileExistsError(17, f"{target.name} is a device or a pipe, no file")
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(13, f"{target.parent} is read-only")


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())
