"""Which DICOM files are image slices, and which of those this version reads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pydicom.config import IGNORE
from pydicom.uid import UID

from medseg.errors import FormatError
from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.formats.dicom.pixels.codecs import is_known

MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"

# Objects with pixels that are no acquired image (PS3.4 B.5): start of the UID -> its name.
_NO_IMAGE = {
    "1.2.840.10008.5.1.4.1.1.66": "segmentation or registration (DICOM SEG, REG)",
    "1.2.840.10008.5.1.4.1.1.481.2": "radiotherapy dose (RTDOSE)",
    "1.2.840.10008.5.1.4.1.1.481.3": "radiotherapy structures (RTSTRUCT)",
    "1.2.840.10008.5.1.4.1.1.88": "structured report (SR)",
    "1.2.840.10008.5.1.4.1.1.91.1": "microscopy annotations (ANN)",
    "1.2.840.10008.5.1.4.1.1.11": "presentation state (PR)",
    "1.2.840.10008.5.1.4.1.1.30": "parametric map",
}
# Acquired images, which always have pixels: CR, DX, CT, US, MR, SC, XA, NM, VL, PT,
# and enhanced and legacy converted CT, MR and PT.
_IMAGES = tuple(
    f"1.2.840.10008.5.1.4.1.1.{kind}"
    for kind in (
        *("1", "1.1", "2", "2.1", "2.2", "3.1", "4", "4.1", "4.4", "6.1", "7", "12.1", "20"),
        *("77.1", "128", "128.1", "130"),
    )
)
_WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"


def no_image(header: SliceHeader) -> str | None:
    """What a file is if it is no image, in words; None for an image."""
    if named := _name_of(header.sop_class):
        return named
    if header.sop_class == _WHOLE_SLIDE or header.modality == "SM":
        return "whole-slide microscopy"
    if header.rows < 1 or header.columns < 1:
        return f"{header.modality or 'DICOM'} object without an image"
    return None


@lru_cache(maxsize=256)
def _name_of(sop_class: str) -> str | None:
    """The name of a kind of object that is no image, None for all others."""
    if sop_class == MEDIA_DIRECTORY:
        return "media directory (DICOMDIR)"
    kinds = _NO_IMAGE.items()
    return next((name for start, name in kinds if f"{sop_class}.".startswith(f"{start}.")), None)


def check_whole(header: SliceHeader) -> None:
    """Refuse a file that was cut off inside its header, or does not say what it is.

    Raises:
        FormatError: it names no kind, or is an image by its kind and names no size.
    """
    is_sized = min(header.rows, header.columns) >= 1
    if not _names_kind(header) or (not is_sized and header.sop_class in _IMAGES):
        raise FormatError(
            f"A DICOM file names its kind, and an image its size; {header.path.name} does not. It "
            "is truncated or damaged: copy it again from where it came."
        )


def _names_kind(header: SliceHeader) -> bool:
    if header.modality or (header.rows >= 1 and header.sop_class):
        return True
    # A UID that was cut off is none of the standard's.
    return UID(header.sop_class, validation_mode=IGNORE).name != header.sop_class


def unreadable(header: SliceHeader) -> str | None:
    """Why slices of this kind are not read, as rule and finding; None if they are."""
    return next(_objections(header), None)


def _objections(header: SliceHeader) -> Iterator[str]:
    if header.frames > 1 and header.frame is None:
        size = f"{header.frames} x {header.rows} x {header.columns}"
        yield (
            "Frames are placed one by one (enhanced CT, MR, PET); these are multi-frame files "
            f"that place none of theirs ({size})"
        )
    if "MOSAIC" in header.image_type:
        yield "One slice per file is read in this version; these are mosaics of many slices"
    if header.samples != 1:
        yield (
            f"Scalar images are read; these have {header.samples} values per pixel "
            f"({header.photometric or 'colour'})"
        )
    if not header.photometric.startswith("MONOCHROME"):
        found = header.photometric or "without a photometric interpretation"
        yield f"Scalar images are read (MONOCHROME1 or 2); these are {found}"
    if header.bits_allocated not in (8, 16, 32):
        yield f"Pixels of 8, 16 or 32 bits are read; these have {header.bits_allocated}"
    if not _bits_fit(header):
        yield (
            f"Stored bits lie inside the allocated ones; here {header.bits_stored} bits end at bit "
            f"{header.high_bit} of {header.bits_allocated}"
        )
    if header.has_lookup_table:
        yield "Values are scaled by slope and intercept; these use a modality lookup table"
    if not is_known(header.transfer_syntax):
        yield (
            "Pixels are native, RLE, JPEG, JPEG-LS or JPEG 2000; these are in transfer syntax "
            f"{header.transfer_syntax or '(none given)'}"
        )


def _bits_fit(header: SliceHeader) -> bool:
    lowest_bit = header.high_bit + 1 - header.bits_stored
    return header.bits_stored >= 1 and lowest_bit >= 0 and header.high_bit < header.bits_allocated
