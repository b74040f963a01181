"""Frames of enhanced multi-frame files are placed, scaled and split as their groups say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

import medseg
from medseg.errors import FormatError, MedsegError, MissingSlicesError
from medseg.formats.dicom.header.functional_groups import frame_headers
from medseg.formats.dicom.header.slice_header import read_header
from medseg.formats.dicom.stacking.concatenations import incomplete
from tests.formats.dicom_files import AXIAL, SERIES, pixels, write_slice

ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
HEIGHTS = [30.0, 32.5, 35.0, 37.5]


def _item(**attributes: Any) -> Dataset:
    item = Dataset()
    for name, value in attributes.items():
        setattr(item, name, value)
    return item


def _frame(height: float, *, slope: float = 1, time: int = 1, kind: str = "AXIAL") -> Dataset:
    return _item(
        PlanePositionSequence=[_item(ImagePositionPatient=[-10.0, 20.0, height])],
        PixelValueTransformationSequence=[
            _item(RescaleSlope=slope, RescaleIntercept=-1024, RescaleType="HU")
        ],
        FrameContentSequence=[_item(StackID="1", TemporalPositionIndex=time)],
        CTImageFrameTypeSequence=[_item(FrameType=["ORIGINAL", "PRIMARY", kind, "NONE"])],
    )


def _write(path: Path, frames: list[Dataset], **changes: Any) -> NDArray[np.uint16]:
    """Save an enhanced CT; geometry that all frames share is in the shared groups."""
    stored = np.stack([pixels(index) for index in range(len(frames))])
    shared = _item(
        PlaneOrientationSequence=[_item(ImageOrientationPatient=list(AXIAL))],
        PixelMeasuresSequence=[_item(PixelSpacing=[0.75, 0.5], SliceThickness=2.5)],
    )
    named = {
        "SOPClassUID": ENHANCED_CT,
        "NumberOfFrames": len(frames),
        "SharedFunctionalGroupsSequence": [shared],
        "PerFrameFunctionalGroupsSequence": frames,
        "PixelData": stored.tobytes(),
        **dict.fromkeys(("PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient"), None),
        **dict.fromkeys(("RescaleSlope", "RescaleIntercept")),
    }
    write_slice(path, stored[0], **{**named, **changes})
    return stored


def test_frames_out_of_order_with_a_scale_each(tmp_path: Path) -> None:
    order, slopes = [2, 0, 3, 1], [1, 2, 3, 4]
    path = tmp_path / "a.dcm"
    stored = _write(path, [_frame(HEIGHTS[k], slope=s) for k, s in zip(order, slopes, strict=True)])
    (info,) = medseg.list_series(path)
    assert (info.id, info.shape, info.file_count) == (SERIES, (4, 5, 7), 1)
    volume = medseg.read_volume(path)
    for frame, (k, slope) in enumerate(zip(order, slopes, strict=True)):
        assert (volume.voxels[k] == stored[frame] * slope - 1024.0).all()
        assert volume.source.rescale[k] == (slope, -1024)
    assert volume.unit == "HU"
    assert volume.geometry.spacing_mm == pytest.approx((2.5, 0.75, 0.5))
    assert np.allclose(volume.geometry.to_patient((3, 0, 0)), (-10, 20, 37.5))
    assert len(volume.source.instances) == len(volume.source.files) == 4
    assert len(set(volume.source.instances)) == len(set(volume.source.files)) == 1


def test_frames_packed_as_rle(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.dcm", tmp_path / "b.dcm"
    _write(plain, [_frame(height) for height in HEIGHTS])
    dataset = pydicom.dcmread(plain)
    dataset.compress(RLELossless)
    for has_offsets in (True, False):
        parts = list(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=4))
        dataset.PixelData = encapsulate(parts, has_bot=has_offsets)
        dataset.save_as(packed)
        assert (medseg.read_volume(packed).voxels == medseg.read_volume(plain).voxels).all()


def test_frames_of_several_times_and_kinds(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    frames = [_frame(height, time=time) for height in HEIGHTS for time in (1, 2)]
    stored = _write(path, frames)
    first, second = medseg.list_series(path)
    assert (first.id, second.id) == (f"{SERIES}/t=1", f"{SERIES}/t=2")
    assert (medseg.read_volume(path, series=second.id).voxels == stored[1::2] - 1024.0).all()
    _write(path, [_frame(height, kind=kind) for kind in "MP" for height in HEIGHTS])
    assert [info.id.rpartition("/")[2] for info in medseg.list_series(path)] == ["type=M", "type=P"]


@pytest.mark.parametrize("time", [0, 1, 2])
def test_the_dimension_index_tells_frames_apart(tmp_path: Path, time: int) -> None:
    """Where nothing else does, and whichever of the dimensions it is."""
    frames = []
    for moment in (2, 1):
        for number, height in enumerate(HEIGHTS):
            frame = _frame(height)
            index = [1, number + 1]
            index.insert(time, moment)
            frame.FrameContentSequence = [_item(StackID="1", DimensionIndexValues=index)]
            frames.append(frame)
    path = tmp_path / "a.dcm"
    stored = _write(path, frames)
    first, second = medseg.list_series(path)
    assert (first.id, second.id) == (f"{SERIES}/index=1", f"{SERIES}/index=2")
    assert (medseg.read_volume(path, series=first.id).voxels == stored[4:] - 1024.0).all()
    assert (medseg.read_volume(path, series=second.id).voxels == stored[:4] - 1024.0).all()


@pytest.mark.parametrize("group", ["MRImageFrameTypeSequence", "CardiacSynchronizationSequence"])
def test_what_stands_in_groups_of_the_heart_and_of_complex_values(
    tmp_path: Path, group: str
) -> None:
    name, parts = {
        "MRImageFrameTypeSequence": ("ComplexImageComponent", ("MAGNITUDE", "PHASE")),
        "CardiacSynchronizationSequence": ("NominalPercentageOfCardiacPhase", (30.0, 70.0)),
    }[group]
    frames = [_frame(height) for height in HEIGHTS * 2]
    for number, frame in enumerate(frames):
        setattr(frame, group, [_item(**{name: parts[number // 4]})])
    path = tmp_path / "a.dcm"
    stored = _write(path, frames)
    infos = medseg.list_series(path)
    assert [info.shape for info in infos] == [(4, 5, 7)] * 2
    for info, truth in zip(infos, (stored[:4], stored[4:]), strict=True):
        assert (medseg.read_volume(path, series=info.id).voxels == truth - 1024.0).all()


def test_a_missing_frame_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    _write(path, [_frame(height) for height in (0.0, 2.5, 7.5, 10.0)])
    with pytest.raises(MissingSlicesError):
        medseg.read_volume(path)
    assert medseg.read_volume(path, allow_gaps=True).voxels.shape == (5, 5, 7)


def test_one_enhanced_frame_is_a_single_slice(tmp_path: Path) -> None:
    _write(tmp_path / "a.dcm", [_frame(30.0)])
    assert medseg.read_volume(tmp_path).geometry.spacing_mm == pytest.approx((2.5, 0.75, 0.5))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"NumberOfFrames": 3}, r"a\.dcm has 3 frames and describes 4"),
        ({"NumberOfFrames": 2_000_000_000}, "describes 4"),
        ({"PixelData": b"\0" * 100}, r"frame 2 of a\.dcm are not: it holds 30 of 70 bytes"),
        ({"PerFrameFunctionalGroupsSequence": []}, "place none of theirs"),
        ({"SharedFunctionalGroupsSequence": []}, "Image Orientation"),
    ],
)
def test_damage_is_told_in_words(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    path = tmp_path / "a.dcm"
    _write(path, [_frame(height) for height in HEIGHTS], **changes)
    with pytest.raises(MedsegError, match=words):
        medseg.read_volume(path)


def test_a_file_without_pixels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    _write(path, [_frame(height) for height in HEIGHTS])
    dataset = pydicom.dcmread(path)
    del dataset.PixelData
    dataset.save_as(path)
    with pytest.raises(FormatError, match="holds Pixel Data"):
        medseg.read_volume(path)


def test_philips_magnitude_and_field_map(shared_data: Path) -> None:
    path = shared_data / "dcm_qa_enh/In/Philips/IM_0027_fMAP.dcm"
    infos = {info.id.rpartition("/")[2]: info for info in medseg.list_series(path)}
    assert {name: info.shape for name, info in infos.items()} == {
        "type=M": (32, 64, 64),
        "type=FIELD_MAP": (32, 64, 64),
    }
    dataset = pydicom.dcmread(path)
    for name, info in infos.items():
        volume = medseg.read_volume(path, series=info.id)
        assert volume.geometry.spacing_mm == pytest.approx((4, 4, 4), abs=1e-6)
        for frame, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            if group.MRImageFrameTypeSequence[0].FrameType[3] != name[5:]:
                continue
            k = group.FrameContentSequence[0].InStackPositionNumber - 1
            scale = group.PixelValueTransformationSequence[0]
            truth = dataset.pixel_array[frame] * scale.RescaleSlope + scale.RescaleIntercept
            assert np.allclose(volume.voxels[k], truth, atol=1e-3)
            place = group.PlanePositionSequence[0].ImagePositionPatient
            assert np.allclose(volume.geometry.to_patient((k, 0, 0)), place, atol=0.01)


def test_siemens_time_points_in_files_of_frames(shared_data: Path) -> None:
    folder = shared_data / "dcm_qa_enh/In/Siemens/XA10"
    infos = medseg.list_series(folder)
    assert [info.id.rpartition("/")[2] for info in infos] == ["t=1", "t=2", "t=3", "t=4"]
    for number, info in enumerate(infos, start=1):
        volume = medseg.read_volume(folder, series=info.id)
        assert volume.voxels.shape == (6, 64, 64)
        assert volume.geometry.spacing_mm == pytest.approx((2.4, 3.375, 3.375), abs=1e-4)
        assert set(volume.source.files) == {f"6_{number}.dcm"}
        assert (volume.voxels == pydicom.dcmread(folder / f"6_{number}.dcm").pixel_array).all()


@pytest.mark.parametrize("size", ["23x38x3", "24x38x3"])
def test_a_legacy_converted_ct_is_its_single_slices(shared_data: Path, size: str) -> None:
    folder = shared_data / "dcmqi/data/segmentations" / size
    frames = medseg.read_volume(folder / "multiframe")
    slices = medseg.read_volume(folder / "image")
    assert (frames.voxels == slices.voxels).all()
    assert frames.geometry.corner_displacement_mm(slices.geometry) < 1e-4


def _frames(changes: list[dict[str, Any]]) -> list[Dataset]:
    """A set of frames for each of the changes, which replace a frame's groups."""
    frames = []
    for change in changes:
        for height in HEIGHTS:
            frame = _frame(height)
            for name, value in change.items():
                setattr(frame, name, value)
            frames.append(frame)
    return frames


