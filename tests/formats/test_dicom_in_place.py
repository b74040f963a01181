"""Plain pixels are read straight into their place and scaled there; the slow way gives the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate

import medseg
from medseg.errors import FormatError
from medseg.formats.dicom.header.slice_header import read_header
from medseg.formats.dicom.pixels import stack_values as pixels_module
from medseg.formats.dicom.pixels.codecs import RLE
from medseg.formats.dicom.pixels.stack_values import read_stack
from medseg.formats.dicom.pixels.stored import stored_slice
from tests.formats.codestreams import CODECS, packed
from tests.formats.dicom_files import (
    BIG_ENDIAN,
    EXPLICIT,
    IMPLICIT,
    deflate,
    expected_hu,
    pixels,
    straight,
    write_slice,
    write_stack,
)


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
    more = {"SliceThickness": 1.0, "RescaleIntercept": 0, **bits}
    path = write_slice(tmp_path / "a.dcm", stored, **more)
    assert (medseg.read_volume(path).voxels[0] == stored).all()
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


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN, RLE])
def test_pixels_are_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, syntax: str
) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), syntax=EXPLICIT if syntax == RLE else syntax)
    if syntax == RLE:
        packed(RLE, CODECS[RLE])(path)
    header = read_header(path)
    monkeypatch.setattr(pydicom, "dcmread", _not_again)
    assert (stored_slice(header) == pixels(0)).all()
    lost = replace(header, pixels=None)
    with pytest.raises(FormatError, match="read twice"):  # the control: this way needs pydicom
        stored_slice(lost)


def _not_again(*_: Any, **__: Any) -> None:
    raise FormatError("A file is not read twice")


@pytest.mark.parametrize("kind", ["longer header", "shorter file", "gone"])
def test_a_file_that_changed_since_it_was_listed_is_looked_at_anew(
    tmp_path: Path, kind: str
) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0))
    header = read_header(path)
    if kind == "longer header":
        write_slice(path, pixels(0), PatientComments="x" * 40)
        assert (read_stack([header], _silent)[0] == expected_hu(1)[0]).all()
        return
    if kind == "shorter file":
        path.write_bytes(path.read_bytes()[:-30])
    else:
        path.unlink()
    with pytest.raises(FormatError, match=r"a\.dcm"):
        read_stack([header], _silent)


def _silent(_done: float, _words: str) -> None:
    """Progress that nobody listens to."""


@pytest.mark.parametrize("count", [3, 70])
def test_the_first_of_several_damaged_slices_is_named(tmp_path: Path, count: int) -> None:
    headers = []
    for index in range(count):
        path = write_slice(tmp_path / f"s{index:03d}.dcm", pixels(0))
        headers.append(read_header(path))
    for index in (1, 2, count - 1):
        path = headers[index].path
        path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FormatError, match=r"s001\.dcm"):
        read_stack(headers, _silent)


@pytest.mark.parametrize("count", [1, 9, 70])
def test_all_slices_come_in_their_order(tmp_path: Path, count: int) -> None:
    bits = {"BitsStored": 16, "HighBit": 15, "SliceThickness": 2.5}
    folder = write_stack(tmp_path / "ct", straight(count), **bits)
    told: list[float] = []
    voxels = medseg.read_volume(folder, progress=lambda done, _: told.append(done)).voxels
    assert (voxels == expected_hu(count)).all()
    assert told == sorted(told)
    assert told[-1] == 1.0


LONGER = {
    "other pixels": pixels(1).tobytes(),
    "zeros for a slice": bytes(pixels(1).nbytes),
    "a few values": b"\1\2",
    "nearly zeros": bytes(40) + b"\1\0",
}


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN, "deflated"])
@pytest.mark.parametrize("name", LONGER)
def test_pixels_that_go_on_are_refused(tmp_path: Path, name: str, syntax: str) -> None:
    _assert_refused(tmp_path, pixels(0).tobytes() + LONGER[name], syntax)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, "deflated"])
def test_items_with_a_length_are_no_plain_pixels(tmp_path: Path, syntax: str) -> None:
    _assert_refused(tmp_path, encapsulate([pixels(0).tobytes()]), syntax)


def _assert_refused(folder: Path, value: bytes, syntax: str) -> None:
    path = _one_slice(folder, value, syntax)
    with pytest.raises(FormatError, match=r"those of a\.dcm go on for"):
        medseg.read_volume(path)


def _one_slice(folder: Path, value: bytes, syntax: str) -> Path:
    written = EXPLICIT if syntax == "deflated" else syntax
    more = {"PixelData": value, "SliceThickness": 1.0}
    path = write_slice(folder / "a.dcm", pixels(0), syntax=written, **more)
    if syntax == "deflated":
        deflate(path)
    return path


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, "deflated"])
@pytest.mark.parametrize("count", [2, 30])
def test_zeros_that_fill_up_the_pixels_are_let_pass(
    tmp_path: Path, syntax: str, count: int
) -> None:
    path = _one_slice(tmp_path, pixels(0).tobytes() + bytes(count), syntax)
    assert (medseg.read_volume(path).voxels == expected_hu(1)).all()
