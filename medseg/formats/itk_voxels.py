"""The voxels of NRRD and MetaImage files, unpacked here and checked to the last byte.

ITK is not asked: MetaIO hands out whatever it has when unpacking fails, and compares no checksum.

Reference:
    https://teem.sourceforge.net/nrrd/format.html
    https://itk.org/Wiki/ITK/MetaIO/Documentation
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, NoReturn

import isal.isal_zlib
import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError
from medseg.formats.itk_headers import TextHeader, value_bytes
from medseg.formats.packing import fill_at_once

# The library does not describe its types.
_zlib: Any = isal.isal_zlib

_GZIP_MARK = b"\x1f\x8b"
_GZIP, _ZLIB = 31, 15  # zlib's window bits: with the header and checksum of one or the other
_BLOCK = 1 << 20
_MOST_AT_ONCE = 1 << 24

_NRRD_PACKINGS: dict[str, Literal["raw", "deflate", "text"]] = {
    "raw": "raw",
    **dict.fromkeys(("gzip", "gz"), "deflate"),
    **dict.fromkeys(("ascii", "text", "txt"), "text"),
}


@dataclass(frozen=True)
class StoredVoxels:
    """Where voxels stand and how they are packed.

    Args:
        file: the image's file, or the one beside an .mhd.
        start: the first byte.
        count: bytes once unpacked.
        packing: plain numbers, gzip or zlib, or numbers in words.
        order: numpy's sign of the byte order.
    """

    file: Path
    start: int
    count: int
    packing: Literal["raw", "deflate", "text"]
    order: Literal["<", ">"]


def stored_voxels(path: Path, header: TextHeader) -> StoredVoxels:
    """Where the voxels of a file stand, plain ones checked to be exactly as many as promised.

    Raises:
        FormatError: they are packed in a way that is not read, stand elsewhere, or plain ones
            are fewer or more than the header says.
    """
    return _nrrd(path, header) if header.is_nrrd else _meta(path, header)


def read_voxels(stored: StoredVoxels, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The values in C order and the machine's byte order.

    Axes are slice, row, column, and the layer where there are several.

    Raises:
        FormatError: they cannot be unpacked, a checksum is wrong, or they are fewer or more
            than the shape asks for.
    """
    asked = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if asked != stored.count:
        _refuse(stored.file, f"its header asks for {stored.count} bytes and for {asked}")
    if stored.packing == "text":
        return _from_text(stored, dtype, shape)
    values = np.empty(shape, dtype.newbyteorder(stored.order))
    wanted: Any = values.reshape(-1).view(np.uint8)
    with stored.file.open("rb") as file:
        file.seek(stored.start)
        if stored.packing == "deflate":
            if not fill_at_once(file, wanted):
                file.seek(stored.start)
                _inflate(file, wanted, stored.file)
        elif file.readinto(wanted) != len(wanted):
            _refuse(stored.file, "it ended while it was read")
    return values if values.dtype.isnative else values.byteswap(inplace=True).view(dtype)


def _nrrd(path: Path, header: TextHeader) -> StoredVoxels:
    fields = header.fields
    if "data file" in fields or "datafile" in fields:
        raise FormatError(
            f"A .nrrd file holds its voxels; {path.name} points at another file. Save both as one."
        )
    encoding = fields.get("encoding", "").lower()
    if encoding not in _NRRD_PACKINGS:
        raise FormatError(
            f"Voxels of an NRRD file are read as raw, gzip or ascii; those of {path.name} are in "
            f"{encoding or 'no named encoding'}. Save it again as gzip."
        )
    packing = _NRRD_PACKINGS[encoding]
    size, count = value_bytes(header, path)
    skip = _whole(fields.get("byte skip", "0"), path)
    if _whole(fields.get("line skip", "0"), path) or (skip and packing != "raw"):
        raise FormatError(
            f"Voxels follow the header of an NRRD file; {path.name} asks to skip some of it. Save "
            "it again without a skip."
        )
    endian = fields.get("endian", "" if size > 1 and packing != "text" else "little").lower()
    if endian not in ("little", "big"):
        raise FormatError(
            f"Values of several bytes need a byte order, little or big; {path.name} gives "
            f"{endian!r}. Export it again."
        )
    start = _start(path, header.length, skip, count) if packing == "raw" else header.length
    return StoredVoxels(path, start, count, packing, ">" if endian == "big" else "<")


