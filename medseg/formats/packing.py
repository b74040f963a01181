"""Deflate, the packing inside .nii.gz, .nrrd and .mha, many times faster than byte by byte.

Reference:
    RFC 1950 (zlib), RFC 1951 (deflate), RFC 1952 (gzip).
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import IO, Any

import isal.isal_zlib
import numpy as np
from numpy.typing import NDArray

# The library does not describe its types.
_zlib: Any = isal.isal_zlib

_SHORTEST = 8  # zlib's start and trailer; the end of either stream is looked at

_GZIP_MARK = b"\x1f\x8b"
# No flags, no time and no name (RFC 1952 2.3), so that the same data gives the same bytes.
_GZIP_START = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_LEVEL = 2  # of isal: as small as zlib's level 1
_BLOCK = 1 << 20
_MOST_THREADS = 8

# Below this the decoder's own import takes longer than it saves.
_WORTH_IT = 1 << 25


def fill_at_once(file: IO[bytes], wanted: NDArray[np.uint8]) -> bool:
    """Whether the rest of a file is one gzip or zlib stream that just fills `wanted`; it then does.

    Length and checksum are compared. False also where it is not worth it (a small file), is
    damaged, is longer, or has several members: the caller then goes the slow way, which finds
    out what is the matter.

    Args:
        file: stands at the start of the stream, which is read to the file's end.
        wanted: contiguous; what is in it after a False means nothing.
    """
    if len(wanted) < _WORTH_IT:
        return False
    with ThreadPoolExecutor(1) as pool:
        # Fresh memory costs a third of the whole time when it is first touched: here, meanwhile.
        pool.submit(wanted.fill, 0)
        # Read, not mapped: a file that shrinks meanwhile would end the process.
        packed = np.empty(max(os.fstat(file.fileno()).st_size - file.tell(), 0), np.uint8)
        got = file.readinto(packed)  # type: ignore[attr-defined]
    if got < len(packed) or got < _SHORTEST:
        return False
    is_gzip = packed[:2].tobytes() == _GZIP_MARK
    # The trailer is the file's own end: what follows a first member would show here.
    end = packed[-8:].tobytes()
    if is_gzip and end[4:] != _four_bytes(len(wanted)):
        return False
    if not _decoded(packed, wanted, is_gzip):
        return False
    if is_gzip:
        return end[:4] == _four_bytes(_zlib.crc32(wanted))
    return end[4:] == int(_zlib.adler32(wanted)).to_bytes(4, "big")


def _decoded(packed: NDArray[np.uint8], wanted: NDArray[np.uint8], is_gzip: bool) -> bool:
    codecs = importlib.import_module("imagecodecs")
    decode = codecs.gzip_decode if is_gzip else partial(codecs.deflate_decode, raw=False)
    try:
        return len(decode(packed, out=wanted)) == len(wanted)
    except (RuntimeError, ValueError):
        return False


def pack(file: IO[bytes], parts: Sequence[Any]) -> None:
    """Write the parts, one after the other, as one gzip member; the same bytes each time.

    Blocks of 1 MB are packed side by side, each by itself and up to a byte's end (a sync flush),
    so that they can be put together to one stream that every reader takes.

    Args:
        file: where to write.
        parts: bytes and contiguous arrays.
    """
    file.write(_GZIP_START)
    checksum, count = 0, 0
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        for packed, block in pool.map(_packed, _blocks(parts)):
            file.write(packed)
            checksum = _zlib.crc32(block, checksum)
            count += len(block)
    file.write(_zlib.compressobj(_LEVEL, _zlib.DEFLATED, -15).flush())  # an empty last block
    file.write(_four_bytes(checksum) + _four_bytes(count))


def _blocks(parts: Sequence[Any]) -> Iterator[memoryview]:
    for part in parts:
        flat = memoryview(part).cast("B")
        for start in range(0, len(flat), _BLOCK):
            yield flat[start : start + _BLOCK]


def _packed(block: memoryview) -> tuple[bytes, memoryview]:
    packer = _zlib.compressobj(_LEVEL, _zlib.DEFLATED, -15)
    return packer.compress(block) + packer.flush(_zlib.Z_SYNC_FLUSH), block


def _four_bytes(number: int) -> bytes:
    return (number % (1 << 32)).to_bytes(4, "little")
