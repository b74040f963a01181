"""Folders for what is written."""

from __future__ import annotations

from pathlib import Path

from medseg.errors import FormatError


def make_folder(folder: Path) -> None:
    """Make a folder with its parents; one that exists is left as it is.

    Raises:
        FormatError: it cannot be made, as where a file stands in the way.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FormatError(
            f"Results go to a folder that can be made and written; {folder} cannot: {reason}. "
            "Choose another."
        ) from error
