"""Compressed pixels come back, or what is wrong with them is said before they are unpacked."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate

import medseg
from medseg.errors import FormatError
from medseg.formats.dicom.pixels.codecs import COMPRESSED, RLE, decode_frame, whole_items
from medseg.formats.dicom.pixels.codestreams import check_codestream
from tests.formats.codestreams import CODECS, JPEG, JPEG_2000, JPEG_LS, j2k, lossless, packed
from tests.formats.dicom_files import deflate, expected_hu, pixels, straight, write_slice


def _packed(stored: np.ndarray, syntax: str) -> bytes:
    """One frame, compressed by an encoder."""
    if syntax in CODECS:
        return CODECS[syntax](stored)
    name = COMPRESSED[syntax].replace("decode", "encode")
    if name == "ljpeg_encode":
        return lossless(stored)
    if name == "jpeg2k_encode":
        return j2k(stored)
    if name == "jpeg8_encode":
        bits = 8 if stored.dtype == np.uint8 else 12
        return imagecodecs.jpeg8_encode(stored, level=100, bitspersample=bits)
    return getattr(imagecodecs, name)(stored)


@pytest.mark.parametrize("syntax", [RLE, *COMPRESSED])
def test_each_codec_gives_the_pixels_back(tmp_path: Path, syntax: str) -> None:
    is_baseline = syntax.endswith(".50")
    rows, columns = np.indices((64, 48))
    smooth = (rows + columns).astype(np.uint8 if is_baseline else np.uint16)
    stored = smooth if syntax.endswith((".50", ".51")) else pixels(3)
    frame = _packed(stored, syntax)
    decoded = decode_frame(encapsulate([frame]), syntax, stored.shape, 8 * stored.dtype.itemsize)
    tolerance = 2 if syntax.endswith((".50", ".51")) else 0
    assert np.abs(decoded.astype(int) - stored).max() <= tolerance
    with pytest.raises(FormatError, match="unpacks to"):
        decode_frame(encapsulate([frame]), syntax, (6, 7), 8 * stored.dtype.itemsize)


@pytest.mark.parametrize("syntax", [RLE, JPEG, JPEG_LS, JPEG_2000])
@pytest.mark.parametrize("kept", [1.0, 0.5])
def test_a_compressed_stack_is_read_or_its_damage_named(
    tmp_path: Path, syntax: str, kept: float
) -> None:
    folder = tmp_path / "ct"
    folder.mkdir()
    for index, position in enumerate(straight(3)):
        frame = _packed(pixels(index), syntax)
        if index == 1:
            frame = frame[: int(len(frame) * kept)]
        path = write_slice(
            folder / f"{index}.dcm", pixels(index), ImagePositionPatient=list(position)
        )
        packed(syntax, encapsulate([frame]))(path)
    if kept == 1.0:
        assert (medseg.read_volume(folder).voxels == expected_hu(3)).all()
    else:
        with pytest.raises(FormatError, match=r"1\.dcm"):
            medseg.read_volume(folder)


def test_signed_pixels_under_an_unsigned_header_are_refused(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), SliceThickness=1.0)
    negative = pixels(0).astype(np.int16) - 2000
    frame = imagecodecs.jpeg2k_encode(negative, codecformat="j2k", level=0, reversible=True)
    packed(JPEG_2000, encapsulate([frame]))(path)
    with pytest.raises(FormatError, match=r"a\.dcm the header says unsigned"):
        medseg.read_volume(path)


def test_deflated_files_are_read(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), SliceThickness=1.0)
    deflate(path)
    assert pixels(0).tobytes() not in path.read_bytes()
    assert (medseg.read_volume(path).voxels == expected_hu(1)).all()


def test_items_that_break_off_are_none() -> None:
    items = encapsulate([b"12345678"])
    end = b"\xfe\xff\xdd\xe0\0\0\0\0"
    assert whole_items(items + end + b"padding") == items
    assert whole_items(items) is None
    assert whole_items(items[:-1] + end) is None
    assert whole_items(b"1234567812345678" + end) is None


LOSSLESS = {syntax: encode for syntax, encode in CODECS.items() if syntax != RLE}
BASELINE = "1.2.840.10008.1.2.4.50"


@pytest.mark.parametrize("syntax", COMPRESSED)
def test_a_stream_of_its_size_passes_and_no_other(syntax: str) -> None:
    stored = np.arange(35).reshape(5, 7).astype(np.uint8 if syntax == BASELINE else np.uint16)
    stream = _packed(stored, syntax)
    check_codestream(stream, (5, 7))
    for filling in (b"\0", b"\xff", b" ", bytes(100)):  # a fragment has an even length
        check_codestream(stream + filling, (5, 7))
    for shape in ((7, 5), (5, 8), (6, 7)):
        with pytest.raises(FormatError, match=r"unpacks to \(5, 7\) instead of"):
            check_codestream(stream, shape)


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize("lost", [1, 2, 3, 10])
def test_a_stream_without_its_end_is_refused(syntax: str, lost: int) -> None:
    stored = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    stream = LOSSLESS[syntax](stored)
    with pytest.raises(FormatError, match="breaks off"):
        decode_frame(encapsulate([stream[:-lost]]), syntax, (64, 64), 16)
    whole = decode_frame(encapsulate([stream]), syntax, (64, 64), 16)  # the control
    assert (whole == stored).all()


def _filled(stream: bytes) -> bytes:
    """A JPEG with fill bytes before its second marker, and a comment."""
    return stream[:2] + b"\xff\xff\xff\xfe\0\4ab" + stream[2:]


def _boxed(stream: bytes) -> bytes:
    """A JPEG 2000 stream in the boxes of a JP2 file, of which the first few are enough here."""
    signature = struct.pack(">I4sI", 12, b"jP  ", 0x0D0A870A)
    return signature + struct.pack(">I4s4s", 12, b"free", JPEG_2000_START) + _box(stream)


def _box(stream: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(stream), b"jp2c") + stream


JPEG_2000_START = b"\xff\x4f\xff\x51"


@pytest.mark.parametrize(
    ("encode", "dressed"),
    [(lossless, _filled), (imagecodecs.jpegls_encode, _filled), (j2k, _boxed)],
)
def test_a_size_is_found_behind_what_may_stand_before_it(
    encode: Callable[[np.ndarray], bytes], dressed: Callable[[bytes], bytes]
) -> None:
    stream = dressed(encode(pixels(0)))
    check_codestream(stream, (5, 7))
    with pytest.raises(FormatError, match="unpacks to"):
        check_codestream(stream, (5, 8))


@pytest.mark.parametrize(
    "stream",
    [
        *(b"", b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xc3", b"words", bytes(50), b"\xff" * 50),
        *(JPEG_2000_START, JPEG_2000_START + b"\xff\xd9", b"\0\0\0\x0cjP  " + bytes(20)),
        b"\xff\xd8" + b"\xff\xfe\0\2" * 30,
    ],
)
def test_what_gives_no_size_is_refused(stream: bytes) -> None:
    with pytest.raises(FormatError, match="no header of its own"):
        check_codestream(stream, (5, 7))
