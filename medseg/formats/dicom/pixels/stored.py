"""The stored values of one slice: found in its file, decoded, freed of unused bits.

Reference:
    DICOM PS3.3 C.7.6.3 (Image Pixel), PS3.5 8.1.1 (how values lie in their bits).
"""

from __future__ import annotations

from io import FileIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import FormatError
from medseg.formats.dicom.header.parsing import read_dataset
from medseg.formats.dicom.header.scan import stamp_of
from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.formats.dicom.pixels.codecs import (
    COMPRESSED,
    EXPLICIT_BIG_ENDIAN,
    NATIVE,
    decode_frame,
    whole_items,
)
from medseg.formats.refusals import refusing_in_words

_FLOATING = ("FloatPixelData", "DoubleFloatPixelData")
_DEFLATED = "1.2.840.10008.1.2.1.99"


def has_size(header: SliceHeader) -> bool:
    """Whether the header tells how many bytes the pixels take in the file."""
    return header.transfer_syntax in NATIVE and header.transfer_syntax != _DEFLATED


def byte_count(header: SliceHeader) -> int:
    """Bytes of one slice of plain pixels."""
    return header.rows * header.columns * header.bits_allocated // 8


def check_size(header: SliceHeader) -> None:
    """Refuse plain pixels of another size than the file's, before anything is allocated.

    Raises:
        FormatError: the file is too short for them, or its Pixel Data longer than they are.
    """
    if not has_size(header):
        return
    if header.stamp is None:
        with refusing_in_words(header.path, "reading"):
            size = header.path.stat().st_size
    else:
        size = header.stamp.size
    needed = byte_count(header) * ((header.frame or 0) + 1)
    if size < needed:
        raise FormatError(
            f"A slice's file holds all its pixels; {header.path.name} has {size} bytes and needs "
            f"{needed} for {header.rows} x {header.columns} pixels. It is truncated: copy it again."
        )
    if header.pixels is not None:
        rest = (header.pixels.length or 0) - _named_bytes(header)
        if rest > 1:
            check_rest(_rest(header.pixels.offset + _named_bytes(header), rest, header), header)


def check_rest(rest: bytes, header: SliceHeader) -> None:
    """Refuse plain Pixel Data that go on behind the pixels; zeros that fill it up are let pass.

    Args:
        rest: what lies behind the pixels of all frames, at least as much as one frame has.
        header: of the slice, or of any frame in the file.

    Raises:
        FormatError: they do, so nobody knows where in them the pixels lie.
    """
    if len(rest) > 1 and (len(rest) >= byte_count(header) or any(rest)):
        frames = 1 if header.frame is None else header.frames
        raise FormatError(
            f"Plain Pixel Data hold the pixels that the header names; those of {header.path.name} "
            f"go on for {len(rest)} bytes or more behind the {frames} x {header.rows} x "
            f"{header.columns} pixels of {header.bits_allocated} bits. They may be compressed, or "
            "more frames than are named: export the file again."
        )


def _rest(start: int, count: int, header: SliceHeader) -> bytes:
    """Bytes of the file from there on, no more than a frame has."""
    with refusing_in_words(header.path, "reading"), FileIO(header.path) as file:
        file.seek(start)
        return file.read(min(count, byte_count(header)))


def _named_bytes(header: SliceHeader) -> int:
    """Bytes of plain pixels that the header names, in all frames."""
    return byte_count(header) * (1 if header.frame is None else header.frames)


def at_pixels(file: FileIO, header: SliceHeader) -> bool:
    """Go to where the slice's pixels begin; False where that is not known, or not any more."""
    if header.pixels is None or header.stamp != stamp_of(file):
        return False
    frame = header.frame or 0
    if not header.pixels.is_encapsulated:
        size = byte_count(header)
        file.seek(header.pixels.offset + frame * size)
        return (frame + 1) * size <= (header.pixels.length or 0)
    file.seek(header.pixels.offset)
    return header.frame is None


