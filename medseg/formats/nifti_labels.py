"""Names and colours that a NIfTI mask holds itself, in an extension of its header.

Workbench and TotalSegmentator write them as a table in Caret's XML, the latter without saying so.

Reference:
    https://nifti.nimh.nih.gov/nifti-1/documentation/nifti1fields/nifti1fields_pages/extension.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NoReturn
from xml.etree import ElementTree

from medseg.errors import FormatError
from medseg.formats.nifti_bytes import read_extensions
from medseg.model import Segment

# No code, comment, and Caret (nifti1.h, NIFTI_ECODE_...).
_CODES = (0, 6, 30)
_MARK = b"<LabelTable"
_ROOTS = ("CaretExtension", "CIFTI")
_HIGHEST = 65535


@dataclass(frozen=True)
class Extensions:
    """What stands between a header and its voxels.

    Args:
        found: code and content of each, up to where a length makes no sense.
        rest: what comes after them; zeros fill up to the voxels and count as nothing.
        is_whole: whether lengths and the mark that announces extensions agree with the file.
    """

    found: tuple[tuple[int, bytes], ...]
    rest: bytes
    is_whole: bool


def extensions(path: Path, header: Any) -> Extensions:
    """The extensions of a header.

    Args:
        path: the file, or the .hdr of a pair.
        header: what `read_raw_header` gave.
    """
    data = read_extensions(path, header)
    if data[:1] in (b"", b"\0"):  # the mark says that there are none
        return Extensions((), b"", is_whole=True)
    order: Literal["big", "little"] = "big" if header.endianness == ">" else "little"
    found, position = [], 4
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], order, signed=True)
        code = int.from_bytes(data[position + 4 : position + 8], order, signed=True)
        if size < 8 or position + size > len(data):
            break
        found.append((code, data[position + 8 : position + size]))
        position += size
    rest = data[position:].rstrip(b"\0")
    return Extensions(tuple(found), rest, is_whole=len(data) > 4 and not rest)


def label_table(path: Path, header: Any) -> tuple[Segment, ...]:
    """The segments that a table in the file names, in its order; none if there is no such table.

    Numbers outside 1 to 65535 and empty names are left out; the first of two equal numbers counts.
    A damaged table is refused: a segmentation carries no report in which its loss could be told,
    and numbers without their names may be taken for other organs.

    Args:
        path: the file, or the .hdr of a pair.
        header: what `read_raw_header` gave.

    Raises:
        FormatError: there is a table that cannot be read.
    """
    present = extensions(path, header)
    for code, content in present.found:
        table = _table(content, path) if code in _CODES else None
        if table is not None:
            named: dict[int, Segment] = {}
            for segment in map(_segment, table.iter("Label")):
                if segment is not None:
                    named.setdefault(segment.number, segment)
            return tuple(named.values())
    if _MARK in present.rest:
        _refuse(path, "the extension that holds it gives a wrong length")
    return ()


def _table(content: bytes, path: Path) -> ElementTree.Element | None:
    text = content.rstrip(b"\0 \r\n\t")
    if _MARK not in text:
        return None
    # A table of labels declares nothing of its own; entities could unfold without end.
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        _refuse(path, "it declares entities")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 (no declarations: see above)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        _refuse(path, str(error))
    return next(root.iter("LabelTable"), None) if root.tag in _ROOTS else None


def _refuse(path: Path, found: str) -> NoReturn:
    raise FormatError(
        f"A mask keeps the names of its numbers; the table of names in {path.name} cannot be read: "
        f"{found}. Export it again, or remove the extension from its header to read the numbers "
        "without names."
    )


def _segment(label: ElementTree.Element) -> Segment | None:
    key, name = label.get("Key", ""), " ".join((label.text or "").split())
    if not key.isdecimal() or not key.isascii() or len(key) > 5 or not name:
        return None
    if not 1 <= int(key) <= _HIGHEST:
        return None
    segment = Segment.unnamed(int(key), name)
    try:
        red, green, blue = (float(label.get(part, "")) for part in ("Red", "Green", "Blue"))
    except ValueError:
        return segment
    if not all(0 <= part <= 1 for part in (red, green, blue)):
        return segment
    return replace(segment, color=(round(red * 255), round(green * 255), round(blue * 255)))
