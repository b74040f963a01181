"""Voxel values as labels: whole numbers from 0 to 65535, or a refusal."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError

_HIGHEST = 65535


def as_labels(values: NDArray[Any], name: str) -> NDArray[Any]:
    """The same values as a new or the same array of uint8, or uint16 where one is above 255.

    Floating-point values are taken if each is a whole number.

    Args:
        values: (slice, row, column), any numeric type.
        name: of the file, for the refusal.

    Raises:
        FormatError: a value is NaN, infinite, negative, fractional or above 65535.
    """
    if values.dtype.kind == "f":
        _check_whole(values, name)
    lowest, highest = values.min(), values.max()
    if lowest < 0 or highest > _HIGHEST:
        odd = lowest if lowest < 0 else highest
        _refuse(name, f"{odd:g}" if values.dtype.kind == "f" else str(odd))
    return values.astype(np.uint8 if highest <= 255 else np.uint16, copy=False)


def holding(labels: NDArray[Any], number: int) -> NDArray[Any]:
    """The same labels in a type that can hold that number too, for voxels yet to be drawn."""
    return labels.astype(np.uint16) if number > np.iinfo(labels.dtype).max else labels


def _check_whole(values: NDArray[Any], name: str) -> None:
    for plane in values:  # by slices: no second copy of the whole array
        odd = plane[~np.isfinite(plane)]
        if not odd.size:
            odd = plane[plane != np.rint(plane)]
        if odd.size:
            _refuse(name, f"{odd[0]:.9g}")


def _refuse(name: str, found: str) -> None:
    raise FormatError(
        f"A mask holds whole numbers from 0 to {_HIGHEST}; {name} holds {found}. It may be an "
        "image or a probability map: open it as an image, or threshold it first."
    )
