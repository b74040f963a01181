"""The header of one DICOM file: the few attributes that place and scale a slice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medseg.formats.dicom.attributes import integer, number, numbers, text, values
from medseg.formats.dicom.bare import is_bare_dicom
from medseg.formats.dicom.header_scan import scan_header
from medseg.formats.dicom.pet import PET_ATTRIBUTES, PetFacts, read_pet
from medseg.formats.dicom.traits import TRAIT_ATTRIBUTES, Traits, read_traits
from medseg.formats.refusals import refusing_in_words

#: Attributes that `parsed` looks at.
ATTRIBUTES = [
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
    *TRAIT_ATTRIBUTES,
    *PET_ATTRIBUTES,
]


@dataclass(frozen=True)
class SliceHeader:
    """What is known of one DICOM file before its pixels are read.

    Numbers that are absent or damaged are None; nothing is guessed. `spacing` is Pixel Spacing:
    the distance between rows, then between columns. `rescale` is slope and intercept, 1 and 0
    where `names_rescale` says that the file names none. `frame` is the index of a frame in a
    multi-frame file whose frames are placed one by one; None for a file that is one slice.
    `is_bare` says that the file lacks DICOM's preamble and mark.
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
        scanned: Any = scan_header(path, ATTRIBUTES)
        if scanned is not None:
            return parsed(scanned, scanned.file_meta, path)
        is_bare = is_bare_dicom(path)
        dataset = pydicom.dcmread(
            path, stop_before_pixels=True, specific_tags=ATTRIBUTES, force=is_bare
        )
        if is_bare:
            _name_syntax(dataset)
        return replace(parsed(dataset, dataset.file_meta, path), is_bare=is_bare)


def _name_syntax(dataset: FileDataset) -> None:
    """Add the transfer syntax that a file without meta information was found to have."""
    if "TransferSyntaxUID" not in dataset.file_meta:
        is_implicit, _ = dataset.original_encoding
        dataset.file_meta.TransferSyntaxUID = (
            ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
        )


def parsed(dataset: Dataset, meta: Dataset, path: Path, *, frame: int | None = None) -> SliceHeader:
    """The header that attributes make.

    Args:
        dataset: the attributes, those of one frame at the top.
        meta: the file's meta information.
        path: of the file.
        frame: index of the frame the attributes are of; None for a file that is one slice.
    """
    bits_allocated = integer(dataset, "BitsAllocated", 0)
    bits_stored = integer(dataset, "BitsStored", bits_allocated)
    series = text(dataset, "SeriesDescription") or f"Series {text(dataset, 'SeriesNumber') or '?'}"
    return SliceHeader(
        path=path,
        sop_class=text(dataset, "SOPClassUID") or str(meta.get("MediaStorageSOPClassUID", "")),
        sop_instance=text(dataset, "SOPInstanceUID")
        or str(meta.get("MediaStorageSOPInstanceUID", "")),
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
        position=numbers(dataset, "ImagePositionPatient", 3),
        orientation=numbers(dataset, "ImageOrientationPatient", 6),
        thickness=_thickness(dataset),
        rescale=(number(dataset, "RescaleSlope", 1.0), number(dataset, "RescaleIntercept", 0.0)),
        names_rescale=(
            bool(values(dataset, "RescaleSlope")),
            bool(values(dataset, "RescaleIntercept")),
        ),
        rescale_type=text(dataset, "RescaleType"),
        has_lookup_table=bool(values(dataset, "ModalityLUTSequence")),
        units=text(dataset, "Units"),
        window=(number(dataset, "WindowCenter", None), number(dataset, "WindowWidth", None)),
        traits=read_traits(dataset),
        frame=frame,
        pet=read_pet(dataset) if text(dataset, "Modality") == "PT" else PetFacts(),
    )


def _thickness(dataset: Dataset) -> float | None:
    """What a single slice is deep: its distance to neighbours, else its own thickness, if any."""
    for name in ("SpacingBetweenSlices", "SliceThickness"):
        depth = number(dataset, name, None)
        if depth is not None and depth > 0:
            return depth
    return None
