"""DICOM files as entries of a listing, and a stack of them as a volume."""

from __future__ import annotations

import os
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError, MedsegError, UnevenSpacingError
from medseg.formats.dicom.header.functional_groups import frame_headers, is_multi_frame
from medseg.formats.dicom.header.slice_header import SliceHeader, read_header
from medseg.formats.dicom.media_directory import followed
from medseg.formats.dicom.stacking.concatenations import incomplete
from medseg.formats.dicom.stacking.evenness import equidistant_blocks, slice_numbers
from medseg.formats.dicom.stacking.grid import stack_geometry
from medseg.formats.dicom.stacking.groups import by_folder, grouped
from medseg.formats.dicom.stacking.kinds import check_whole, no_image, unreadable
from medseg.formats.dicom.stacking.repeats import Part, interleaved, taken_apart
from medseg.formats.dicom.stacking.stack import (
    SAME_PLACE_MM,
    Stack,
    check_none_missing,
    check_repeats,
    sorted_stack,
)
from medseg.formats.dicom.suv import with_first_acquisition
from medseg.formats.dicom.volume import load_stack
from medseg.formats.entries import Entry, refused
from medseg.model import SeriesInfo


def stack_entries(files: Sequence[Path], opened: Path) -> list[Entry]:
    """The entries that DICOM files form: volumes by series, then what is no image.

    A file that is damaged beyond telling what it is makes the series in its folder unreadable:
    it may be one of their slices.

    Args:
        files: all DICOM files in hand; of a DICOMDIR alone, those that it names are read.
        opened: the file or folder that was opened; ids of skipped files are relative to it.
    """
    root = opened if opened.is_dir() else opened.parent
    files, absent = followed(files, opened)
    images, others, damaged = _sorted_by_kind(files)
    in_parts = incomplete(images)
    entries = []
    for series_id, headers in grouped(with_first_acquisition(images)).items():
        errors = [in_parts[uid] for uid in map(_concatenation, headers) if uid in in_parts]
        if errors:
            entries.append(refused(_info(series_id, headers), errors[0]))
        else:
            entries += _series_entries(series_id, headers, opened)
    entries = [_unless_beside_damaged(entry, damaged) for entry in entries]
    entries += [_skipped_kind(kind, members, root) for kind, members in others.items()]
    return entries + [_damaged(path, error, root) for path, error in damaged] + absent


def _concatenation(header: SliceHeader) -> str:
    return header.traits.concatenation[0]


def _sorted_by_kind(
    files: Sequence[Path],
) -> tuple[list[SliceHeader], dict[tuple[Path, str], list[Path]], list[tuple[Path, MedsegError]]]:
    """Headers of images; other objects by folder and kind; damaged files with their error."""
    images, damaged = [], []
    others: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's remarks on odd values are judged here
        for file in files:
            try:
                header = read_header(file)
                check_whole(header)
                kind = no_image(header)
                is_framed = kind is None and is_multi_frame(header)
                found = _frames(header) if is_framed else [header]
            except MedsegError as error:
                damaged.append((file, error))
                continue
            if kind is None:
                images += found
            else:
                others[file.parent, kind].append(file)
    return images, others, damaged


def _frames(header: SliceHeader) -> list[SliceHeader]:
    """The headers of a file's frames, which know where its pixels lie."""
    pixels, stamp = header.pixels, header.stamp
    return [replace(frame, pixels=pixels, stamp=stamp) for frame in frame_headers(header)]


def _series_entries(series_id: str, headers: Sequence[SliceHeader], opened: Path) -> list[Entry]:
    """The entry of one volume; with repeated places one per stack; uneven: its blocks too."""
    info = _info(series_id, headers)
    for header in headers:
        if words := unreadable(header):
            text = f"{words}, as {header.path.name}. Convert it with a program that reads it."
            return [refused(info, FormatError(text))]
    try:
        stack = sorted_stack(headers)
        parts = taken_apart(headers) if _repeats(stack) else interleaved(stack)
        if not parts:
            check_repeats(stack)
            return _even_entries(info, stack, opened)
        return _part_entries(series_id, parts, opened)
    except FormatError as error:
        folders = by_folder(headers)
        if len(folders) == 1:
            return [refused(info, error)]
        copies = enumerate(folders, start=1)  # the same series in several folders
        return [
            entry
            for number, members in copies
            for entry in _series_entries(f"{series_id}/copy={number}", members, opened)
        ]
    except MedsegError as error:
        return [refused(info, error)]


