"""Where pixels lie in a file that pydicom has to parse, as the quick scan would say."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pydicom
import pytest

from medseg.formats.dicom.header import slice_header
from medseg.formats.dicom.header.scan import scan_header
from medseg.formats.dicom.header.slice_header import SliceHeader, read_header
from tests.formats.dicom_files import (
    BIG_ENDIAN,
    EXPLICIT,
    IMPLICIT,
    deflate,
    pixels,
    write_slice,
)


def _by_pydicom(path: Path) -> SliceHeader:
    with mock.patch.object(slice_header, "scan_header", return_value=None):
        return read_header(path)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
@pytest.mark.parametrize("vr", ["OB", "OW"])
def test_pydicom_s_way_finds_the_pixels_at_the_same_place(
    tmp_path: Path, syntax: str, vr: str
) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), syntax=syntax)
    dataset = pydicom.dcmread(path)
    if vr == "OB" and syntax == EXPLICIT:
        dataset["PixelData"].VR = "OB"
        dataset.save_as(path, enforce_file_format=True)
    header = _by_pydicom(path)
    value = dataset.PixelData
    assert header.pixels is not None
    assert header.pixels[1:] == (len(value), False)
    start = header.pixels.offset
    assert path.read_bytes()[start : start + len(value)] == value
    assert header.stamp == (path.stat().st_size, path.stat().st_mtime_ns)
    scanned = scan_header(path, ())
    assert (scanned is None) == (syntax != EXPLICIT)
    assert scanned is None or (scanned.pixels, scanned.stamp) == (header.pixels, header.stamp)


def test_a_deflated_file_has_no_place_for_its_pixels(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0))
    deflate(path)
    assert read_header(path).pixels is None


def test_a_file_without_pixels_has_no_place_for_them(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), PixelData=None)
    assert _by_pydicom(path).pixels is None
    assert read_header(path).pixels is None