def _both(name: str, attribute: str, *values: Any) -> list[dict[str, Any]]:
    return [{name: [_item(**{attribute: value})]} for value in values]


SETS = {
    "b-value": (_both("MRDiffusionSequence", "DiffusionBValue", 0.0, 500.0), "b=0", "b=500"),
    "echo": (_both("MREchoSequence", "EffectiveEchoTime", 5 / 3, 10 / 3), "echo=1", "echo=2"),
    "energy": (_both("CTXRayDetailsSequence", "KVP", 80.0, 140.0), "kvp=80", "kvp=140"),
    "inversion": (_both("MRModifierSequence", "InversionTimes", [0.5], [2.5]), "ti=0.5", "ti=2.5"),
    "flip angle": (
        *(_both("MRTimingAndRelatedParametersSequence", "FlipAngle", 3.0, 15.0), "flip=3"),
        "flip=15",
    ),
    "breath": (
        _both("RespiratorySynchronizationSequence", "NominalRespiratoryTriggerDelayTime", 1.0, 9.0),
        "t=1",
        "t=2",
    ),
    "heart": (
        _both("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime", 1.0, 9.0),
        "t=1",
        "t=2",
    ),
    "time": (
        _both("TemporalPositionSequence", "TemporalPositionTimeOffset", 0.0, 2.5),
        "t=1",
        "t=2",
    ),
    "reference time": (
        _both("FrameContentSequence", "FrameReferenceDateTime", "20200101101010", "20200101101011"),
        "t=1",
        "t=2",
    ),
    "legacy converted": (
        _both("UnassignedPerFrameConvertedAttributesSequence", "EchoTime", 5.0, 10.0),
        "echo=1",
        "echo=2",
    ),
    "stack": (_both("FrameContentSequence", "StackID", "1", "2"), "1", "2"),
}


