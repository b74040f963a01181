"""What only a scanner's private elements say: diffusion, and how counts become activity."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

import medseg
from medseg.formats.dicom.header.slice_header import read_header
from medseg.formats.dicom.header.vendors import with_vendor_diffusion
from tests.formats.dicom_files import (
    EXPLICIT,
    IMPLICIT,
    SERIES,
    pixels,
    straight,
    write_stack,
)
from tests.formats.test_dicom_pet import HOUR, write_pet

MR = "1.2.840.10008.5.1.4.1.1.4"
COUNT = 3

#: They are numbered in the order of their components.
DIRECTIONS = [(0.0, 0.0, 1.0), (0.0, 1.0, 0.0)]


def _edited(folder: Path, change: Callable[[Dataset, int], None]) -> Path:
    """Each slice changed; the number handed over is that of its set."""
    for file in folder.iterdir():
        dataset = pydicom.dcmread(file)
        change(dataset, (int(dataset.get("InstanceNumber") or 1) - 1) // COUNT)
        dataset.save_as(file)
    return folder


def _mr(folder: Path, **changes: Any) -> Path:
    """Three sets of slices at the same places, which only their numbers tell apart."""
    numbers = {k: {"InstanceNumber": k + 1} for k in range(3 * COUNT)}
    named = {"SOPClassUID": MR, "Modality": "MR", "RescaleSlope": None, "RescaleIntercept": None}
    return write_stack(folder, straight(COUNT) * 3, changes_at=numbers, **{**named, **changes})


def _add(dataset: Dataset, group: int, creator: str, element: int, vr: str, value: Any) -> None:
    block = dataset.private_block(group, creator, create=True)
    block.add_new(element, vr, value)


def _siemens(dataset: Dataset, number: int) -> None:
    _add(dataset, 0x0019, "SIEMENS MR HEADER", 0x0C, "IS", [0, 1000, 1000][number])
    if number:
        direction = list(DIRECTIONS[number - 1])
        _add(dataset, 0x0019, "SIEMENS MR HEADER", 0x0E, "FD", direction)


def _siemens_in_another_block(dataset: Dataset, number: int) -> None:
    dataset.private_block(0x0019, "SOMEBODY ELSE", create=True).add_new(0x0C, "IS", 7)
    _siemens(dataset, number)


def _siemens_unknown(dataset: Dataset, number: int) -> None:
    _add(dataset, 0x0019, "SIEMENS MR HEADER", 0x0C, "UN", [b"0 ", b"1000", b"1000"][number])
    if number:
        packed = struct.pack("<3d", *DIRECTIONS[number - 1])
        _add(dataset, 0x0019, "SIEMENS MR HEADER", 0x0E, "UN", packed)


def _united(dataset: Dataset, number: int) -> None:
    _add(dataset, 0x0065, "Image Private Header", 0x09, "FD", [0.0, 1000.0, 1000.0][number])
    if number:
        direction = list(DIRECTIONS[number - 1])
        _add(dataset, 0x0065, "Image Private Header", 0x37, "FD", direction)


def _ge(dataset: Dataset, number: int) -> None:
    b_value = [0, 1_000_000_800, 2_000_001_500][number]
    _add(dataset, 0x0043, "GEMS_PARM_01", 0x39, "IS", [b_value, 8, 0, 0])


def _ge_unknown(dataset: Dataset, number: int) -> None:
    b_value = [0, 1_000_000_800, 1500][number]
    text = f"{b_value}\\8\\0\\0"
    _add(
        dataset, 0x0043, "GEMS_PARM_01", 0x39, "UN", text.ljust(len(text) + len(text) % 2).encode()
    )


def _philips(dataset: Dataset, number: int) -> None:
    _add(dataset, 0x2001, "Philips Imaging DD 001", 0x03, "FL", [0.0, 800.0, 1500.0][number])


def _philips_unknown(dataset: Dataset, number: int) -> None:
    packed = struct.pack("<f", [0.0, 800.0, 1500.0][number])
    _add(dataset, 0x2001, "Philips Imaging DD 001", 0x03, "UN", packed)


ONE_B = ["b=0", "b=1000/direction=1", "b=1000/direction=2"]
TWO_B = ["b=0", "b=800", "b=1500"]
MAKERS = {
    "Siemens": (_siemens, ONE_B),
    "Siemens in a further block": (_siemens_in_another_block, ONE_B),
    "Siemens, kind of value unknown": (_siemens_unknown, ONE_B),
    "United Imaging": (_united, ONE_B),
    "GE": (_ge, TWO_B),
    "GE, kind of value unknown": (_ge_unknown, TWO_B),
    "Philips": (_philips, TWO_B),
    "Philips, kind of value unknown": (_philips_unknown, TWO_B),
}


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
@pytest.mark.parametrize("maker", MAKERS)
def test_private_diffusion_tells_sets_apart(tmp_path: Path, maker: str, syntax: str) -> None:
    change, names = MAKERS[maker]
    folder = _edited(_mr(tmp_path / "mr", syntax=syntax), change)
    infos = medseg.list_series(folder)
    assert [info.id for info in infos] == [f"{SERIES}/{name}" for name in names]
    for number, name in enumerate(names):
        volume = medseg.read_volume(folder, series=f"{SERIES}/{name}")
        assert (volume.voxels == [pixels(number * COUNT + k) for k in range(COUNT)]).all()


def test_the_standards_b_value_comes_first(tmp_path: Path) -> None:
    def change(dataset: Dataset, number: int) -> None:
        _ge(dataset, number)
        dataset.DiffusionBValue = [50.0, 400.0, 900.0][number]

    infos = medseg.list_series(_edited(_mr(tmp_path / "mr"), change))
    assert [info.id.rpartition("/")[2] for info in infos] == ["b=50", "b=400", "b=900"]


@pytest.mark.parametrize("value", [b"words", b"\xff" * 8, b"", b"nan "])
def test_a_damaged_private_element_says_nothing(tmp_path: Path, value: bytes) -> None:
    def change(dataset: Dataset, _: int) -> None:
        _add(dataset, 0x0019, "SIEMENS MR HEADER", 0x0C, "UN", value)

    infos = medseg.list_series(_edited(_mr(tmp_path / "mr"), change))
    assert [info.id.rpartition("/")[2] for info in infos] == ["t=1", "t=2", "t=3"]


def test_an_element_of_somebody_else_is_no_b_value(tmp_path: Path) -> None:
    def change(dataset: Dataset, number: int) -> None:
        _add(dataset, 0x0019, "SOMEBODY ELSE", 0x0C, "IS", number)

    infos = medseg.list_series(_edited(_mr(tmp_path / "mr"), change))
    assert [info.id.rpartition("/")[2] for info in infos] == ["t=1", "t=2", "t=3"]


def test_ct_is_not_asked_for_diffusion(tmp_path: Path) -> None:
    folder = _edited(_mr(tmp_path / "ct", Modality="CT"), _ge)
    headers = [read_header(file) for file in folder.iterdir()]
    assert with_vendor_diffusion(headers) == headers


def _philips_counts(suv: str, activity: str) -> Callable[[Dataset, int], None]:
    def change(dataset: Dataset, _: int) -> None:
        _add(dataset, 0x7053, "Philips PET Private Group", 0x00, "DS", suv)
        _add(dataset, 0x7053, "Philips PET Private Group", 0x09, "DS", activity)

    return change


COUNTS = {
    "SUV factor": ("0.0005", "2.5", {}, "SUVbw", 0.0005, ["SUV_BODY_WEIGHT"]),
    "activity factor": (
        *("0", "2.5", {}, "SUVbw", 2.5 * HOUR),
        ["ACTIVITY_FROM_COUNTS", "SUV_BODY_WEIGHT"],
    ),
    "activity factor, no weight": (
        *("0", "2.5", {"PatientWeight": None}, "Bq/ml", 2.5),
        ["ACTIVITY_FROM_COUNTS", "SUV_NOT_POSSIBLE"],
    ),
    "no factor": ("0", "0", {}, "1", 1.0, ["SUV_NOT_POSSIBLE"]),
    "not corrected": (
        *("0.0005", "2.5", {"CorrectedImage": ["ATTN"]}, "1", 1.0),
        ["SUV_NOT_POSSIBLE"],
    ),
}


@pytest.mark.parametrize("case", COUNTS)
def test_counts_of_philips_are_scaled_by_its_own_factors(tmp_path: Path, case: str) -> None:
    suv, activity, changes, unit, factor, codes = COUNTS[case]
    folder = write_pet(tmp_path / "pet", Units="CNTS", **changes)
    volume = medseg.read_volume(_edited(folder, _philips_counts(suv, activity)))
    counts = np.stack([pixels(k) for k in range(len(volume.voxels))]) * 2.0
    assert volume.unit == unit
    assert np.allclose(volume.voxels, counts * factor, rtol=1e-6)
    assert [finding.code for finding in volume.report] == codes


@pytest.mark.parametrize(
    ("named", "factor"),
    [
        ("20200102100000.00", HOUR),
        ("20200102110000.00", HOUR * 2 ** (1800 / 6586.2)),
        ("damaged", HOUR * 2 ** (1800 / 6586.2)),
    ],
)
def test_the_start_of_a_scan_as_ge_writes_it(tmp_path: Path, named: str, factor: float) -> None:
    """Where the series was made later; a start behind the first acquisition is none."""

    def change(dataset: Dataset, _: int) -> None:
        _add(dataset, 0x0009, "GEMS_PETD_01", 0x0D, "UN", named.ljust(18).encode())

    folder = write_pet(tmp_path / "pet", SeriesTime="150000", AcquisitionTime="103000")
    volume = medseg.read_volume(_edited(folder, change))
    assert volume.source.rescale[0][0] == pytest.approx(2 * factor, rel=1e-6)
