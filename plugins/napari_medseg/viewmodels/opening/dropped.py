"""What is meant by files and folders that are dropped on the window together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medseg.errors import FormatError
from napari_medseg.opening import holds_mask


@dataclass(frozen=True)
class Dropped:
    """What is opened.

    Args:
        path: an image, a folder, a project, or a mask alone.
        masks: what is opened on the image.
    """

    path: Path
    masks: tuple[Path, ...] = ()


def meant_by(paths: Sequence[Path]) -> Dropped:
    """What to open: an image with the masks dropped along with it, or whatever came alone.

    Args:
        paths: files and folders of this computer.

    Raises:
        FormatError: it cannot be told which is the one to be opened.
    """
    if not paths:
        raise FormatError(
            "Files and folders of this computer are opened; what was dropped is neither. Save it "
            "to a folder first, then drop it from there."
        )
    if len(paths) == 1:
        return Dropped(paths[0])
    masks = tuple(path for path in paths if holds_mask(path))
    images = [path for path in paths if path not in masks]
    if len(images) == 1 and len(masks) == 1:
        return Dropped(images[0], masks)
    raise FormatError(
        f"One image is opened at a time, with one mask on it; {len(paths)} files were dropped, of "
        f"which {len(masks)} say that they are masks. Drop one of them, or the folder of a DICOM "
        "series as a whole."
    )
