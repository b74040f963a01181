"""Stored bits become real values: sign, unused bits, scale, codec, truncation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate

import medseg
from medseg.errors import FormatError
from tests.formats.codestreams import CODECS, RLE, packed
from tests.formats.dicom_files import (
    EXPLICIT,
    expected_hu,
    pixels,
    straight,
    write_slice,
    write_stack,
)


def _read(path: Path, stored: np.ndarray, **changes: Any) -> medseg.model.Volume:
    changes = {"SliceThickness": 1.0, "RescaleIntercept": 0, **changes}
    return medseg.read_volume(write_slice(path, stored, **changes))


def test_bits_beyond_the_stored_ones_are_cut_off(tmp_path: Path) -> None:
    volume = _read(tmp_path / "a.dcm", pixels(0) | 0x5000)
    assert (volume.voxels[0] == pixels(0)).all()


def test_the_sign_bit_of_twelve_is_spread(tmp_path: Path) -> None:
    signed = pixels(0).astype(np.int16) - 1020
    volume = _read(tmp_path / "a.dcm", (signed & 0x0FFF).astype(np.uint16), PixelRepresentation=1)
    assert signed.min() < 0 < signed.max()
    assert (volume.voxels[0] == signed).all()
    assert volume.source.stored_dtype == "int16"


def test_bits_may_be_stored_high(tmp_path: Path) -> None:
    volume = _read(tmp_path / "a.dcm", pixels(0) << 4, HighBit=15)
    assert (volume.voxels[0] == pixels(0)).all()


@pytest.mark.parametrize("syntax", CODECS)
def test_high_bit_places_pixels_that_are_stored_as_they_are(tmp_path: Path, syntax: str) -> None:
    high = {"HighBit": 15, "SliceThickness": 1.0}
    path = write_slice(tmp_path / "a.dcm", pixels(0), **high)
    # RLE packs the bytes as they stand; the other codecs pack samples.
    frame = CODECS[syntax](pixels(0) << 4 if syntax == RLE else pixels(0))
    packed(syntax, encapsulate([frame]))(path)
    assert (medseg.read_volume(path).voxels[0] == pixels(0).astype(int) - 1024).all()


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_eight_sixteen_and_32_bits_are_read(tmp_path: Path, bits: int) -> None:
    stored = (pixels(0) % 251).astype(f"u{bits // 8}")
    allocated = {"BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1}
    assert (_read(tmp_path / "a.dcm", stored, **allocated).voxels[0] == stored).all()


def test_values_beyond_16_bits_get_32(tmp_path: Path) -> None:
    stored = np.full((5, 7), 65000, np.uint16)
    volume = _read(tmp_path / "a.dcm", stored, BitsStored=16, HighBit=15)
    assert volume.voxels.dtype == np.int32
    assert volume.voxels.max() == 65000


def test_each_slice_keeps_its_own_scale(tmp_path: Path) -> None:
    changes = {k: {"RescaleSlope": 1.5 + k, "RescaleIntercept": 0.25} for k in range(3)}
    changes |= {k: {"RescaleSlope": 2, "RescaleIntercept": 0} for k in range(3, 6)}
    volume = medseg.read_volume(write_stack(tmp_path / "pt", straight(), changes_at=changes))
    assert volume.voxels.dtype == np.float32
    for k in range(6):
        slope, intercept = volume.source.rescale[k]
        assert (slope, intercept) == ((1.5 + k, 0.25) if k < 3 else (2.0, 0.0))
        assert (volume.voxels[k] == pixels(k) * slope + intercept).all()
        assert (np.rint((volume.voxels[k] - intercept) / slope) == pixels(k)).all()


def test_a_slope_of_zero_is_taken_for_one_and_told(tmp_path: Path) -> None:
    changes = {4: {"RescaleSlope": 0}}
    volume = medseg.read_volume(write_stack(tmp_path / "ct", straight(), changes_at=changes))
    assert (volume.voxels == expected_hu(6)).all()
    (finding,) = volume.report
    assert (finding.code, finding.where.slices) == ("SLOPE_ZERO", (4,))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"RescaleIntercept": None}, "no Rescale Intercept, and .* has -1024"),
        ({"RescaleIntercept": None, "RescaleSlope": None}, "no Rescale Intercept"),
        ({"RescaleIntercept": ""}, "no Rescale Intercept"),
    ],
)
def test_a_scale_on_some_slices_alone_is_refused(tmp_path: Path, changes: dict, words: str) -> None:
    folder = write_stack(tmp_path / "ct", straight(), changes_at={4: changes})
    with pytest.raises(FormatError, match=rf"\d\.dcm \(1 of 6 slices\) has {words}"):
        medseg.read_volume(folder)


def test_a_slope_on_some_slices_alone_is_refused(tmp_path: Path) -> None:
    slopes = {k: {"RescaleSlope": 2.5} for k in (0, 1, 2)} | {4: {"RescaleSlope": None}}
    folder = write_stack(tmp_path / "pt", straight(), changes_at=slopes)
    with pytest.raises(FormatError, match=r"has no Rescale Slope, and \d+\.dcm has 2\.5"):
        medseg.read_volume(folder)


def test_a_scale_that_changes_nothing_may_be_absent(tmp_path: Path) -> None:
    some = {4: {"RescaleSlope": None, "RescaleIntercept": None}}
    folder = write_stack(tmp_path / "ct", straight(), changes_at=some, RescaleIntercept=0)
    assert (medseg.read_volume(folder).voxels == expected_hu(6) + 1024).all()


@pytest.mark.parametrize(
    ("changes", "unit"),
    [
        ({}, "HU"),
        ({"Modality": "MR"}, "1"),
        ({"Modality": "PT", "Units": "BQML"}, "Bq/ml"),
        ({"Modality": "PT", "Units": "CNTS"}, "1"),
    ],
)
def test_the_unit_follows_the_modality(tmp_path: Path, changes: dict, unit: str) -> None:
    assert _read(tmp_path / "a.dcm", pixels(0), **changes).unit == unit


@pytest.mark.parametrize(
    ("kind", "unit", "words"),
    [
        ("HU", "HU", None),
        ("hu", "HU", None),
        ("US", "HU", "taken for HU"),
        ("HU_MOD", "HU", "taken for HU"),
        ("MGML", "1", "mg/ml of a material"),
        ("Z_EFF", "1", "atomic numbers"),
        ("ED", "1", "electron densities"),
        ("EDW", "1", "relative to water"),
        ("PCT", "1", "percent"),
        ("OD", "1", "optical density"),
    ],
)
def test_ct_that_calls_its_values_otherwise_is_told(
    tmp_path: Path, kind: str, unit: str, words: str | None
) -> None:
    volume = _read(tmp_path / "a.dcm", pixels(0), RescaleType=kind)
    told = [finding for finding in volume.report if finding.code == "RESCALE_TYPE"]
    assert len(told) == (words is not None)
    assert all(words in finding.text for finding in told if words)
    assert volume.unit == unit


def test_ct_that_names_no_scale_is_told(tmp_path: Path) -> None:
    bare = {"RescaleSlope": None, "RescaleIntercept": None}
    volume = _read(tmp_path / "a.dcm", pixels(0), **bare)
    assert "NO_RESCALE" in [finding.code for finding in volume.report]
    assert (volume.voxels[0] == pixels(0)).all()
    for named in ({}, {"RescaleSlope": None}):  # the control: one of them is enough
        volume = _read(tmp_path / "b.dcm", pixels(0), **named)
        assert "NO_RESCALE" not in [finding.code for finding in volume.report]


def test_pixels_of_a_representation_unknown_are_read(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), SliceThickness=2.0)
    content = path.read_bytes()
    assert content.count(b"\xe0\x7f\x10\x00OW") == 1
    path.write_bytes(content.replace(b"\xe0\x7f\x10\x00OW", b"\xe0\x7f\x10\x00UN"))
    assert (medseg.read_volume(path).voxels[0] == pixels(0) - 1024.0).all()


def test_a_lookup_table_is_refused(tmp_path: Path) -> None:
    table = pydicom.Dataset()
    table.LUTDescriptor, table.ModalityLUTType = [1, 0, 16], "HU"
    table["LUTDescriptor"].VR = "US"
    with pytest.raises(FormatError, match=r"lookup table.*a\.dcm"):
        _read(tmp_path / "a.dcm", pixels(0), ModalityLUTSequence=[table])


def test_the_first_window_is_taken(tmp_path: Path) -> None:
    window = {"WindowCenter": [40, 300], "WindowWidth": [350, 1500]}
    volume = _read(tmp_path / "a.dcm", pixels(0), **window)
    assert volume.window == medseg.model.Window(40, 350)
    none = _read(tmp_path / "b.dcm", pixels(0), WindowCenter=40, WindowWidth=0)
    assert none.window is None


def test_inverted_grey_is_told(tmp_path: Path) -> None:
    volume = _read(tmp_path / "a.dcm", pixels(0), PhotometricInterpretation="MONOCHROME1")
    assert "INVERTED_GREY" in [finding.code for finding in volume.report]
    assert (volume.voxels[0] == pixels(0)).all()


@pytest.mark.parametrize("kept", [0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("name", ["000.dcm", "003.dcm"])
def test_a_truncated_slice_is_refused_by_name(tmp_path: Path, name: str, kept: float) -> None:
    folder = write_stack(tmp_path / "ct", straight(), syntax=EXPLICIT)
    path = folder / name
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises((FormatError, medseg.errors.GeometryError), match=name):
        medseg.read_volume(folder)


def test_a_header_that_asks_for_too_much_is_refused_before_allocation(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), SliceThickness=1.0)
    dataset = pydicom.dcmread(path)
    dataset.Rows = dataset.Columns = 60000
    dataset.save_as(path, enforce_file_format=True)
    with pytest.raises(FormatError, match=r"a\.dcm has \d+ bytes and needs 7200000000"):
        medseg.read_volume(path)


def test_a_slice_without_pixels_is_refused(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", np.zeros((8, 8), np.uint16), SliceThickness=1.0)
    dataset = pydicom.dcmread(path)
    del dataset.PixelData
    dataset.ImageComments = "x" * 500
    dataset.save_as(path, enforce_file_format=True)
    with pytest.raises(FormatError, match=r"a\.dcm has none"):
        medseg.read_volume(path)


def test_progress_ends_at_one(tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    folder = write_stack(tmp_path / "ct", straight())
    medseg.read_volume(folder, progress=lambda done, words: told.append((done, words)))
    fractions = [done for done, _ in told]
    assert fractions == sorted(fractions)
    assert told[-1] == (1.0, "Reading slice 6 of 6")


@pytest.mark.parametrize("mark", [b"UI\x1a\x001.2.840.10008.5.1.4", b"\x28\x00\x11\x00US"])
def test_a_slice_cut_off_inside_its_header_is_no_other_object(tmp_path: Path, mark: bytes) -> None:
    folder = write_stack(tmp_path / "ct", straight(3))
    path = folder / "002.dcm"
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(mark) + len(mark) - 4])
    with pytest.raises(FormatError, match=r"002\.dcm"):
        medseg.read_volume(folder)
    path.write_bytes(whole)  # the control
    assert (medseg.read_volume(folder).voxels == expected_hu(3)).all()
