"""Faults of DICOM series, one literal table: each is read right, or refused by its name.

They are the 30 on which SimpleITK, highdicom, dcm2niix, pydicom and dicom2nifti were measured,
made anew on a small stack; the letters are the same. The last two stand for real series of a tilted
scanner, which `test_real_files` holds against their truth.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import medseg
from medseg.errors import GeometryError, MissingSlicesError, SeveralSeriesError, UnevenSpacingError
from tests.formats.dicom_files import (
    BIG_ENDIAN,
    EXPLICIT,
    SERIES,
    expected_hu,
    pixels,
    straight,
    write_slice,
    write_stack,
)
from tests.formats.faults import Fault, Grid, check, read, refused

COUNT = 6
SPACING = (0.75, 0.5)
UPRIGHT = Grid((COUNT, 5, 7), (-10, 20, 30), (-10, 20, 42.5), SPACING)
LEANING = [(-10.0, 20 + 1.5 * index, 30 + 2.5 * index) for index in range(COUNT)]
LEANT = Grid((COUNT, 5, 7), LEANING[0], LEANING[-1], SPACING)
JITTER = [(x, y, z + (-1) ** index * 2e-6) for index, (x, y, z) in enumerate(straight())]
TWO_STEPS = [(-10.0, 20 + 0.3 * z, 30.0 + z) for z in (0, 2, 4, 6, 11, 16)]
MEDIA = {"SOPClassUID": "1.2.840.10008.1.3.10", "Rows": None, "Columns": None}

Change = Callable[[Path], Any]


def name_of(index: int, count: int = COUNT) -> str:
    """The name that `write_stack` gives to a slice."""
    return f"{np.random.default_rng(7).permutation(count)[index]:03d}.dcm"


def stack(
    *changes: Change,
    at: dict[int, dict[str, Any]] | None = None,
    positions: Any = None,
    **more: Any,
) -> Change:
    """A stack of six slices, its attributes changed, and then its files."""

    def make(folder: Path) -> None:
        write_stack(folder, positions or straight(), changes_at=at, **more)
        for change in changes:
            change(folder)

    return make


def cut(index: int, kept: float) -> Change:
    """Cut a slice's file off."""

    def change(folder: Path) -> None:
        file = folder / name_of(index)
        content = file.read_bytes()
        file.write_bytes(content[: int(len(content) * kept)])

    return change


def without(*indices: int) -> Change:
    """Remove slices."""
    return lambda folder: [(folder / name_of(index)).unlink() for index in indices]


def beside(name: str, content: bytes) -> Change:
    """Add a file."""
    return lambda folder: (folder / name).write_bytes(content)


def slice_beside(name: str, index: int, **changes: Any) -> Change:
    """Add a DICOM file; `index` chooses its pixels."""
    return lambda folder: write_slice(folder / name, pixels(index), **changes)


def copy_of(index: int, name: str) -> Change:
    """Add a copy of a slice."""
    return lambda folder: shutil.copy(folder / name_of(index), folder / name)


def time_points(folder: Path) -> None:
    for time in range(2):
        for index, position in enumerate(straight()):
            values = {"ImagePositionPatient": list(position), "AcquisitionNumber": time + 1}
            write_slice(folder / f"{time}{index}.dcm", pixels(index), **values)


def other_series(folder: Path) -> None:
    for index, position in enumerate(straight(4)):
        values = {"ImagePositionPatient": list(position), "SeriesInstanceUID": f"{SERIES}.2"}
        write_slice(folder / f"other{index}.dcm", pixels(index), **values)


def mislabelled(folder: Path) -> None:
    """Every file says big endian and is little endian."""
    for file in sorted(folder.iterdir()):
        label, wanted = EXPLICIT.encode() + b"\0", BIG_ENDIAN.encode() + b"\0"
        file.write_bytes(file.read_bytes().replace(label, wanted, 1))


def one_of(index: int, **changes: Any) -> dict[int, dict[str, Any]]:
    """Changes of one slice."""
    return {index: changes}