def _even_entries(info: SeriesInfo, stack: Stack, opened: Path) -> list[Entry]:
    try:
        return [_stack_entry(info, stack, opened)]
    except UnevenSpacingError as error:
        return [refused(info, error), *_block_entries(info, stack, opened)]


def _repeats(stack: Stack) -> bool:
    return bool((stack.gaps <= SAME_PLACE_MM).any())


def _part_entries(series_id: str, parts: Sequence[Part], opened: Path) -> list[Entry]:
    entries = []
    for part in parts:
        first = part.headers[0]
        words = f"{first.description}, {part.words}"
        named = [replace(header, description=words) for header in part.headers]
        entries += _series_entries(f"{series_id}/{part.name}", named, opened)
    return entries


def _info(series_id: str, headers: Sequence[SliceHeader]) -> SeriesInfo:
    first = headers[0]
    depth = first.frames if first.frame is None and first.frames > 1 else len(headers)
    return SeriesInfo(
        series_id,
        first.description,  # the series' own words alone: nothing that names the patient
        (depth, first.rows, first.columns),
        _common_path(headers),
        first.modality,
        file_count=_file_count(headers),
    )


def _stack_entry(info: SeriesInfo, stack: Stack, opened: Path, *, is_image: bool = True) -> Entry:
    numbers = slice_numbers(stack)
    geometry, findings = stack_geometry(stack, numbers)
    error = _missing(stack, numbers)
    info = SeriesInfo(
        info.id,
        info.description,
        geometry.shape,
        info.path,
        info.modality,
        geometry.spacing_mm,
        _file_count(stack.headers),
        str(error) if error else None,
        tuple(findings),
    )
    load = partial(load_stack, stack, numbers, info.id, opened)
    return Entry(info, load, error, is_image)


def _block_entries(info: SeriesInfo, stack: Stack, opened: Path) -> list[Entry]:
    entries = []
    for number, (start, stop) in enumerate(equidistant_blocks(stack), start=1):
        if stop - start > 1:
            part = stack.part(start, stop)
            words = f"{info.description}, slices {start + 1} to {stop} of {len(stack.headers)}"
            named = SeriesInfo(f"{info.id}/block={number}", words, None, info.path, info.modality)
            entries.append(_stack_entry(named, part, opened, is_image=False))
    return entries


def _missing(stack: Stack, numbers: NDArray[np.int64]) -> MedsegError | None:
    try:
        check_none_missing(stack, numbers)
    except MedsegError as error:
        return error
    return None


def _unless_beside_damaged(entry: Entry, damaged: list[tuple[Path, MedsegError]]) -> Entry:
    for path, _ in damaged:
        if path.parent in (entry.info.path, entry.info.path.parent) and entry.load is not None:
            text = (
                f"All files of a series are whole; {path.name} in the same folder is no readable "
                "DICOM file and may be one of its slices. Copy the folder again, or move that file "
                "away."
            )
            return refused(entry.info, FormatError(text), is_image=entry.is_image)
    return entry


def _skipped_kind(where: tuple[Path, str], files: Sequence[Path], root: Path) -> Entry:
    kind = where[1]
    names = ", ".join(file.name for file in files[:3]) + (", ..." if len(files) > 3 else "")
    reason = f"Images are read here; no image but {kind}: {names}. Open the image it belongs to."
    info = SeriesInfo(
        files[0].relative_to(root).as_posix(),
        kind,
        None,
        files[0] if len(files) == 1 else where[0],
        file_count=len(files),
        reason=reason,
    )
    return Entry(info, None, FormatError(reason), is_image=False)


def _damaged(path: Path, error: MedsegError, root: Path) -> Entry:
    info = SeriesInfo(path.relative_to(root).as_posix(), "damaged DICOM file", None, path)
    return refused(info, error, is_image=False)


def _file_count(headers: Sequence[SliceHeader]) -> int:
    return len({str(header.path) for header in headers})


def _common_path(headers: Sequence[SliceHeader]) -> Path:
    if _file_count(headers) == 1:
        return headers[0].path
    return Path(os.path.commonpath({os.path.dirname(header.path) for header in headers}))
