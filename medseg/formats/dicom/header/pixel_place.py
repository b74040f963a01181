"""Where the pixels lie in a file whose header pydicom has just read.

Reference:
    DICOM PS3.5 7.1 (data elements).
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from pydicom.dataset import FileDataset

from medseg.formats.dicom.header.scan import PixelPlace
from medseg.formats.dicom.pixels.codecs import NATIVE

_DEFLATED = "1.2.840.10008.1.2.1.99"
_UNDEFINED = 0xFFFFFFFF
_EXPLICIT = (b"OB\0\0", b"OW\0\0")


def place_behind(file: BinaryIO, dataset: FileDataset) -> PixelPlace | None:
    """The place of Pixel Data; None where it does not come next or is not written as it should be.

    Args:
        file: the file as pydicom left it, before the pixels.
        dataset: what it read, with the transfer syntax named.
    """
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", ""))
    is_implicit, is_little = dataset.original_encoding
    start, head = file.tell(), file.read(12)
    if syntax == _DEFLATED or len(head) < 12:  # deflated: places in the file say nothing
        return None
    if is_implicit and head[4:8] in _EXPLICIT:  # where a length belongs: the syntax named is wrong
        return None
    order = "<" if is_little else ">"
    if is_implicit:
        group, element, length = struct.unpack_from(f"{order}HHI", head)
        vr, offset = b"OW", start + 8
    else:
        group, element, vr, _, length = struct.unpack(f"{order}HH2s2sI", head)
        offset = start + 12
    is_encapsulated = syntax not in NATIVE
    is_pixel_data = (group, element) == (0x7FE0, 0x0010) and vr in (b"OB", b"OW")
    is_swapped = not is_little and vr == b"OW" and dataset.get("BitsAllocated") == 8
    if not is_pixel_data or is_swapped or is_encapsulated != (length == _UNDEFINED):
        return None
    return PixelPlace(offset, None if is_encapsulated else length, is_encapsulated)
