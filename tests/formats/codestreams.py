"""Slices with encapsulated pixels: one encoder for each lossless codec."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders import RLELosslessEncoder

from tests.formats.dicom_files import pixels

RLE = "1.2.840.10008.1.2.5"
JPEG = "1.2.840.10008.1.2.4.70"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = "1.2.840.10008.1.2.4.90"


def packed(syntax: str, frame: Any, *, of: tuple[int, int] = (5, 7)) -> Callable[[Path], None]:
    """Store encapsulated pixels in a file: an encoder with a shape, or the whole value."""

    def change(file: Path) -> None:
        dataset = pydicom.dcmread(file)
        own = np.frombuffer(dataset.PixelData, np.uint16).reshape(5, 7)
        stored = own if of == own.shape else np.resize(pixels(1), of)
        value = frame if isinstance(frame, bytes) else encapsulate([frame(stored)])
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.PixelData = value
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        dataset.save_as(file, enforce_file_format=True)

    return change


def rle(stored: np.ndarray) -> bytes:
    rows, columns = stored.shape
    size = {"rows": rows, "columns": columns, "number_of_frames": 1, "samples_per_pixel": 1}
    bits = {"bits_allocated": 16, "bits_stored": 16, "pixel_representation": 0}
    grey = {"photometric_interpretation": "MONOCHROME2"}
    return RLELosslessEncoder.encode(stored, **size, **bits, **grey)


def j2k(stored: np.ndarray) -> bytes:
    return imagecodecs.jpeg2k_encode(stored, codecformat="j2k", level=0, reversible=True)


def lossless(stored: np.ndarray) -> bytes:
    return imagecodecs.ljpeg_encode(stored, bitspersample=16)


CODECS: dict[str, Callable[[Any], bytes]] = {
    RLE: rle,
    JPEG: lossless,
    JPEG_LS: imagecodecs.jpegls_encode,
    JPEG_2000: j2k,
}
