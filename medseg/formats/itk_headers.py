"""The text headers of NRRD and MetaImage, looked at for what ITK passes over in silence.

Reference:
    https://teem.sourceforge.net/nrrd/format.html
    https://itk.org/Wiki/ITK/MetaIO/Documentation
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from medseg.errors import FormatError, OverlapError

# A header longer than this is none; ours are under a kilobyte, Slicer's under 100.
_HEADER_LIMIT = 4 * 1024 * 1024

_NRRD_BYTES = {
    **dict.fromkeys(("signed char", "int8", "int8_t", "unsigned char", "uchar", "uint8"), 1),
    **dict.fromkeys(("uint8_t",), 1),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16"), 2),
    **dict.fromkeys(("int16_t", "ushort", "unsigned short", "unsigned short int", "uint16"), 2),
    **dict.fromkeys(("uint16_t",), 2),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t", "uint", "unsigned int"), 4),
    **dict.fromkeys(("uint32", "uint32_t", "float"), 4),
    **dict.fromkeys(("longlong", "long long", "int64", "int64_t", "ulonglong", "uint64"), 8),
    **dict.fromkeys(("unsigned long long", "uint64_t", "double"), 8),
}
_META_BYTES = {
    "MET_CHAR": 1,
    "MET_UCHAR": 1,
    "MET_SHORT": 2,
    "MET_USHORT": 2,
    "MET_INT": 4,
    "MET_UINT": 4,
    "MET_LONG": 4,
    "MET_ULONG": 4,
    "MET_LONG_LONG": 8,
    "MET_ULONG_LONG": 8,
    "MET_FLOAT": 4,
    "MET_DOUBLE": 8,
}


@dataclass(frozen=True)
class TextHeader:
    """A header's fields and where the voxels begin.

    Args:
        fields: lower-case name -> text.
        length: bytes up to the voxels.
        is_nrrd: NRRD, else MetaImage.
    """

    fields: dict[str, str]
    length: int
    is_nrrd: bool

    @property
    def has_orientation(self) -> bool:
        """Whether the file says how its axes lie in the patient."""
        fields = self.fields
        if self.is_nrrd:
            named = fields.get("space", "").lower() not in ("", "scanner-xyz", "3d-right-handed")
            return named and "space directions" in fields
        return bool({"transformmatrix", "rotation", "orientation"} & set(fields))


def read_text_header(path: Path) -> TextHeader:
    """The header of a .nrrd, .mha or .mhd file, checked for what ITK would not tell.

    Raises:
        FormatError: it is neither, holds no single 3D scalar volume, measures in something
            other than millimetres, or the file is shorter than its header says.
        OverlapError: a .seg.nrrd holds overlapping segments in layers.
    """
    with path.open("rb") as file:
        start = file.read(_HEADER_LIMIT)
    header = _nrrd(start) if start.startswith(b"NRRD") else _meta(start)
    if header is None:
        raise FormatError(
            f"A {path.suffix} file starts with its header in words; {path.name} starts with "
            f"{start[:12]!r}. It is damaged or something else: copy or export it again."
        )
    _check_dimensions(header, path)
    _check_units(header, path)
    _check_size(header, path)
    return header


def _nrrd(start: bytes) -> TextHeader | None:
    end = re.search(rb"\r?\n\r?\n", start)
    if end is None:
        return None
    fields = {}
    for line in start[: end.start()].decode("latin-1").splitlines()[1:]:
        name, colon, value = line.partition(":")
        if colon and not line.startswith("#") and not value.startswith("="):
            fields[name.strip().lower()] = value.strip()
    return TextHeader(fields, end.end(), is_nrrd=True)


def _meta(start: bytes) -> TextHeader | None:
    fields: dict[str, str] = {}
    position = 0
    while (end := start.find(b"\n", position)) >= 0:
        name, equals, value = start[position:end].decode("latin-1").partition("=")
        if not equals:
            return None
        fields[name.strip().lower()] = value.strip()
        position = end + 1
        if "elementdatafile" in fields:  # always the last line of the header
            return TextHeader(fields, position, is_nrrd=False)
    return None


def _check_dimensions(header: TextHeader, path: Path) -> None:
    fields = header.fields
    if header.is_nrrd and fields.get("dimension") == "4" and path.name.endswith(".seg.nrrd"):
        layers = (fields.get("sizes", "").split() or ["several"])[0]
        raise OverlapError(
            f"One label array holds segments that do not overlap; {path.name} holds {layers} "
            "layers of overlapping segments. Save each layer as a mask of its own."
        )
    dimension = fields.get("dimension" if header.is_nrrd else "ndims", "none")
    channels = fields.get("elementnumberofchannels", "1")
    if dimension != "3" or channels != "1":
        raise FormatError(
            f"One 3D scalar volume is read from a file; {path.name} has {dimension} dimensions and "
            f"{channels} channel(s). Split it into volumes and open one of them."
        )


def _check_units(header: TextHeader, path: Path) -> None:
    units = set(re.findall(r'"([^"]*)"', header.fields.get("space units", "")))
    if units - {"mm", ""}:
        raise FormatError(
            f"Lengths are in millimetres; {path.name} gives them in {sorted(units)}. Export it in "
            "millimetres."
        )


def _check_size(header: TextHeader, path: Path) -> None:
    """Refuse a file that is too short: MetaIO fills the rest with whatever it likes."""
    if header.is_nrrd:
        needed = _nrrd_bytes(header, path)
    elif header.fields["elementdatafile"] == "LOCAL":
        needed = _meta_bytes(header, path)
    else:
        _check_detached(header, path)
        return
    present = path.stat().st_size - header.length
    if present < needed:
        _refuse_short(path, present, needed)


def _check_detached(header: TextHeader, path: Path) -> None:
    """The voxels of an .mhd stand in a file beside it, and nowhere else."""
    name = header.fields["elementdatafile"]
    beside = path.parent / name
    if Path(name).name != name or not beside.is_file():
        raise FormatError(
            f"The voxels of an .mhd file stand in one file beside it; {path.name} names {name!r}, "
            "which is not there. Copy both files into one folder."
        )
    present, needed = beside.stat().st_size, _meta_bytes(header, path)
    if present < needed:
        _refuse_short(beside, present, needed)


def _nrrd_bytes(header: TextHeader, path: Path) -> int:
    fields = header.fields
    if "data file" in fields or "datafile" in fields:
        raise FormatError(
            f"A .nrrd file holds its voxels; {path.name} points at another file. Save both as one."
        )
    if fields.get("encoding", "").lower() != "raw":
        return 1  # packed: its own reader finds a missing end
    return _product(fields.get("sizes", ""), path) * _NRRD_BYTES.get(fields.get("type", ""), 1)


def _meta_bytes(header: TextHeader, path: Path) -> int:
    fields = header.fields
    if fields.get("compresseddata", "False").lower() == "true":
        return int(fields.get("compresseddatasize", "1"))
    size = _META_BYTES.get(fields.get("elementtype", ""), 1)
    return _product(fields.get("dimsize", ""), path) * size


def _product(sizes: str, path: Path) -> int:
    product = 1
    for size in sizes.split():
        product *= int(size) if size.isdecimal() else 0
    if product < 1:
        raise FormatError(
            f"A grid has three positive sizes; {path.name} gives {sizes!r}. Export it again."
        )
    return product


def _refuse_short(path: Path, present: int, needed: int) -> None:
    raise FormatError(
        f"A file is as long as its header says; {path.name} holds {present} of {needed} bytes of "
        "voxels. It is truncated: copy it again from where it came."
    )
