"""A mask and its sign-offs as they are on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

from medseg.errors import FormatError, SignoffError
from medseg.formats import read_segmentation
from medseg.model import Segmentation

_MAX_SIGNOFF_BYTES = 256 * 1024 * 1024


def read_mask_file(path: Path) -> tuple[Segmentation, str]:
    """The mask and the SHA-256 of the file that it was read from.

    Raises:
        FormatError: it is absent, cannot be read, or changes meanwhile.
    """
    before = _file_sha256(path)
    segmentation = read_segmentation(path)
    if _file_sha256(path) != before:
        raise FormatError(f"A mask stands still while it is read; {path.name} was being changed.")
    return segmentation, before


def _file_sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FormatError(
            f"A sign-off is about a mask in a file; {path} cannot be read "
            f"({error.strerror}). Save the mask, or correct the path."
        ) from error


def read_signoffs(path: Path) -> bytes:
    """The content of a list of sign-offs; empty if there is none.

    Raises:
        FormatError: it cannot be read.
        SignoffError: it is absurdly large.
    """
    try:
        if path.stat().st_size > _MAX_SIGNOFF_BYTES:
            raise SignoffError(f"{path.name} is too large to be a list of sign-offs. Remove it.")
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise FormatError(f"{path.name} cannot be read ({error.strerror}).") from error
