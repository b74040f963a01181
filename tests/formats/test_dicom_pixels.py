"""Stored bits become real values: sign, unused bits, scale, codec, truncation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders import RLELosslessEncoder

import medseg
from medseg.errors import FormatError
from medseg.formats.dicom import pixels as pixels_module
from medseg.formats.dicom.codecs import COMPRESSED, RLE, decode_frame, whole_items
from tests.formats.dicom_files import (
    BIG_ENDIAN,
    EXPLICIT,
    IMPLICIT,
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


PACKED = ["1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"]


@pytest.mark.parametrize("syntax", [RLE, *PACKED])
def test_high_bit_places_pixels_that_are_stored_as_they_are(tmp_path: Path, syntax: str) -> None:
    high = {"HighBit": 15, "SliceThickness": 1.0}
    path = write_slice(tmp_path / "a.dcm", pixels(0), **high)
    # RLE packs the bytes as they stand; the other codecs pack samples.
    frame = _packed(pixels(0) << 4 if syntax == RLE else pixels(0), syntax)
    _repack(path, encapsulate([frame]), syntax)
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


@pytest.mark.parametrize(("kind", "codes"), [("HU", []), ("US", ["RESCALE_TYPE"])])
def test_ct_that_calls_its_values_otherwise_is_told(
    tmp_path: Path, kind: str, codes: list[str]
) -> None:
    volume = _read(tmp_path / "a.dcm", pixels(0), RescaleType=kind)
    assert [f.code for f in volume.report if f.code != "SINGLE_SLICE"] == codes
    assert volume.unit == "HU"


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


def _packed(stored: np.ndarray, syntax: str) -> bytes:
    """One frame, compressed by an encoder."""
    if syntax == RLE:
        encoder = {"rows": 5, "columns": 7, "number_of_frames": 1, "samples_per_pixel": 1}
        bits = {"bits_allocated": 16, "bits_stored": 16, "pixel_representation": 0}
        grey = {"photometric_interpretation": "MONOCHROME2"}
        return RLELosslessEncoder.encode(stored, **encoder, **bits, **grey)
    name = COMPRESSED[syntax].replace("decode", "encode")
    if name == "ljpeg_encode":
        return imagecodecs.ljpeg_encode(stored, bitspersample=16)
    if name == "jpeg2k_encode":
        return imagecodecs.jpeg2k_encode(stored, codecformat="j2k", level=0, reversible=True)
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


@pytest.mark.parametrize("syntax", [RLE, "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90"])
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
        data = encapsulate([frame])
        path = write_slice(
            folder / f"{index}.dcm", pixels(index), ImagePositionPatient=list(position)
        )
        _repack(path, data, syntax)
    if kept == 1.0:
        assert (medseg.read_volume(folder).voxels == expected_hu(3)).all()
    else:
        with pytest.raises(FormatError, match=r"1\.dcm"):
            medseg.read_volume(folder)


def _repack(path: Path, data: bytes, syntax: str) -> None:
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = data
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path, enforce_file_format=True)


def test_signed_pixels_under_an_unsigned_header_are_refused(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), SliceThickness=1.0)
    negative = pixels(0).astype(np.int16) - 2000
    frame = imagecodecs.jpeg2k_encode(negative, codecformat="j2k", level=0, reversible=True)
    _repack(path, encapsulate([frame]), "1.2.840.10008.1.2.4.90")
    with pytest.raises(FormatError, match=r"a\.dcm the header says unsigned"):
        medseg.read_volume(path)


def test_deflated_files_are_read(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), SliceThickness=1.0)
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    dataset.save_as(path, enforce_file_format=True)
    assert pixels(0).tobytes() not in path.read_bytes()
    assert (medseg.read_volume(path).voxels == expected_hu(1)).all()


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


def _straight_read(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each slice was read straight into its place, as it happens."""
    told: list[bool] = []
    whole = pixels_module._read_native

    def telling(target: np.ndarray, header: Any) -> bool:
        told.append(whole(target, header))
        return told[-1]

    monkeypatch.setattr(pixels_module, "_read_native", telling)
    return told


@pytest.mark.parametrize(
    ("changes", "shift"),
    [
        ({}, 0),
        ({"HighBit": 15}, 4),
        ({"BitsStored": 16, "HighBit": 15}, 0),
        ({"PixelRepresentation": 1}, 0),
        ({"PixelRepresentation": 1, "BitsStored": 16, "HighBit": 15}, 0),
    ],
)
def test_reading_straight_gives_what_pydicom_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict, shift: int
) -> None:
    rng = np.random.default_rng(11)
    stored = rng.integers(0, 4096, (5, 7)).astype(np.uint16) << shift
    stored |= np.uint16(0x5000 if not changes else 0)  # bits that are not part of the value
    path = write_slice(tmp_path / "a.dcm", stored, SliceThickness=1.0, **changes)
    told = _straight_read(monkeypatch)
    straight_in = medseg.read_volume(path).voxels
    assert told == [True]
    monkeypatch.setattr(pixels_module, "_read_native", lambda *_: False)
    other = medseg.read_volume(path).voxels
    assert straight_in.dtype == other.dtype == np.int16
    assert (straight_in == other).all()


def test_eight_bits_are_read_straight_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = pixels(0).astype(np.uint8)
    told = _straight_read(monkeypatch)
    bits = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    assert (_read(tmp_path / "a.dcm", stored, **bits).voxels[0] == stored).all()
    assert told == [True]


@pytest.mark.parametrize("syntax", [IMPLICIT, BIG_ENDIAN])
def test_other_encodings_go_the_long_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, syntax: str
) -> None:
    told = _straight_read(monkeypatch)
    path = write_slice(tmp_path / "a.dcm", pixels(0), syntax=syntax, SliceThickness=1.0)
    assert (medseg.read_volume(path).voxels == expected_hu(1)).all()
    assert told == [False]


@pytest.mark.parametrize("pair", [(1, -1024), (2, 0), (-3, 70), (7, 5_000_000), (1, -(2**17))])
def test_slices_are_scaled_in_their_own_memory_where_they_fit(pair: tuple[int, int]) -> None:
    slope, intercept = pair
    stored = np.array([[0, 1, 2], [900, 1000, 4000]], np.uint16)
    true = stored.astype(np.int64) * slope + intercept
    fits = true.min() >= -(2**15) and true.max() < 2**15
    plane = stored.copy()
    assert pixels_module._scaled_in_place(plane, slope, intercept, stored_ends=(0, 65535)) == fits
    assert (plane.view(np.int16) == true).all() if fits else (plane == stored).all()


def test_an_overflow_on_the_way_comes_back() -> None:
    plane = np.full((2, 3), 40_000, np.uint16)
    assert pixels_module._scaled_in_place(plane, 2.0, -60_000.0, stored_ends=(0, 65535))
    assert (plane.view(np.int16) == 20_000).all()


def test_one_slice_that_does_not_fit_widens_all(tmp_path: Path) -> None:
    steps = {3: {"RescaleIntercept": 50_000}}
    volume = medseg.read_volume(write_stack(tmp_path / "ct", straight(), changes_at=steps))
    true = expected_hu(6).astype(np.int32)
    true[3] += 51_024
    assert volume.voxels.dtype == np.int32
    assert (volume.voxels == true).all()


def test_items_that_break_off_are_none() -> None:
    items = encapsulate([b"12345678"])
    end = b"\xfe\xff\xdd\xe0\0\0\0\0"
    assert whole_items(items + end + b"padding") == items
    assert whole_items(items) is None
    assert whole_items(items[:-1] + end) is None
    assert whole_items(b"1234567812345678" + end) is None
