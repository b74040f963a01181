"""Odd files of real scanners and archives: read as what they mean, or refused in words."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.tag import Tag

import medseg
from medseg.errors import FormatError, MedsegError
from tests.formats.dicom_files import (
    AXIAL,
    BIG_ENDIAN,
    EXPLICIT,
    IMPLICIT,
    expected_hu,
    pixels,
    straight,
    write_slice,
    write_stack,
)
from tests.formats.test_dicom_frames import _frame, _write

COUNT = 3
BASELINE, JPEG_LS_LOSSY = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.81"
JPEG_2000, JPEG_2000_LOSSY = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"


def _edited(folder: Path, change: Callable[[Dataset], None]) -> Path:
    for file in folder.iterdir():
        dataset = pydicom.dcmread(file)
        change(dataset)
        dataset.save_as(file)
    return folder


def _packed(dataset: Dataset, value: bytes, syntax: str) -> None:
    dataset.PixelData = value
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax


@pytest.mark.parametrize("has_offsets", [True, False])
@pytest.mark.parametrize("fragments", [1, 2, 5])
def test_one_frame_may_be_in_several_items(
    tmp_path: Path, fragments: int, has_offsets: bool
) -> None:
    def change(dataset: Dataset) -> None:
        frame = imagecodecs.jpeg2k_encode(dataset.pixel_array, level=0, reversible=True)
        items = encapsulate([frame], fragments_per_frame=fragments, has_bot=has_offsets)
        _packed(dataset, items, JPEG_2000)

    folder = _edited(write_stack(tmp_path / "ct", straight(COUNT)), change)
    assert (medseg.read_volume(folder).voxels == expected_hu(COUNT)).all()


def test_an_item_of_odd_length_is_read(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight(COUNT))
    for file in folder.iterdir():
        dataset = pydicom.dcmread(file)
        frame = imagecodecs.jpeg2k_encode(dataset.pixel_array, level=0, reversible=True)
        frame += b"\0" * (1 - len(frame) % 2)
        _packed(dataset, encapsulate([b"1234"]), JPEG_2000)
        dataset.save_as(file)
        content = file.read_bytes()
        start = content.rindex(b"\xe0\x7f\x10\x00") + 12
        item = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(frame)) + frame
        table, end = b"\xfe\xff\x00\xe0" + bytes(4), b"\xfe\xff\xdd\xe0" + bytes(4)
        file.write_bytes(content[:start] + table + item + end)
    assert (medseg.read_volume(folder).voxels == expected_hu(COUNT)).all()


def test_a_codestream_in_a_jp2_box_is_read(tmp_path: Path) -> None:
    def change(dataset: Dataset) -> None:
        stored = dataset.pixel_array
        frame = imagecodecs.jpeg2k_encode(stored, level=0, reversible=True, codecformat="jp2")
        _packed(dataset, encapsulate([frame]), JPEG_2000)

    folder = _edited(write_stack(tmp_path / "ct", straight(COUNT)), change)
    assert (medseg.read_volume(folder).voxels == expected_hu(COUNT)).all()


LOSSY: dict[str, tuple[str, Callable[[Any], bytes], int]] = {
    "JPEG-LS near-lossless": (
        *(JPEG_LS_LOSSY, lambda stored: imagecodecs.jpegls_encode(stored, level=2)),
        2,
    ),
    "JPEG 2000": (JPEG_2000_LOSSY, lambda stored: imagecodecs.jpeg2k_encode(stored, level=90), 4),
}


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_pixels_are_near(tmp_path: Path, name: str) -> None:
    syntax, encode, most = LOSSY[name]
    folder = _edited(
        write_stack(tmp_path / "ct", straight(COUNT)),
        lambda dataset: _packed(dataset, encapsulate([encode(dataset.pixel_array)]), syntax),
    )
    off = np.abs(medseg.read_volume(folder).voxels - expected_hu(COUNT))
    assert off.max() <= most


def test_signed_12_bits_in_a_codec_keep_their_sign(tmp_path: Path) -> None:
    def change(dataset: Dataset) -> None:
        stored = dataset.pixel_array.astype(np.int16) - 2000
        frame = imagecodecs.jpeg2k_encode(stored, level=0, reversible=True, bitspersample=12)
        _packed(dataset, encapsulate([frame]), JPEG_2000)

    folder = _edited(write_stack(tmp_path / "ct", straight(COUNT), PixelRepresentation=1), change)
    assert (medseg.read_volume(folder).voxels == expected_hu(COUNT) - 2000).all()


@pytest.mark.parametrize("bits", [1, 12, 24, 64])
def test_other_sizes_of_pixels_are_refused(tmp_path: Path, bits: int) -> None:
    changes = {"BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1}
    folder = write_stack(tmp_path / "ct", straight(COUNT), PixelData=bytes(400), **changes)
    with pytest.raises(FormatError, match=rf"8, 16 or 32 bits are read; these have {bits}, as 000"):
        medseg.read_volume(folder)


@pytest.mark.parametrize("name", ["FloatPixelData", "DoubleFloatPixelData"])
def test_floating_pixels_are_refused(tmp_path: Path, name: str) -> None:
    size = 4 if name == "FloatPixelData" else 8
    bits = {"BitsAllocated": 8 * size, "BitsStored": 8 * size, "HighBit": 8 * size - 1}
    changes = {"PixelData": None, name: bytes(35 * size), **bits}
    folder = write_stack(tmp_path / "ct", straight(COUNT), **changes)
    words = "floating-point pixels" if size == 4 else "these have 64"
    with pytest.raises(FormatError, match=words):
        medseg.read_volume(folder)


@pytest.mark.parametrize("syntax", [JPEG_2000[:-2] + "100", "1.2.840.10008.1.2.4.201"])
def test_video_and_new_codecs_are_refused_by_name(tmp_path: Path, syntax: str) -> None:
    folder = _edited(
        write_stack(tmp_path / "ct", straight(COUNT)),
        lambda dataset: _packed(dataset, encapsulate([b"1234"]), syntax),
    )
    with pytest.raises(FormatError, match=rf"transfer syntax {syntax}"):
        medseg.read_volume(folder)


def test_group_lengths_and_recognition_code_of_acr_nema_are_no_matter(tmp_path: Path) -> None:
    """Datasets alone, implicit, without SOP Class and Instance."""
    changes = {"syntax": IMPLICIT, "SOPClassUID": None, "SOPInstanceUID": None}
    folder = write_stack(tmp_path / "ct", straight(COUNT), **changes)
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        body = content[144 + int.from_bytes(content[140:144], "little") :]
        length = b"\x08\x00\x00\x00" + struct.pack("<II", 4, 400)
        code = b"\x08\x00\x10\x00" + struct.pack("<I", 12) + b"ACR-NEMA 2.0"
        file.write_bytes(length + code + body)
        file.rename(file.with_suffix(""))
    assert (medseg.read_volume(folder).voxels == expected_hu(COUNT)).all()


def test_big_endian_without_preamble_is_read(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight(COUNT), syntax=BIG_ENDIAN)
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[132:])
    assert (medseg.read_volume(folder).voxels == expected_hu(COUNT)).all()


@pytest.mark.parametrize(("written", "named"), [(EXPLICIT, IMPLICIT), (IMPLICIT, EXPLICIT)])
def test_a_syntax_named_wrongly_is_seen_through(tmp_path: Path, written: str, named: str) -> None:
    folder = write_stack(tmp_path / "ct", straight(COUNT), syntax=written)
    for file in folder.iterdir():
        content = file.read_bytes()
        start = content.index(b"\2\0\x10\0UI") + 6
        old = 2 + int.from_bytes(content[start : start + 2], "little")
        value = named.encode() + b"\0" * (len(named) % 2)
        new = len(value).to_bytes(2, "little") + value
        meta = int.from_bytes(content[140:144], "little") + len(new) - old
        content = content[:start] + new + content[start + old :]
        file.write_bytes(content[:140] + meta.to_bytes(4, "little") + content[144:])
    assert value in file.read_bytes()[:400]
    assert (medseg.read_volume(folder).voxels == expected_hu(COUNT)).all()


@pytest.mark.parametrize("charset", ["ISO_IR 999", "ISO 2022 IR 87", "latin1", "GB18030"])
def test_odd_character_sets_are_no_matter(tmp_path: Path, charset: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's remarks on what it is told to write
        folder = write_stack(tmp_path / "ct", straight(COUNT), SpecificCharacterSet=charset)
    assert (medseg.read_volume(folder).voxels == expected_hu(COUNT)).all()


@pytest.mark.parametrize("name", ["ImagerPixelSpacing", "NominalScannedPixelSpacing"])
def test_spacing_at_the_detector_is_none_in_the_patient(tmp_path: Path, name: str) -> None:
    changes: dict[str, Any] = {"PixelSpacing": None, name: [0.75, 0.5]}
    with pytest.raises(MedsegError, match=r"Pixel Spacing of two positive.*has none"):
        medseg.read_volume(write_stack(tmp_path / "ct", straight(COUNT), **changes))


@pytest.mark.parametrize(
    "cosines",
    [(1, 0.002, 0, 0, 1, 0), (2, 0, 0, 0, 2, 0), (1, 0, 0, 0, 0.998, 0), (1, 0, 0, 1, 0, 0)],
)
def test_directions_that_are_no_directions_are_refused(
    tmp_path: Path, cosines: tuple[float, ...]
) -> None:
    folder = write_stack(tmp_path / "ct", straight(COUNT), ImageOrientationPatient=list(cosines))
    with pytest.raises(MedsegError, match="two unit vectors at a right angle"):
        medseg.read_volume(folder)


def test_a_millionth_of_a_millimetre_is_no_unevenness(tmp_path: Path) -> None:
    places = [(-10 + 1e-6 * k, 20 - 1e-6 * k, 30 + 2.5 * k + (-1) ** k * 1e-6) for k in range(6)]
    volume = medseg.read_volume(write_stack(tmp_path / "ct", places))
    assert volume.report == ()
    assert volume.geometry.spacing_mm == pytest.approx((2.5, 0.75, 0.5), abs=1e-5)


def _raw(folder: Path, keyword: str, value: bytes, vr: str = "DS") -> Path:
    """A value as a careless program writes it, past all checks of pydicom."""
    tag = Tag(tag_for_keyword(keyword) or 0)
    value += b" " * (len(value) % 2)

    def change(dataset: Dataset) -> None:
        dataset._dict[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)

    return _edited(folder, change)


WRITTEN = {
    "blanks and a missing nought": ("PixelSpacing", b"  0.75 \\ .5\0", "DS"),
    "powers of ten": ("PixelSpacing", b"7.5e-01\\+5.0E-1", "DS"),
    "too many digits": ("PixelSpacing", b"0.750000000000000000001\\0.50000000000000", "DS"),
    "a whole number with decimals": ("InstanceNumber", b"1.0", "IS"),
    "no whole number": ("InstanceNumber", b"1.5", "IS"),
    "frames with decimals": ("NumberOfFrames", b"1.0", "IS"),
    "an empty slope": ("RescaleSlope", b"", "DS"),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_numbers_are_read_as_they_are_meant(tmp_path: Path, case: str) -> None:
    folder = _raw(write_stack(tmp_path / "ct", straight(COUNT)), *WRITTEN[case])
    volume = medseg.read_volume(folder)
    assert (volume.voxels == expected_hu(COUNT)).all()
    assert volume.geometry.spacing_mm == pytest.approx((2.5, 0.75, 0.5))


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PixelSpacing", b"0,75\\0,5"),
        ("PixelSpacing", b"0.75"),
        ("PixelSpacing", b"0.75\\-0.5"),
        ("RescaleIntercept", b"-1024,0"),
        ("RescaleIntercept", b"-1024\\0"),
        ("RescaleSlope", b"1\\2"),
    ],
)
def test_numbers_that_could_be_others_are_refused(
    tmp_path: Path, keyword: str, value: bytes
) -> None:
    folder = _raw(write_stack(tmp_path / "ct", straight(COUNT)), keyword, value)
    with pytest.raises(MedsegError, match=r"000\.dcm (has|gives)"):
        medseg.read_volume(folder)


ORDERS: dict[str, dict[int, dict[str, Any]]] = {
    "a negative Spacing Between Slices": {k: {"SpacingBetweenSlices": -2.5} for k in range(4)},
    "another Spacing Between Slices": {k: {"SpacingBetweenSlices": 5.0} for k in range(4)},
    "Slice Location the other way": {k: {"SliceLocation": -2.5 * k} for k in range(4)},
    "Instance Number the other way": {k: {"InstanceNumber": 4 - k} for k in range(4)},
    "one Instance Number for all": {k: {"InstanceNumber": 1} for k in range(4)},
    "one Instance UID for all": {k: {"SOPInstanceUID": "1.2.3"} for k in range(4)},
    "tables of several heights": {k: {"TableHeight": 100.0 + k} for k in range(4)},
}


@pytest.mark.parametrize("case", ORDERS)
def test_image_position_wins(tmp_path: Path, case: str) -> None:
    volume = medseg.read_volume(write_stack(tmp_path / "ct", straight(4), changes_at=ORDERS[case]))
    assert (volume.voxels == expected_hu(4)).all()
    assert np.allclose(volume.geometry.to_patient((3, 0, 0)), straight(4)[3])


@pytest.mark.parametrize(
    "other",
    [
        {"ImageOrientationPatient": [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]},
        {"Rows": 2, "Columns": 3, "PixelData": bytes(12)},
        {"FrameOfReferenceUID": "1.2.3"},
        {"ImagePositionPatient": [-10.0, 20.0, -200.0]},
        {"ImagePositionPatient": [-10.0, 20.0, 33.4]},
    ],
)
def test_a_scout_in_the_series_is_a_volume_of_its_own(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    scout = {0: {**other, "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"], "SliceThickness": 1.0}}
    folder = write_stack(tmp_path / "ct", straight(6), changes_at=scout)
    infos = medseg.list_series(folder)
    assert sorted((info.shape or (0,))[0] for info in infos) == [1, 5]
    stack = next(info for info in infos if info.shape == (5, 5, 7))
    volume = medseg.read_volume(folder, series=stack.id)
    assert (volume.voxels == expected_hu(6)[1:]).all()


@pytest.mark.parametrize(
    "change",
    [
        {"ImagePositionPatient": None, "ImageOrientationPatient": None, "PixelSpacing": None},
        {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "ImagePositionPatient": None},
        {"Modality": "SR", "PixelData": None, "Rows": None, "Columns": None},
    ],
)
def test_what_was_filed_with_the_series_does_not_spoil_it(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    folder = write_stack(tmp_path / "ct", straight(COUNT))
    secondary = "1.2.840.10008.5.1.4.1.1." + ("88.67" if change.get("Modality") else "7")
    write_slice(folder / "other.dcm", pixels(0), SOPClassUID=secondary, **change)
    good = [info for info in medseg.list_series(folder) if info.is_readable]
    assert [info.shape for info in good] == [(COUNT, 5, 7)]
    volume = medseg.read_volume(folder, series=good[0].id)
    assert (volume.voxels == expected_hu(COUNT)).all()


def test_two_series_that_continue_each_other_stay_two(tmp_path: Path) -> None:
    changes = {k: {"SeriesInstanceUID": f"1.2.{k // 2}"} for k in range(4)}
    infos = medseg.list_series(write_stack(tmp_path / "ct", straight(4), changes_at=changes))
    assert [(info.id, info.shape) for info in infos] == [
        ("1.2.0", (2, 5, 7)),
        ("1.2.1", (2, 5, 7)),
    ]


def test_directions_in_the_patient_are_those_of_the_header(tmp_path: Path) -> None:
    turned = [0.9998477, 0.0174524, 0.0, -0.0174524, 0.9998477, 0.0]
    volume = medseg.read_volume(
        write_stack(tmp_path / "ct", straight(COUNT), ImageOrientationPatient=turned)
    )
    start = volume.geometry.to_patient((0, 0, 0))
    along_row = volume.geometry.to_patient((0, 0, 1)) - start
    assert np.allclose(along_row, 0.5 * np.array(turned[:3]), atol=1e-6)
    assert not np.allclose(along_row, 0.5 * np.array(AXIAL[:3]), atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"Modality": "OT"},
        {"PhotometricInterpretation": "MONOCHROME1"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
    ],
)
def test_a_slice_of_another_kind_is_no_slice_of_the_volume(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    folder = write_stack(tmp_path / "ct", straight(4), changes_at={1: change})
    infos = medseg.list_series(folder)
    assert sorted((info.shape or (0,))[0] for info in infos) == [1, 4]
    assert "1 of 4 are missing" in " ".join(info.reason or "" for info in infos)


def test_directions_beyond_rounding_are_told(tmp_path: Path) -> None:
    cosines = [1.0, 0.0005, 0.0, 0.0, 1.0, 0.0]
    folder = write_stack(tmp_path / "ct", straight(COUNT), ImageOrientationPatient=cosines)
    volume = medseg.read_volume(folder)
    assert [finding.code for finding in volume.report] == ["ROUGH_ORIENTATION"]


@pytest.mark.parametrize("is_framed", [False, True])
def test_plain_pixels_in_items_are_refused(tmp_path: Path, is_framed: bool) -> None:
    """Read as they stand, the marks of the items would become pixels."""
    if is_framed:
        path = tmp_path / "a.dcm"
        _write(path, [_frame(height) for height in (0.0, 2.5, 5.0)])
    else:
        path = write_slice(tmp_path / "a.dcm", pixels(0), SliceThickness=2.0)
    dataset = pydicom.dcmread(path)
    dataset.PixelData = encapsulate([dataset.PixelData])
    dataset.save_as(path)
    content = path.read_bytes()
    start = content.rindex(b"\xe0\x7f\x10\x00OW") + 8
    undefined, end = b"\xff" * 4, b"\xfe\xff\xdd\xe0" + bytes(4)
    path.write_bytes(content[:start] + undefined + content[start + 4 :] + end)
    with pytest.raises(FormatError, match=r"in items"):
        medseg.read_volume(path)


@pytest.mark.parametrize("kind", ["OB", "OW"])
def test_bytes_in_big_endian_words_come_in_their_order(tmp_path: Path, kind: str) -> None:
    bits = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    value = bytes(range(36))
    path = write_slice(tmp_path / "a.dcm", pixels(0), syntax=BIG_ENDIAN, SliceThickness=2.0, **bits)
    dataset = pydicom.dcmread(path)
    dataset.PixelData = value
    dataset["PixelData"].VR = kind
    dataset.save_as(path)
    truth = pydicom.dcmread(path).pixel_array
    assert (medseg.read_volume(path).voxels[0] == truth - 1024.0).all()
    assert truth[0, 0] == (1 if kind == "OW" else 0)


def test_an_archive_among_files_is_named(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight(COUNT))
    (folder / "more.zip").write_bytes(b"PK\3\4")
    volume, skipped = medseg.list_series(folder)
    assert (volume.shape, skipped.shape) == ((COUNT, 5, 7), None)
    assert "An archive is opened by itself; more.zip" in (skipped.reason or "")
