"""One at a time in a journal's folder: a lock that its process holds, and that dies with it."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from medseg.errors import EditError
from medseg.model import now_iso
from medseg.strict_json import check

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NAME = "edits.lock"
# Windows keeps others from reading what is locked, so a byte far behind the text is.
_LOCKED_BYTE = 1 << 20
_TRIES = 20


class BusyError(EditError):
    """A mask is being edited elsewhere; the text says by whom."""


class FolderLock:
    """The lock of one folder; free until `acquire`.

    Args:
        folder: made on `acquire` if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock; nothing happens if it is held here already and its file is there.

        Raises:
            BusyError: another process, or another session of this one, has it.
            OSError: the folder cannot be made or written to.
        """
        if self._descriptor is not None and not _is_at(self._descriptor, self._path):
            os.close(self._descriptor)  # somebody removed the folder, and the lock with it
            self._descriptor = None
        if self._descriptor is not None:
            return
        for _ in range(_TRIES):
            self._descriptor = self._try()
            if self._descriptor is not None:
                _write_holder(self._descriptor)
                return
        raise OSError(f"{self._path.name} is removed as often as it is made")

    def _try(self) -> int | None:
        """The lock's file, open and locked; None if its last holder has just removed it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # the folder went with it
            return None
        try:
            _lock(descriptor)
            if _is_at(descriptor, self._path):
                return descriptor
        except (BlockingIOError, PermissionError) as error:
            os.close(descriptor)
            raise BusyError(_in_words(self._path)) from error
        except OSError:  # this disk has no locks: better a journal without one than none
            return descriptor
        os.close(descriptor)
        return None

    def release(self) -> None:
        """Give the lock back and remove its file; nothing happens if it is not held."""
        if self._descriptor is None:
            return
        # Removed while it is held, so that it is nobody else's.
        if sys.platform != "win32" and _is_at(self._descriptor, self._path):
            with suppress(OSError):
                self._path.unlink()
        os.close(self._descriptor)
        if sys.platform == "win32":  # an open file cannot be removed there
            with suppress(OSError):
                self._path.unlink()
        self._descriptor = None


def busy_with(folder: Path) -> str | None:
    """Who edits in a folder, in a sentence; None if nobody does."""
    path = folder / NAME
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        _lock(descriptor)
    except (BlockingIOError, PermissionError):
        return _in_words(path)
    except OSError:  # this disk has no locks, so nobody holds one
        return None
    finally:
        os.close(descriptor)
    return None


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _write_holder(descriptor: int) -> None:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a user that the system has no name for
        user = "somebody"
    holder = {"user": user, "host": socket.gethostname(), "pid": os.getpid(), "since": now_iso()}
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, json.dumps(holder).encode("ascii"))


def _in_words(path: Path) -> str:
    who = "somebody else"
    with suppress(OSError, ValueError):
        holder = json.loads(path.read_bytes())
        check(holder, {"user": str, "host": str, "pid": int, "since": str}, "holder")
        who = (
            f"{holder['user']} on {holder['host']} (process {holder['pid']}), "
            f"since {holder['since']}"
        )
    return (
        f"A mask is edited by one at a time; this one is being edited by {who}. Save to another "
        "name to work on a copy, or close it there and open it here again."
    )
