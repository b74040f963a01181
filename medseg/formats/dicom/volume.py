"""A checked stack of DICOM slices as a volume."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.formats.dicom.pixels.frames import read_frames
from medseg.formats.dicom.pixels.scale import slopes_and_intercepts
from medseg.formats.dicom.pixels.stack_values import read_stack
from medseg.formats.dicom.stacking.grid import stack_geometry
from medseg.formats.dicom.stacking.stack import Stack, check_none_missing
from medseg.formats.dicom.suv import in_suv
from medseg.formats.entries import Progress, ReadOptions
from medseg.model import Finding, Geometry, Place, Source, Volume, Window

# Rescale Types of maps that a CT makes beside HU (PS3.3 C.11.1.1.2).
_OTHER_THAN_HU = {
    "OD": "thousandths of optical density",
    "MGML": "mg/ml of a material",
    "Z_EFF": "effective atomic numbers",
    "ED": "electron densities in 10^23/ml",
    "EDW": "electron densities relative to water",
    "PCT": "percent",
}


def load_stack(
    stack: Stack,
    numbers: NDArray[np.int64],
    series_id: str,
    opened: Path,
    options: ReadOptions,
) -> Volume:
    """The volume of a stack; absent slices are blank where gaps are allowed.

    Blank voxels have the lowest value of the slices that are there. In `Source`, an absent
    slice has the file "", the instance ("", "") and the rescale (1, 0).

    Args:
        stack: the slices in order.
        numbers: index of each in the grid.
        series_id: `SeriesInfo.id`.
        opened: the file or folder that was opened.
        options: what the caller of `read_volume` chose.

    Raises:
        MissingSlicesError: slices are missing and gaps are not allowed.
        FormatError: a file is truncated or cannot be decoded.
        GeometryError: a single slice names no thickness.
    """
    if not options.allow_gaps:
        check_none_missing(stack, numbers)
    geometry, findings = stack_geometry(stack, numbers)
    headers, unit, unit_findings = _in_unit(stack.headers)
    pairs, more = slopes_and_intercepts(headers)
    source = _source(headers, numbers, pairs, series_id, opened)
    if options.preview is not None:
        options.preview(_middle_slice(stack, int(numbers[len(numbers) // 2]), geometry, source))
    voxels = _values(headers, unit, options.progress)
    first = headers[0]
    findings += more + unit_findings + _grey_scale(first) + _absent(numbers, headers)
    return Volume(
        _spread(voxels, numbers),
        geometry,
        unit,
        source,
        first.modality,
        first.description,
        _window(first),
        tuple(findings),
    )


def _middle_slice(stack: Stack, number: int, geometry: Geometry, source: Source) -> Volume:
    """The middle one of the slices that are there, as a volume of its own.

    Args:
        stack: the slices in order.
        number: index of that slice in the grid.
        geometry: of the whole grid.
        source: of the whole volume.
    """
    middle = len(stack.headers) // 2
    header = stack.headers[middle]
    values, unit = slice_values(stack, middle)
    return Volume(
        values[np.newaxis],
        geometry.one_slice(number),
        unit,
        source.one_slice(number),
        header.modality,
        header.description,
        _window(header),
    )


def slice_values(stack: Stack, index: int) -> tuple[NDArray[Any], str]:
    """The real values of one slice, (row, column), and their unit: those that `load_stack` gives.

    The type may be narrower than that of the whole volume. `index` counts the slices that are
    there.

    Raises:
        FormatError: the file is truncated or cannot be decoded.
    """
    headers, unit, _ = _in_unit(stack.headers)
    slopes_and_intercepts(headers)  # refuses what cannot be trusted beside the others
    return _values(headers[index : index + 1], unit, lambda _fraction, _message: None)[0], unit


def _values(headers: Sequence[SliceHeader], unit: str, progress: Progress) -> NDArray[Any]:
    is_in_place = all(map(_lies_in_place, headers))
    voxels = (read_stack if is_in_place else read_frames)(headers, progress)
    return voxels.astype(np.float32, copy=False) if unit == "SUVbw" else voxels


def _lies_in_place(header: SliceHeader) -> bool:
    """Whether a slice's pixels can be read alone, without the rest of its file."""
    if header.frame is None and not header.is_bare:
        return True
    return header.pixels is not None and not header.pixels.is_encapsulated


