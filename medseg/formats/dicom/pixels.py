"""Pixels of a stack of DICOM files: decoded, freed of unused bits, scaled to real values.

Reference:
    DICOM PS3.3 C.7.6.3 (Image Pixel), PS3.3 C.11.1 (Modality LUT).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from medseg.errors import FormatError
from medseg.formats.dicom.codecs import COMPRESSED, NATIVE, decode_frame
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
        stored[0] = first
        _fill(stored, headers, progress)
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


def _fill(stored: NDArray[Any], headers: Sequence[SliceHeader], progress: Progress) -> None:
    def fill_one(index: int) -> None:
        stored[index] = _stored_slice(headers[index])

    with ThreadPoolExecutor(_THREADS) as pool:
        # As a list: the first damaged file is told of, in the order of the slices.
        jobs = [pool.submit(fill_one, index) for index in range(1, len(headers))]
        try:
            for done, job in enumerate(jobs, start=2):
                job.result()
                progress(done / len(headers), f"Reading slice {done} of {len(headers)}")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


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
        dataset = pydicom.dcmread(header.path, specific_tags=["PixelData"])
        if "PixelData" not in dataset:
            raise FormatError(
                f"A slice's file holds Pixel Data; {header.path.name} has none. It is truncated, "
                "or no image: copy it again, or move it away."
            )
        shape = (header.rows, header.columns)
        try:
            decoded = decode_frame(
                dataset["PixelData"].value, header.transfer_syntax, shape, header.bits_allocated
            )
        except FormatError as error:
            raise FormatError(
                f"The pixels of a slice are whole; those of {header.path.name} are not: {error}. "
                "Copy it again from where it came."
            ) from error
        return _without_unused_bits(decoded, header)


def _without_unused_bits(decoded: NDArray[Any], header: SliceHeader) -> NDArray[Any]:
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
