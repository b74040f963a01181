"""Entries and volumes of the formats that keep a volume in one file."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError, MedsegError
from medseg.formats.entries import Entry, ReadOptions, refused
from medseg.formats.image_file import ImageData, ImageHeader
from medseg.formats.nifti_pair import halves
from medseg.formats.refusals import refusing_in_words
from medseg.formats.registry import Format, TimedFormat, format_of
from medseg.formats.sidecar import has_sidecar
from medseg.formats.tilt import tilt_findings
from medseg.model import Finding, Place, SeriesInfo, Source, Volume


def one_file_entry(file: Path, root: Path) -> Entry:
    """The entry of a NIfTI, NRRD or MetaImage file; its id is the name relative to `root`.

    A file with a sidecar of ours, or that says so itself, is a mask: it can be read, and does not
    count as an image. A file of several volumes has each as a part; a pair has the name of its
    header.
    """
    known = format_of(file)
    if known is None:
        raise FormatError(f"No one-file format is named like {file.name}.")
    files = halves(file)
    name = files[0].relative_to(root).as_posix()
    info = SeriesInfo(name, files[0].name, None, files[0], file_count=len(files))
    try:
        with refusing_in_words(file, "reading"):
            header = known.load().read_header(files[0])
    except MedsegError as error:
        is_mask = has_sidecar(files[0])
        return refused(replace(info, modality="SEG") if is_mask else info, error)
    is_mask = header.is_labels or has_sidecar(files[0])
    geometry = header.geometry
    info = replace(
        info, shape=geometry.shape, spacing_mm=geometry.spacing_mm, findings=header.findings
    )
    if is_mask:
        info = replace(info, description=f"{info.description} (mask)", modality="SEG")
    if header.times > 1:
        whens = [_when(header, time) for time in range(header.times)]
        parts = tuple(_at_time(info, known, *when, not is_mask) for when in enumerate(whens))
        return Entry(info, None, is_image=not is_mask, parts=parts)
    load = partial(_load, files, name, known, None)
    return Entry(info, load, is_image=not is_mask)


def _when(header: ImageHeader, time: int) -> str:
    if header.time_step is None:
        return ""
    first, step, unit = header.time_step
    return f" ({first + time * step:g} {unit})"


def _at_time(info: SeriesInfo, known: Format, time: int, when: str, is_image: bool) -> Entry:
    name = f"{info.id}/t={time}"
    words = f"{info.description}, volume {time}{when}"
    load = partial(_load, halves(info.path), name, known, time)
    return Entry(replace(info, id=name, description=words), load, is_image=is_image)


def _load(
    files: tuple[Path, ...], name: str, known: Format, time: int | None, options: ReadOptions
) -> Volume:
    file = files[0]
    options.progress(0.0, f"Reading {file.name}")
    with refusing_in_words(file, "reading"):
        if time is None:
            image = known.load().read_image(file)
        else:
            image = cast(TimedFormat, known.load()).read_image_at(file, time)
    options.progress(1.0, f"Read {file.name}")
    source = Source(
        known.name,
        file,
        name,
        files=tuple(one.name for one in files),
        stored_dtype=image.header.stored_dtype,
        rescale=(image.header.rescale,),
    )
    if options.preview is not None:
        options.preview(_middle_slice(image, source))
    report = (
        *image.header.findings,
        *tilt_findings(image.header.geometry, file.name),
        *_nan(image.voxels, file),
    )
    when = "" if time is None else f", volume {time}{_when(image.header, time)}"
    return Volume(
        image.voxels,
        image.header.geometry,
        "1",
        source,
        description=f"{file.name}{when}",
        report=report,
    )


def _middle_slice(image: ImageData, source: Source) -> Volume:
    middle = len(image.voxels) // 2
    geometry = image.header.geometry.one_slice(middle)
    return Volume(image.voxels[middle : middle + 1], geometry, "1", source)


def _nan(voxels: NDArray[Any], file: Path) -> list[Finding]:
    if voxels.dtype.kind != "f":
        return []
    counts = [int(np.count_nonzero(~np.isfinite(plane))) for plane in voxels]
    if not any(counts):
        return []
    slices = tuple(index for index, count in enumerate(counts) if count)
    text = (
        f"{sum(counts)} voxels of {file.name} are no finite numbers; they are kept as they are, "
        "and measures over them are not defined."
    )
    return [Finding("NAN_VOXELS", "warning", text, Place(file=file.name, slices=slices))]
