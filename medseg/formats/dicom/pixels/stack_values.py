"""Pixels of a stack of DICOM slices: decoded, freed of unused bits, scaled to real values.

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
from numpy.typing import NDArray

from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.formats.dicom.pixels.codecs import EXPLICIT_LITTLE_ENDIAN
from medseg.formats.dicom.pixels.scale import slopes_and_intercepts
from medseg.formats.dicom.pixels.stored import at_pixels, check_size, has_size, stored_slice
from medseg.formats.entries import Progress
from medseg.formats.refusals import refusing_in_words
from medseg.formats.rescale import rescaled

# Decoders let go of Python's lock, so slices unpack side by side; more threads gain little.
_THREADS = min(4, os.cpu_count() or 1)

# Slices handed to a thread at once: handing over costs as much as a part of a plain slice, and
# with few slices each thread should have its share to the end.
_MOST_AT_ONCE = 8
_SHARES = 16


def read_stack(headers: Sequence[SliceHeader], progress: Progress) -> NDArray[Any]:
    """The real values of the slices, (slice, row, column), in the order of the headers.

    Raises:
        FormatError: a file is truncated or its pixels cannot be decoded; the message names it.
    """
    pairs, _ = slopes_and_intercepts(headers)
    for header in headers:
        check_size(header)
    dtype = np.result_type(*{np.dtype(header.stored_dtype) for header in headers})
    shape = (len(headers), headers[0].rows, headers[0].columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's remarks on odd values are judged here
        # Where the size could not be checked, one is decoded before anything large is allocated.
        first = None if has_size(headers[0]) else stored_slice(headers[0])
        stored = np.empty(shape, dtype)
        is_scaled = _fill(stored, headers, pairs, first, progress)
        if all(is_scaled):
            return stored.view(np.int16)
        for target, header, is_done in zip(stored, headers, is_scaled, strict=True):
            if is_done:  # it fits, others do not: once more
                _read_into(target, header)
    return rescaled(stored, pairs, headers[0].path.name)


def _fill(
    stored: NDArray[Any],
    headers: Sequence[SliceHeader],
    pairs: Sequence[tuple[float, float]],
    first: NDArray[Any] | None,
    progress: Progress,
) -> list[bool]:
    """Whether each slice now holds real values as int16; if not, it holds the stored ones."""
    count = len(headers)

    def fill_one(index: int) -> bool:
        known = first if index == 0 else None
        ends = _read_into(stored[index], headers[index], known)
        return _scaled_in_place(stored[index], *pairs[index], stored_ends=ends)

    def fill_some(start: int) -> list[bool]:
        return [fill_one(index) for index in range(start, min(start + at_once, count))]

    at_once = max(1, min(_MOST_AT_ONCE, count // (_SHARES * _THREADS)))
    is_scaled: list[bool] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        # As a list: the first damaged file is told of, in the order of the slices.
        jobs = [pool.submit(fill_some, start) for start in range(0, count, at_once)]
        try:
            for job in jobs:
                is_scaled += job.result()
                done = len(is_scaled)
                progress(done / count, f"Reading slice {done} of {count}")
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


def _read_into(
    target: NDArray[Any], header: SliceHeader, known: NDArray[Any] | None = None
) -> tuple[int, int]:
    """The lowest and highest value that the slice now in `target` can have.

    `known` are its stored values where they were decoded already.
    """
    limits = np.iinfo(target.dtype)
    if known is not None or not _read_native(target, header):
        target[...] = stored_slice(header) if known is None else known
        return int(limits.min), int(limits.max)
    unused = header.bits_allocated - header.bits_stored
    return int(limits.min) >> unused, int(limits.max) >> unused


def _read_native(target: NDArray[Any], header: SliceHeader) -> bool:
    """Read plain pixels straight into their place; False where more than reading is needed."""
    is_plain = header.transfer_syntax == EXPLICIT_LITTLE_ENDIAN and target.itemsize <= 2
    if not is_plain or target.dtype != header.stored_dtype or sys.byteorder != "little":
        return False
    with refusing_in_words(header.path, "reading"), FileIO(header.path) as file:
        if not at_pixels(file, header) or file.readinto(target.data.cast("B")) != target.nbytes:
            return False  # truncated, or changed: the other way finds the words for it
    if header.high_bit == header.bits_stored - 1 and not header.is_signed:
        if header.bits_stored < header.bits_allocated:
            target &= (1 << header.bits_stored) - 1
    elif header.bits_stored < header.bits_allocated:
        target <<= header.bits_allocated - 1 - header.high_bit
        target >>= header.bits_allocated - header.bits_stored  # spreads the sign bit
    return True
