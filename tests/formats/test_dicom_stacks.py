"""A stack of DICOM slices is read at its true places, or refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)

import medseg
from medseg.errors import (
    FormatError,
    GeometryError,
    SeveralSeriesError,
)
from medseg.model import Volume
from tests.formats.dicom_files import (
    BIG_ENDIAN,
    IMPLICIT,
    SERIES,
    expected_hu,
    pixels,
    straight,
    write_slice,
    write_stack,
)

TURN = np.radians(20)
OBLIQUE = (np.cos(TURN), 0.0, np.sin(TURN), 0.0, 1.0, 0.0)


def _codes(volume: Volume) -> list[str]:
    return [finding.code for finding in volume.report]


def _itk(folder: Path) -> sitk.Image:
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    return sitk.ReadImage(names)


def _corner_gap_mm(volume: Volume, image: sitk.Image) -> float:
    last = np.array(volume.voxels.shape) - 1
    gaps = []
    for corner in np.array(list(np.ndindex(2, 2, 2))) * last:
        there = image.TransformIndexToPhysicalPoint(corner[::-1].tolist())
        gaps.append(np.linalg.norm(volume.geometry.to_patient(corner) - there))
    return float(max(gaps))


@pytest.mark.parametrize("syntax", [None, IMPLICIT, BIG_ENDIAN])
def test_a_clean_shuffled_stack_is_simpleitks(tmp_path: Path, syntax: str | None) -> None:
    changes = {"syntax": syntax} if syntax else {}
    folder = write_stack(tmp_path / "ct", straight(), **changes)
    volume = medseg.read_volume(folder)
    image = _itk(folder)
    assert volume.voxels.dtype == np.int16
    assert (volume.voxels == expected_hu(6)).all()
    if syntax != BIG_ENDIAN:  # GDCM reads this one too, but needs no oracle for plain numbers
        assert (volume.voxels == sitk.GetArrayFromImage(image)).all()
    assert _corner_gap_mm(volume, image) < 1e-6
    assert volume.geometry.spacing_mm == pytest.approx((2.5, 0.75, 0.5))
    assert volume.geometry.frame_of_reference == f"{SERIES}.9"
    assert (volume.unit, volume.modality, volume.report) == ("HU", "CT", ())


def test_rows_columns_and_slices_ascend_as_dicom_says(tmp_path: Path) -> None:
    volume = medseg.read_volume(write_stack(tmp_path / "ct", straight()[::-1]))
    assert volume.geometry.affine[:3, 0].tolist() == [0, 0, 2.5], "along row x column"
    assert volume.geometry.affine[:3, 1].tolist() == [0, 0.75, 0], "the row index: Pixel Spacing 1"
    assert volume.geometry.affine[:3, 2].tolist() == [0.5, 0, 0], (
        "the column index: Pixel Spacing 2"
    )
    assert (volume.voxels == expected_hu(6)[::-1]).all()


def test_an_oblique_stack_is_simpleitks(tmp_path: Path) -> None:
    normal = np.cross(OBLIQUE[:3], OBLIQUE[3:])
    positions = [tuple(np.array([-10.0, 20, 30]) + 2.5 * k * normal) for k in range(5)]
    folder = write_stack(tmp_path / "ct", positions, ImageOrientationPatient=list(OBLIQUE))
    volume = medseg.read_volume(folder)
    assert _corner_gap_mm(volume, _itk(folder)) < 1e-6
    assert _codes(volume) == []


def test_a_tilt_stays_a_shear_where_simpleitk_straightens_it(tmp_path: Path) -> None:
    tilt = np.radians(14)
    step = np.array([0, -np.sin(tilt), np.cos(tilt)]) * 5
    positions = [tuple(np.array([-10.0, 20, 30]) + step * k) for k in range(8)]
    folder = write_stack(tmp_path / "ct", positions)
    volume = medseg.read_volume(folder)
    assert volume.geometry.tilt_degrees == pytest.approx(14)
    assert volume.geometry.slice_gap_mm == pytest.approx(5 * np.cos(tilt))
    assert _codes(volume) == ["TILTED"]
    assert "14.00 degrees" in volume.report[0].text
    for k, position in enumerate(positions):
        assert np.allclose(volume.geometry.to_patient((k, 0, 0)), position)
    # The broken control: SimpleITK puts the last slice elsewhere, without a word.
    assert _corner_gap_mm(volume, _itk(folder)) > 8


def test_what_it_was_read_from_is_remembered_in_slice_order(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight(), SeriesDescription="Thorax")
    volume = medseg.read_volume(folder)
    source = volume.source
    assert (source.format, source.path, source.series_id) == ("dicom", folder, SERIES)
    assert source.stored_dtype == "uint16"
    assert source.rescale == ((1.0, -1024.0),)
    (info,) = medseg.list_series(folder)
    assert info.shape == (6, 5, 7)
    assert info.file_count == 6
    for index, (name, instance) in enumerate(zip(source.files, source.instances, strict=True)):
        header = pydicom.dcmread(folder / name)
        assert instance == (header.SOPClassUID, header.SOPInstanceUID)
        assert header.ImagePositionPatient[2] == 30 + 2.5 * index


def test_the_patients_name_goes_nowhere(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight())
    volume = medseg.read_volume(folder)
    assert volume.description == "Thorax"
    assert "Secret" not in repr(medseg.list_series(folder)) + repr(volume.source)
    folder = write_stack(tmp_path / "un", straight(), SeriesDescription=None, SeriesNumber=7)
    assert medseg.read_volume(folder).description == "Series 7"


def test_empty_instance_uids_are_all_right(tmp_path: Path) -> None:
    folder = write_stack(
        tmp_path / "ct", straight(), SOPClassUID="", SOPInstanceUID="", SeriesInstanceUID=""
    )
    volume = medseg.read_volume(folder)
    assert volume.source.series_id == "ct"
    assert (volume.voxels == expected_hu(6)).all()


def test_a_copy_of_a_file_is_refused(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight())
    (folder / "again.dcm").write_bytes((folder / "003.dcm").read_bytes())
    with pytest.raises(FormatError, match=r"repeats positions.*003\.dcm.*one file twice"):
        medseg.read_volume(folder)


def test_time_points_are_refused(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight() + straight())
    with pytest.raises(FormatError, match=r"12 files at 6 places.*no header says which"):
        medseg.read_volume(folder)


def test_the_same_series_in_two_folders_is_two_copies(tmp_path: Path) -> None:
    write_stack(tmp_path / "a", straight())
    write_stack(tmp_path / "b", straight())
    first, second = medseg.list_series(tmp_path)
    assert (first.path, second.path) == (tmp_path / "a", tmp_path / "b")
    assert first.id != second.id
    volume = medseg.read_volume(tmp_path, series=second.id)
    assert volume.source.files[0].startswith("b/")


def test_a_series_split_over_two_folders_is_one(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "a", straight())
    (tmp_path / "b").mkdir()
    (folder / "002.dcm").rename(tmp_path / "b" / "002.dcm")
    assert medseg.read_volume(tmp_path).voxels.shape == (6, 5, 7)


def test_another_orientation_or_matrix_is_a_volume_of_its_own(tmp_path: Path) -> None:
    folder = write_stack(tmp_path / "ct", straight())
    sagittal = {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1], "SliceThickness": 3.0}
    write_slice(folder / "scout.dcm", pixels(0), **sagittal)
    write_slice(folder / "small.dcm", pixels(0)[:4], SliceThickness=3.0)
    infos = medseg.list_series(folder)
    assert {info.id for info in infos} == {f"{SERIES}/1", f"{SERIES}/2", f"{SERIES}/3"}
    assert sorted(info.shape for info in infos) == [(1, 4, 7), (1, 5, 7), (6, 5, 7)]
    with pytest.raises(SeveralSeriesError, match=rf"{SERIES}/1: Thorax, 6 x 5 x 7"):
        medseg.read_volume(folder)
    assert medseg.read_volume(folder, series=0).voxels.shape == (6, 5, 7)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ImagePositionPatient": None}, "Image Position"),
        ({"ImagePositionPatient": [0.0, 0.0]}, "Image Position"),
        ({"ImageOrientationPatient": None}, "Image Orientation"),
        ({"ImageOrientationPatient": [0.0] * 6}, "unit vectors"),
        ({"ImageOrientationPatient": [1.0, 0, 0, 0, 2.0, 0]}, "unit vectors"),
        ({"ImageOrientationPatient": [1.0, 0, 0, 0.1, 0.995, 0]}, "unit vectors"),
        ({"PixelSpacing": None}, "Pixel Spacing"),
        ({"PixelSpacing": [0.0, 0.5]}, "Pixel Spacing"),
        ({"PixelSpacing": [0.5, -0.5]}, "Pixel Spacing"),
    ],
)
def test_slices_without_a_place_are_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    folder = write_stack(tmp_path / "ct", straight(), **changes)
    with pytest.raises(GeometryError, match=rf"{words}.*\d\.dcm"):
        medseg.read_volume(folder)
    (info,) = medseg.list_series(folder)
    assert info.shape == (6, 5, 7)
    assert words in (info.reason or "")


@pytest.mark.parametrize("name", ["ImagePositionPatient", "PixelSpacing", "RescaleSlope"])
def test_numbers_that_are_none_are_refused(tmp_path: Path, name: str) -> None:
    folder = write_stack(tmp_path / "ct", straight())
    path = folder / "000.dcm"
    good = {"ImagePositionPatient": b"-10.0\\20.0", "PixelSpacing": b"0.75\\0.5"}
    if name == "RescaleSlope":
        path = write_slice(path, pixels(0), RescaleSlope="1234567.5")
    content = path.read_bytes()
    old = good.get(name, b"1234567.5")
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, b"NaN" + old[3:]))
    with pytest.raises((FormatError, GeometryError)):
        medseg.read_volume(folder)


def test_one_slice_off_the_line_is_refused_by_name(tmp_path: Path) -> None:
    positions = straight()
    positions[2] = (positions[2][0] + 0.5, *positions[2][1:])
    with pytest.raises(GeometryError, match=r"straight line.*\d\.dcm is off by 0\.5 mm"):
        medseg.read_volume(write_stack(tmp_path / "ct", positions))


@pytest.mark.parametrize(
    ("changes", "depth"),
    [({"SpacingBetweenSlices": 4.0, "SliceThickness": 3.0}, 4.0), ({"SliceThickness": 3.0}, 3.0)],
)
def test_a_single_slice_is_as_deep_as_it_says(
    tmp_path: Path, changes: dict[str, Any], depth: float
) -> None:
    volume = medseg.read_volume(write_slice(tmp_path / "a.dcm", pixels(0), **changes))
    assert volume.geometry.spacing_mm[0] == depth
    assert _codes(volume) == ["SINGLE_SLICE"]


@pytest.mark.parametrize("changes", [{}, {"SliceThickness": 0.0}, {"SpacingBetweenSlices": -1.0}])
def test_a_single_slice_without_depth_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), **changes)
    with pytest.raises(GeometryError, match=r"a\.dcm is a single slice"):
        medseg.read_volume(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"NumberOfFrames": 3}, "multi-frame"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "MOSAIC"]}, "mosaics"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "3 values per pixel"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "PALETTE COLOR"),
        ({"BitsAllocated": 12}, "have 12"),
        ({"HighBit": 3}, "end at bit 3"),
        ({"BitsStored": 0}, "0 bits"),
    ],
)
def test_kinds_that_come_later_are_refused_in_words(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    folder = write_stack(tmp_path / "ct", straight(), **changes)
    with pytest.raises(FormatError, match=words) as refusal:
        medseg.read_volume(folder)
    assert ".dcm" in str(refusal.value)
    (info,) = medseg.list_series(folder)
    assert info.shape is not None


def test_an_unknown_transfer_syntax_is_refused(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", pixels(0), SliceThickness=1.0)
    explicit, mpeg = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.4.100\0"
    content = path.read_bytes()
    # The group's length grows with the UID; both stand in the file meta information.
    at = content.index(explicit) - 2
    length = int.from_bytes(content[140:144], "little") + len(mpeg) - len(explicit)
    changed = content[:at] + len(mpeg).to_bytes(2, "little") + mpeg + content[at + 22 :]
    path.write_bytes(changed[:140] + length.to_bytes(4, "little") + changed[144:])
    with pytest.raises(FormatError, match=r"1\.2\.840\.10008\.1\.2\.4\.100.*a\.dcm"):
        medseg.read_volume(path)
