"""A quick scan of plain DICOM headers; whatever is not plain is left to pydicom.

Plain means: the DICOM mark, explicit VR little endian, top-level elements in ascending order that
lie whole within the file. The scan finds the few attributes that a reader asks for and the place
of the pixels, some ten times faster than a full parse. Any surprise gives None.

Reference:
    DICOM PS3.5 7.1.2 (explicit VR), 7.5 (sequences), PS3.10 7.1 (file meta information).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from functools import cache
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from pydicom.datadict import dictionary_VR, tag_for_keyword

from medseg.formats.dicom.header.scan_values import KnownValues, NotPlainError, value_of
from medseg.formats.dicom.pixels.codecs import COMPRESSED, EXPLICIT_LITTLE_ENDIAN, RLE

# Read at once; each time the next part where the header did not end in what is there.
_PARTS = (16 * 1024, 112 * 1024, 1024 * 1024)

_SYNTAXES = {EXPLICIT_LITTLE_ENDIAN, RLE, *COMPRESSED}

_PIXEL_DATA = 0x7FE00010
_FLOAT_PIXELS = 0x7FE00008
_CHARACTER_SET = 0x00080005
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_UNDEFINED = 0xFFFFFFFF
_DEEPEST = 8

_HEAD = struct.Struct("<HH2sH").unpack_from

_LENGTH_OF_2 = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_LENGTH_OF_4 = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())

# Encodings in which printable ASCII stands for itself (PS3.3 C.12.1.1.2).
_ASCII_INSIDE = {
    "",
    *(f"ISO_IR {number}" for number in (6, 100, 101, 109, 110, 126, 127, 138, 144, 148, 192)),
}

_META = ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")

# Heads of elements remembered; a hostile folder must not fill the memory.
_MOST_HEADS = 8192


class PixelPlace(NamedTuple):
    """Where the value of Pixel Data lies in a file.

    Args:
        offset: of its first byte.
        length: in bytes, as the header gives it; None for encapsulated pixels.
        is_encapsulated: whether the pixels are fragments in items.
    """

    offset: int
    length: int | None
    is_encapsulated: bool


class FileStamp(NamedTuple):
    """What shows that a file is still the one whose header was read.

    Args:
        size: in bytes.
        changed_ns: time of the last change.
    """

    size: int
    changed_ns: int


def stamp_of(file: BinaryIO | FileIO) -> FileStamp:
    """The stamp of a file that is open."""
    status = os.fstat(file.fileno())
    return FileStamp(status.st_size, status.st_mtime_ns)


class ScannedHeader(dict[str, Any]):
    """Attributes by keyword, as pydicom's `Dataset.get` gives them; empty ones are left out.

    `file_meta` holds the file's meta information in the same form; `pixels` is None in a file
    without pixels; `stamp` is None for what is no file of the system.
    """

    file_meta: dict[str, str]
    pixels: PixelPlace | None
    stamp: FileStamp | None


def scan_header(path: Path, wanted: Iterable[str]) -> ScannedHeader | None:
    """The wanted attributes of a file with a plain header; None where pydicom has to look.

    Args:
        path: of the file.
        wanted: keywords of top-level attributes.
    """
    try:
        with FileIO(path) as file:
            scanned = scan_file(file, wanted)
            if scanned is not None:
                scanned.stamp = stamp_of(file)
            return scanned
    except (OSError, ValueError):  # a name can hold what no file system takes
        return None


def scan_file(file: BinaryIO | FileIO, wanted: Iterable[str]) -> ScannedHeader | None:
    """`scan_header` of a file that is open, from where it stands."""
    heads = _heads(tuple(wanted))
    data = b""
    for size in _PARTS:
        more = file.read(size) or b""
        data += more
        try:
            return _scanned(data, len(more) < size, heads)
        except (NotPlainError, struct.error):
            if len(more) < size:
                break
    return None


class _Heads(dict[bytes, tuple[int, int, str]]):
    """The first 8 bytes of an element -> its tag, its size and the keyword it is wanted under.

    The size counts the head; it is 0 where the length stands behind these 8 bytes. The keyword is
    empty where the element is not wanted.
    """

    def __init__(self, wanted: tuple[str, ...]) -> None:
        super().__init__()
        names = {name: tag_for_keyword(name) for name in (*wanted, "SpecificCharacterSet")}
        self.wanted = {tag: name for name, tag in names.items() if tag is not None}
        self.known_values = KnownValues()

    def __missing__(self, head: bytes) -> tuple[int, int, str]:
        group, number, vr, length = _HEAD(head)
        tag = group << 16 | number
        keyword = self.wanted.get(tag, "")
        if keyword and vr != dictionary_VR(tag).encode():
            raise NotPlainError
        if len(self) >= _MOST_HEADS:
            self.clear()
        self[head] = found = (tag, 8 + length if vr in _LENGTH_OF_2 else 0, keyword)
        return found


@cache
def _heads(wanted: tuple[str, ...]) -> _Heads:
    return _Heads(wanted)


def _scanned(data: bytes, is_whole: bool, heads: _Heads) -> ScannedHeader:
    header = ScannedHeader()
    at, header.file_meta = _file_meta(data)
    header.pixels = header.stamp = None
    last, size, values = 0x0002FFFF, len(data), heads.known_values
    while at < size:
        # Most of the time of a scan goes into these lines: one look-up an element.
        tag, step, keyword = heads[data[at : at + 8]]
        if tag <= last:
            raise NotPlainError
        last = tag
        if tag >= _FLOAT_PIXELS:
            header.pixels = _pixel_place(data, at, header.file_meta)
            return header
        end = at + step if step else _past_long(data, at)
        if end > size:
            raise NotPlainError
        if keyword:
            if step:
                value = values[data[at:end]]
            else:
                value = value_of(data[at + 4 : at + 6], data[at + 12 : end])
            if tag == _CHARACTER_SET and str(value) not in _ASCII_INSIDE:
                raise NotPlainError
            if value != "":
                header[keyword] = value
        at = end
    if not is_whole:
        raise NotPlainError
    return header


def _past_long(data: bytes, at: int) -> int:
    """The place behind an element whose length has four bytes."""
    _, vr, at, length = _element(data, at)
    return at + length if length != _UNDEFINED else _past_sequence(data, at, vr, _DEEPEST)


def _file_meta(data: bytes) -> tuple[int, dict[str, str]]:
    """Where the dataset starts, and the UIDs that say what it is and how it is written."""
    if data[128:140] != b"DICM\x02\x00\x00\x00UL\x04\x00":
        raise NotPlainError
    at = 144
    end = at + int.from_bytes(data[140:144], "little")
    heads = _heads(_META)
    meta: dict[str, str] = {}
    last = 0x00020000
    while at < end <= len(data):
        tag, step, keyword = heads[data[at : at + 8]]
        stop = at + step if step else sum(_element(data, at)[2:])
        if not last < tag <= 0x0002FFFF or stop > end:
            raise NotPlainError
        if keyword:
            meta[keyword] = heads.known_values[data[at:stop]]
        last, at = tag, stop
    if at != end or meta.get("TransferSyntaxUID") not in _SYNTAXES:
        raise NotPlainError
    return end, meta


def _element(data: bytes, at: int) -> tuple[int, bytes, int, int]:
    """Tag, VR, start of the value and its length."""
    group, number, vr, length = _HEAD(data, at)
    tag = group << 16 | number
    if vr in _LENGTH_OF_2:
        return tag, vr, at + 8, length
    if vr not in _LENGTH_OF_4 or length != 0:  # two reserved bytes
        raise NotPlainError
    return tag, vr, at + 12, struct.unpack_from("<I", data, at + 8)[0]


def _past_sequence(data: bytes, at: int, vr: bytes, depth: int) -> int:
    """The place behind a sequence of undefined length, of which every element is looked at."""
    if vr != b"SQ" or depth == 0:
        raise NotPlainError
    while True:
        tag, length = _mark(data, at)
        at += 8
        if tag == _SEQUENCE_END and length == 0:
            return at
        if tag != _ITEM:
            raise NotPlainError
        at = _past_item(data, at, length, depth)


def _past_item(data: bytes, at: int, length: int, depth: int) -> int:
    end = len(data) if length == _UNDEFINED else at + length
    while at < end:
        if length == _UNDEFINED and _mark(data, at) == (_ITEM_END, 0):
            return at + 8
        tag, vr, at, size = _element(data, at)
        if tag >= 0xFFFE0000:
            raise NotPlainError
        at = _past_sequence(data, at, vr, depth - 1) if size == _UNDEFINED else at + size
    if at != end or length == _UNDEFINED:
        raise NotPlainError
    return at


def _mark(data: bytes, at: int) -> tuple[int, int]:
    group, number, length = struct.unpack_from("<HHI", data, at)
    return group << 16 | number, length


def _pixel_place(data: bytes, at: int, file_meta: dict[str, str]) -> PixelPlace:
    tag, vr, at, length = _element(data, at)
    is_encapsulated = file_meta["TransferSyntaxUID"] != EXPLICIT_LITTLE_ENDIAN
    is_odd = tag != _PIXEL_DATA or vr not in (b"OB", b"OW")
    if is_odd or is_encapsulated != (length == _UNDEFINED):
        raise NotPlainError
    return PixelPlace(at, None if is_encapsulated else length, is_encapsulated)