def _meta(path: Path, header: TextHeader) -> StoredVoxels:
    fields = header.fields
    is_local = fields["elementdatafile"] == "LOCAL"
    file = path if is_local else _beside(path, fields["elementdatafile"])
    begin = header.length if is_local else 0
    _, count = value_bytes(header, path)
    is_big_endian = _is_true(
        fields.get("elementbyteordermsb", fields.get("binarydatabyteordermsb", "False"))
    )
    order: Literal["<", ">"] = ">" if is_big_endian else "<"
    if not _is_true(fields.get("binarydata", "True")):
        return StoredVoxels(file, begin, count, "text", order)
    skip = _whole(fields.get("headersize", "0"), path)
    if skip > 0 and is_local:
        raise FormatError(
            f"Voxels follow the header of an .mha file; {path.name} asks to skip {skip} bytes. "
            "Save it again without HeaderSize."
        )
    if _is_true(fields.get("compresseddata", "False")):
        packed = fields.get("compresseddatasize")
        if packed is not None:
            _start(file, begin + max(skip, 0), 0, _whole(packed, path))
        return StoredVoxels(file, begin + max(skip, 0), count, "deflate", order)
    return StoredVoxels(file, _start(file, begin, skip, count), count, "raw", order)


def _beside(path: Path, name: str) -> Path:
    """The voxels of an .mhd stand in a file beside it, and nowhere else."""
    beside = path.parent / name
    if Path(name).name != name or not beside.is_file():
        raise FormatError(
            f"The voxels of an .mhd file stand in one file beside it; {path.name} names {name!r}, "
            "which is not there. Copy both files into one folder."
        )
    return beside


def _start(file: Path, begin: int, skip: int, count: int) -> int:
    """Where `count` bytes begin that end with the file; a skip of -1 counts from its end."""
    size = file.stat().st_size
    start = size - count if skip == -1 else begin + skip
    present = size - max(start, begin)
    if present < count or start < begin:
        raise FormatError(
            f"A file is as long as its header says; {file.name} holds {present} of {count} bytes "
            "of voxels. It is truncated: copy it again from where it came."
        )
    if present > count:
        raise FormatError(
            f"A file is as long as its header says; {file.name} holds {present} bytes of voxels "
            f"where {count} are promised. Header or voxels are damaged: export it again."
        )
    return start


def _inflate(file: IO[bytes], wanted: NDArray[np.uint8], path: Path) -> None:
    """Fill `wanted` from a gzip or zlib stream that ends with the file, its checksum compared."""
    block = file.read(_BLOCK)
    unpacker = _zlib.decompressobj(_GZIP if block.startswith(_GZIP_MARK) else _ZLIB)
    done = 0
    try:
        while not unpacker.eof:
            part = unpacker.decompress(block, min(len(wanted) - done + 1, _MOST_AT_ONCE))
            if not part and not block and not unpacker.eof:
                _refuse(path, f"it ends after {done} of {len(wanted)} bytes of voxels")
            if done + len(part) > len(wanted):
                _refuse(path, f"it holds more than the {len(wanted)} bytes its header promises")
            wanted[done : done + len(part)] = np.frombuffer(part, np.uint8)
            done += len(part)
            block = unpacker.unconsumed_tail or (b"" if unpacker.eof else file.read(_BLOCK))
    except _zlib.error as error:
        _refuse(path, str(error))
    if done < len(wanted):
        _refuse(path, f"it holds {done} of {len(wanted)} bytes of voxels")
    if unpacker.unused_data or file.read(1):
        _refuse(path, "something follows its packed voxels")


def _from_text(stored: StoredVoxels, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    with stored.file.open("rb") as file:
        file.seek(stored.start)
        words = file.read().split()
    if len(words) != np.prod(shape, dtype=object):
        _refuse(stored.file, f"it holds {len(words)} numbers for a grid of {shape}")
    number = float if dtype.kind == "f" else int
    return np.array([number(word) for word in words], dtype).reshape(shape)


def _is_true(text: str) -> bool:
    return text[:1] in ("T", "t", "1")  # MetaIO looks at no more


def _whole(text: str, path: Path) -> int:
    if not text.removeprefix("-").isdecimal() or int(text) < -1:
        _refuse(path, f"its header counts {text!r} bytes")
    return int(text)


def _refuse(path: Path, found: str) -> NoReturn:
    raise FormatError(
        f"Voxels are read to exactly their end and without an error; those of {path.name} cannot "
        f"be: {found}. It is damaged or truncated: copy it again from where it came."
    )
