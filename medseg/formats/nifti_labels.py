"""Names and colours that a NIfTI mask holds itself, in an extension of its header.

Workbench and TotalSegmentator write them as a table in Caret's XML, the latter without saying so.

Reference:
    https://nifti.nimh.nih.gov/nifti-1/documentation/nifti1fields/nifti1fields_pages/extension.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

from medseg.formats.nifti_bytes import read_extensions
from medseg.model import Segment

# No code, comment, and Caret (nifti1.h, NIFTI_ECODE_...).
_CODES = (0, 6, 30)
_ROOTS = ("CaretExtension", "CIFTI")
_HIGHEST = 65535


def label_table(path: Path, header: Any) -> tuple[Segment, ...]:
    """The segments that a table in the file names, in its order; none if there is no such table.

    Numbers outside 1 to 65535 and empty names are left out; the first of two equal numbers counts.

    Args:
        path: the file, or the .hdr of a pair.
        header: what `read_raw_header` gave.
    """
    for code, content in _extensions(path, header):
        table = _table(content) if code in _CODES else None
        if table is not None:
            named: dict[int, Segment] = {}
            for segment in map(_segment, table.iter("Label")):
                if segment is not None:
                    named.setdefault(segment.number, segment)
            return tuple(named.values())
    return ()


def _extensions(path: Path, header: Any) -> Iterator[tuple[int, bytes]]:
    """Code and content of each; it ends where a length makes no sense."""
    data = read_extensions(path, header)
    order: Literal["big", "little"] = "big" if header.endianness == ">" else "little"
    position = 4 if data[:1] not in (b"", b"\0") else len(data)
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], order, signed=True)
        code = int.from_bytes(data[position + 4 : position + 8], order, signed=True)
        if size < 8 or position + size > len(data):
            return
        yield code, data[position + 8 : position + size]
        position += size


def _table(content: bytes) -> ElementTree.Element | None:
    text = content.rstrip(b"\0 \r\n\t")
    # A table of labels declares nothing of its own; entities could unfold without end.
    if b"<LabelTable" not in text or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        return None
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 (no declarations: see above)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    return next(root.iter("LabelTable"), None) if root.tag in _ROOTS else None


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
