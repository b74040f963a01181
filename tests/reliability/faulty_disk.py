"""A disk that fails at one chosen call: full, broken, or taking less than it was given."""

from __future__ import annotations

import builtins
import errno
import io
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

#: Calls that put something on the disk and go through Python.
_CALLS = ("fsync", "replace", "link", "mkdir", "sendfile")
_WRITES = set("wxa+")


class FaultyDisk:
    """Counts the calls that reach the disk, and fails the chosen one and, if so asked, all after.

    Args:
        fails_at: number of the call that fails, from 0; None only counts.
        error: its errno; None makes it a short write, which a careful writer goes on with.
        is_lasting: whether every later call fails too, but for renaming, as on a disk that
            stays full.
    """

    def __init__(
        self, fails_at: int | None = None, error: int | None = errno.ENOSPC, *, is_lasting: bool
    ) -> None:
        self.fails_at = fails_at
        self.error = error
        self.is_lasting = is_lasting
        self.calls = 0
        self.names: list[str] = []

    @contextmanager
    def mounted(self) -> Iterator[FaultyDisk]:
        """While this is open, every write goes to this disk."""
        with pytest.MonkeyPatch.context() as patch:
            for name in filter(partial(hasattr, os), _CALLS):
                patch.setattr(os, name, self._failing(name, getattr(os, name)))
            patch.setattr(os, "open", self._failing_open(os.open))
            opened = self._failing_file(io.open)
            patch.setattr(builtins, "open", opened)
            patch.setattr(io, "open", opened)
            yield self

    def meets(self, name: str) -> bool:
        """Count a call, and tell whether it is to fail."""
        number, self.calls = self.calls, self.calls + 1
        self.names.append(name)
        if self.fails_at is None:
            return False
        is_later = self.is_lasting and number > self.fails_at and name != "replace"
        return number == self.fails_at or is_later

    def fail(self) -> None:
        """Raise what the system would.

        Raises:
            OSError: always.
        """
        number = self.error or errno.ENOSPC
        raise OSError(number, os.strerror(number))

    def _failing(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if self.meets(name) and self.error is not None:
                self.fail()
            return real(*args, **options)

        return call

    def _failing_open(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, flags: int, *args: Any, **options: Any) -> Any:
            if flags & os.O_CREAT and self.meets("create") and self.error is not None:
                self.fail()
            return real(path, flags, *args, **options)

        return call

    def _failing_file(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
            if "b" not in mode or not _WRITES & set(mode) or isinstance(file, int):
                return real(file, mode, *args, **options)
            if self.meets("create") and self.error is not None:
                self.fail()
            raw = _FaultyFile(file, mode.replace("b", ""), disk=self)
            return io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)

        return call


class _FaultyFile(io.FileIO):
    """A file on the faulty disk."""

    def __init__(self, file: Any, mode: str, *, disk: FaultyDisk) -> None:
        super().__init__(file, mode)
        self._disk = disk

    def write(self, data: Any) -> int:
        if not self._disk.meets("write"):
            return super().write(data) or 0
        half = memoryview(data).cast("B")[: max(1, len(data) // 2)]
        written = super().write(half) or 0
        if self._disk.error is not None:  # a part is on the disk when the error comes
            self._disk.fail()
        return written


class FullDatabase:
    """Every connection to a SQLite file made while this is open finds the file at its limit."""

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """While this is open, no database grows by a page."""
        real = sqlite3.connect

        def connect(*args: Any, **options: Any) -> sqlite3.Connection:
            connection = real(*args, **options)
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
            return connection

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "connect", connect)
            patch.setattr(sqlite3.dbapi2, "connect", connect)
            yield
