"""The text headers of NRRD and MetaImage, looked at for what ITK passes over in silence.

Reference:
    https://teem.sourceforge.net/nrrd/format.html
    https://itk.org/Wiki/ITK/MetaIO/Documentation
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from medseg.errors import FormatError, OverlapError
from medseg.formats.itk_places import are_numbers, check_places

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
    **dict.fromkeys(("longlong", "long long", "long long int", "signed long long"), 8),
    **dict.fromkeys(("signed long long int", "int64", "int64_t", "ulonglong"), 8),
    **dict.fromkeys(("unsigned long long", "unsigned long long int", "uint64"), 8),
    **dict.fromkeys(("uint64_t", "double"), 8),
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

# Names as MetaIO knows them, letter by letter, and how many values each has in three dimensions.
_META_FIELDS = {
    **dict.fromkeys(("ObjectType", "NDims", "ElementType", "ElementDataFile"), 1),
    **dict.fromkeys(("BinaryData", "BinaryDataByteOrderMSB", "ElementByteOrderMSB"), 1),
    **dict.fromkeys(("CompressedData", "CompressedDataSize", "HeaderSize"), 1),
    **dict.fromkeys(("DimSize", "ElementSpacing", "ElementSize", "CenterOfRotation"), 3),
    **dict.fromkeys(("Offset", "Position", "Origin"), 3),
    **dict.fromkeys(("TransformMatrix", "Rotation", "Orientation"), 9),
}
_BLANKS = " \t\r"
_META_NEEDED = ("NDims", "DimSize", "ElementType", "ElementDataFile")
_META_STEPS = ("elementspacing", "elementsize")
_META_SCALE = {
    "elementtointensityfunctionslope": 1.0,
    "elementtointensityfunctionoffset": 0.0,
}


@dataclass(frozen=True)
class TextHeader:
    """A header's fields and where the voxels begin.

    Args:
        fields: lower-case name -> text.
        length: bytes up to the voxels.
        is_nrrd: NRRD, else MetaImage.
        keys: what an NRRD header says beyond its fields, as key:=value.
    """

    fields: dict[str, str]
    length: int
    is_nrrd: bool
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def layers(self) -> int:
        """How many label arrays the file holds; 1 unless it is a .seg.nrrd with layers."""
        if self.is_nrrd and self.fields.get("dimension") == "4":
            first = self.fields.get("sizes", "").partition(" ")[0]
            return int(first) if first.isdecimal() else 0
        return 1

    @property
    def has_orientation(self) -> bool:
        """Whether the file says how its axes lie in the patient."""
        fields = self.fields
        if self.is_nrrd:
            named = fields.get("space", "").lower() not in ("", "scanner-xyz", "3d-right-handed")
            return named and "space directions" in fields
        return bool({"transformmatrix", "rotation", "orientation"} & set(fields))


def read_text_header(path: Path, *, in_layers: bool = False) -> TextHeader:
    """The header of a .nrrd, .mha or .mhd file, checked for what ITK would not tell.

    Args:
        path: the file.
        in_layers: pass a .seg.nrrd with several layers.

    Raises:
        FormatError: it is neither, holds no single 3D scalar volume, names no voxel size,
            places them by what is no number, measures in something other than millimetres, or
            scales its values.
        OverlapError: a .seg.nrrd holds segments in layers, and they are not asked for.
    """
    with path.open("rb") as file:
        start = file.read(_HEADER_LIMIT)
    header = _nrrd(start) if start.startswith(b"NRRD") else _meta(start)
    if header is None:
        raise FormatError(
            f"A {path.suffix} file starts with its header in words; {path.name} starts with "
            f"{start[:12]!r}. It is damaged or something else: copy or export it again."
        )
    if not (in_layers and _has_layers(header, path)):
        _check_dimensions(header, path)
    if header.is_nrrd:
        check_places(header.fields, path)
    else:
        _check_meta_fields(start[: header.length], path)
    _check_units(header, path)
    _check_steps(header, path)
    _check_scale(header, path)
    return header


def _nrrd(start: bytes) -> TextHeader | None:
    end = re.search(rb"\r?\n\r?\n", start)
    if end is None:
        return None
    fields, keys = {}, {}
    # Split by hand: str.splitlines takes half of a letter such as Å in UTF-8 for a line's end.
    for line in re.split(r"\r?\n", start[: end.start()].decode("latin-1"))[1:]:
        name, colon, value = line.partition(":")
        if not colon or line.startswith("#"):
            continue
        if value.startswith("="):
            keys[_as_text(name)] = _as_text(value[1:])
        else:
            fields[name.strip().lower()] = value.strip()
    return TextHeader(fields, end.end(), is_nrrd=True, keys=keys)


def _as_text(stored: str) -> str:
    """A key or a value with its escapes resolved; NRRD escapes ends of lines and backslashes."""
    text = stored.encode("latin-1").decode("utf-8", errors="replace")
    return re.sub(r"\\([n\\])", lambda found: "\n" if found[1] == "n" else "\\", text)


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


def _has_layers(header: TextHeader, path: Path) -> bool:
    """Whether it is a .seg.nrrd whose first dimension, a list, counts layers."""
    fields = header.fields
    return (
        path.name.lower().endswith(".seg.nrrd")
        and header.is_nrrd
        and fields.get("dimension") == "4"
        and len(fields.get("sizes", "").split()) == 4
        and fields.get("space directions", "").lower().startswith("none")
    )


def _check_dimensions(header: TextHeader, path: Path) -> None:
    fields = header.fields
    if _has_layers(header, path):
        raise OverlapError(
            f"One 3D volume is read from a file; {path.name} holds {header.layers} layers of "
            "segments that may overlap. Read it as a mask."
        )
    dimension = fields.get("dimension" if header.is_nrrd else "ndims", "none")
    channels = fields.get("elementnumberofchannels", "1")
    if dimension != "3" or channels != "1":
        raise FormatError(
            f"One 3D scalar volume is read from a file; {path.name} has {dimension} dimensions and "
            f"{channels} channel(s). Split it into volumes and open one of them."
        )


def _check_meta_fields(text: bytes, path: Path) -> None:
    """Refuse what makes MetaIO complain on stderr, or pass over a field that we would heed."""
    # Blanks and ends of lines are MetaIO's; those of Unicode are letters to it.
    lines = [line.partition("=") for line in text.decode("latin-1").split("\n")]
    names = [name.strip(_BLANKS) for name, _, _ in lines]
    spelled = {name.lower(): name for name in _META_FIELDS}
    faults = [f"no {name}" for name in _META_NEEDED if name not in names]
    faults += [name for name in names if spelled.get(name.lower(), name) != name]
    faults += [repr(name) for name in names if not (name.isascii() and name.isprintable())]
    faults += [f"{name} twice" for name in _META_FIELDS if names.count(name) > 1]
    for position, (name, (_, _, value)) in enumerate(zip(names, lines, strict=True)):
        count, given = _META_FIELDS.get(name, 1), value.strip(_BLANKS)
        is_early = "NDims" not in names[:position]
        if name == "NDims" and not (given.isascii() and given.isdecimal()):
            faults.append(f"NDims = {given[:60]!r}")
        if count > 1 and (is_early or len(given.split()) != count or not are_numbers(given)):
            faults.append(f"{name} = {given[:60]}{' before NDims' * is_early}")
    if faults:
        raise FormatError(
            "The header of a MetaImage names its fields as MetaIO does, NDims first, with 3 or 9 "
            f"numbers each; {path.name} has {'; '.join(faults[:3])}. Export it again."
        )


def _check_units(header: TextHeader, path: Path) -> None:
    given = f"{header.fields.get('space units', '')} {header.fields.get('units', '')}"
    units = {quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|([^\s"]+)', given)}
    if units - {"mm", ""}:
        raise FormatError(
            f"Lengths are in millimetres; {path.name} gives them in {sorted(units)}. Export it in "
            "millimetres."
        )


def _check_steps(header: TextHeader, path: Path) -> None:
    """ITK takes 1 mm in silence where a file does not tell its voxels' size."""
    names = ("space directions", "spacings") if header.is_nrrd else _META_STEPS
    if not set(names) & set(header.fields):
        raise FormatError(
            f"An image tells the size of its voxels; {path.name} has no "
            f"{'space directions' if header.is_nrrd else 'ElementSpacing'}. Export it again with "
            "its spacing."
        )


