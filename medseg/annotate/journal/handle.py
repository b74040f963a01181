"""A journal's open file: bytes at a place, kept on the disk, and put back if it vanishes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from medseg.annotate.journal.records import MAGIC
from medseg.durable import flush_folder

_CHUNK = 1 << 20


class JournalHandle:
    """A file that is written at its end and must not get lost.

    Args:
        path: where it stands.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def open(self, length: int) -> None:
        """Have the file open, with exactly its first `length` bytes valid.

        A file that was removed since it was opened is written anew from what is still open.

        Raises:
            OSError: it cannot be.
        """
        if self._descriptor is None:
            create = 0
            if length == len(MAGIC):
                create = os.O_CREAT
                set_aside(self._path)
            self._adopt(os.open(self._path, _FLAGS | create, 0o666), length)
        elif not self._is_there:
            new = os.open(self._path, _FLAGS | os.O_CREAT | os.O_TRUNC, 0o666)
            for at, part in self._parts(length):
                _write_at(new, at, part)
            old = self._descriptor
            self._adopt(new, length)
            os.close(old)

    def write_at(self, at: int, data: bytes) -> None:
        """Write bytes at a place; what was written partly after a failure is cut off again.

        Raises:
            OSError: it cannot be.
        """
        try:
            _write_at(self._opened, at, data)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._opened, at)
            raise

    def sync(self) -> None:
        """Have the disk keep what was written.

        Raises:
            OSError: it cannot.
        """
        os.fsync(self._opened)

    def close(self) -> None:
        """Close the file; nothing happens if it is not open."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @property
    def _opened(self) -> int:
        if self._descriptor is None:
            raise OSError("the journal is not open")
        return self._descriptor

    @property
    def _is_there(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._opened), self._path.stat())
        except FileNotFoundError:
            return False

    def _adopt(self, descriptor: int, length: int) -> None:
        try:
            _begin(descriptor, length)
            flush_folder(self._path.parent)
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def _parts(self, length: int) -> Iterator[tuple[int, bytes]]:
        for at in range(0, length, _CHUNK):
            os.lseek(self._opened, at, os.SEEK_SET)
            yield at, os.read(self._opened, min(_CHUNK, length - at))


_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0)


def set_aside(path: Path) -> Path | None:
    """Give a journal that nobody goes on with a name of its own; None if there is none."""
    if not path.exists() or path.stat().st_size <= len(MAGIC):
        return None
    aside = free_name(path)
    path.rename(aside)
    return aside


def free_name(path: Path) -> Path:
    """A name beside a journal that nothing has yet: unsaved-1.journal, or the next number."""
    number = 1
    while (free := path.with_name(f"unsaved-{number}.journal")).exists():
        number += 1
    return free


def _begin(descriptor: int, length: int) -> None:
    if length == len(MAGIC):  # a new one
        _write_at(descriptor, 0, MAGIC)
    os.ftruncate(descriptor, length)
    os.fsync(descriptor)


def _write_at(descriptor: int, at: int, data: bytes) -> None:
    os.lseek(descriptor, at, os.SEEK_SET)
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
