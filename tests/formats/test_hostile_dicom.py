"""DICOM headers and codestreams that lie: depths, lengths, counts, sizes."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate

from medseg.errors import GeometryError, SeveralSeriesError
from tests.formats.codestreams import CODECS, RLE, packed, rle
from tests.formats.dicom_files import pixels
from tests.formats.faults import check, read, refused
from tests.formats.three_slices import WHOLE, Change, stack, whole_stack

DEFLATED = "1.2.840.10008.1.2.1.99"
PIXELS = b"\xe0\x7f\x10\x00"
ITEM, ITEMS_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
UNDEFINED = b"\xff\xff\xff\xff"


def bytes_before_pixels(inserted: bytes) -> Change:
    """Put elements in front of Pixel Data."""

    def change(file: Path) -> None:
        content = file.read_bytes()
        start = content.rindex(PIXELS + b"OW")
        file.write_bytes(content[:start] + inserted + content[start:])

    return change


def nested(depth: int) -> bytes:
    """Sequences within each other."""
    tag = b"\x08\x00\x40\x11SQ\0\0" + UNDEFINED
    end = b"\xfe\xff\x0d\xe0" + bytes(4) + ITEMS_END + bytes(4)
    return (tag + ITEM + UNDEFINED) * depth + end * depth


def sequence_in(tag: bytes) -> bytes:
    return tag + b"SQ\0\0" + UNDEFINED


def private_un(length: bytes) -> bytes:
    """A private element of unknown type that holds items (PS3.5 6.2.2)."""
    inside = ITEM + UNDEFINED + b"\x09\x00\x01\x10\4\0\0\0word" + b"\xfe\xff\x0d\xe0" + bytes(4)
    return b"\x09\x70\x01\x10UN\0\0" + length + inside + ITEMS_END + bytes(4)


def lying_item(stored: np.ndarray) -> bytes:
    """An item that says it is 2 GB long."""
    return ITEM + bytes(4) + ITEM + struct.pack("<I", 2**31) + rle(stored) + ITEMS_END + bytes(4)


def table_beyond(stored: np.ndarray) -> bytes:
    """A Basic Offset Table that points 2 GB behind the file."""
    frame = rle(stored)
    frame += b"\0" * (len(frame) % 2)
    table = ITEM + struct.pack("<II", 4, 2**31)
    return table + ITEM + struct.pack("<I", len(frame)) + frame + ITEMS_END + bytes(4)


def in_fragments(stored: np.ndarray) -> bytes:
    """One frame in fragments of two bytes."""
    return encapsulate([rle(stored)], fragments_per_frame=20)


def deflated_and_cut(file: Path) -> None:
    dataset = pydicom.dcmread(file)
    dataset.file_meta.TransferSyntaxUID = DEFLATED
    dataset.save_as(file, enforce_file_format=True)
    file.write_bytes(file.read_bytes()[:-40])


def packed_stack(syntax: str, **changes: Any) -> Change:
    """Three compressed slices whose headers are changed."""

    def make(folder: Path) -> None:
        whole_stack(**changes)(folder)
        for file in folder.iterdir():
            packed(syntax, CODECS[syntax])(file)

    return make


INSERTED = {
    "sequences_1000_deep": refused(stack(bytes_before_pixels(nested(1000))), "b.dcm", whole=()),
    "sequences_40_deep": read(stack(bytes_before_pixels(nested(40))), **WHOLE),
    "sequence_without_end": refused(
        stack(bytes_before_pixels(sequence_in(b"\x08\x00\x40\x11"))), "b.dcm"
    ),
    "private_un_of_undefined_length": read(
        stack(bytes_before_pixels(private_un(UNDEFINED))), **WHOLE
    ),
    "element_longer_than_the_file": refused(
        stack(bytes_before_pixels(b"\x09\x70\x01\x10OB\0\0" + struct.pack("<I", 2**31))), "b.dcm"
    ),
    "position_twice": refused(
        stack(bytes_before_pixels(b"\x20\x00\x32\x00DS\x0a\x0010\\20\\32.5 ")),
        "b.dcm",
        error=GeometryError,
    ),
    "tags_out_of_order": read(
        stack(bytes_before_pixels(b"\x08\x00\x80\x00LO\x04\x00here")), **WHOLE
    ),
}
NUMBERS = {
    "frames_2_to_31": refused(
        stack(NumberOfFrames=2**31 - 1), "b.dcm", "2147483647", error=SeveralSeriesError
    ),
    "frames_negative": refused(stack(NumberOfFrames=-3), "b.dcm", error=SeveralSeriesError),
    "bits_allocated_0": refused(stack(BitsAllocated=0), "b.dcm", "have 0"),
    "bits_allocated_65535": refused(stack(BitsAllocated=65535), "b.dcm", "have 65535"),
    "bits_stored_60000": refused(stack(BitsStored=60000), "b.dcm", "60000 bits"),
    "rows_65535_of_one": refused(
        stack(Rows=65535, Columns=65535), "b.dcm", "65535 x 65535", error=SeveralSeriesError
    ),
    "spacing_negative": refused(
        whole_stack(PixelSpacing=[-0.75, 0.5]), "0.dcm", error=GeometryError
    ),
    "spacing_tiny_in_one": refused(
        stack(PixelSpacing=["1e-30", "1e-30"]), "b.dcm", error=SeveralSeriesError
    ),
}
CODESTREAMS = {
    **{
        f"{syntax} {size} inside": refused(
            stack(packed(syntax, encode, of=of)), "b.dcm", "instead of"
        )
        for syntax, encode in CODECS.items()
        for size, of in {"larger": (50, 70), "smaller": (2, 3)}.items()
    },
    **{
        f"{syntax} rows 65535": refused(
            packed_stack(syntax, Rows=65535, Columns=65535), "0.dcm", "instead of"
        )
        for syntax in CODECS
    },
    "offset_table_beyond_the_file": refused(stack(packed(RLE, table_beyond(pixels(1)))), "b.dcm"),
    "one_frame_in_many_fragments": read(stack(packed(RLE, in_fragments(pixels(1)))), **WHOLE),
    "deflated_and_cut": refused(stack(deflated_and_cut), "b.dcm", whole=()),
}
FAULTS = {**INSERTED, **NUMBERS, **CODESTREAMS}


@pytest.mark.parametrize("name", FAULTS)
def test_what_lies_is_read_right_or_refused_by_name(tmp_path: Path, name: str) -> None:
    check(FAULTS[name], tmp_path)