def _check_scale(header: TextHeader, path: Path) -> None:
    """ITK passes over MetaImage's own slope and offset, and would give stored values for real."""
    for name, neutral in _META_SCALE.items():
        given = header.fields.get(name, "")
        if not header.is_nrrd and given and not _is_number(given, neutral):
            raise FormatError(
                f"Values of a MetaImage are real ones as stored; {path.name} scales them ({name} "
                f"= {given}). Export it with the scale applied."
            )


def _is_number(text: str, wanted: float) -> bool:
    try:
        return float(text) == wanted
    except ValueError:
        return False


def value_bytes(header: TextHeader, path: Path) -> tuple[int, int]:
    """Bytes of one value and of all; 1 for a type that the header does not name rightly.

    Raises:
        FormatError: the sizes are not positive whole numbers.
    """
    fields = header.fields
    if header.is_nrrd:
        size = _NRRD_BYTES.get(" ".join(fields.get("type", "").lower().split()), 1)
        return size, size * _product(fields.get("sizes", ""), path)
    size = _META_BYTES.get(fields.get("elementtype", ""), 1)
    return size, size * _product(fields.get("dimsize", ""), path)


def _product(sizes: str, path: Path) -> int:
    product = 1
    for size in sizes.split():
        product *= int(size) if size.isdecimal() else 0
    if product < 1:
        raise FormatError(
            f"A grid has three positive sizes; {path.name} gives {sizes!r}. Export it again."
        )
    return product
