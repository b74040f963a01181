"""Entries and volumes of the formats that keep a volume in one file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError, MedsegError
from medseg.formats.entries import Entry, ReadOptions, refused
from medseg.formats.refusals import refusing_in_words
from medseg.formats.registry import Format, format_of
from medseg.formats.sidecar import has_sidecar
from medseg.formats.tilt import tilt_findings
from medseg.model import Finding, Place, SeriesInfo, Source, Volume


def one_file_entry(file: Path, root: Path) -> Entry:
    """The entry of a NIfTI, NRRD or MetaImage file; its id is the name relative to `root`.

    A file with a sidecar of ours is a mask: it can be read, and does not count as an image.
    """
    known = format_of(file)
    if known is None:
        raise FormatError(f"No one-file format is named like {file.name}.")
    name = file.relative_to(root).as_posix()
    is_mask = has_sidecar(file)
    info = SeriesInfo(name, file.name, None, file, modality="SEG" if is_mask else "")
    try:
        with refusing_in_words(file, "reading"):
            header = known.load().read_header(file)
    except MedsegError as error:
        return refused(info, error)
    geometry = header.geometry
    info = SeriesInfo(
        name,
        f"{file.name} (mask)" if is_mask else file.name,
        geometry.shape,
        file,
        info.modality,
        geometry.spacing_mm,
        findings=header.findings,
    )
    return Entry(info, partial(_load, file, name, known), is_image=not is_mask)


def _load(file: Path, name: str, known: Format, options: ReadOptions) -> Volume:
    options.progress(0.0, f"Reading {file.name}")
    with refusing_in_words(file, "reading"):
        image = known.load().read_image(file)
    options.progress(1.0, f"Read {file.name}")
    source = Source(
        known.name,
        file,
        name,
        files=(file.name,),
        stored_dtype=image.header.stored_dtype,
        rescale=(image.header.rescale,),
    )
    report = (
        *image.header.findings,
        *tilt_findings(image.header.geometry, file.name),
        *_nan(image.voxels, file),
    )
    return Volume(
        image.voxels, image.header.geometry, "1", source, description=file.name, report=report
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
