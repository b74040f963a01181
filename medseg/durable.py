"""What a disk is asked so that work outlasts a power cut."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def flush_folder(folder: Path) -> None:
    """Have the disk keep the names in a folder: a new file's own is in none of its bytes.

    Windows has no such call for folders; there nothing is done.
    """
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_digest(path: Path) -> bytes | None:
    """What a file holds in short, SHA-256, to see later whether it is still so; None if absent."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None
