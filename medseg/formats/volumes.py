"""Images: what a path holds, and one volume of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from medseg.errors import FormatError, SeveralSeriesError
from medseg.formats.entries import Entry, Preview, Progress, ReadOptions, divided
from medseg.formats.folder_scan import scan
from medseg.formats.refusals import refusing_in_words
from medseg.formats.registry import check_partner
from medseg.model import SeriesInfo, Volume


def list_series(path: str | Path) -> list[SeriesInfo]:
    """What a file or folder holds: every 3D volume is one entry, then what was skipped.

    A folder is walked to its end; hidden files and folders are left out and links are followed
    once. What cannot be read has a `reason`; what is no image has the shape None and a reason,
    and files of one kind in one folder share an entry. An empty folder gives an empty list.

    Raises:
        FormatError: the path does not exist.
    """
    return [entry.info for entry in divided(scan(Path(path)))]


def read_volume(
    path: str | Path,
    *,
    series: str | int | None = None,
    allow_gaps: bool = False,
    progress: Progress | None = None,
    preview: Preview | None = None,
) -> Volume:
    """One image volume, its voxels in the file's own order, its geometry in LPS mm.

    What was found on the way stands in `Volume.report`: tilt, choices made, and each file in
    the path that is no image.

    Args:
        path: a file or a folder.
        series: id of one of `list_series(path)`, or its index there; may be left out where
            there is one image volume alone.
        allow_gaps: read a DICOM stack with missing slices too: its step stays true, the absent
            slices are blank and are listed in the report as ABSENT_SLICES.
        progress: called with how much is done, 0 to 1, and what is being done.
        preview: called once with the middle slice, a volume of one slice in its true place, so
            that it can be shown at once: before the rest of a DICOM series is read; where a file
            comes as one stream, when it has been read and before it is judged.

    Raises:
        FormatError: the path does not exist, holds no image, or the image is damaged.
        SeveralSeriesError: there are several image volumes, readable or not, and none is named.
        UnevenSpacingError: the gaps between slices differ.
        MissingSlicesError: slices are missing and gaps are not allowed.
        GeometryError: the file places its voxels impossibly.
    """
    path = Path(path)
    with refusing_in_words(path, "opening"):
        check_partner(path)
    entries = divided(scan(path))
    chosen = _only_image(entries, path) if series is None else _named(entries, series, path)
    options = ReadOptions(allow_gaps, progress or ReadOptions.progress, preview)
    volume = chosen.read(options)
    if series is not None:
        return volume
    beside = tuple(entry.as_finding() for entry in entries if _stood_beside(entry, chosen))
    return replace(volume, report=volume.report + beside)


def _only_image(entries: list[Entry], path: Path) -> Entry:
    images = [entry for entry in entries if entry.is_image]
    if not images:  # a mask may be looked at as an image where there is nothing else
        images = [entry for entry in entries if entry.info.shape is not None]
    if len(images) == 1:
        return images[0]
    if images:
        listed = "\n".join(f"  {_line(entry.info)}" for entry in images)
        raise SeveralSeriesError(
            f"One image volume is read at a time; {path.name} holds {len(images)}. Name one by its "
            f"id (series=...):\n{listed}"
        )
    if len(entries) == 1:
        return entries[0]
    if not entries:
        raise FormatError(
            f"An image is read from a file or folder; {path.name} is an empty folder. Open the "
            "folder that holds the image's files."
        )
    listed = "\n".join(f"  {_line(entry.info)}" for entry in entries)
    raise FormatError(
        f"An image volume is needed; {path.name} holds none. Open another folder. Found:\n{listed}"
    )


def _line(info: SeriesInfo) -> str:
    shape = " x ".join(map(str, info.shape)) if info.shape else "no shape"
    return f"{info.id}: {info.description}, {shape}" + (f" ({info.reason})" if info.reason else "")


def _named(entries: list[Entry], series: str | int, path: Path) -> Entry:
    if isinstance(series, int):
        if 0 <= series < len(entries):
            return entries[series]
    else:
        for entry in entries:
            if entry.info.id == series:
                return entry
    listed = "\n".join(f"  {_line(entry.info)}" for entry in entries) or "  nothing"
    raise FormatError(
        f"A series is named by its id or its index in the listing; {path.name} has no {series!r}. "
        f"It holds:\n{listed}"
    )


def _stood_beside(entry: Entry, chosen: Entry) -> bool:
    return entry is not chosen and (entry.info.shape is None or not entry.is_image)
