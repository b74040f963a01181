"""Pixels of a stack of DICOM files: decoded, freed of unused bits, scaled to real values.

Each slice goes through all of it while it is in the processor's cache, and plain pixels are read
straight into their place in the volume; so hardly more memory is needed than the volume has.

Reference:
    DICOM PS3.3 C.7.6.3 (Image Pixel), PS3.3 C.11.1 (Modality LUT).
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from medseg.errors import FormatError
from medseg.formats.dicom.codecs import (
    COMPRESSED,
    EXPLICIT_LITTLE_ENDIAN,
    NATIVE,
    decode_frame,
    whole_items,
)
from medseg.formats.dicom.header_scan import PixelPlace, scan_file
from medseg.formats.dicom.headers import SliceHeader
from medseg.formats.entries import Progress
from medseg.formats.refusals import refusing_in_words
from medseg.formats.rescale import rescaled
from medseg.model import Finding, Place

_DEFLATED = "1.2.840.10008.1.2.1.99"

# Decoders let go of Python's lock, so slices unpack side by side; more threads gain little.
_THREADS = min(4, os.cpu_count() or 1)


def read_stack(headers: Sequence[SliceHeader], progress: Progress) -> NDArray[Any]:
    """The real values of the slices, (slice, row, column), in the order of the headers.

    Raises:
        FormatError: a file is truncated or its pixels cannot be decoded; the message names it.
    """
    pairs, _ = slopes_and_intercepts(headers)
    for header in headers:
        _check_size(header)
    dtype = np.result_type(*{np.dtype(header.stored_dtype) for header in headers})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's remarks on odd values are judged here
        first = _stored_slice(headers[0])  # decoded before anything large is allocated
        stored = np.empty((len(headers), *first.shape), dtype)
        is_scaled = _fill(stored, headers, pairs, progress)
        if all(is_scaled):
            return stored.view(np.int16)
        for target, header, is_done in zip(stored, headers, is_scaled, strict=True):
            if is_done:  # it fits, others do not: once more
                _read_into(target, header)
    return rescaled(stored, pairs, headers[0].path.name)


def slopes_and_intercepts(
    headers: Sequence[SliceHeader],
) -> tuple[list[tuple[float, float]], list[Finding]]:
    """(slope, intercept) per slice, and a finding where a slope of zero was taken for one.

    Raises:
        FormatError: one is no finite number, or some slices name none while the others name one
            that is not the default.
    """
    _check_all_or_none(headers)
    pairs, zero = [], []
    for index, header in enumerate(headers):
        slope, intercept = header.rescale
        if slope is None or intercept is None:
            raise FormatError(
                f"Values are scaled by finite numbers; {header.path.name} gives a damaged Rescale "
                "Slope or Intercept. Export it again."
            )
        if slope == 0:
            zero.append(index)
        pairs.append((slope or 1.0, intercept))
    if not zero:
        return pairs, []
    text = (
        f"{len(zero)} slice(s), as {headers[zero[0]].path.name}, have a Rescale Slope of 0, which "
        "would make every voxel equal; 1 was taken."
    )
    return pairs, [Finding("SLOPE_ZERO", "warning", text, Place(slices=tuple(zero)))]


def _check_all_or_none(headers: Sequence[SliceHeader]) -> None:
    """Refuse a stack of which a part may have lost its scale on the way here."""
    for part, name in enumerate(("Rescale Slope", "Rescale Intercept")):
        default = (1.0, 0.0)[part]
        without = [header for header in headers if not header.names_rescale[part]]
        scaled = [header for header in headers if header.rescale[part] not in (default, None)]
        if without and scaled:
            raise FormatError(
                f"All slices of a volume name their scale or none does; {without[0].path.name} "
                f"({len(without)} of {len(headers)} slices) has no {name}, and "
                f"{scaled[0].path.name} has {scaled[0].rescale[part]:g}. Export the series again."
            )


def _fill(
    stored: NDArray[Any],
    headers: Sequence[SliceHeader],
    pairs: Sequence[tuple[float, float]],
    progress: Progress,
) -> list[bool]:
    """Whether each slice now holds real values as int16; if not, it holds the stored ones."""

    def fill_one(index: int) -> bool:
        ends = _read_into(stored[index], headers[index])
        return _scaled_in_place(stored[index], *pairs[index], stored_ends=ends)

    is_scaled = []
    with ThreadPoolExecutor(_THREADS) as pool:
        # As a list: the first damaged file is told of, in the order of the slices.
        jobs = [pool.submit(fill_one, index) for index in range(len(headers))]
        try:
            for done, job in enumerate(jobs, start=1):
                is_scaled.append(job.result())
                progress(done / len(headers), f"Reading slice {done} of {len(headers)}")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return is_scaled


def _scaled_in_place(
    plane: NDArray[Any], slope: float, intercept: float, *, stored_ends: tuple[int, int]
) -> bool:
    """Scale a slice of 16 bits to int16 in its own memory, if its real values are whole and fit.

    `stored_ends` are bounds of its values; where even they fit, the values are not looked at.
    """
    if plane.itemsize != 2 or not (float(slope).is_integer() and float(intercept).is_integer()):
        return False
    fits = _fit_int16(stored_ends, slope, intercept) or _fit_int16(
        (int(plane.min()), int(plane.max())), slope, intercept
    )
    if not fits:
        return False
    # Modulo 2**16: what overflows on the way comes back, since the results fit.
    bits = plane.view(np.uint16)
    if slope != 1:
        bits *= np.uint16(int(slope) & 0xFFFF)
    if intercept != 0:
        bits += np.uint16(int(intercept) & 0xFFFF)
    return True


def _fit_int16(ends: tuple[int, int], slope: float, intercept: float) -> bool:
    limits = np.iinfo(np.int16)
    return all(limits.min <= int(slope) * end + int(intercept) <= limits.max for end in ends)


def _read_into(target: NDArray[Any], header: SliceHeader) -> tuple[int, int]:
    """The lowest and highest value that the slice now in `target` can have."""
    limits = np.iinfo(target.dtype)
    if not _read_native(target, header):
        target[...] = _stored_slice(header)
        return int(limits.min), int(limits.max)
    unused = header.bits_allocated - header.bits_stored
    return int(limits.min) >> unused, int(limits.max) >> unused


def _read_native(target: NDArray[Any], header: SliceHeader) -> bool:
    """Read plain pixels straight into their place; False where more than reading is needed."""
    is_plain = header.transfer_syntax == EXPLICIT_LITTLE_ENDIAN and target.itemsize <= 2
    if not is_plain or target.dtype != header.stored_dtype or sys.byteorder != "little":
        return False
    with refusing_in_words(header.path, "reading"), header.path.open("rb", buffering=0) as file:
        place = _pixel_place(file, header)
        if place is None or (place.length or 0) < target.nbytes:
            return False
        file.seek(place.offset)
        if file.readinto(target.data.cast("B")) != target.nbytes:
            return False  # truncated: the other way finds the words for it
    if header.high_bit == header.bits_stored - 1 and not header.is_signed:
        if header.bits_stored < header.bits_allocated:
            target &= (1 << header.bits_stored) - 1
    elif header.bits_stored < header.bits_allocated:
        target <<= header.bits_allocated - 1 - header.high_bit
        target >>= header.bits_allocated - header.bits_stored  # spreads the sign bit
    return True


def _pixel_place(file: FileIO, header: SliceHeader) -> PixelPlace | None:
    scanned = scan_file(file, ())
    if scanned is None or scanned.file_meta["TransferSyntaxUID"] != header.transfer_syntax:
        return None
    return scanned.pixels


def _check_size(header: SliceHeader) -> None:
    """Refuse plain pixels that the file is too short for, before anything is allocated."""
    if header.transfer_syntax not in NATIVE or header.transfer_syntax == _DEFLATED:
        return
    with refusing_in_words(header.path, "reading"):
        size = header.path.stat().st_size
    needed = header.rows * header.columns * header.bits_allocated // 8
    if size < needed:
        raise FormatError(
            f"A slice's file holds all its pixels; {header.path.name} has {size} bytes and needs "
            f"{needed} for {header.rows} x {header.columns} pixels. It is truncated: copy it again."
        )


def _stored_slice(header: SliceHeader) -> NDArray[Any]:
    with refusing_in_words(header.path, "reading"):
        data = _encapsulated(header) or _parsed_pixel_data(header)
        shape = (header.rows, header.columns)
        try:
            decoded = decode_frame(data, header.transfer_syntax, shape, header.bits_allocated)
        except FormatError as error:
            raise FormatError(
                f"The pixels of a slice are whole; those of {header.path.name} are not: {error}. "
                "Copy it again from where it came."
            ) from error
        return without_unused_bits(decoded, header)


def _parsed_pixel_data(header: SliceHeader) -> bytes:
    dataset = pydicom.dcmread(header.path, specific_tags=["PixelData"], force=True)
    if "PixelData" not in dataset:
        raise FormatError(
            f"A slice's file holds Pixel Data; {header.path.name} has none. It is truncated, "
            "or no image: copy it again, or move it away."
        )
    value: bytes = dataset["PixelData"].value
    return value


def _encapsulated(header: SliceHeader) -> bytes | None:
    """The items of encapsulated pixels, as `_parsed_pixel_data` gives them; None if not plain."""
    if header.transfer_syntax in NATIVE:
        return None
    with header.path.open("rb", buffering=0) as file:
        place = _pixel_place(file, header)
        if place is None or not place.is_encapsulated:
            return None
        file.seek(place.offset)
        return whole_items(file.read())


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
