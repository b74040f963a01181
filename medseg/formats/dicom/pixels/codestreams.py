"""What a compressed frame says of itself, looked at before a decoder believes it.

Decoders allocate what the frame's own header asks for, and some take a stream that breaks off for
a whole one.

Reference:
    ITU-T T.81 B.2 (JPEG), ITU-T T.87 C.2 (JPEG-LS), ITU-T T.800 A.5.1 and I.4 (JPEG 2000).
"""

from __future__ import annotations

import struct

from medseg.errors import FormatError

_END = b"\xff\xd9"  # of an image, in all three

_J2K_START = b"\xff\x4f\xff\x51"
_JP2_START = b"\x00\x00\x00\x0cjP  "

# Start of frame: SOF0 to SOF15 without DHT, JPG and DAC, and SOF55 of JPEG-LS.
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC} | {0xF7})
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


def check_codestream(data: bytes, shape: tuple[int, int]) -> None:
    """Refuse a frame of JPEG, JPEG-LS or JPEG 2000 of another size, or without its end.

    Args:
        data: the frame; zeros may stand behind it.
        shape: Rows and Columns.

    Raises:
        FormatError: it is.
    """
    is_2000 = data.startswith((_J2K_START, _JP2_START))
    size = _size_2000(data) if is_2000 else _size_jpeg(data)
    if size is None:
        raise FormatError("it has no header of its own that gives a size")
    if size != shape:
        raise FormatError(f"by its own header it unpacks to {size} instead of {shape} pixels")
    # A byte of another kind than zero may fill up the length; inside a stream no end can stand.
    if _END not in data.rstrip(b"\0")[-3:]:
        raise FormatError("it breaks off: the mark of its end is absent")


def _size_jpeg(data: bytes) -> tuple[int, int] | None:
    """Lines and samples per line of the first frame header."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind in _FRAMES:
            rows, columns = struct.unpack_from(">HH", data, at + 5)
            return rows, columns
        if kind == 0xFF:  # a filling byte
            at += 1
        elif kind in _ALONE:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _size_2000(data: bytes) -> tuple[int, int] | None:
    """Rows and columns of the image area on the reference grid."""
    at = 0 if data.startswith(_J2K_START) else _past_boxes(data)
    if at is None or data[at : at + 4] != _J2K_START or at + 24 > len(data):
        return None
    right, bottom, left, top = struct.unpack_from(">IIII", data, at + 8)
    return bottom - top, right - left


def _past_boxes(data: bytes) -> int | None:
    """Where the codestream lies in a JP2 file, which some put in place of the stream alone."""
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"jp2c":
            return at + 8
        if length < 8:
            return None
        at += length
    return None
