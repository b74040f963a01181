"""The header of one DICOM file: the few attributes that place and scale a slice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import FileDataset

from medseg.formats.refusals import refusing_in_words

_ATTRIBUTES = [
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "Modality",
    "SeriesDescription",
    "SeriesNumber",
    "ImageType",
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelSpacing",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "SpacingBetweenSlices",
    "SliceThickness",
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
    "ModalityLUTSequence",
    "Units",
    "WindowCenter",
    "WindowWidth",
]


@dataclass(frozen=True)
class SliceHeader:
    """What is known of one DICOM file before its pixels are read.

    Numbers that are absent or damaged are None; nothing is guessed. `spacing` is Pixel Spacing:
    the distance between rows, then between columns. `rescale` is slope and intercept, 1 and 0
    where `names_rescale` says that the file names none.
    """

    path: Path
    sop_class: str
    sop_instance: str
    series_uid: str
    frame_of_reference: str
    modality: str
    description: str
    image_type: tuple[str, ...]
    transfer_syntax: str
    rows: int
    columns: int
    samples: int
    photometric: str
    frames: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    spacing: tuple[float, ...] | None
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    thickness: float | None
    rescale: tuple[float | None, float | None]
    names_rescale: tuple[bool, bool]
    rescale_type: str
    has_lookup_table: bool
    units: str
    window: tuple[float | None, float | None]

    @property
    def series_id(self) -> str:
        """The series UID; the folder's name where a careless de-identification emptied it."""
        return self.series_uid or self.path.parent.name

    @property
    def stored_dtype(self) -> str:
        """Numpy name of the stored type, as "int16"."""
        return f"{'int' if self.is_signed else 'uint'}{self.bits_allocated}"


def read_header(path: Path) -> SliceHeader:
    """The header of a DICOM file.

    Raises:
        FormatError: the file has no DICOM mark or cannot be parsed.
    """
    with refusing_in_words(path, "reading"):
        dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_ATTRIBUTES)
        return _parsed(dataset, path)


def _parsed(dataset: FileDataset, path: Path) -> SliceHeader:
    meta = dataset.file_meta
    bits_allocated = _integer(dataset, "BitsAllocated", 0)
    bits_stored = _integer(dataset, "BitsStored", bits_allocated)
    series = (
        _text(dataset, "SeriesDescription") or f"Series {_text(dataset, 'SeriesNumber') or '?'}"
    )
    return SliceHeader(
        path=path,
        sop_class=_text(dataset, "SOPClassUID") or str(meta.get("MediaStorageSOPClassUID", "")),
        sop_instance=_text(dataset, "SOPInstanceUID")
        or str(meta.get("MediaStorageSOPInstanceUID", "")),
        series_uid=_text(dataset, "SeriesInstanceUID"),
        frame_of_reference=_text(dataset, "FrameOfReferenceUID"),
        modality=_text(dataset, "Modality"),
        description=series,
        image_type=tuple(str(part) for part in _values(dataset, "ImageType")),
        transfer_syntax=str(meta.get("TransferSyntaxUID", "")),
        rows=_integer(dataset, "Rows", 0),
        columns=_integer(dataset, "Columns", 0),
        samples=_integer(dataset, "SamplesPerPixel", 1),
        photometric=_text(dataset, "PhotometricInterpretation"),
        frames=_integer(dataset, "NumberOfFrames", 1),
        bits_allocated=bits_allocated,
        bits_stored=bits_stored,
        high_bit=_integer(dataset, "HighBit", bits_stored - 1),
        is_signed=_integer(dataset, "PixelRepresentation", 0) == 1,
        spacing=_numbers(dataset, "PixelSpacing", 2),
        position=_numbers(dataset, "ImagePositionPatient", 3),
        orientation=_numbers(dataset, "ImageOrientationPatient", 6),
        thickness=_thickness(dataset),
        rescale=(_number(dataset, "RescaleSlope", 1.0), _number(dataset, "RescaleIntercept", 0.0)),
        names_rescale=(
            bool(_values(dataset, "RescaleSlope")),
            bool(_values(dataset, "RescaleIntercept")),
        ),
        rescale_type=_text(dataset, "RescaleType"),
        has_lookup_table=bool(_values(dataset, "ModalityLUTSequence")),
        units=_text(dataset, "Units"),
        window=(_number(dataset, "WindowCenter", None), _number(dataset, "WindowWidth", None)),
    )


def _values(dataset: FileDataset, name: str) -> list[Any]:
    """The values of an attribute; empty where it is absent, empty or cannot be parsed."""
    try:
        value = dataset.get(name)
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        return []
    if value is None or value == "":
        return []
    is_many = isinstance(value, (pydicom.multival.MultiValue, pydicom.sequence.Sequence, list))
    return list(value) if is_many else [value]


def _text(dataset: FileDataset, name: str) -> str:
    values = _values(dataset, name)
    return str(values[0]).strip() if values else ""


def _floats(dataset: FileDataset, name: str) -> list[float]:
    try:
        return [float(value) for value in _values(dataset, name)]
    except (ValueError, TypeError, OverflowError):
        return [math.nan]


def _number(dataset: FileDataset, name: str, absent: float | None) -> float | None:
    """The first value; `absent` where there is none, None where it is no finite number."""
    values = _floats(dataset, name)
    if not values:
        return absent
    return values[0] if math.isfinite(values[0]) else None


def _integer(dataset: FileDataset, name: str, absent: int) -> int:
    number = _number(dataset, name, None)
    return absent if number is None else int(number)


def _numbers(dataset: FileDataset, name: str, count: int) -> tuple[float, ...] | None:
    values = _floats(dataset, name)
    is_whole = len(values) == count and all(math.isfinite(value) for value in values)
    return tuple(values) if is_whole else None


def _thickness(dataset: FileDataset) -> float | None:
    """What a single slice is deep: its distance to neighbours, else its own thickness, if any."""
    for name in ("SpacingBetweenSlices", "SliceThickness"):
        number = _number(dataset, name, None)
        if number is not None and number > 0:
            return number
    return None
