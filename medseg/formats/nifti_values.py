"""What a NIfTI header says of its values: how many, of which type, and how they are scaled."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError
from medseg.formats.nifti_checks import check_intent
from medseg.formats.rescale import rescaled
from medseg.model import Finding, Place

# The library does not describe its types.
_nib: Any = nibabel

# nifti1.h, NIFTI_UNITS_...: bits 3 to 5 of xyzt_units.
_TIME_UNITS = {8: "s", 16: "ms", 24: "us", 32: "Hz", 40: "ppm", 48: "rad/s"}

# NIfTI-1 holds sizes in 16 bits; a damaged NIfTI-2 header could ask for a list without end.
_MOST_TIMES = 32767


def sizes_of(header: Any, path: Path) -> tuple[tuple[int, int, int], int]:
    """The shape (k, j, i) of one volume, and how many there are.

    Raises:
        FormatError: the sizes are impossible, or there are dimensions beyond the fourth.
    """
    dims = [int(size) for size in header["dim"]]
    sizes = dims[1 : dims[0] + 1]
    if not 2 <= dims[0] <= 7 or min(sizes) < 1:
        raise FormatError(
            f"A NIfTI header gives two to seven positive sizes; that of {path.name} gives {dims}. "
            "The header is damaged: export the file again."
        )
    check_intent(header, math.prod(sizes[3:]), path)
    if any(size > 1 for size in sizes[4:]):
        raise FormatError(
            f"An image has one value at each place and time; {path.name} holds "
            f"{' x '.join(map(str, sizes))} values (vectors or a deformation). Split it into "
            "volumes and open one of them."
        )
    i, j, k, times = [*sizes, 1, 1][:4]
    if times > _MOST_TIMES:
        raise FormatError(
            f"At most {_MOST_TIMES} volumes are read from a file; the header of {path.name} asks "
            f"for {times}. It is damaged, or the file has to be split."
        )
    return (k, j, i), times


def stored_dtype(header: Any, path: Path) -> np.dtype[Any]:
    """The type of the stored values, in the file's byte order.

    Raises:
        FormatError: they are no integers and no 32- or 64-bit floats.
    """
    code = int(header["datatype"])
    try:
        dtype: np.dtype[Any] = np.dtype(header.get_data_dtype())
    except (_nib.spatialimages.HeaderDataError, KeyError):
        dtype = np.dtype(object)
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise FormatError(
            f"A scalar image holds integers or 32- or 64-bit floats; {path.name} holds data type "
            f"{code} (colour, complex, or unknown). Convert it to one of them."
        )
    return dtype


def scaling(header: Any, path: Path) -> tuple[tuple[float, float], list[Finding]]:
    """(slope, intercept), and what there is to say about them.

    Raises:
        FormatError: the intercept is not finite.
    """
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or not np.isfinite(slope):  # nifti1.h: then no scaling at all
        ignored = np.isfinite(intercept) and intercept != 0
        place = Place(file=path.name)
        if np.isinf(slope):
            text = f"{path.name} has a slope of {slope:g}; its values were not scaled."
            return (1.0, 0.0), [Finding("SLOPE_INFINITE", "warning", text, place)]
        text = f"{path.name} has an intercept of {intercept:g} without a slope; it was not added."
        return (1.0, 0.0), [Finding("SLOPE_ZERO", "note", text, place)] if ignored else []
    if not np.isfinite(intercept):
        raise FormatError(
            f"Values are scaled by finite numbers; {path.name} has the intercept {intercept}. The "
            "header is damaged: export the file again."
        )
    return (slope, intercept), []


def time_step(header: Any) -> tuple[float, float, str] | None:
    """Place of the first volume along the fourth dimension, the step to the next, and their unit.

    None where the header does not name a unit, or a number is not finite.
    """
    unit = _TIME_UNITS.get(int(header["xyzt_units"]) & 0x38)
    first, step = float(header["toffset"]), float(header["pixdim"][4])
    return (first, step, unit) if unit and np.isfinite([first, step]).all() else None


def scaled(stored: NDArray[Any], rescale: tuple[float, float], path: Path) -> NDArray[Any]:
    """The real values; where nothing changes, the array itself.

    Raises:
        FormatError: a value would be too large for a 32-bit float.
    """
    if rescale == (1.0, 0.0):
        return stored
    if stored.dtype.kind == "f":
        slope, intercept = np.array(rescale, dtype=stored.dtype)
        return np.asarray(stored * slope + intercept)
    return rescaled(stored, [rescale], path.name)
