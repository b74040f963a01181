"""What a NIfTI header says against itself: read all the same, and told in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medseg.errors import FormatError
from medseg.formats.nifti_labels import extensions
from medseg.model import Finding, Place

#: NIFTI_INTENT_LABEL: the values are numbers of labels.
LABEL_INTENT = 1002

# nifti1.h, NIFTI_INTENT_...: several values at each place, or no grid of values at all.
_VECTORS = {
    1004: "matrices",
    1005: "symmetric matrices",
    1006: "displacements",
    1007: "vectors",
    1010: "quaternions",
    2003: "colours",
    2004: "colours",
}
_SURFACES = {
    1008: "points",
    1009: "triangles",
    2001: "values over time on a surface",
    2002: "indices of a surface",
    2005: "shapes of a surface",
}


def check_intent(header: Any, values: int, path: Path) -> None:
    """Pass unless the header says that the numbers are no scalar image.

    Args:
        header: what `read_raw_header` gave.
        values: how many numbers there are at each place.
        path: of the file, for the refusal.

    Raises:
        FormatError: they are vectors, or belong to a surface.
    """
    intent = int(header["intent_code"])
    what = _SURFACES.get(intent) or (_VECTORS.get(intent) if values > 1 else None)
    if what is not None:
        raise FormatError(
            f"An image has one value at each place and time; {path.name} holds {what} (intent "
            f"code {intent}). Export it as a scalar image."
        )


def header_findings(header: Any, path: Path) -> list[Finding]:
    """Fields that contradict others and do not count; none if all is well."""
    told = {
        "HEADER_SIZE": _header_size(header),
        "BITPIX": _bitpix(header),
        "EXTENSION_DAMAGED": _extensions(header, path),
    }
    place = Place(file=path.name)
    return [
        Finding(code, "warning", f"{path.name} {text}", place)
        for code, text in told.items()
        if text
    ]


def behind_findings(behind: int, path: Path) -> list[Finding]:
    """One finding, BYTES_BEHIND, if a file goes on behind its voxels."""
    if not behind:
        return []
    text = (
        f"{path.name} holds {behind} more bytes behind its voxels, which were not read. If the "
        "sizes in its header are too small, the image is not whole: compare it with its source."
    )
    return [Finding("BYTES_BEHIND", "warning", text, Place(file=path.name))]


def _header_size(header: Any) -> str:
    given, real = int(header["sizeof_hdr"]), len(header.binaryblock)
    if given == real:
        return ""
    return (
        f"says that its header has {given} bytes; by its mark it has {real}, and it was read so. "
        "The header may be damaged in other places too."
    )


def _bitpix(header: Any) -> str:
    given, real = int(header["bitpix"]), header.get_data_dtype().itemsize * 8
    if given == real:
        return ""
    return (
        f"says that a value has {given} bits and that its type is {header.get_data_dtype().name}; "
        "the type was taken. If the image looks like noise, export it again."
    )


def _extensions(header: Any, path: Path) -> str:
    if extensions(path, header).is_whole:
        return ""
    return (
        "has an extension of its header that does not end where the voxels begin; the voxels were "
        "read where vox_offset says. If the image looks shifted, export it again."
    )
