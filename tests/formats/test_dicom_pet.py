"""PET is SUVbw where the header allows it, and says what lacks where not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

import medseg
from medseg.model import Volume
from tests.formats.dicom_files import pixels, straight, write_stack

PET = "1.2.840.10008.5.1.4.1.1.128"
HALF_LIFE = 6586.2
COUNT = 4


def _isotope(**changes: Any) -> Dataset:
    item = Dataset()
    named = {
        "RadionuclideTotalDose": 4e8,
        "RadionuclideHalfLife": HALF_LIFE,
        "RadiopharmaceuticalStartTime": "090000.00",
        **changes,
    }
    for name, value in named.items():
        if value is not None:
            setattr(item, name, value)
    return item


def write_pet(folder: Path, isotope: dict[str, Any] | None = None, **changes: Any) -> Path:
    """Save four slices of a PET, of which `isotope` replaces attributes of the dose."""
    named = {
        "SOPClassUID": PET,
        "Modality": "PT",
        "Units": "BQML",
        "CorrectedImage": ["NORM", "DTIM", "ATTN", "SCAT", "DECY"],
        "DecayCorrection": "START",
        "PatientWeight": 70.0,
        "SeriesDate": "20200102",
        "SeriesTime": "100000",
        "AcquisitionDate": "20200102",
        "AcquisitionTime": "100000",
        "RescaleSlope": 2.0,
        "RescaleIntercept": 0.0,
        "RadiopharmaceuticalInformationSequence": [_isotope(**(isotope or {}))],
        **changes,
    }
    kept = {name: value for name, value in named.items() if value is not None}
    return write_stack(folder, straight(COUNT), **kept)


def _factor(volume: Volume) -> float:
    """What an activity in Bq/ml was multiplied by."""
    activity = np.stack([pixels(k) for k in range(COUNT)]) * 2.0
    ratio = volume.voxels / activity
    assert np.allclose(ratio, ratio.flat[0], rtol=1e-6)
    return float(ratio.mean())


def _codes(volume: Volume) -> list[str]:
    return [finding.code for finding in volume.report]


HOUR = 70000 / (4e8 * 2 ** (-3600 / HALF_LIFE))

SCALED = {
    "an hour after the injection": ({}, {}, HOUR),
    "corrected to the injection": ({}, {"DecayCorrection": "ADMIN"}, 70000 / 4e8),
    "injected before midnight": (
        {"RadiopharmaceuticalStartTime": "233000"},
        {"SeriesTime": "003000", "AcquisitionTime": "003000"},
        HOUR,
    ),
    "with the date of the injection": (
        {
            "RadiopharmaceuticalStartTime": None,
            "RadiopharmaceuticalStartDateTime": "20200101233000",
        },
        {"SeriesTime": "003000", "AcquisitionTime": "003000"},
        HOUR,
    ),
    "a series made later counts from its first acquisition": ({}, {"SeriesTime": "150000"}, HOUR),
    "a bed position later than the series": ({}, {"AcquisitionTime": "103000"}, HOUR),
    "on a clock of its own": (
        {
            "RadiopharmaceuticalStartTime": None,
            "RadiopharmaceuticalStartDateTime": "20200102080000.00+0000",
        },
        {"TimezoneOffsetFromUTC": "+0100"},
        HOUR,
    ),
    "on a clock of its own, west": (
        {
            "RadiopharmaceuticalStartTime": None,
            "RadiopharmaceuticalStartDateTime": "20200102050000-0330",
        },
        {"TimezoneOffsetFromUTC": "+0030"},
        HOUR,
    ),
    "a time zone, and the same clock without one": (
        {"RadiopharmaceuticalStartDateTime": "20200102090000.00+0500"},
        {},
        HOUR,
    ),
    "a time in UTC, and the scan's clock": (
        {"RadiopharmaceuticalStartDateTime": "20200102080000.00+0000"},
        {},
        HOUR,
    ),
    "times without minutes and seconds": (
        {"RadiopharmaceuticalStartTime": "0900"},
        {"SeriesTime": "10", "AcquisitionTime": "100000.123456"},
        HOUR,
    ),
    "half a second": (
        {"RadiopharmaceuticalStartTime": "085959.5"},
        {},
        HOUR * 2 ** (0.5 / HALF_LIFE),
    ),
    "injected days before, of a long half-life": (
        {
            "RadionuclideHalfLife": 282240.0,
            "RadiopharmaceuticalStartDateTime": "20191230100000",
        },
        {},
        70000 / (4e8 * 2 ** (-3 * 86400 / 282240)),
    ),
    "SUV already": ({}, {"Units": "GML", "RadiopharmaceuticalInformationSequence": None}, 1.0),
    "SUV already, by weight": ({}, {"Units": "GML", "SUVType": "BW"}, 1.0),
}


@pytest.mark.parametrize("case", SCALED)
def test_suv_where_the_header_allows_it(tmp_path: Path, case: str) -> None:
    isotope, changes, factor = SCALED[case]
    volume = medseg.read_volume(write_pet(tmp_path / "pet", isotope, **changes))
    assert (volume.unit, volume.voxels.dtype) == ("SUVbw", np.float32)
    assert _factor(volume) == pytest.approx(factor, rel=1e-6)
    assert _codes(volume) == ["SUV_BODY_WEIGHT"]
    assert volume.source.rescale == ((pytest.approx(2 * factor), 0.0),)
    stored = volume.voxels / volume.source.rescale[0][0]
    assert np.allclose(stored, [pixels(k) for k in range(COUNT)]), "stored values can be had back"


def test_the_first_of_several_acquisitions_counts(tmp_path: Path) -> None:
    folder = tmp_path / "pet"
    changes = {k: {"AcquisitionTime": f"10{10 * k:02d}00"} for k in range(COUNT)}
    write_pet(folder, SeriesTime="150000", changes_at=changes)
    assert _factor(medseg.read_volume(folder)) == pytest.approx(HOUR, rel=1e-6)


def test_times_of_one_series_share_its_start(tmp_path: Path) -> None:
    folder = tmp_path / "pet"
    changes = {k: {"AcquisitionTime": f"10{30 * (k // 2):02d}00"} for k in range(COUNT)}
    for k in range(COUNT):
        changes[k]["ImagePositionPatient"] = list(straight(2)[k % 2])
    write_pet(folder, SeriesTime="150000", changes_at=changes)
    infos = medseg.list_series(folder)
    assert [info.id.rpartition("/")[2] for info in infos] == ["t=1", "t=2"]
    scales = [medseg.read_volume(folder, series=info.id).source.rescale for info in infos]
    assert scales[0] == scales[1] == ((pytest.approx(2 * HOUR), 0.0),)


LACKING = {
    "weight": ({}, {"PatientWeight": None}, "Patient's Weight", "Bq/ml"),
    "weight of zero": ({}, {"PatientWeight": 0.0}, "Patient's Weight above zero", "Bq/ml"),
    "dose": ({"RadionuclideTotalDose": None}, {}, "Radionuclide Total Dose", "Bq/ml"),
    "half-life": ({"RadionuclideHalfLife": 0.0}, {}, "Half Life above zero", "Bq/ml"),
    "attenuation": ({}, {"CorrectedImage": ["DECY"]}, "ATTN", "Bq/ml"),
    "decay": ({}, {"CorrectedImage": ["ATTN"]}, "DECY", "Bq/ml"),
    "no correction": ({}, {"DecayCorrection": "NONE"}, r"START or ADMIN \(found NONE\)", "Bq/ml"),
    "start": ({"RadiopharmaceuticalStartTime": None}, {}, "Radiopharmaceutical Start", "Bq/ml"),
    "injected after the scan": (
        {"RadiopharmaceuticalStartDateTime": "20200102110000"},
        {},
        "injection before the scan, by 10 half-lives",
        "Bq/ml",
    ),
    "acquisition": ({}, {"AcquisitionTime": None}, "Acquisition Date and Time", "Bq/ml"),
    "isotope": (
        {},
        {"RadiopharmaceuticalInformationSequence": None},
        "Radionuclide Total Dose",
        "Bq/ml",
    ),
    "dose in MBq": (
        {"RadionuclideTotalDose": 400.0},
        {},
        r"found 400, which may be in another unit",
        "Bq/ml",
    ),
    "weight in g": ({}, {"PatientWeight": 70000.0}, "found 70000, which may be", "Bq/ml"),
    "half-life in minutes": ({"RadionuclideHalfLife": 109.77}, {}, "10 half-lives", "Bq/ml"),
    "clocks that differ": (
        {"RadiopharmaceuticalStartTime": "100500"},
        {},
        r"it is 23\.9 h before it",
        "Bq/ml",
    ),
    "a time zone that the scan does not name": (
        {
            "RadiopharmaceuticalStartTime": None,
            "RadiopharmaceuticalStartDateTime": "20200102080000+0000",
        },
        {},
        r"on the clock of the scan \(found 20200102080000\+0000\)",
        "Bq/ml",
    ),
    "no date, of a long half-life": (
        {"RadionuclideHalfLife": 282240.0},
        {},
        r"the date of the injection, for a half-life of 78\.4 h",
        "Bq/ml",
    ),
    "two isotopes": (
        {},
        {"RadiopharmaceuticalInformationSequence": [_isotope(), _isotope()]},
        r"one radiopharmaceutical \(found 2\)",
        "Bq/ml",
    ),
    "dates taken out": ({}, {"SeriesDate": "", "AcquisitionDate": ""}, "Acquisition Date", "Bq/ml"),
    "body surface": ({}, {"Units": "GML", "SUVType": "BSA"}, "SUV Type is BSA", "1"),
    "counts": ({}, {"Units": "CNTS"}, "found CNTS", "1"),
    "lean body mass": ({}, {"Units": "GML", "SUVType": "LBM"}, "SUV Type is LBM", "1"),
    "no unit": ({}, {"Units": None}, "found none", "1"),
}


@pytest.mark.parametrize("case", LACKING)
def test_its_own_unit_and_what_lacks(tmp_path: Path, case: str) -> None:
    isotope, changes, words, unit = LACKING[case]
    volume = medseg.read_volume(write_pet(tmp_path / "pet", isotope, **changes))
    assert volume.unit == unit
    assert _factor(volume) == pytest.approx(1.0)
    assert volume.source.rescale == ((2.0, 0.0),)
    (finding,) = volume.report
    assert (finding.code, finding.severity) == ("SUV_NOT_POSSIBLE", "warning")
    assert re.search(words, finding.text)
    assert ".dcm" in finding.text


def test_a_slice_of_another_weight_is_no_suv(tmp_path: Path) -> None:
    folder = tmp_path / "pet"
    write_pet(folder, changes_at={1: {"PatientWeight": 80.0}})
    volume = medseg.read_volume(folder)
    assert (volume.unit, _codes(volume)) == ("Bq/ml", ["SUV_NOT_POSSIBLE"])


def test_a_slope_for_each_slice_is_honoured(tmp_path: Path) -> None:
    folder = tmp_path / "pet"
    write_pet(folder, changes_at={k: {"RescaleSlope": k + 1.0} for k in range(COUNT)})
    volume = medseg.read_volume(folder)
    for k in range(COUNT):
        assert np.allclose(volume.voxels[k], pixels(k) * (k + 1) * HOUR, rtol=1e-6)
    assert len(volume.source.rescale) == COUNT
