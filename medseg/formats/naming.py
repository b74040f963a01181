"""Which sidecar names the numbers in a mask, also after a save that was cut off.

A save swaps the sidecar in first and the mask second. Where the new sidecar no longer names all
numbers of the old mask, the old one is kept as `.<stem>.json.before` until both are swapped.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from medseg.errors import FormatError
from medseg.formats.sidecar import Sidecar, is_sidecar, read_sidecar, sidecar_path
from medseg.model import labels_in


def before_path(mask_path: Path) -> Path:
    """Where the old names wait while a save removes some: `.<stem>.json.before`."""
    beside = sidecar_path(mask_path)
    return beside.with_name(f".{beside.name}.before")  # hidden, so that no listing shows it


def fitting_sidecar(mask_path: Path, array: NDArray[Any]) -> Sidecar | None:
    """The sidecar that belongs to these voxels; None if none stands beside the mask.

    That is the one beside it or, where that does not fit because a save was cut off, the one
    of before.

    Raises:
        FormatError: a sidecar is damaged, or neither fits the mask.
    """
    beside = read_sidecar(mask_path)
    misfit = _misfit(beside, mask_path, array) if beside else None
    if misfit is None:
        return beside
    before = _of_before(mask_path)
    if before is None or _misfit(before, mask_path, array):
        raise FormatError(misfit)
    return before


def names_to_keep(mask_path: Path, array: NDArray[Any] | None, numbers: set[int]) -> bytes | None:
    """The sidecar of the mask that a save replaces; None where the new one names as much.

    Args:
        mask_path: what is to be replaced.
        array: what stands there, wanted where an earlier save was cut off; None if it cannot
            be read.
        numbers: what the new sidecar names.
    """
    with suppress(FormatError, OSError):  # what cannot be read now cannot be read afterwards
        beside, place = read_sidecar(mask_path), sidecar_path(mask_path)
        before = _of_before(mask_path)
        if before and beside and array is not None and _misfit(beside, mask_path, array):
            beside, place = before, before_path(mask_path)
        if beside and {segment.number for segment in beside.segments} - numbers:
            return place.read_bytes()
    return None


def forget_before(mask_path: Path) -> None:
    """Remove the names of before, when mask and sidecar belong together again."""
    with suppress(OSError):  # left behind it is looked at only where the sidecar does not fit
        if is_sidecar(before_path(mask_path)):
            before_path(mask_path).unlink()


def _of_before(mask_path: Path) -> Sidecar | None:
    return read_sidecar(mask_path, at=before_path(mask_path))


def _misfit(sidecar: Sidecar, mask_path: Path, array: NDArray[Any]) -> str | None:
    """Why a sidecar and a mask do not belong together; None if they may."""
    name, named = sidecar_path(mask_path).name, {segment.number for segment in sidecar.segments}
    unnamed = sorted(set(labels_in(array)) - named)
    if unnamed:
        return (
            f"Each number in a mask is named in its sidecar; {name} does not name {unnamed} of "
            f"{mask_path.name}. They do not belong together: restore the one that fits, or move "
            "the sidecar away to read the mask without names."
        )
    beyond = sorted({index for _, index in sidecar.provenance if index >= array.shape[0]})
    if beyond:
        return (
            f"Provenance speaks of slices that exist; {name} speaks of {beyond}, and "
            f"{mask_path.name} has {array.shape[0]} slices. Restore the one that fits."
        )
    return None
