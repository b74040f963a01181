"""A parser gets no more from a file than it holds, and unpacks no more than there may be."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from pathlib import Path

import pydicom
import pytest

from medseg.errors import FormatError
from medseg.formats.dicom.header.parsing import FREE_BYTES, BoundedFile, read_dataset
from tests.formats.dicom_files import IMPLICIT, deflate, pixels, write_slice


def _with_length(path: Path, length: int) -> Path:
    """A slice whose last element but the pixels says that it is so long."""
    write_slice(path, pixels(0), syntax=IMPLICIT, RescaleIntercept="-1024 ")
    content = path.read_bytes()
    at = content.index(b"\x28\0\x52\x10") + 4
    path.write_bytes(content[:at] + struct.pack("<I", length) + content[at + 4 :])
    return path


@pytest.mark.parametrize("length", [0xFFFFFFFE, 0x7FFFFFFF, 1 << 30])
def test_a_length_beyond_the_file_takes_no_memory(tmp_path: Path, length: int) -> None:
    path = _with_length(tmp_path / "a.dcm", length)
    tracemalloc.start()
    try:
        dataset = read_dataset(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(dataset.get_item("RescaleIntercept").value) < path.stat().st_size
    assert most < 10_000_000


def test_what_is_read_is_what_pydicom_reads(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0))
    assert read_dataset(path) == pydicom.dcmread(path)
    deflate(path)
    assert read_dataset(path) == pydicom.dcmread(path)


def test_parts_come_as_from_any_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    content = bytes(range(256)) * 1000
    path.write_bytes(content)
    with BoundedFile(path) as file:
        assert file.read(100_000) == content[:100_000]
        assert file.read(1 << 32) == content[100_000:]
        assert file.read(1 << 32) == file.read(5) == b""


@pytest.mark.parametrize("times", [1, 3])
def test_what_is_deflated_has_a_bound(tmp_path: Path, times: int) -> None:
    path = tmp_path / "a"
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    half = bytes(FREE_BYTES // 2)
    path.write_bytes(b"".join(packer.compress(half) for _ in range(times)) + packer.flush())
    with BoundedFile(path) as file:
        if times == 1:
            assert file.read() == path.read_bytes()
        else:
            with pytest.raises(FormatError, match="at most 100 times its size; a holds more"):
                file.read()