FAULTS = {
    "00_ok": read(stack(), grid=UPRIGHT, voxels=expected_hu(COUNT), whole=(COUNT,)),
    "01_trunc_pixels": refused(stack(cut(2, 0.95)), name_of(2), "truncated"),
    "02_trunc_header": refused(stack(cut(2, 0.4)), name_of(2), whole=()),
    "03_missing_ipp_one": refused(
        stack(at=one_of(2, ImagePositionPatient=None)),
        name_of(2),
        "Image Position",
        error=GeometryError,
    ),
    "04_missing_ipp_all": refused(
        stack(at={index: {"ImagePositionPatient": None} for index in range(COUNT)}),
        "000.dcm",
        "Image Position",
        error=GeometryError,
    ),
    "05_dup_file": refused(
        stack(copy_of(3, "copy.dcm")), name_of(3), "copy.dcm", "one file twice", whole=()
    ),
    "06_dup_pos_diff_pixels": refused(
        stack(slice_beside("more.dcm", 5, ImagePositionPatient=[-10, 20, 37.5])),
        name_of(3),
        "more.dcm",
        "repeats positions",
        whole=(),
    ),
    "07_mixed_series": refused(
        stack(other_series), f"{SERIES}:", f"{SERIES}.2:", error=SeveralSeriesError, whole=(6, 4)
    ),
    "08_missing_slice": refused(
        stack(without(3)),
        "1 of 6 are missing",
        name_of(2),
        name_of(4),
        error=MissingSlicesError,
    ),
    "08b_missing_last2_gap": refused(
        stack(without(3, 4)),
        "2 of 6 are missing",
        name_of(2),
        name_of(5),
        error=MissingSlicesError,
    ),
    "09_mixed_size": refused(
        stack(
            without(2),
            lambda folder: write_slice(
                folder / "small.dcm", pixels(2)[:3, :4], ImagePositionPatient=[-10, 20, 35]
            ),
        ),
        "holds 2",
        "missing",
        error=SeveralSeriesError,
    ),
    "10_wrong_ts": refused(stack(mislabelled), "000.dcm", whole=()),
    "11_zero_byte": refused(stack(cut(2, 0)), name_of(2), whole=()),
    "12_junk_txt": read(
        stack(beside("notes.txt", b"not an image")),
        "SKIPPED",
        grid=UPRIGHT,
        voxels=expected_hu(COUNT),
    ),
    "13_mixed_rescale": read(
        stack(at=one_of(2, RescaleSlope=2, RescaleIntercept=-1000)),
        grid=UPRIGHT,
        voxels=[
            *expected_hu(2),
            pixels(2) * 2.0 - 1000,
            *expected_hu(COUNT)[3:],
        ],
    ),
    "14_random_instance_no": read(
        stack(at={index: {"InstanceNumber": index * 5 % 7} for index in range(COUNT)}),
        grid=UPRIGHT,
        voxels=expected_hu(COUNT),
    ),
    "15_one_other_orientation": refused(
        stack(at=one_of(2, ImageOrientationPatient=[0, 1, 0, 0, 0, 1])),
        "holds 2",
        "missing",
        error=SeveralSeriesError,
    ),
    "16_two_timepoints_same_series": refused(
        time_points, f"{SERIES}/", error=SeveralSeriesError, whole=(6, 6)
    ),
    "17_zero_spacing": refused(
        stack(PixelSpacing=[0, 0]), "000.dcm", "Pixel Spacing", error=GeometryError
    ),
    "18_no_spacing": refused(
        stack(PixelSpacing=None), "000.dcm", "Pixel Spacing", error=GeometryError
    ),
    "19_anisotropic_inplane": read(
        stack(PixelSpacing=[1.0, 0.5]),
        grid=Grid(UPRIGHT.shape, UPRIGHT.first, UPRIGHT.last, (1.0, 0.5)),
        voxels=expected_hu(COUNT),
    ),
    "20_zero_iop": refused(
        stack(ImageOrientationPatient=[0] * 6),
        "000.dcm",
        "Image Orientation",
        error=GeometryError,
    ),
    "21_jitter_4um": read(stack(positions=JITTER), grid=UPRIGHT, voxels=expected_hu(COUNT)),
    "22_sheared_stack": read(
        stack(positions=LEANING), "TILTED", grid=LEANT, voxels=expected_hu(COUNT)
    ),
    "23_nan_ipp": refused(
        stack(
            lambda folder: [
                file.write_bytes(file.read_bytes().replace(b"-10.0\\20.0\\", b"NaN\\20.0\\  "))
                for file in folder.iterdir()
            ]
        ),
        "000.dcm",
        "Image Position",
        error=GeometryError,
    ),
    "24_uint16_over_int16": read(
        stack(RescaleIntercept=40000, RescaleType="HU"),
        grid=UPRIGHT,
        voxels=expected_hu(COUNT).astype(np.int32) + 41024,
    ),
    "25_zero_slope": read(
        stack(RescaleSlope=0), "SLOPE_ZERO", grid=UPRIGHT, voxels=expected_hu(COUNT)
    ),
    "26_bomb_rows": refused(
        stack(Rows=60000, Columns=60000), ".dcm", "7200000000", "60000 x 60000", "truncated"
    ),
    "30_tilt_and_two_steps": refused(
        stack(positions=TWO_STEPS),
        "2 to 5 mm",
        "2 equidistant blocks",
        error=UnevenSpacingError,
    ),
    "31_tilt_and_a_media_directory": read(
        stack(slice_beside("DIRFILE", 0, **MEDIA), positions=LEANING),
        "TILTED",
        "SKIPPED",
        grid=LEANT,
        voxels=expected_hu(COUNT),
    ),
}


def test_the_table_is_whole() -> None:
    assert len(FAULTS) == 30


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_read_right_or_refused_by_name(tmp_path: Path, name: str) -> None:
    check(FAULTS[name], tmp_path)


def test_the_blocks_of_two_steps_keep_their_tilt(tmp_path: Path) -> None:
    FAULTS["30_tilt_and_two_steps"].make(tmp_path)
    blocks = [info for info in medseg.list_series(tmp_path) if "/block=" in info.id]
    volumes = [medseg.read_volume(tmp_path, series=info.id) for info in blocks]
    assert [volume.geometry.shape[0] for volume in volumes] == [4, 2]
    for volume, step in zip(volumes, (2, 5), strict=True):
        assert np.allclose(volume.geometry.affine[:3, 0], [0, 0.3 * step, step])
        assert "TILTED" in [finding.code for finding in volume.report]


@pytest.mark.parametrize(
    "broken",
    [
        Fault(stack(), grid=Grid(UPRIGHT.shape, UPRIGHT.first, (-10, 20, 42.52), SPACING)),
        Fault(stack(), voxels=expected_hu(COUNT) + 1),
        Fault(stack(), codes=("TILTED",)),
        Fault(stack(), whole=(COUNT, 1)),
        refused(stack(cut(2, 0.95)), name_of(3)),
    ],
)
def test_a_wrong_promise_is_not_kept(tmp_path: Path, broken: Fault) -> None:
    with pytest.raises(AssertionError):
        check(broken, tmp_path)
