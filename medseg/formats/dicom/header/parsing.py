"""DICOM files parsed by pydicom, which is kept from asking for more than a file holds.

Reference:
    DICOM PS3.5 A.5 (deflated), 7.1 (a damaged length can say up to 4 GB).
"""

from __future__ import annotations

import os
import zlib
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import FileDataset

from medseg.errors import FormatError
from medseg.formats.dicom.archive import FREE_BYTES, MOST_RATIO

_MUCH = 64 * 1024  # lengths below are not worth a look at the file's size
_PIECE = 16 * 1024  # unpacks to 17 MB at most


class BoundedFile(BufferedReader):
    """A file to be parsed: however much is asked for, no more memory is taken than it has bytes."""

    def __init__(self, path: Path) -> None:
        super().__init__(FileIO(path))
        self._path = path
        self._size = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        """The next `size` bytes, fewer at the end of the file.

        Raises:
            FormatError: all the rest is asked for, as pydicom does to inflate it, and it unpacks
                to far more than the file has.
        """
        if size is None or size < 0:
            rest = super().read()
            _check_inflated(rest, self._path)
            return rest
        if size > _MUCH:
            size = min(size, max(0, self._size - self.tell()))
        return super().read(size)


def read_dataset(path: Path, **options: Any) -> FileDataset:
    """What `pydicom.dcmread` reads from the file, with its options.

    Raises:
        FormatError: a deflated file unpacks to far more than it has.
    """
    with BoundedFile(path) as file:
        return pydicom.dcmread(file, **options)


def _check_inflated(packed: bytes, path: Path) -> None:
    most = FREE_BYTES + MOST_RATIO * len(packed)
    inflater, count = zlib.decompressobj(wbits=-zlib.MAX_WBITS), 0
    for start in range(0, len(packed), _PIECE):
        count += len(inflater.decompress(packed[start : start + _PIECE]))
        if count > most:
            raise FormatError(
                f"A deflated file unpacks to at most {MOST_RATIO} times its size; {path.name} "
                "holds more. It is damaged or made to harm: copy it again from where it came."
            )
