"""Pixels of frames in multi-frame files: found, decoded, scaled to real values.

Reference:
    DICOM PS3.5 A.4 (encapsulated frames), PS3.3 C.7.6.3 (Image Pixel).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.encaps import encapsulate, get_frame

from medseg.errors import FormatError
from medseg.formats.dicom.header.parsing import read_dataset
from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.formats.dicom.pixels.codecs import NATIVE, decode_frame
from medseg.formats.dicom.pixels.scale import slopes_and_intercepts
from medseg.formats.dicom.pixels.stored import byte_count, check_rest, without_unused_bits
from medseg.formats.entries import Progress
from medseg.formats.refusals import refusing_in_words
from medseg.formats.rescale import rescaled


def read_frames(headers: Sequence[SliceHeader], progress: Progress) -> NDArray[Any]:
    """The real values of frames, (slice, row, column), in the order of the headers.

    Raises:
        FormatError: a file is truncated or a frame cannot be decoded; the message names it.
    """
    pairs, _ = slopes_and_intercepts(headers)
    dtype = np.result_type(*{np.dtype(header.stored_dtype) for header in headers})
    stored: NDArray[Any] | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's remarks on odd values are judged here
        for done, (index, frame) in enumerate(_frames_by_file(headers), start=1):
            if stored is None:  # the first is decoded before anything large is allocated
                stored = np.empty((len(headers), *frame.shape), dtype)
            stored[index] = frame
            progress(done / len(headers), f"Reading frame {done} of {len(headers)}")
    if stored is None:
        raise FormatError("A volume has frames; none were asked for.")
    return rescaled(stored, pairs, headers[0].path.name)


def _frames_by_file(headers: Sequence[SliceHeader]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Place in the volume and stored values of each frame; one file at a time is in memory."""
    for path in dict.fromkeys(header.path for header in headers):
        data = _pixel_data(path)
        for index, header in enumerate(headers):
            if header.path == path:
                yield index, _stored_frame(data, header)


class _PixelData:
    """The value of Pixel Data with the offsets that may stand beside it."""

    def __init__(self, dataset: pydicom.Dataset) -> None:
        self.value: bytes = dataset["PixelData"].value
        self.is_in_items = bool(dataset["PixelData"].is_undefined_length)
        table = dataset.get("ExtendedOffsetTable")
        lengths = dataset.get("ExtendedOffsetTableLengths")
        self.offsets = (table, lengths) if table and lengths else None


_TAGS = ["PixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"]


def _pixel_data(path: Path) -> _PixelData:
    with refusing_in_words(path, "reading"):
        dataset = read_dataset(path, specific_tags=[*_TAGS], force=True)
        if "PixelData" not in dataset:
            raise FormatError(
                f"A file of frames holds Pixel Data; {path.name} has none. It is truncated, or no "
                "image: copy it again, or move it away."
            )
        return _PixelData(dataset)


def _stored_frame(data: _PixelData, header: SliceHeader) -> NDArray[Any]:
    shape = (header.rows, header.columns)
    with refusing_in_words(header.path, "reading"):
        try:
            decoded = decode_frame(
                _bytes_of_frame(data, header), header.transfer_syntax, shape, header.bits_allocated
            )
        except FormatError as error:
            raise FormatError(
                f"The pixels of a frame are whole; those of frame {(header.frame or 0) + 1} of "
                f"{header.path.name} are not: {error}. Copy it again from where it came."
            ) from error
        return without_unused_bits(decoded, header)


def _bytes_of_frame(data: _PixelData, header: SliceHeader) -> bytes:
    """Pixel Data as a file with this frame alone would hold it."""
    index = header.frame or 0
    if header.transfer_syntax in NATIVE:
        if data.is_in_items:
            raise FormatError("they are in items, and the transfer syntax says plain pixels")
        size = byte_count(header)
        check_rest(data.value[header.frames * size :], header)
        return data.value[index * size : (index + 1) * size]
    frame = get_frame(
        data.value, index, number_of_frames=header.frames, extended_offsets=data.offsets
    )
    return encapsulate([frame], has_bot=False)
