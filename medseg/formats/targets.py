"""Where a mask may be saved: never over its image, nor where two files would share a sidecar."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from medseg.errors import FormatError
from medseg.formats.registry import format_of
from medseg.formats.sidecar import is_sidecar, mask_stem, sidecar_path, signoff_path
from medseg.model import Source


def check_target(path: Path, image: Source | None) -> None:
    """Pass if a mask and its sidecar can be saved at the path without harm to other files.

    Args:
        path: where the mask is to stand; an earlier mask there is replaced.
        image: what it was drawn on.

    Raises:
        FormatError: another program's file stands where the sidecar belongs, another image or
            mask of the same stem stands in the folder, or the path is a file of the image.
    """
    beside = sidecar_path(path)
    if beside.exists() and not is_sidecar(beside):
        raise FormatError(
            f"A mask's names are saved beside it as {beside.name}; another program's file has that "
            f"name. Save the mask under another name than {path.name}, or move that file."
        )
    _check_not_image(path, image)
    for other in _of_same_stem(path):
        raise FormatError(
            f"Each mask has a {beside.name} and a {signoff_path(path).name} of its own; "
            f"{path.name} would share them with {other.name}, which stands in the same folder. "
            "Save the mask under another name, or move that file."
        )


def _check_not_image(path: Path, image: Source | None) -> None:
    if image is None or not path.exists():
        return
    target = path.stat()
    for file in _files(image):
        if file.is_file() and os.path.samestat(target, file.stat()):
            raise FormatError(
                f"A mask never replaces its image; {path.name} is {file.name}, which the mask was "
                "drawn on. Save the mask under another name."
            )


def _files(image: Source) -> Iterator[Path]:
    yield image.path
    root = image.path if image.path.is_dir() else image.path.parent
    yield from (root / name for name in image.files if name)


def _of_same_stem(path: Path) -> Iterator[Path]:
    """Other files of the one-file formats in the folder whose names differ in the suffix alone."""
    stem = os.path.normcase(mask_stem(path))
    for other in sorted(path.parent.iterdir()) if path.parent.is_dir() else ():
        known = format_of(other)
        if known is None or not known.one_file or os.path.normcase(mask_stem(other)) != stem:
            continue
        if other.is_file() and not (path.exists() and other.samefile(path)):
            yield other