def _source(
    headers: tuple[SliceHeader, ...],
    numbers: NDArray[np.int64],
    pairs: list[tuple[float, float]],
    series_id: str,
    opened: Path,
) -> Source:
    root = opened if opened.is_dir() else opened.parent
    count = int(numbers[-1]) + 1
    files, instances, rescale = [""] * count, [("", "")] * count, [(1.0, 0.0)] * count
    for number, header, pair in zip(numbers, headers, pairs, strict=True):
        files[number] = header.path.relative_to(root).as_posix()
        instances[number] = (header.sop_class, header.sop_instance)
        rescale[number] = pair
    return Source(
        "dicom",
        opened,
        series_id,
        tuple(files),
        tuple(instances),
        headers[0].stored_dtype,
        (rescale[0],) if len(set(rescale)) == 1 else tuple(rescale),
    )


def _spread(voxels: NDArray[Any], numbers: NDArray[np.int64]) -> NDArray[Any]:
    if len(numbers) == numbers[-1] + 1:
        return voxels
    spread = np.full((int(numbers[-1]) + 1, *voxels.shape[1:]), voxels.min(), voxels.dtype)
    spread[numbers] = voxels
    return spread


def _absent(numbers: NDArray[np.int64], headers: tuple[SliceHeader, ...]) -> list[Finding]:
    absent = tuple(sorted(set(range(int(numbers[-1]) + 1)) - set(numbers.tolist())))
    if not absent:
        return []
    text = (
        f"{len(absent)} slices are missing between {headers[0].path.name} and "
        f"{headers[-1].path.name}; the values there are filler (the lowest of the slices that are "
        "there), nothing that was measured. The slices are listed with this finding."
    )
    return [Finding("ABSENT_SLICES", "warning", text, Place(slices=absent))]


def _in_unit(
    headers: tuple[SliceHeader, ...],
) -> tuple[tuple[SliceHeader, ...], str, list[Finding]]:
    """The slices with the scale that leads to the unit of the volume, and that unit.

    Reference:
        DICOM PS3.3 C.8.2.1 (CT), C.8.9.1 (PET).
    """
    first = headers[0]
    if first.modality == "PT":
        return in_suv(headers)
    if first.modality != "CT":
        return headers, "1", []
    kind = first.rescale_type.upper()
    if kind in ("", "HU"):
        return headers, "HU", _unscaled(headers)
    meant = _OTHER_THAN_HU.get(kind)
    taken = f"They are {meant} and keep no unit here" if meant else "They are taken for HU"
    text = f"CT values are in Hounsfield units; this series calls them {kind!r}. {taken}."
    finding = Finding("RESCALE_TYPE", "warning", text, Place(file=first.path.name))
    return headers, "1" if meant else "HU", [finding]


def _unscaled(headers: Sequence[SliceHeader]) -> list[Finding]:
    """A warning where a CT names no slope and no intercept at all; else none."""
    if any(any(header.names_rescale) for header in headers):
        return []
    name = headers[0].path.name
    text = (
        f"A CT names Rescale Slope and Intercept; these slices, as {name}, name neither. The "
        "stored values are taken for HU as they are; compare air and water before you measure."
    )
    return [Finding("NO_RESCALE", "warning", text, Place(file=name))]


def _grey_scale(header: SliceHeader) -> list[Finding]:
    if header.photometric != "MONOCHROME1":
        return []
    text = "Low values are meant to be shown bright (MONOCHROME1); the values are kept as stored."
    return [Finding("INVERTED_GREY", "note", text, Place(file=header.path.name))]


def _window(header: SliceHeader) -> Window | None:
    center, width = header.window
    return Window(center, width) if center is not None and width is not None and width > 0 else None
