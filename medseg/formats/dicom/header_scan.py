"""A quick scan of plain DICOM headers; whatever is not plain is left to pydicom.

Plain means: the DICOM mark, explicit VR little endian, top-level elements in ascending order that
lie whole within the file. The scan finds the few attributes that a reader asks for and the place
of the pixels, some ten times faster than a full parse. Any surprise gives None.

Reference:
    DICOM PS3.5 7.1.2 (explicit VR), 7.5 (sequences), PS3.10 7.1 (file meta information).
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from pydicom.datadict import dictionary_VR, tag_for_keyword

from medseg.formats.dicom.codecs import COMPRESSED, EXPLICIT_LITTLE_ENDIAN, RLE

_FIRST_BYTES = 16 * 1024
_MORE_BYTES = 1024 * 1024

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
_UID = re.compile(rb"[0-9.]*[\0 ]?")
_PRINTABLE = re.compile(rb"[ -~]*\0?")
_DECIMAL = re.compile(r" *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})? *")
_WHOLE = re.compile(r" *[+-]?\d{1,9} *")

_Wanted: TypeAlias = dict[int, tuple[str, bytes]]


@dataclass(frozen=True)
class PixelPlace:
    """Where the value of Pixel Data lies in a file.

    Args:
        offset: of its first byte.
        length: in bytes, as the header gives it; None for encapsulated pixels.
        is_encapsulated: whether the pixels are fragments in items.
    """

    offset: int
    length: int | None
    is_encapsulated: bool


class ScannedHeader(dict[str, Any]):
    """Attributes by keyword, as pydicom's `Dataset.get` gives them; empty ones are left out.

    `file_meta` holds the file's meta information in the same form; `pixels` is None in a file
    without pixels.
    """

    file_meta: dict[str, str]
    pixels: PixelPlace | None


class _NotPlainError(Exception):
    """The header is not plain."""


def scan_header(path: Path, wanted: Iterable[str]) -> ScannedHeader | None:
    """The wanted attributes of a file with a plain header; None where pydicom has to look.

    Args:
        path: of the file.
        wanted: keywords of top-level attributes.
    """
    try:
        with path.open("rb", buffering=0) as file:
            return scan_file(file, wanted)
    except (OSError, ValueError):  # a name can hold what no file system takes
        return None


def scan_file(file: BinaryIO | FileIO, wanted: Iterable[str]) -> ScannedHeader | None:
    """`scan_header` of a file that is open, from where it stands."""
    tags = _by_tag(tuple(wanted))
    data = b""
    for size in (_FIRST_BYTES, _MORE_BYTES):
        more = file.read(size) or b""
        data += more
        try:
            return _scanned(data, len(more) < size, tags)
        except (_NotPlainError, struct.error):
            if len(more) < size:
                break
    return None


@cache
def _by_tag(wanted: tuple[str, ...]) -> _Wanted:
    """Tag -> keyword and VR, the character set among them; an unknown keyword is never found."""
    tags = [(name, tag_for_keyword(name)) for name in (*wanted, "SpecificCharacterSet")]
    return {tag: (name, dictionary_VR(tag).encode()) for name, tag in tags if tag is not None}


def _scanned(data: bytes, is_whole: bool, wanted: dict[int, tuple[str, bytes]]) -> ScannedHeader:
    header = ScannedHeader()
    at, header.file_meta = _file_meta(data)
    header.pixels = None
    last, size = 0x0002FFFF, len(data)
    while at < size:
        # Most of the time of a scan goes into these lines, so `_element` is written out here.
        group, number, vr, length = _HEAD(data, at)
        tag = group << 16 | number
        if tag <= last:
            raise _NotPlainError
        last = tag
        if tag >= _FLOAT_PIXELS:
            header.pixels = _pixel_place(data, at, header.file_meta)
            return header
        at += 8
        if vr not in _LENGTH_OF_2:
            _, _, at, length = _element(data, at - 8)
        end = at + length if length != _UNDEFINED else _past_sequence(data, at, vr, _DEEPEST)
        if end > size:
            raise _NotPlainError
        if tag in wanted:
            keyword, expected = wanted[tag]
            value = _value(vr, expected, data[at:end])
            if tag == _CHARACTER_SET and str(value) not in _ASCII_INSIDE:
                raise _NotPlainError
            if value != "":
                header[keyword] = value
        at = end
    if not is_whole:
        raise _NotPlainError
    return header


def _file_meta(data: bytes) -> tuple[int, dict[str, str]]:
    """Where the dataset starts, and the UIDs that say what it is and how it is written."""
    if data[128:140] != b"DICM\x02\x00\x00\x00UL\x04\x00":
        raise _NotPlainError
    at = 144
    end = at + int.from_bytes(data[140:144], "little")
    meta: dict[int, str] = {}
    last = 0x00020000
    while at < end <= len(data):
        tag, vr, at, length = _element(data, at)
        if not last < tag <= 0x0002FFFF or at + length > end:
            raise _NotPlainError
        if tag in (0x00020002, 0x00020003, 0x00020010):
            meta[tag] = _value(vr, b"UI", data[at : at + length])
        last, at = tag, at + length
    if at != end or meta.get(0x00020010) not in _SYNTAXES:
        raise _NotPlainError
    return end, {
        "MediaStorageSOPClassUID": meta.get(0x00020002, ""),
        "MediaStorageSOPInstanceUID": meta.get(0x00020003, ""),
        "TransferSyntaxUID": meta[0x00020010],
    }


def _element(data: bytes, at: int) -> tuple[int, bytes, int, int]:
    """Tag, VR, start of the value and its length."""
    group, number, vr, length = _HEAD(data, at)
    tag = group << 16 | number
    if vr in _LENGTH_OF_2:
        return tag, vr, at + 8, length
    if vr not in _LENGTH_OF_4 or length != 0:  # two reserved bytes
        raise _NotPlainError
    return tag, vr, at + 12, struct.unpack_from("<I", data, at + 8)[0]


def _past_sequence(data: bytes, at: int, vr: bytes, depth: int) -> int:
    """The place behind a sequence of undefined length, of which every element is looked at."""
    if vr != b"SQ" or depth == 0:
        raise _NotPlainError
    while True:
        tag, length = _mark(data, at)
        at += 8
        if tag == _SEQUENCE_END and length == 0:
            return at
        if tag != _ITEM:
            raise _NotPlainError
        at = _past_item(data, at, length, depth)


def _past_item(data: bytes, at: int, length: int, depth: int) -> int:
    end = len(data) if length == _UNDEFINED else at + length
    while at < end:
        if length == _UNDEFINED and _mark(data, at) == (_ITEM_END, 0):
            return at + 8
        tag, vr, at, size = _element(data, at)
        if tag >= 0xFFFE0000:
            raise _NotPlainError
        at = _past_sequence(data, at, vr, depth - 1) if size == _UNDEFINED else at + size
    if at != end or length == _UNDEFINED:
        raise _NotPlainError
    return at


def _mark(data: bytes, at: int) -> tuple[int, int]:
    group, number, length = struct.unpack_from("<HHI", data, at)
    return group << 16 | number, length


def _pixel_place(data: bytes, at: int, file_meta: dict[str, str]) -> PixelPlace:
    tag, vr, at, length = _element(data, at)
    is_encapsulated = file_meta["TransferSyntaxUID"] != EXPLICIT_LITTLE_ENDIAN
    is_odd = tag != _PIXEL_DATA or vr not in (b"OB", b"OW")
    if is_odd or is_encapsulated != (length == _UNDEFINED):
        raise _NotPlainError
    return PixelPlace(at, None if is_encapsulated else length, is_encapsulated)


def _value(vr: bytes, expected: bytes, data: bytes) -> Any:
    """The value in the form that pydicom gives it; "" for an empty one."""
    if vr != expected or (data and vr not in _READERS):
        raise _NotPlainError
    return _READERS[vr](data) if data else ""


def _text(data: bytes) -> str:
    if not _PRINTABLE.fullmatch(data):
        raise _NotPlainError
    return data.decode("ascii").rstrip(" \0")


def _texts(data: bytes) -> str | list[str]:
    text = _text(data)
    return text.split("\\") if "\\" in text else text


def _trimmed_texts(data: bytes) -> str | list[str]:
    text = _text(data)
    return [part.rstrip(" ") for part in text.split("\\")] if "\\" in text else text


def _uid(data: bytes) -> str:
    if not _UID.fullmatch(data):
        raise _NotPlainError
    return data.decode("ascii").rstrip(" \0")


def _numbers(data: bytes, form: re.Pattern[str], kind: Callable[[str], float]) -> Any:
    text = _text(data)
    if not text:
        return ""
    parts = text.split("\\")
    if not all(form.fullmatch(part) for part in parts):
        raise _NotPlainError
    numbers = [kind(part) for part in parts]
    if not all(math.isfinite(number) for number in numbers):
        raise _NotPlainError
    return numbers[0] if len(numbers) == 1 else numbers


def _unsigned_short(data: bytes) -> int:
    if len(data) != 2:
        raise _NotPlainError
    return int.from_bytes(data, "little")


def _doubles(data: bytes) -> float | list[float]:
    parts = [part for (part,) in struct.iter_unpack("<d", data)]
    return parts[0] if len(parts) == 1 else parts


_READERS: dict[bytes, Callable[[bytes], Any]] = {
    **dict.fromkeys((b"CS", b"DA", b"TM", b"DT", b"AE", b"AS"), _texts),
    **dict.fromkeys((b"LO", b"SH"), _trimmed_texts),
    b"UI": _uid,
    b"DS": lambda data: _numbers(data, _DECIMAL, float),
    b"IS": lambda data: _numbers(data, _WHOLE, int),
    b"US": _unsigned_short,
    b"FD": _doubles,
}
