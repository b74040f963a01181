"""Which DICOM files are image slices, and which of those this version reads."""

from __future__ import annotations

from medseg.errors import FormatError
from medseg.formats.dicom.codecs import is_known
from medseg.formats.dicom.headers import SliceHeader

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
    if header.sop_class == MEDIA_DIRECTORY:
        return "media directory (DICOMDIR)"
    for start, name in _NO_IMAGE.items():
        if header.sop_class == start or header.sop_class.startswith(f"{start}."):
            return name
    if header.sop_class == _WHOLE_SLIDE or header.modality == "SM":
        return "whole-slide microscopy"
    if header.rows < 1 or header.columns < 1:
        return f"{header.modality or 'DICOM'} object without an image"
    return None


def check_whole(header: SliceHeader) -> None:
    """Refuse a file that was cut off inside its header, or does not say what it is.

    Raises:
        FormatError: it names no kind, or is an image by its kind and names no size.
    """
    is_image = header.sop_class in _IMAGES
    if (is_image and header.rows < 1) or not (header.sop_class or header.modality):
        raise FormatError(
            f"A DICOM file names its kind, and an image its size; {header.path.name} does not. It "
            "is truncated or damaged: copy it again from where it came."
        )


def unreadable(header: SliceHeader) -> str | None:
    """Why slices of this kind are not read, as rule and finding; None if they are."""
    size = f"{header.frames} x {header.rows} x {header.columns}"
    rules = (
        (
            header.frames > 1 and header.frame is None,
            "Frames are placed one by one (enhanced CT, MR, PET); these are multi-frame files "
            f"that place none of theirs ({size})",
        ),
        (
            "MOSAIC" in header.image_type,
            "One slice per file is read in this version; these are mosaics of many slices",
        ),
        (
            header.samples != 1,
            f"Scalar images are read; these have {header.samples} values per pixel "
            f"({header.photometric or 'colour'})",
        ),
        (
            not header.photometric.startswith("MONOCHROME"),
            "Scalar images are read (MONOCHROME1 or 2); these are "
            f"{header.photometric or 'without a photometric interpretation'}",
        ),
        (
            header.bits_allocated not in (8, 16, 32),
            f"Pixels of 8, 16 or 32 bits are read; these have {header.bits_allocated}",
        ),
        (
            not _bits_fit(header),
            f"Stored bits lie inside the allocated ones; here {header.bits_stored} bits end at bit "
            f"{header.high_bit} of {header.bits_allocated}",
        ),
        (
            header.has_lookup_table,
            "Values are scaled by slope and intercept; these use a modality lookup table",
        ),
        (
            not is_known(header.transfer_syntax),
            "Pixels are native, RLE, JPEG, JPEG-LS or JPEG 2000; these are in transfer syntax "
            f"{header.transfer_syntax or '(none given)'}",
        ),
    )
    return next((words for applies, words in rules if applies), None)


def _bits_fit(header: SliceHeader) -> bool:
    lowest_bit = header.high_bit + 1 - header.bits_stored
    return header.bits_stored >= 1 and lowest_bit >= 0 and header.high_bit < header.bits_allocated
