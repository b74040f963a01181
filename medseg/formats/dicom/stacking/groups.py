"""Which DICOM files belong to one volume."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from medseg.formats.dicom.header.slice_header import SliceHeader

#: Direction cosines and, relatively, spacings that differ by less belong to one volume.
_TOLERANCE = 1e-4


def grouped(headers: Sequence[SliceHeader]) -> dict[str, list[SliceHeader]]:
    """Volume id -> its files. The id is the series UID, "<uid>/1" ... where one holds several.

    Files of one volume share series, kind of object, matrix, kind of pixels, frame of reference,
    orientation and pixel spacing.
    """
    groups: list[list[SliceHeader]] = []
    alike: dict[tuple[object, ...], list[list[SliceHeader]]] = {}
    for header in headers:
        candidates = alike.setdefault(_exact(header), [])
        home = next((group for group in candidates if _is_parallel(header, group[0])), None)
        if home is None:
            home = []
            groups.append(home)
            candidates.append(home)
        home.append(header)
    return _named(groups)


def by_folder(headers: Sequence[SliceHeader]) -> list[list[SliceHeader]]:
    """The files apart by the folder they stand in, in order of the folders' first files."""
    folders: dict[Path, list[SliceHeader]] = {}
    for header in headers:
        folders.setdefault(header.path.parent, []).append(header)
    return list(folders.values())


def _named(groups: list[list[SliceHeader]]) -> dict[str, list[SliceHeader]]:
    of_series: dict[str, list[list[SliceHeader]]] = {}
    for group in groups:
        of_series.setdefault(group[0].series_id, []).append(group)
    named = {}
    for uid, members in of_series.items():
        for number, group in enumerate(members, start=1):
            named[uid if len(members) == 1 else f"{uid}/{number}"] = group
    return named


def _is_parallel(header: SliceHeader, first: SliceHeader) -> bool:
    return _close(header.orientation, first.orientation, 1.0) and _close(
        header.spacing, first.spacing, max(first.spacing or (1.0,))
    )


def _exact(header: SliceHeader) -> tuple[object, ...]:
    return (
        header.series_id,
        header.series_uid or header.path.parent,  # without a UID only the folder binds files
        header.rows,
        header.columns,
        header.samples,
        header.frames if header.frame is None else header.traits.stack,
        header.frame_of_reference,
        header.sop_class,  # a screenshot filed with the series
        header.modality,
        "LOCALIZER" in header.image_type,  # a scout, also where it lies along the slices
        header.photometric,  # the values of MONOCHROME1 mean the opposite
    )


def _close(a: tuple[float, ...] | None, b: tuple[float, ...] | None, scale: float) -> bool:
    if a is None or b is None or a == b:
        return a == b
    return all(abs(x - y) <= _TOLERANCE * abs(scale) for x, y in zip(a, b, strict=True))
