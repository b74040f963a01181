"""The bytes of a NIfTI file, plain or gzip, checked to the last one; the header's raw fields."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

import isal.igzip
import isal.igzip_lib
import nibabel
import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError
from medseg.formats.nifti_pair import halves, is_half
from medseg.formats.packing import fill_at_once

# Neither library describes its types.
_igzip: Any = isal.igzip
_nib: Any = nibabel
_PACKING_ERRORS: Any = (EOFError, OSError, isal.igzip_lib.IsalError)

# No run of bytes is packed tighter by deflate (RFC 1951): 258 bytes in two bits.
_DEFLATE_LIMIT = 1032

# Tables of labels take some kilobytes.
_EXTENSIONS_LIMIT = 1 << 24

# So much at once, because the checksum is taken while it is still in the processor's cache.
_PART = 1 << 18

_SIZES = {b"n+1\0": 348, b"n+2\0": 540, b"ni1\0": 348, b"ni2\0": 540}
_PAIR_MAGIC = (b"ni1\0", b"ni2\0")


def read_raw_header(path: Path) -> Any:
    """The header's fields as they stand, a nibabel header that nothing has checked or mended.

    Args:
        path: a .nii or .nii.gz file, or the .hdr of a pair.

    Raises:
        FormatError: the file is empty, not gzip though named so, or no NIfTI.
    """
    with _opened(path) as file:
        start = file.read(540)
    if len(start) < 348:
        _refuse(path, f"it ends after {len(start)} bytes")
    for kind, size, magic in (
        (_nib.Nifti1Header, 348, start[344:348]),
        (_nib.Nifti2Header, 540, start[4:8]),
    ):
        if _SIZES.get(magic) == size and len(start) >= size:
            _check_magic(path, magic)
            return kind(start[:size], check=False)
    if is_half(path):
        raise FormatError(
            f"The .hdr of a NIfTI pair carries its mark; {path.name} does not. It may be Analyze, "
            "which does not tell left from right: convert it in the program that wrote it."
        )
    _refuse(path, f"it starts with {start[:8]!r}")
    raise AssertionError


def read_voxels(
    path: Path, header: Any, shape: tuple[int, int, int], time: int = 0, times: int = 1
) -> tuple[NDArray[Any], int]:
    """The stored values, (slice, row, column), and how many bytes stand behind the last volume.

    They are in C order and the machine's byte order. A NIfTI file's first index runs fastest, so
    its bytes are already in that order.

    Args:
        path: the file, or either half of a pair.
        header: what `read_raw_header` gave.
        shape: of one volume.
        time: which of its volumes.
        times: how many there are.

    Raises:
        FormatError: the file is shorter than its header says, or its checksum is wrong.
    """
    dtype = header.get_data_dtype()
    begin = check_size(path, header, shape, times)
    file = halves(path)[-1]
    values = _all_at_once(file, begin, shape, dtype) if times == 1 and _is_gzip(file) else None
    behind = 0
    if values is None:
        values, behind = _one_of(file, begin, shape, dtype, (time, times))
    if not dtype.isnative:
        values = values.byteswap(inplace=True).view(dtype.newbyteorder("="))
    return values, behind


def _all_at_once(
    path: Path, begin: int, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> NDArray[Any] | None:
    """The values of a file that holds them and nothing else; None where that is not so."""
    if begin % dtype.itemsize:
        return None  # arrays start at a multiple of their values' size
    content = np.empty(begin + math.prod(shape) * dtype.itemsize, np.uint8)
    with path.open("rb") as file:
        return content[begin:].view(dtype).reshape(shape) if fill_at_once(file, content) else None


def _one_of(
    path: Path, begin: int, shape: tuple[int, ...], dtype: np.dtype[Any], which: tuple[int, int]
) -> tuple[NDArray[Any], int]:
    time, times = which
    with _opened(path) as file:
        values = np.empty(shape, dtype)
        _skip(file, begin + time * values.nbytes, path)
        _fill(file, values, path)
        later = (times - time - 1) * values.nbytes
        if not _is_gzip(path):
            return values, os.path.getsize(path) - file.tell() - later
        # To the end of the file, because only there gzip compares its checksum.
        behind = sum(len(part) for part in iter(partial(file.read, _PART), b"")) - later
    if behind < 0:
        _refuse(path, f"{-behind} bytes are missing of its last volume; it is truncated")
    return values, behind


def check_size(path: Path, header: Any, shape: tuple[int, int, int], times: int) -> int:
    """Where the voxels start; refuses before anything is allocated: a header can ask for petabytes.

    Raises:
        FormatError: the file cannot hold that many volumes, or they start inside the header.
    """
    voxels = halves(path)[-1]
    offset = _voxel_offset(path, header)
    needed = offset + int(np.prod(shape, dtype=object)) * times * header.get_data_dtype().itemsize
    size = os.path.getsize(voxels)
    if needed > (size * _DEFLATE_LIMIT if _is_gzip(voxels) else size):
        _refuse(voxels, f"it has {size} bytes and its header asks for {needed}; it is truncated")
    return offset


def read_extensions(path: Path, header: Any) -> bytes:
    """What stands between a header and the voxels, or behind the header of a pair; 16 MB at most.

    Args:
        path: the file, or the .hdr of a pair.
        header: what `read_raw_header` gave.
    """
    size = len(header.binaryblock)
    end = _EXTENSIONS_LIMIT if is_half(path) else _voxel_offset(path, header) - size
    with _opened(path) as file:
        _skip(file, size, path)
        return file.read(min(end, _EXTENSIONS_LIMIT))


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    is_gzip = _is_gzip(path)
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


def _check_magic(path: Path, magic: bytes) -> None:
    if (magic in _PAIR_MAGIC) == is_half(path):
        return
    raise FormatError(
        "A NIfTI image is one .nii or .nii.gz file, or a pair .hdr and .img; the header of "
        f"{path.name} says that it is {'half of a pair' if magic in _PAIR_MAGIC else 'one file'}. "
        "Give it the name that fits, or export it again."
    )


def _is_gzip(path: Path) -> bool:
    return path.name.lower().endswith(".gz")


def _voxel_offset(path: Path, header: Any) -> int:
    offset = float(header["vox_offset"])
    # A single file's voxels come after its header and the four bytes that announce extensions.
    least = 0 if is_half(path) else len(header.binaryblock) + 4
    if not offset.is_integer() or offset < least:
        _refuse(path, f"its header says that voxels start at byte {offset:g}, inside the header")
    return int(offset)


def _skip(file: IO[bytes], count: int, path: Path) -> None:
    if not _is_gzip(path):
        file.seek(count)
        return
    while count:
        skipped = len(file.read(min(count, 1 << 20)))
        if not skipped:
            _refuse(path, "it ends before its voxels start; it is truncated")
        count -= skipped


def _fill(file: IO[bytes], values: NDArray[Any], path: Path) -> None:
    wanted: Any = values.reshape(-1).view(np.uint8)
    part = _PART if _is_gzip(path) else 1 << 26
    done = 0
    while done < len(wanted):
        # IGzipFile and plain files both offer readinto, which IO does not promise.
        got = file.readinto(wanted[done : done + part])  # type: ignore[attr-defined]
        if not got:
            _refuse(path, f"it holds {done} of {len(wanted)} bytes of voxels; it is truncated")
        done += got


def _refuse(path: Path, found: str) -> None:
    raise FormatError(
        f"A NIfTI file is a whole .nii, or one packed as .nii.gz; {path.name} is not: {found}. "
        "Copy or export it again."
    )
