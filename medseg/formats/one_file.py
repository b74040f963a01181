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
from medseg.formats.nifti_pair import halves
from medseg.formats.refusals import refusing_in_words
from medseg.formats.registry import Format, TimedFormat, format_of
from medseg.formats.sidecar import has_sidecar
from medseg.formats.tilt import tilt_findings
from medseg.model import Finding, Place, SeriesInfo, Source, Volume


def one_file_entry(file: Path, root: Path) -> Entry:
    """The entry of a NIfTI, NRRD or MetaImage file; its id is the name relative to `root`.

    A file with a sidecar of ours is a mask: it can be read, and does not count as an image. A
    file of several volumes has each as a part; a pair has the name of its header.
    """
    known = format_of(file)
    if known is None:
        raise FormatError(f"No one-file format is named like {file.name}.")
    files = halves(file)
    name = files[0].relative_to(root).as_posix()
    is_mask = has_sidecar(files[0])
    info = SeriesInfo(
        name,
        f"{files[0].name} (mask)" if is_mask else files[0].name,
        None,
        files[0],
        modality="SEG" if is_mask else "",
        file_count=len(files),
    )
    try:
        with refusing_in_words(file, "reading"):
            header = known.load().read_header(files[0])
    except MedsegError as error:
        return refused(replace(info, description=files[0].name), error)
    geometry = header.geometry
    info = replace(
        info, shape=geometry.shape, spacing_mm=geometry.spacing_mm, findings=header.findings
    )
    if header.times > 1:
        parts = tuple(_at_time(info, known, time, not is_mask) for time in range(header.times))
        return Entry(info, None, is_image=not is_mask, parts=parts)
    load = partial(_load, files, name, known, None)
    return Entry(info, load, is_image=not is_mask)


def _at_time(info: SeriesInfo, known: Format, time: int, is_image: bool) -> Entry:
    name = f"{info.id}/t={time}"
    words = f"{info.description}, volume {time}"
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
    report = (
        *image.header.findings,
        *tilt_findings(image.header.geometry, file.name),
        *_nan(image.voxels, file),
    )
    words = file.name if time is None else f"{file.name}, volume {time}"
    return Volume(
        image.voxels, image.header.geometry, "1", source, description=words, report=report
    )


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
