"""One at a time: a lock beside a file, held by one process and free again when that one ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from medseg.errors import FormatError, SignoffError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.02


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """While this is open, no other process or thread is in it for the same file.

    The lock is the system's own, on the hidden file `.<name>.lock` beside the real file (a link
    is followed). The system frees it when its process ends, however that happens; a lock file
    left over by a crash hinders nobody. Otherwise it is removed.

    Args:
        path: the file to be changed; it need not exist yet.

    Raises:
        SignoffError: others held it for all of half a minute, or the disk has no locks.
        FormatError: the folder is absent or read-only.
    """
    target = Path(os.path.realpath(path))
    lock = target.with_name(f".{target.name}.lock")
    descriptor = _acquire(lock, path.name)
    try:
        yield
    finally:
        if sys.platform == "win32":  # an open file cannot be removed there, so first closed
            os.close(descriptor)
            with suppress(OSError):
                lock.unlink()
        else:  # removed while it is held, so that nobody removes another's lock
            with suppress(OSError):
                lock.unlink()
            os.close(descriptor)


def _acquire(lock: Path, name: str) -> int:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        descriptor = _try(lock, name)
        if descriptor is not None:
            return descriptor
        if time.monotonic() >= deadline:
            raise SignoffError(
                f"Sign-offs are added one at a time; others have kept {name} busy for "
                f"{_PATIENCE_SECONDS:.3g} seconds. Try again when they are done."
            )
        time.sleep(_PAUSE_SECONDS)


def _try(lock: Path, name: str) -> int | None:
    """The open and locked file, or None if another has it."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError as error:
        if sys.platform == "win32":  # it is just being removed
            return None
        raise _no_access(lock, error) from error
    except OSError as error:
        raise _no_access(lock, error) from error
    try:
        _lock(descriptor)
        if _is_still_there(descriptor, lock):
            return descriptor
    except (BlockingIOError, PermissionError):
        pass  # another has it
    except OSError as error:
        os.close(descriptor)
        raise SignoffError(
            f"Signing locks {name} so that no sign-off is lost; this disk has no locks "
            f"({error.strerror}). Keep the masks on a disk that has."
        ) from error
    os.close(descriptor)
    return None


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_still_there(descriptor: int, lock: Path) -> bool:
    """Whether the locked file is the one by that name; its last holder may have removed it."""
    try:
        return os.path.samestat(os.fstat(descriptor), lock.stat())
    except FileNotFoundError:
        return False


def _no_access(lock: Path, error: OSError) -> FormatError:
    return FormatError(
        f"A sign-off is written beside its mask; {lock.name} cannot be made or opened there "
        f"({error.strerror}). Check that {lock.parent} is a folder you may write to."
    )
