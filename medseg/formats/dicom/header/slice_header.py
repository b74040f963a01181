"""The header of one DICOM file: the few attributes that place and scale a slice."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import FileDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medseg.formats.dicom.header.attributes import integer, number, numbers, text, values
from medseg.formats.dicom.header.bare import is_bare_dicom
from medseg.formats.dicom.header.parsing import BoundedFile
from medseg.formats.dicom.header.pet_facts import PET_ATTRIBUTES, PetFacts, read_pet
from medseg.formats.dicom.header.pixel_place import place_behind
from medseg.formats.dicom.header.scan import (
    FileStamp,
    PixelPlace,
    ScannedHeader,
    scan_header,
    stamp_of,
)
from medseg.formats.dicom.header.traits import TRAIT_ATTRIBUTES, Traits, read_traits
from medseg.formats.refusals import refusing_in_words

_OF_THE_SLICE = ("SOPInstanceUID", "ImagePositionPatient")
_OF_THE_SERIES = (
    "SOPClassUID",
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
)

#: Attributes that `parsed` looks at.
ATTRIBUTES = [*_OF_THE_SLICE, *_OF_THE_SERIES, *TRAIT_ATTRIBUTES, *PET_ATTRIBUTES]


@dataclass(frozen=True)
class SliceHeader:
    """What is known of one DICOM file before its pixels are read.

    Numbers that are absent or damaged are None; nothing is guessed. `spacing` is Pixel Spacing:
    the distance between rows, then between columns. `rescale` is slope and intercept, 1 and 0
    where `names_rescale` says that the file names none. `frame` is the index of a frame in a
    multi-frame file whose frames are placed one by one; None for a file that is one slice.
    `is_bare` says that the file lacks DICOM's preamble and mark. `pixels` is where Pixel Data lies
    in the file as it was at `stamp`, so that it need not be looked for again; both are None where
    that is not known.
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
    traits: Traits = field(default_factory=Traits)
    frame: int | None = None
    pet: PetFacts = field(default_factory=PetFacts)
    is_bare: bool = False
    pixels: PixelPlace | None = field(default=None, compare=False)
    stamp: FileStamp | None = field(default=None, compare=False)

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
        FormatError: the file is no DICOM or cannot be parsed.
    """
    with refusing_in_words(path, "reading"):
        scanned = scan_header(path, ATTRIBUTES)
        if scanned is not None:
            return _from_scan(scanned, path)
        is_bare = is_bare_dicom(path)
        with BoundedFile(path) as file:
            stamp = stamp_of(file)
            dataset = pydicom.dcmread(
                file, stop_before_pixels=True, specific_tags=ATTRIBUTES, force=is_bare
            )
            if is_bare:
                _name_syntax(dataset)
            pixels = place_behind(file, dataset)
        header = parsed(dataset, dataset.file_meta, path, pixels=pixels, stamp=stamp)
        return replace(header, is_bare=is_bare)


def _name_syntax(dataset: FileDataset) -> None:
    """Add the transfer syntax that a file without meta information was found to have."""
    if "TransferSyntaxUID" not in dataset.file_meta:
        is_implicit, _ = dataset.original_encoding
        dataset.file_meta.TransferSyntaxUID = (
            ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
        )


def parsed(
    dataset: Any,
    meta: Any,
    path: Path,
    *,
    frame: int | None = None,
    pixels: PixelPlace | None = None,
    stamp: FileStamp | None = None,
) -> SliceHeader:
    """The header that attributes make.

    Args:
        dataset: the attributes, those of one frame at the top.
        meta: the file's meta information.
        path: of the file.
        frame: index of the frame the attributes are of; None for a file that is one slice.
        pixels: where Pixel Data lies, if known.
        stamp: of the file whose header this is, if known.
    """
    bits_allocated = integer(dataset, "BitsAllocated", 0)
    bits_stored = integer(dataset, "BitsStored", bits_allocated)
    series = text(dataset, "SeriesDescription") or f"Series {text(dataset, 'SeriesNumber') or '?'}"
    return SliceHeader(
        **_own(dataset, meta, path, text(dataset, "Modality")),
        sop_class=text(dataset, "SOPClassUID") or str(meta.get("MediaStorageSOPClassUID", "")),
        series_uid=text(dataset, "SeriesInstanceUID"),
        frame_of_reference=text(dataset, "FrameOfReferenceUID"),
        modality=text(dataset, "Modality"),
        description=series,
        image_type=tuple(str(part) for part in values(dataset, "ImageType")),
        transfer_syntax=str(meta.get("TransferSyntaxUID", "")),
        rows=integer(dataset, "Rows", 0),
        columns=integer(dataset, "Columns", 0),
        samples=integer(dataset, "SamplesPerPixel", 1),
        photometric=text(dataset, "PhotometricInterpretation"),
        frames=integer(dataset, "NumberOfFrames", 1),
        bits_allocated=bits_allocated,
        bits_stored=bits_stored,
        high_bit=integer(dataset, "HighBit", bits_stored - 1),
        is_signed=integer(dataset, "PixelRepresentation", 0) == 1,
        spacing=numbers(dataset, "PixelSpacing", 2),
        orientation=numbers(dataset, "ImageOrientationPatient", 6),
        thickness=_thickness(dataset),
        rescale=(_one(dataset, "RescaleSlope", 1.0), _one(dataset, "RescaleIntercept", 0.0)),
        names_rescale=(
            bool(values(dataset, "RescaleSlope")),
            bool(values(dataset, "RescaleIntercept")),
        ),
        rescale_type=text(dataset, "RescaleType"),
        has_lookup_table=bool(values(dataset, "ModalityLUTSequence")),
        units=text(dataset, "Units"),
        window=(number(dataset, "WindowCenter", None), number(dataset, "WindowWidth", None)),
        frame=frame,
        pixels=pixels,
        stamp=stamp,
    )


def _own(dataset: Any, meta: Any, path: Path, modality: str) -> dict[str, Any]:
    """The fields in which the slices of one series may well differ."""
    return {
        "path": path,
        "sop_instance": text(dataset, "SOPInstanceUID")
        or str(meta.get("MediaStorageSOPInstanceUID", "")),
        "position": numbers(dataset, "ImagePositionPatient", 3),
        "traits": read_traits(dataset),
        "pet": read_pet(dataset) if modality == "PT" else _NO_PET,
    }


# Attributes that `_own` alone looks at, and headers by what else stands in them.
_OWN = frozenset(ATTRIBUTES) - frozenset(_OF_THE_SERIES)
_NO_PET = PetFacts()
_SHARED: dict[Hashable, SliceHeader] = {}
_MOST_SHARED = 256


def _from_scan(scanned: ScannedHeader, path: Path) -> SliceHeader:
    """`parsed` of a scanned header; what slices of one series share is made once."""
    meta = scanned.file_meta
    shared = tuple(item for item in scanned.items() if item[0] not in _OWN)
    key = (shared, meta["TransferSyntaxUID"], meta.get("MediaStorageSOPClassUID"))
    like = _SHARED.get(key)
    if like is None:
        if len(_SHARED) >= _MOST_SHARED:
            _SHARED.clear()
        like = _SHARED[key] = parsed(scanned, meta, path)
    own = _own(scanned, meta, path, like.modality)
    header = object.__new__(SliceHeader)  # `replace` would take as long as parsing it all
    header.__dict__.update(like.__dict__, **own, pixels=scanned.pixels, stamp=scanned.stamp)
    return header


def _one(dataset: Any, name: str, absent: float) -> float | None:
    """The number; None where it is none or where several different ones are named."""
    return None if len(set(values(dataset, name))) > 1 else number(dataset, name, absent)


def _thickness(dataset: Any) -> float | None:
    """What a single slice is deep: its distance to neighbours, else its own thickness, if any."""
    for name in ("SpacingBetweenSlices", "SliceThickness"):
        depth = number(dataset, name, None)
        if depth is not None and depth > 0:
            return depth
    return None