def stored_slice(header: SliceHeader) -> NDArray[Any]:
    """The stored values, (row, column); of frames only those of plain pixels.

    Raises:
        FormatError: the file is truncated or its pixels cannot be decoded; the message names it.
    """
    with refusing_in_words(header.path, "reading"):
        data = _bytes_in_place(header) or _parsed_pixel_data(header)
        shape = (header.rows, header.columns)
        try:
            decoded = decode_frame(data, header.transfer_syntax, shape, header.bits_allocated)
        except FormatError as error:
            raise FormatError(
                f"The pixels of a slice are whole; those of {_name(header)} are not: {error}. "
                "Copy it again from where it came."
            ) from error
        return without_unused_bits(decoded, header)


def _bytes_in_place(header: SliceHeader) -> bytes | None:
    """The slice's part of Pixel Data; None where pydicom has to look for it."""
    with FileIO(header.path) as file:
        if not at_pixels(file, header):
            return None
        if header.transfer_syntax in NATIVE:
            return file.read(byte_count(header))
        return whole_items(file.readall())


def _parsed_pixel_data(header: SliceHeader) -> bytes:
    wanted = ["PixelData", "BitsAllocated", *_FLOATING]  # pydicom asks for the bits of VR UN
    dataset = read_dataset(header.path, specific_tags=wanted, force=True)
    if any(name in dataset for name in _FLOATING):
        raise FormatError(
            f"Stored values are whole numbers; {header.path.name} holds floating-point pixels "
            "(Float Pixel Data). Convert it with a program that reads them."
        )
    if "PixelData" not in dataset:
        raise FormatError(
            f"A slice's file holds Pixel Data; {header.path.name} has none. It is truncated, "
            "or no image: copy it again, or move it away."
        )
    element = dataset["PixelData"]
    if element.is_undefined_length and header.transfer_syntax in NATIVE:
        raise FormatError(
            f"Plain pixels have a length; those of {header.path.name} are in items, as compressed "
            "ones are, and its transfer syntax says plain. It is damaged: export it again."
        )
    value: bytes = element.value
    if header.transfer_syntax in NATIVE:
        check_rest(value[_named_bytes(header) :], header)
    if header.transfer_syntax == EXPLICIT_BIG_ENDIAN and element.VR == "OW":
        value = _unswapped(value, header.bits_allocated)
    if header.frame is None:
        return value
    size = byte_count(header)
    return value[header.frame * size : (header.frame + 1) * size]


def _unswapped(value: bytes, bits_allocated: int) -> bytes:
    """Pixels of 8 bits that were swapped as words of 16 (PS3.5 8.1.2); all others as they are."""
    return np.frombuffer(value, ">u2").astype("<u2").tobytes() if bits_allocated == 8 else value


def _name(header: SliceHeader) -> str:
    frame = "" if header.frame is None else f"frame {header.frame + 1} of "
    return f"{frame}{header.path.name}"


def without_unused_bits(decoded: NDArray[Any], header: SliceHeader) -> NDArray[Any]:
    """The stored values: bits outside Bits Stored cut off, the sign bit spread."""
    if decoded.dtype.kind == "i":  # the codec knew the sign already
        if not header.is_signed and decoded.min() < 0:
            raise FormatError(
                f"Header and pixels agree about the sign; in {header.path.name} the header says "
                "unsigned and the compressed pixels are negative. Export it again."
            )
        return decoded.astype(header.stored_dtype, copy=False)
    unsigned = decoded.astype(f"u{header.bits_allocated // 8}", copy=False)
    if header.bits_stored < header.bits_allocated:
        # Codecs hand over samples whose lowest bit is bit 0 (PS3.5 8.2); only where pixels are
        # stored as they are does High Bit say where they lie.
        is_packed = header.transfer_syntax in COMPRESSED
        shift = 0 if is_packed else header.high_bit + 1 - header.bits_stored
        unsigned = (unsigned >> shift) & ((1 << header.bits_stored) - 1)
    values = unsigned.view(header.stored_dtype)
    if header.is_signed and header.bits_stored < header.bits_allocated:
        sign = 1 << (header.bits_stored - 1)
        values = (values ^ sign) - sign
    return values
