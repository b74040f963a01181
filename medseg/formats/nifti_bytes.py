"""The bytes of a NIfTI file, plain or gzip, checked to the last one; the header's raw fields."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import isal.igzip
import isal.igzip_lib
import nibabel
import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError

# Neither library describes its types.
_igzip: Any = isal.igzip
_nib: Any = nibabel
_PACKING_ERRORS: Any = (EOFError, OSError, isal.igzip_lib.IsalError)

# No run of bytes is packed tighter by deflate (RFC 1951): 258 bytes in two bits.
_DEFLATE_LIMIT = 1032

_MAGIC = {b"n+1\0": 348, b"n+2\0": 540}
_PAIR_MAGIC = (b"ni1\0", b"ni2\0")


def read_raw_header(path: Path) -> Any:
    """The header's fields as they stand, a nibabel header that nothing has checked or mended.

    Raises:
        FormatError: the file is empty, not gzip though named so, or no single-file NIfTI.
    """
    with _opened(path) as file:
        start = file.read(540)
    if len(start) < 348:
        _refuse(path, f"it ends after {len(start)} bytes")
    for kind, size, magic in (
        (_nib.Nifti1Header, 348, start[344:348]),
        (_nib.Nifti2Header, 540, start[4:8]),
    ):
        if magic in _PAIR_MAGIC:
            raise FormatError(
                f"A NIfTI image is one .nii or .nii.gz file; {path.name} is the header of a pair "
                ".hdr and .img. Convert the pair to one file."
            )
        if _MAGIC.get(magic) == size and len(start) >= size:
            return kind(start[:size], check=False)
    _refuse(path, f"it starts with {start[:8]!r}")
    raise AssertionError


def read_voxels(path: Path, header: Any, shape: tuple[int, int, int]) -> NDArray[Any]:
    """The stored values, (slice, row, column), in C order and the machine's byte order.

    A NIfTI file's first index runs fastest, so its bytes are already in that order.

    Raises:
        FormatError: the file is shorter than its header says, or its checksum is wrong.
    """
    dtype = header.get_data_dtype()
    count = int(np.prod(shape, dtype=object)) * dtype.itemsize
    offset = _voxel_offset(path, header)
    _check_size(path, offset + count)
    values = np.empty(shape, dtype)
    with _opened(path) as file:
        _skip(file, offset, path)
        _fill(file, values, path)
        # To the end of the file, because only there gzip compares its checksum.
        while file.read(1 << 20):
            pass
    return values if dtype.isnative else values.byteswap(inplace=True).view(dtype.newbyteorder("="))


def compress(data: bytes) -> bytes:
    """The data as gzip, without time or name: the same bytes for the same data."""
    return bytes(_igzip.compress(data, 1, mtime=0))


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    is_gzip = path.name.lower().endswith(".gz")
    with path.open("rb") as file:
        start = file.read(2)
        file.seek(0)
        if not start:
            _refuse(path, "it is empty")
        if is_gzip != (start == b"\x1f\x8b"):
            _refuse(path, f"its name says {'' if is_gzip else 'not '}gzip, its content otherwise")
        if not is_gzip:
            yield file
            return
        try:
            with _igzip.IGzipFile(fileobj=file, mode="rb") as unpacked:
                yield unpacked
        except _PACKING_ERRORS as error:
            raise FormatError(
                f"A .nii.gz file unpacks without error to its end; {path.name} does not ({error}). "
                "It is truncated or damaged: copy it again from where it came."
            ) from error


def _voxel_offset(path: Path, header: Any) -> int:
    offset = float(header["vox_offset"])
    least = int(header["sizeof_hdr"]) + 4
    if not offset.is_integer() or offset < least:
        _refuse(path, f"its header says that voxels start at byte {offset:g}, inside the header")
    return int(offset)


def _check_size(path: Path, needed: int) -> None:
    """Refuse before anything is allocated: a damaged header can ask for petabytes."""
    size = os.path.getsize(path)
    possible = size * _DEFLATE_LIMIT if path.name.lower().endswith(".gz") else size
    if needed > possible:
        _refuse(path, f"it has {size} bytes and its header asks for {needed}; it is truncated")


def _skip(file: IO[bytes], count: int, path: Path) -> None:
    while count:
        skipped = len(file.read(min(count, 1 << 20)))
        if not skipped:
            _refuse(path, "it ends before its voxels start; it is truncated")
        count -= skipped


def _fill(file: IO[bytes], values: NDArray[Any], path: Path) -> None:
    wanted: Any = values.reshape(-1).view(np.uint8)
    done = 0
    while done < len(wanted):
        # IGzipFile and plain files both offer readinto, which IO does not promise.
        got = file.readinto(wanted[done : done + (1 << 26)])  # type: ignore[attr-defined]
        if not got:
            _refuse(path, f"it holds {done} of {len(wanted)} bytes of voxels; it is truncated")
        done += got


def _refuse(path: Path, found: str) -> None:
    raise FormatError(
        f"A NIfTI file is a whole .nii, or one packed as .nii.gz; {path.name} is not: {found}. "
        "Copy or export it again."
    )
