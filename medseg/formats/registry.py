"""The formats medseg knows, in one table. Nothing here imports a reader."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import Protocol, cast

from medseg.errors import FormatError
from medseg.formats.entries import Entry
from medseg.formats.image_file import ImageData, ImageHeader, MaskData
from medseg.formats.nifti_pair import PAIR_SUFFIXES, halves, is_half, other_half
from medseg.model import Segmentation


class FileFormat(Protocol):
    """What the module of a one-file format offers."""

    def read_header(self, path: Path) -> ImageHeader:
        """Shape and geometry, without the voxels."""

    def read_image(self, path: Path) -> ImageData:
        """Voxels and geometry."""

    def read_mask(self, path: Path) -> MaskData:
        """Labels, and the segments that the file itself names."""

    def write_mask(self, segmentation: Segmentation, path: Path) -> None:
        """Save the labels at `path`, exactly where they are."""


class TimedFormat(FileFormat, Protocol):
    """What the module of a one-file format offers whose files can hold several volumes."""

    def read_image_at(self, path: Path, time: int) -> ImageData:
        """The volume of that number, from 0."""


class StackFormat(Protocol):
    """What the module of a format offers whose files together form volumes."""

    def stack_entries(self, files: Sequence[Path], opened: Path) -> list[Entry]:
        """The entries that the files form; `opened` is the file or folder that was opened."""


@dataclass(frozen=True)
class Format:
    """One row of the table.

    Args:
        name: `Source.format` of what is read.
        suffixes: endings of its file names, lower case, longest first.
        module: what reads and writes it; imported on first use.
        reads_volumes: whether images are read.
        reads_masks: whether label masks are read.
        mask_suffixes: endings under which masks are written.
        one_file: whether each file is a volume; else files together form them (DICOM).
    """

    name: str
    suffixes: tuple[str, ...]
    module: str
    reads_volumes: bool = True
    reads_masks: bool = True
    mask_suffixes: tuple[str, ...] = ()
    one_file: bool = True

    def load(self) -> FileFormat:
        """The module of a one-file format, imported on first use."""
        return cast(FileFormat, importlib.import_module(self.module))


#: In order of priority: the first whose suffix fits is taken.
FORMATS = (
    Format(
        "nifti",
        (".nii.gz", ".nii", *PAIR_SUFFIXES),
        "medseg.formats.nifti",
        mask_suffixes=(".nii.gz", ".nii"),
    ),
    Format(
        "nrrd", (".seg.nrrd", ".nrrd"), "medseg.formats.itk", mask_suffixes=(".seg.nrrd", ".nrrd")
    ),
    Format("mha", (".mha", ".mhd"), "medseg.formats.itk", mask_suffixes=(".mha",)),
    Format(
        "dicom", (".dcm", ".ima"), "medseg.formats.dicom.series", reads_masks=False, one_file=False
    ),
)

#: Bytes before DICOM's mark, and the mark (PS3.10 7.1).
DICOM_MARK = (128, b"DICM")

# How far a first look goes; it must not take longer than a blink on a network drive.
_ENTRIES_LOOKED_AT = 64
_FILES_OPENED = 8


def format_of(path: Path) -> Format | None:
    """The format that the file's name promises; None if no format has its suffix.

    An .hdr or .img promises something only where the other half of the pair stands beside it:
    alone it may be anything, DICOM for one.
    """
    name = path.name.lower()
    if is_half(path) and other_half(path) is None:
        return None
    return next((known for known in FORMATS if name.endswith(known.suffixes)), None)


def check_partner(path: Path) -> None:
    """Pass unless the path is half of a pair whose other half is gone.

    Raises:
        FormatError: it is; a DICOM file by such a name passes.
    """
    if is_half(path) and path.is_file() and not has_dicom_mark(path):
        halves(path)


def load_stack_format(name: str) -> StackFormat:
    """The module of the format of that name whose files together form volumes."""
    module = next(known.module for known in FORMATS if known.name == name and not known.one_file)
    return cast(StackFormat, importlib.import_module(module))


def supported_suffixes() -> tuple[str, ...]:
    """All suffixes that can be read, in order of priority."""
    return tuple(suffix for known in FORMATS for suffix in known.suffixes)


def mask_suffixes() -> tuple[str, ...]:
    """All suffixes under which a mask can be saved, in order of priority."""
    return tuple(suffix for known in FORMATS for suffix in known.mask_suffixes)


def mask_writer(path: Path) -> FileFormat:
    """The module that writes a mask under this name.

    Raises:
        FormatError: no format writes masks under the name's suffix.
    """
    name = path.name.lower()
    for known in FORMATS:
        if known.mask_suffixes and name.endswith(known.mask_suffixes):
            return known.load()
    raise FormatError(
        f"A mask is saved as one of {', '.join(mask_suffixes())}; the name {path.name} ends in "
        "none of them. Choose a name that does."
    )


def has_dicom_mark(path: Path) -> bool:
    """Whether the file carries DICM at byte 128; False if it cannot be opened."""
    offset, mark = DICOM_MARK
    try:
        with FileIO(path) as file:
            file.seek(offset)
            return file.read(len(mark)) == mark
    except OSError:
        return False


def looks_readable(path: str | Path) -> bool:
    """Whether it is worth trying to read the path; a cheap guess that opens few files.

    True for a file with an image suffix or DICOM's mark, and for a folder that has one among
    its first entries, up to two folders down. False for what does not exist.
    """
    path = Path(path)
    try:
        is_file = path.is_file()
    except OSError:  # a name too long to ask about
        return False
    if is_file:
        return _is_image_name(path) or has_dicom_mark(path)
    for number, file in enumerate(islice(_first_files(path, depth=2), _ENTRIES_LOOKED_AT)):
        if _is_image_name(file) or (number < _FILES_OPENED and has_dicom_mark(file)):
            return True
    return False


def _is_image_name(path: Path) -> bool:
    known = format_of(path)
    return known is not None and known.one_file


def _first_files(folder: Path, *, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as scan:
            entries = [e for e in islice(scan, _ENTRIES_LOOKED_AT) if e.name[0] != "."]
    except OSError:
        return
    for entry in entries:
        if entry.is_file():
            yield Path(entry.path)
    for entry in entries if depth else ():
        if entry.is_dir():
            yield from _first_files(Path(entry.path), depth=depth - 1)
