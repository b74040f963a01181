"""The quick scan of a header says what pydicom says, or nothing at all."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from medseg.formats.dicom.header import scan_values, slice_header
from medseg.formats.dicom.header.scan import PixelPlace, scan_file, scan_header
from medseg.formats.dicom.header.slice_header import SliceHeader, read_header
from medseg.formats.sample import sample_case
from tests.formats.dicom_files import BIG_ENDIAN, EXPLICIT, IMPLICIT, pixels, write_slice

WANTED = slice_header.ATTRIBUTES
ROOT = Path(__file__).resolve().parents[3] / "shared" / "data"
PYDICOM_FILES = Path(pydicom.__file__).parent / "data" / "test_files"
_ODD_PAIRS = [b"\0\0", b"\xff\xff", b"\\ ", b"SQ", b"UN"]


def _by_pydicom(path: Path) -> SliceHeader:
    left_to_pydicom = mock.patch.object(slice_header, "scan_header", return_value=None)
    with warnings.catch_warnings(), left_to_pydicom:
        warnings.simplefilter("ignore")  # pydicom remarks on odd values, and the files are odd
        return read_header(path)


def _by_scan(path: Path) -> SliceHeader | None:
    return None if scan_header(path, WANTED) is None else read_header(path)


def _agreeing(files: list[Path]) -> int:
    """How many files the scan answers for; it agrees with pydicom on each of them."""
    answered = 0
    for file in files:
        scanned = _by_scan(file)
        if scanned is not None:
            assert scanned == _by_pydicom(file), file
            answered += 1
    return answered


def _plain_slice(path: Path, **changes: Any) -> Path:
    return write_slice(path, pixels(0), syntax=EXPLICIT, **changes)


def test_it_agrees_on_the_sample_case() -> None:
    files = sorted(sample_case().dicom.glob("*"))
    assert _agreeing(files) == len(files) > 0


def test_it_agrees_on_the_real_files(shared_data: Path) -> None:
    files = sorted(file for file in shared_data.rglob("*") if file.is_file())
    assert _agreeing(files) > 300


def test_it_agrees_on_the_files_of_pydicom() -> None:
    files = sorted(file for file in PYDICOM_FILES.rglob("*") if file.is_file())
    assert not files or _agreeing(files) > 20


def _whole_header(path: Path) -> Path:
    """A slice with a sequence of either length, private elements and two windows."""
    inner = Dataset()
    inner.CodeValue, inner.CodeMeaning = "1", "inner"
    outer = Dataset()
    outer.ReferencedSOPInstanceUID = "1.2.3"
    outer.PurposeOfReferenceCodeSequence = [inner]
    outer["PurposeOfReferenceCodeSequence"].is_undefined_length = True
    written = _plain_slice(
        path,
        WindowCenter=[40, 300],
        WindowWidth=[350, 1500],
        SliceThickness="2.5",
        SpecificCharacterSet="ISO_IR 100",
        ReferencedImageSequence=[outer, outer],
        SourceImageSequence=[outer],
    )
    dataset = pydicom.dcmread(written)
    dataset["ReferencedImageSequence"].is_undefined_length = True
    for item in dataset.ReferencedImageSequence:
        item.is_undefined_length_sequence_item = True
    dataset.private_block(0x0029, "MAKER", create=True).add_new(1, "OB", b"\1" * 40)
    dataset.save_as(written, enforce_file_format=True)
    return written


def test_sequences_and_private_elements_are_passed_over(tmp_path: Path) -> None:
    path = _whole_header(tmp_path / "a.dcm")
    assert b"\xff\xff\xff\xff" in path.read_bytes()
    header = _by_scan(path)
    assert header is not None
    assert header == _by_pydicom(path)
    assert header.window == (40.0, 350.0)
    assert header.thickness == 2.5


def test_an_answer_is_what_the_reader_takes(tmp_path: Path) -> None:
    path = _whole_header(tmp_path / "a.dcm")
    assert read_header(path) == _by_scan(path)


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_or_is_silent_on_mutated_files(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    whole = _whole_header(tmp_path / "a.dcm").read_bytes()
    path = tmp_path / "mutated.dcm"
    answered = 0
    for _ in range(700):
        path.write_bytes(_mutated(whole, rng))
        scanned = _by_scan(path)
        if scanned is not None:
            answered += 1
            assert scanned == _by_pydicom(path), path.read_bytes()
    assert 50 < answered < 650  # both kinds were met


def _mutated(whole: bytes, rng: np.random.Generator) -> bytes:
    data = bytearray(whole)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(128, len(data)))
        kind = rng.integers(5)
        if kind == 0:
            data[at] = rng.integers(256)
        elif kind == 1:
            data[at] ^= 1 << int(rng.integers(8))
        elif kind == 2:
            data[at : at + 2] = _ODD_PAIRS[rng.integers(len(_ODD_PAIRS))]
        elif kind == 3:
            del data[at : at + rng.integers(1, 5)]
        else:
            data[at:at] = rng.bytes(rng.integers(1, 5))
    return bytes(data[: rng.integers(200, len(data))] if rng.random() < 0.1 else data)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("PixelSpacing", ["0.5", "0.25"]),
        ("PixelSpacing", ["+.5", "1e-1"]),
        ("RescaleSlope", "1e400"),
        ("RescaleSlope", " 2.0 "),
        ("RescaleSlope", ""),
        ("WindowCenter", ["40", ""]),
        ("SeriesDescription", "  Thorax  "),
        ("SeriesDescription", "a\\b"),
        ("SeriesDescription", "Schädel"),
        ("ImageType", ["ORIGINAL", "", "AXIAL "]),
        ("SeriesInstanceUID", "1.2.3\0\0"),
        ("SeriesInstanceUID", "no uid"),
        ("SeriesNumber", "1.0"),
        ("SeriesNumber", "99999999999"),
        ("AcquisitionTime", "101112.5"),
        ("DiffusionBValue", 1000.0),
        ("DiffusionGradientOrientation", [0.0, 0.6, 0.8]),
        ("SpecificCharacterSet", ["", "ISO 2022 IR 87"]),
        ("SpecificCharacterSet", "ISO_IR 13"),
    ],
)
def test_it_agrees_or_is_silent_on_odd_values(tmp_path: Path, name: str, values: Any) -> None:
    path = tmp_path / "a.dcm"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom remarks on odd values
        try:
            _plain_slice(path, SpecificCharacterSet="ISO_IR 100")
            dataset = pydicom.dcmread(path)
            setattr(dataset, name, values)
            dataset.save_as(path, enforce_file_format=True)
        except (ValueError, OverflowError):
            pytest.skip("pydicom does not write this value")
    scanned = _by_scan(path)
    assert scanned in (None, _by_pydicom(path))


def test_the_place_of_the_pixels_is_told(tmp_path: Path) -> None:
    path = _plain_slice(tmp_path / "a.dcm")
    scanned = scan_header(path, ())
    assert scanned is not None
    size = pixels(0).nbytes
    stop = size + size % 2
    assert scanned.pixels is not None
    assert (scanned.pixels.length, scanned.pixels.is_encapsulated) == (stop, False)
    start = scanned.pixels.offset
    assert path.read_bytes()[start : start + size] == pixels(0).tobytes()


def test_encapsulated_pixels_have_no_length(tmp_path: Path) -> None:
    path = _plain_slice(tmp_path / "a.dcm")
    dataset = pydicom.dcmread(path)
    dataset.compress("1.2.840.10008.1.2.5", generate_instance_uid=False)
    dataset.save_as(path, enforce_file_format=True)
    scanned = scan_header(path, ())
    assert scanned is not None
    assert isinstance(scanned.pixels, PixelPlace)
    assert (scanned.pixels.length, scanned.pixels.is_encapsulated) == (None, True)
    start = scanned.pixels.offset
    assert path.read_bytes()[start : start + 4] == b"\xfe\xff\x00\xe0"


@pytest.mark.parametrize("size", [20_000, 500_000])
def test_a_long_header_is_read_on(tmp_path: Path, size: int) -> None:
    path = _plain_slice(tmp_path / "a.dcm")
    dataset = pydicom.dcmread(path)
    dataset.private_block(0x0009, "MAKER", create=True).add_new(1, "OB", b"\1" * size)
    dataset.save_as(path, enforce_file_format=True)
    assert _by_scan(path) == _by_pydicom(path)


@pytest.mark.parametrize("syntax", [IMPLICIT, BIG_ENDIAN])
def test_other_encodings_are_left_to_pydicom(tmp_path: Path, syntax: str) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), syntax=syntax)
    assert scan_header(path, WANTED) is None
    assert read_header(path) == _by_pydicom(path)


def test_what_is_no_plain_file_is_left_to_pydicom(tmp_path: Path) -> None:
    whole = _plain_slice(tmp_path / "a.dcm").read_bytes()
    assert scan_file(io.BytesIO(whole), WANTED) is not None
    assert scan_file(io.BytesIO(whole[128:]), WANTED) is None
    assert scan_file(io.BytesIO(), WANTED) is None
    assert scan_header(tmp_path / "absent.dcm", WANTED) is None
    assert scan_header(tmp_path, WANTED) is None


def test_elements_out_of_order_are_left_to_pydicom(tmp_path: Path) -> None:
    path = _plain_slice(tmp_path / "a.dcm")
    whole = path.read_bytes()
    rows = whole.index(b"\x28\x00\x10\x00US")
    columns = rows + 10
    swapped = whole[:rows] + whole[columns : columns + 10] + whole[rows:columns]
    assert scan_file(io.BytesIO(swapped + whole[columns + 10 :]), WANTED) is None


def test_a_nested_attribute_is_not_taken_for_the_slice_s_own(tmp_path: Path) -> None:
    inner = Dataset()
    inner.Rows = 999
    inner.SeriesDescription = "inner"
    path = _plain_slice(tmp_path / "a.dcm", SeriesDescription=None, SourceImageSequence=[inner])
    header = _by_scan(path)
    assert header is not None
    assert (header.rows, header.description) == (pixels(0).shape[0], "Series ?")
    assert np.shape(pixels(0)) == (header.rows, header.columns)


@pytest.mark.parametrize(
    "changes",
    [
        {"SOPInstanceUID": "1.2.3.4"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"},
        {"SeriesInstanceUID": "1.2.3.5"},
        {"ImagePositionPatient": [1.0, 2.0, 3.0]},
        {"ImageOrientationPatient": [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]},
        {"PixelSpacing": [0.5, 0.25]},
        {"RescaleSlope": 3},
        {"RescaleIntercept": None},
        {"WindowCenter": [40, 300], "WindowWidth": [350, 1500]},
        {"Modality": "PT"},
        {"Modality": "PT", "AcquisitionDate": "20200102", "AcquisitionTime": "101112"},
        {"AcquisitionDate": "20200102", "AcquisitionTime": "101112"},
        {"InstanceNumber": 7},
        {"SeriesDescription": "Abdomen"},
        {"HighBit": 15},
    ],
)
def test_what_slices_share_is_not_taken_over_where_they_differ(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    plain = _plain_slice(tmp_path / "a.dcm")
    other = _plain_slice(tmp_path / "b.dcm", **changes)
    before = read_header(plain)
    assert _by_scan(other) == _by_pydicom(other) != before
    assert _by_scan(plain) == _by_pydicom(plain) == before


@pytest.mark.parametrize("count", [200, 20_000])
def test_what_is_remembered_has_bounds(tmp_path: Path, count: int) -> None:
    known = scan_values.KnownValues()
    for number in range(count):
        element = b"\x20\x00\x13\x00IS\x06\x00" + b"%06d" % number
        assert known[element] == number
        assert len(known) <= 8192
    text = b"\x08\x00\x3e\x10LO\x00\x02" + b"x" * 512
    before = len(known)
    assert known[text] == "x" * 512
    assert len(known) == before
