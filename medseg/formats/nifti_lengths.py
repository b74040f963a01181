"""The lengths in a NIfTI header: voxel sizes and their unit.

Reference:
    https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError
from medseg.model import Finding, Place

_LENGTH_UNITS = {1: ("metres", 1000.0), 3: ("micrometres", 0.001)}


def steps_of(header: Any, path: Path) -> NDArray[np.float64]:
    """The voxel sizes along i, j and k as the header gives them, without their signs.

    Raises:
        FormatError: one is zero or no finite number.
    """
    steps = np.abs(np.asarray(header["pixdim"][1:4], dtype=np.float64))
    if not np.isfinite(steps).all() or not (steps > 0).all():
        raise FormatError(
            f"Voxel sizes are positive numbers; those of {path.name} are {steps.tolist()}. The "
            "header is damaged: export the file again."
        )
    return steps


def negative_steps(header: Any, place: Place) -> list[Finding]:
    """One finding, NEGATIVE_SPACING, where a voxel size has a sign, which says nothing."""
    steps = np.asarray(header["pixdim"][1:4], dtype=np.float64)
    if (steps > 0).all():
        return []
    text = (
        f"Voxel sizes are positive; {place.file} gives {steps.tolist()}. Their signs were dropped. "
        "If the image is mirrored, export it again."
    )
    return [Finding("NEGATIVE_SPACING", "warning", text, place)]


def length_unit(header: Any, place: Place) -> tuple[float, list[Finding]]:
    """What lengths are to be multiplied with to get millimetres, and what there is to say of it."""
    code = int(header["xyzt_units"]) & 0x07
    if code in (0, 2):
        return 1.0, []  # millimetres, or no word about it, which everyone takes for millimetres
    if code not in _LENGTH_UNITS:
        text = f"{place.file} gives lengths in a unit that there is not ({code}): taken for mm."
        return 1.0, [Finding("UNITS_UNKNOWN", "warning", text, place)]
    name, factor = _LENGTH_UNITS[code]
    text = f"{place.file} gives lengths in {name}; they were converted to millimetres."
    return factor, [Finding("UNITS_CONVERTED", "warning", text, place)]
