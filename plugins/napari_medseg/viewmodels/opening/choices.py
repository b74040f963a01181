"""What is taken where nobody has chosen: a series of a path, a mask's image, a mask's name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from math import prod
from pathlib import Path

import numpy as np

from medseg import project
from medseg.errors import FormatError
from medseg.formats import sidecar
from medseg.model import SeriesInfo, Source, Volume

#: A mask of more structures than this is rare; an image of fewer values is rarer.
_MOST_LABELS = 64


def largest(series: Iterable[SeriesInfo]) -> SeriesInfo | None:
    """The readable series with the most voxels, the first of equals; None if there is none."""
    readable = [info for info in series if info.is_readable and info.shape]
    return max(readable, key=lambda info: prod(info.shape or ()), default=None)


def resembles_mask(volume: Volume, image: Volume) -> bool:
    """Whether what was read as an image may be a mask of another one.

    It lies exactly on the other's grid and holds few values, whole and none below 0.
    """
    voxels = volume.voxels
    if voxels.dtype.kind not in "iub" or not volume.geometry.same_grid(image.geometry):
        return False
    values: set[int] = set()
    for plane in voxels:  # most images have too many values in their first slices already
        values.update(np.unique(plane).tolist())
        if len(values) > _MOST_LABELS or min(values) < 0:
            return False
    return True


def image_of_mask(mask: Path) -> tuple[Path, str | None]:
    """Path and series id of the image of a mask: its case's, or the one its sidecar names.

    Raises:
        FormatError: nothing names one, or it is not there any more.
    """
    found = project.image_place(mask)  # loaded when it is asked for
    if found is None or not found[0].exists():
        named = f"names {found[0]}, which is not there" if found else "names none"
        raise FormatError(
            f"A mask is opened on its image, and what stands beside {mask.name} {named}. "
            "Open the image first, then the mask."
        )
    return found


def mask_path_for(image: Path) -> Path:
    """Where a new mask goes: beside the image file, or beside the image folder."""
    stem = image.name if image.is_dir() else sidecar.mask_stem(image)
    return image.with_name(f"{stem}-lesions.nii.gz")


def draft_folder(image: Source) -> Path:
    """Where changes are kept for a crash until the mask has a file: beside the image, hidden.

    Each series has a folder of its own, so that what is offered is offered on its image.
    """
    stem = image.path.name if image.path.is_dir() else sidecar.mask_stem(image.path)
    series = hashlib.sha256(image.series_id.encode()).hexdigest()[:8]
    return image.path.with_name(f".{stem}-{series}-unsaved.journal")