@pytest.mark.parametrize("case", SETS)
def test_sets_of_frames_at_one_place_are_volumes_of_their_own(tmp_path: Path, case: str) -> None:
    changes, *names = SETS[case]
    path = tmp_path / "a.dcm"
    stored = _write(path, _frames(changes))
    assert [info.id for info in medseg.list_series(path)] == [f"{SERIES}/{name}" for name in names]
    for number, name in enumerate(names):
        volume = medseg.read_volume(path, series=f"{SERIES}/{name}")
        assert (volume.voxels == stored[4 * number : 4 * number + 4] - 1024.0).all()


def test_a_dimension_index_that_is_wrong_is_not_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    frames = [_frame(height) for height in HEIGHTS]
    for frame in frames:
        frame.FrameContentSequence[0].DimensionIndexValues = [7, 7]
    stored = _write(path, frames, DimensionIndexSequence=[_item(DimensionIndexPointer=0x00189087)])
    assert (medseg.read_volume(path).voxels == stored - 1024.0).all()


def test_a_tilt_between_frames_stays_in_the_affine(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    frames = [_frame(height) for height in HEIGHTS]
    for k, frame in enumerate(frames):
        place = [-10.0, 20.0 + k, HEIGHTS[k]]
        frame.PlanePositionSequence = [_item(ImagePositionPatient=place)]
    _write(path, frames)
    volume = medseg.read_volume(path)
    assert [finding.code for finding in volume.report] == ["TILTED"]
    assert np.allclose(volume.geometry.to_patient((3, 0, 0)), (-10, 23, 37.5))


def test_what_stands_at_the_top_holds_where_no_group_says_it(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    shared = _item(PlaneOrientationSequence=[_item(ImageOrientationPatient=list(AXIAL))])
    changes = {"PixelSpacing": [0.75, 0.5], "SharedFunctionalGroupsSequence": [shared]}
    _write(path, [_frame(height) for height in HEIGHTS], **changes)
    assert medseg.read_volume(path).geometry.spacing_mm == pytest.approx((2.5, 0.75, 0.5))


def test_a_frame_of_another_orientation_leaves_a_hole_that_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    frames = [_frame(height) for height in HEIGHTS]
    turned = _item(ImageOrientationPatient=[0.0, 1.0, 0.0, 0.0, 0.0, -1.0])
    frames[2].PlaneOrientationSequence = [turned]
    _write(path, frames)
    stack, single = medseg.list_series(path)
    assert "1 of 4 are missing" in (stack.reason or "")
    assert single.shape == (1, 5, 7)


def _concatenation(folder: Path, **changes: Any) -> NDArray[np.uint16]:
    """Four frames in two files, of which the second is named first."""
    folder.mkdir()
    parts = []
    for n, name in enumerate(("b.dcm", "a.dcm")):
        frames = [_frame(height) for height in HEIGHTS[2 * n : 2 * n + 2]]
        named = {"ConcatenationUID": f"{SERIES}.5", "InConcatenationNumber": n + 1, **changes}
        parts.append(_write(folder / name, frames, **named))
    return np.concatenate(parts)


def test_files_of_one_concatenation_are_one_volume(tmp_path: Path) -> None:
    stored = _concatenation(tmp_path / "ct", InConcatenationTotalNumber=2)
    (info,) = medseg.list_series(tmp_path / "ct")
    assert (info.shape, info.file_count) == ((4, 5, 7), 2)
    assert (medseg.read_volume(tmp_path / "ct").voxels == stored - 1024.0).all()


@pytest.mark.parametrize(
    ("lost", "total", "found"),
    [
        ("b.dcm", 2, "of the 2 that a.dcm belongs to, part 1 is"),
        ("a.dcm", 2, "of the 2 that b.dcm belongs to, part 2 is"),
        ("b.dcm", None, "of the 2 that a.dcm belongs to, part 1 is"),
        ("a.dcm", None, ""),  # nothing says that there was a second part
        ("", 2, ""),
    ],
)
def test_a_lost_part_of_a_concatenation_is_known(
    tmp_path: Path, lost: str, total: int | None, found: str
) -> None:
    changes = {} if total is None else {"InConcatenationTotalNumber": total}
    _concatenation(tmp_path / "ct", **changes)
    files = [file for file in (tmp_path / "ct").iterdir() if file.name != lost]
    headers = [frame for file in files for frame in frame_headers(read_header(file))]
    errors = incomplete(headers)
    assert [found in str(error) for error in errors.values()] == ([True] if found else [])
    if lost:
        (tmp_path / "ct" / lost).unlink()
    (info,) = medseg.list_series(tmp_path / "ct")
    assert info.is_readable == (not found)
    assert found in (info.reason or "")
