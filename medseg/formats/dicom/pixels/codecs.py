"""Decoders of DICOM pixel data, in one table from transfer syntax to function.

Reference:
    DICOM PS3.5 A.4 (encapsulated transfer syntaxes).
"""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import get_frame

from medseg.errors import FormatError
from medseg.formats.dicom.pixels.codestreams import check_codestream

EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2"

#: Transfer syntaxes whose pixels are plain numbers.
NATIVE = {
    "1.2.840.10008.1.2": "Implicit VR Little Endian",
    EXPLICIT_LITTLE_ENDIAN: "Explicit VR Little Endian",
    "1.2.840.10008.1.2.1.99": "Deflated Explicit VR Little Endian",
    EXPLICIT_BIG_ENDIAN: "Explicit VR Big Endian",
}

RLE = "1.2.840.10008.1.2.5"

_ITEM, _ITEMS_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"

#: Transfer syntax -> name of the decoder in imagecodecs.
COMPRESSED = {
    "1.2.840.10008.1.2.4.50": "jpeg8_decode",  # JPEG baseline, 8 bit
    "1.2.840.10008.1.2.4.51": "jpeg8_decode",  # JPEG extended, 12 bit
    "1.2.840.10008.1.2.4.57": "ljpeg_decode",  # JPEG lossless
    "1.2.840.10008.1.2.4.70": "ljpeg_decode",  # JPEG lossless, selection value 1
    "1.2.840.10008.1.2.4.80": "jpegls_decode",  # JPEG-LS lossless
    "1.2.840.10008.1.2.4.81": "jpegls_decode",  # JPEG-LS near-lossless
    "1.2.840.10008.1.2.4.90": "jpeg2k_decode",  # JPEG 2000 lossless
    "1.2.840.10008.1.2.4.91": "jpeg2k_decode",  # JPEG 2000
}


def is_known(transfer_syntax: str) -> bool:
    """Whether pixels in this transfer syntax can be decoded."""
    return transfer_syntax in NATIVE or transfer_syntax in COMPRESSED or transfer_syntax == RLE


def decode_frame(
    data: bytes, transfer_syntax: str, shape: tuple[int, int], bits_allocated: int
) -> NDArray[Any]:
    """One frame's stored values, (row, column), before unused bits are taken off.

    Args:
        data: the value of Pixel Data.
        transfer_syntax: its UID, one that `is_known`.
        shape: Rows and Columns.
        bits_allocated: 8, 16 or 32.

    Raises:
        FormatError: the data is shorter than the shape needs, or decodes to another shape.
    """
    if transfer_syntax in NATIVE:
        return _native(data, transfer_syntax, shape, bits_allocated)
    frame = get_frame(data, 0, number_of_frames=1)
    if transfer_syntax == RLE:
        return _unpacked_rle(frame, shape, bits_allocated)
    check_codestream(frame, shape)
    decoded = np.asarray(getattr(imagecodecs, COMPRESSED[transfer_syntax])(frame))
    if decoded.shape != shape:
        raise FormatError(f"it unpacks to {decoded.shape} instead of {shape} pixels")
    return decoded


def whole_items(data: bytes) -> bytes | None:
    """The items at the start of some bytes, without the mark behind them; None if they break off.

    Reference:
        DICOM PS3.5 Table A.4-1.
    """
    at = 0
    while at + 8 <= len(data):
        mark, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if mark == _ITEMS_END:
            return data[:at]
        if mark != _ITEM:
            return None
        at += 8 + length
    return None


def _unpacked_rle(data: bytes, shape: tuple[int, int], bits_allocated: int) -> NDArray[Any]:
    """PS3.5 Annex G; the function of imagecodecs wants to know the type it unpacks to."""
    dtype = np.dtype(f"u{bits_allocated // 8}")
    count = shape[0] * shape[1]
    try:  # with a bound: a run of two bytes unpacks to 128
        unpacked = imagecodecs.dicomrle_decode(data, dtype, out=count * dtype.itemsize)
    except imagecodecs.DicomrleError as error:
        raise FormatError(f"it unpacks to more or less instead of {count} pixels") from error
    plain = np.frombuffer(unpacked, dtype)
    if plain.size != count:
        raise FormatError(f"it unpacks to {plain.size} instead of {count} pixels")
    return plain.reshape(shape)


def _native(
    data: bytes, transfer_syntax: str, shape: tuple[int, int], bits_allocated: int
) -> NDArray[Any]:
    order = ">" if transfer_syntax == EXPLICIT_BIG_ENDIAN else "<"
    dtype = np.dtype(f"{order}u{bits_allocated // 8}")
    count = shape[0] * shape[1]
    if len(data) < count * dtype.itemsize:
        raise FormatError(
            f"it holds {len(data)} of {count * dtype.itemsize} bytes of pixels; it is truncated"
        )
    return np.frombuffer(data, dtype, count).reshape(shape)
