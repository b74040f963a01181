"""A DICOMDIR opened by itself: the files of the tree that it names.

Reference:
    DICOM PS3.10 8 (file-sets), PS3.3 F.3 (directory records).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from medseg.errors import FormatError
from medseg.formats.dicom.header.attributes import values
from medseg.formats.dicom.header.parsing import read_dataset
from medseg.formats.entries import Entry, refused
from medseg.formats.refusals import refusing_in_words
from medseg.model import SeriesInfo

_NAME = "dicomdir"


def followed(files: Sequence[Path], opened: Path) -> tuple[list[Path], list[Entry]]:
    """The files themselves; where a DICOMDIR was opened, those that it names behind it.

    A name that stands twice counts once, and one that leads out of the folder is left out.

    Args:
        files: all DICOM files in hand.
        opened: the file or folder that was opened.

    Returns:
        The files, and an entry that lists the names of those that are absent, if any.
    """
    if opened.name.lower() != _NAME or list(files) != [opened]:
        return list(files), []
    named = dict.fromkeys(_names(opened))
    found = {name: _found(opened.parent, name) for name in named}
    absent = ["/".join(name) for name, file in found.items() if file is None]
    there = dict.fromkeys(file for file in found.values() if file is not None)
    return [opened, *there], [_absent(opened, absent)] if absent else []


def _names(path: Path) -> list[tuple[str, ...]]:
    """Referenced File ID of each record."""
    with refusing_in_words(path, "reading"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's remarks on names that are no code strings
        dataset = read_dataset(path, specific_tags=["DirectoryRecordSequence"], force=True)
        records = values(dataset, "DirectoryRecordSequence")
        named = (values(record, "ReferencedFileID") for record in records)
        return [tuple(str(part).strip() for part in parts) for parts in named if parts]


def _found(folder: Path, name: tuple[str, ...]) -> Path | None:
    """The file of that name; discs are copied in capitals and in small letters."""
    here = folder
    for part in name:
        if part in ("", ".", "..") or set(part) & set("/\\\0"):
            return None
        here = here / part if (here / part).exists() else _otherwise_written(here, part)
    return here if here.is_file() else None


def _otherwise_written(folder: Path, name: str) -> Path:
    if folder.is_dir():
        for file in folder.iterdir():
            if file.name.lower() == name.lower():
                return file
    return folder / name


def _absent(path: Path, names: Sequence[str]) -> Entry:
    listed = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    error = FormatError(
        f"The files that a DICOMDIR names stand beside it; {len(names)} that {path.name} names are "
        f"absent: {listed}. Copy the whole disc again, or do without them."
    )
    info = SeriesInfo(
        f"{path.name}/absent", "files that are absent", None, path, file_count=len(names)
    )
    return refused(info, error, is_image=False)
