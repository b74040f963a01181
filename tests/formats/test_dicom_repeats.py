"""A series that repeats its places comes apart by what its headers say, or is refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

import medseg
from medseg.errors import FormatError, SeveralSeriesError, UnevenSpacingError
from tests.formats.dicom_files import SERIES, expected_hu, straight, write_stack

COUNT = 4


def _repeated(folder: Path, sets: list[list[dict[str, Any]]]) -> Path:
    """Sets of slices one after another at the same places; slice k of set s changed by s, k."""
    positions = straight(COUNT) * len(sets)
    changes = [change for one in sets for change in one]
    return write_stack(folder, positions, changes_at=dict(enumerate(changes)))


def _alike(**changes: Any) -> list[dict[str, Any]]:
    return [changes] * COUNT


KINDS = ["ORIGINAL", "PRIMARY"]
MAGNITUDE, PHASE = [*KINDS, "M", "FFE"], [*KINDS, "PHASE", "FFE"]

#: The sets, and the ids and words they are read under, in the order of the sets.
CASES: dict[str, tuple[list[list[dict[str, Any]]], list[str], str]] = {
    "temporal position": (
        [_alike(TemporalPositionIdentifier=n) for n in (2, 1, 3)],
        ["t=2", "t=1", "t=3"],
        "time 3 of 3",
    ),
    "acquisition number": ([_alike(AcquisitionNumber=n) for n in (4, 9)], ["t=1", "t=2"], "time 2"),
    "acquisition time of the set": (
        [_alike(AcquisitionTime=time) for time in ("235959.5", "095959.25")],
        ["t=2", "t=1"],
        "time 1 of 2",
    ),
    "acquisition time over midnight": (
        [
            _alike(AcquisitionDate="20200101", AcquisitionTime="235959"),
            _alike(AcquisitionDate="20200102", AcquisitionTime="000010"),
        ],
        ["t=1", "t=2"],
        "time 2 of 2",
    ),
    "trigger times that differ from slice to slice": (
        [[{"TriggerTime": start + k} for k in range(COUNT)] for start in (500, 0, 250)],
        ["t=3", "t=1", "t=2"],
        "time 1 of 3",
    ),
    "content time": ([_alike(ContentTime=t) for t in ("101010", "101011")], ["t=1", "t=2"], "time"),
    "echo": (
        [_alike(EchoNumbers=n, EchoTime=5.0 * n) for n in (1, 2)],
        ["echo=1", "echo=2"],
        "echo 2 (10 ms)",
    ),
    "echo time alone": ([_alike(EchoTime=t) for t in (9.8, 4.9)], ["echo=2", "echo=1"], "4.9 ms"),
    "b-value": ([_alike(DiffusionBValue=b) for b in (0.0, 1000.0)], ["b=0", "b=1000"], "b = 1000"),
    "b-value and direction": (
        [
            _alike(DiffusionBValue=0.0),
            _alike(DiffusionBValue=1000.0, DiffusionGradientOrientation=[0.0, 0.0, 1.0]),
            _alike(DiffusionBValue=1000.0, DiffusionGradientOrientation=[0.0, 1.0, 0.0]),
        ],
        ["b=0", "b=1000/direction=1", "b=1000/direction=2"],
        "b = 1000 s/mm2, gradient direction 2",
    ),
    "b-value, directions and their trace": (
        [
            _alike(DiffusionBValue=1000.0, DiffusionGradientOrientation=[0.0, 0.0, 1.0]),
            _alike(DiffusionBValue=1000.0),
            _alike(DiffusionBValue=1000.0, DiffusionGradientOrientation=[0.0, 1.0, 0.0]),
        ],
        ["direction=1", "direction=none", "direction=2"],
        "gradient direction none",
    ),
    "part of a complex value": (
        [_alike(ComplexImageComponent=part) for part in ("PHASE", "MAGNITUDE")],
        ["component=PHASE", "component=MAGNITUDE"],
        "MAGNITUDE",
    ),
    "phase of the heart": (
        [_alike(NominalPercentageOfCardiacPhase=float(part)) for part in (70, 30)],
        ["phase=70", "phase=30"],
        "30 % of the cardiac cycle",
    ),
    "phase of the heart in a comment": (
        [_alike(ImageComments=f"BestDiast {part} %") for part in (70, 30)],
        ["comment=2", "comment=1"],
        "comment 1",
    ),
    "descriptions of the series": (
        [_alike(SeriesDescription=f"Thorax, Cor {part} %") for part in (70, 30)],
        ["description=2", "description=1"],
        "Cor 30 %, description 1",
    ),
    "kind": (
        [_alike(ImageType=MAGNITUDE), _alike(ImageType=PHASE)],
        ["type=M", "type=PHASE"],
        "magnitude",
    ),
    "kind and echo": (
        [_alike(ImageType=kind, EchoNumbers=n) for kind in (MAGNITUDE, PHASE) for n in (1, 2)],
        ["type=M/echo=1", "type=M/echo=2", "type=PHASE/echo=1", "type=PHASE/echo=2"],
        "PHASE, echo 2",
    ),
    "kernel": (
        [_alike(ConvolutionKernel=k, ContentTime=f"10{i}000") for i, k in enumerate("BA")],
        ["kernel=B", "kernel=A"],
        "kernel A",
    ),
    "kernel of several values": (
        [_alike(ConvolutionKernel=["I30f", strength]) for strength in "32"],
        ["kernel=I30f_3", "kernel=I30f_2"],
        "kernel I30f_2",
    ),
    "two energies": ([_alike(KVP=kv) for kv in (140, 80)], ["kvp=140", "kvp=80"], "80 kV"),
    "inversion": (
        [_alike(InversionTime=t) for t in (100, 1500)],
        ["ti=100", "ti=1500"],
        "inversion time 1500 ms",
    ),
    "flip angle": ([_alike(FlipAngle=a) for a in (3, 15)], ["flip=3", "flip=15"], "flip angle 15"),
    "repetition": ([_alike(RepetitionTime=t) for t in (9, 5)], ["tr=9", "tr=5"], "time 5 ms"),
    "sequence": (
        [_alike(SequenceName=f"ep_b{b}") for b in ("0", "900#1")],
        ["sequence=ep_b0", "sequence=ep_b900#1"],
        "sequence ep_b0",
    ),
    "coil": ([_alike(ReceiveCoilName=c) for c in "BA"], ["coil=B", "coil=A"], "coil A"),
    "before and after contrast": (
        [
            _alike(ContrastBolusAgent="Gd", ContrastBolusStartTime="101500"),
            _alike(ContrastBolusAgent="Gd", ContrastBolusStartTime="101000"),
            _alike(),
        ],
        ["contrast=3", "contrast=2", "contrast=1"],
        "contrast agent none",
    ),
    "frame reference time": (
        [_alike(FrameReferenceTime=t) for t in (1500.5, 500.5)],
        ["t=2", "t=1"],
        "time 2 of 2",
    ),
    "water, fat, in and out of phase": (
        [_alike(ImageType=[*KINDS, "DIXON", kind]) for kind in ("W", "F", "IP", "OP")],
        ["type=W", "type=F", "type=IP", "type=OP"],
        "OP",
    ),
    "times of day without minutes": (
        [_alike(AcquisitionTime=time) for time in ("10", "0959", "095901.5")],
        ["t=3", "t=1", "t=2"],
        "time 3 of 3",
    ),
    "perfusion that goes on from slice to slice": (
        [[{"AcquisitionTime": f"10{n:02d}{k:02d}"} for k in range(COUNT)] for n in (2, 0, 1)],
        ["t=3", "t=1", "t=2"],
        "time 1 of 3",
    ),
    "instance number": (
        [[{"InstanceNumber": start + k} for k in range(COUNT)] for start in (20, 1)],
        ["t=2", "t=1"],
        "time 1 of 2",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_set_is_a_volume_of_its_own(tmp_path: Path, case: str) -> None:
    sets, names, words = CASES[case]
    folder = _repeated(tmp_path / "series", sets)
    infos = {info.id: info for info in medseg.list_series(folder)}
    assert set(infos) == {f"{SERIES}/{name}" for name in names}
    assert any(words in info.description for info in infos.values())
    assert all(info.description.startswith("Thorax, ") for info in infos.values())
    truth = expected_hu(COUNT * len(sets)).reshape(len(sets), COUNT, 5, 7)
    for number, name in enumerate(names):
        info = infos[f"{SERIES}/{name}"]
        assert (info.shape, info.file_count, info.reason) == ((COUNT, 5, 7), COUNT, None)
        volume = medseg.read_volume(folder, series=info.id)
        assert (volume.voxels == truth[number]).all()
        assert volume.geometry.spacing_mm == pytest.approx((2.5, 0.75, 0.5))
        assert volume.source.series_id == info.id
    with pytest.raises(SeveralSeriesError, match=f"holds {len(sets)}"):
        medseg.read_volume(folder)


def test_an_interrupted_last_time_is_no_reason_to_refuse_the_others(tmp_path: Path) -> None:
    positions = straight(COUNT) * 2 + straight(COUNT)[:2]
    changes = {k: {"TemporalPositionIdentifier": k // COUNT + 1} for k in range(len(positions))}
    infos = medseg.list_series(write_stack(tmp_path / "series", positions, changes_at=changes))
    assert [info.shape for info in infos] == [(COUNT, 5, 7), (COUNT, 5, 7), (2, 5, 7)]


def test_acquisitions_that_overlap_are_stacks_apart(tmp_path: Path) -> None:
    positions = straight(5) + straight(9)[4:]
    changes = {k: {"AcquisitionNumber": 1 if k < 5 else 2} for k in range(10)}
    infos = medseg.list_series(write_stack(tmp_path / "series", positions, changes_at=changes))
    assert [info.shape for info in infos] == [(5, 5, 7), (5, 5, 7)]


@pytest.mark.parametrize("beside", [0.02, 0.3, 0.8])
@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_phases_a_little_beside_each_other_are_stacks_apart(
    tmp_path: Path, beside: float, shift: float
) -> None:
    heights = np.array(straight(COUNT))
    offsets = [np.array([shift, 0.0, beside]) * phase for phase in range(3)]
    positions = [tuple(map(float, place)) for offset in offsets for place in heights + offset]
    changes = {k: {"AcquisitionNumber": k // COUNT + 1} for k in range(3 * COUNT)}
    folder = write_stack(tmp_path / "series", positions, changes_at=changes)
    infos = medseg.list_series(folder)
    assert [info.id for info in infos] == [f"{SERIES}/t={n}" for n in (1, 2, 3)]
    for phase, info in enumerate(infos):
        volume = medseg.read_volume(folder, series=info.id)
        assert (volume.voxels == expected_hu(3 * COUNT)[COUNT * phase :][:COUNT]).all()
        assert np.allclose(volume.geometry.to_patient((3, 0, 0)), positions[COUNT * phase + 3])


def test_stacks_one_behind_the_other_stay_blocks(tmp_path: Path) -> None:
    positions = straight(COUNT) + straight(8, 4.0)[COUNT:]
    changes = {k: {"AcquisitionNumber": k // COUNT + 1} for k in range(2 * COUNT)}
    with pytest.raises(UnevenSpacingError, match="2 equidistant blocks"):
        medseg.read_volume(write_stack(tmp_path / "series", positions, changes_at=changes))


def test_slices_scanned_again_are_a_stack_apart(tmp_path: Path) -> None:
    positions = straight(6) + straight(6)[2:4]
    changes = {k: {"AcquisitionNumber": 1 if k < 6 else 2} for k in range(8)}
    folder = write_stack(tmp_path / "series", positions, changes_at=changes)
    whole, again = medseg.list_series(folder)
    assert (whole.shape, again.shape) == ((6, 5, 7), (2, 5, 7))
    assert (medseg.read_volume(folder, series=whole.id).voxels == expected_hu(6)).all()


def test_thick_and_thin_slices_are_stacks_apart(tmp_path: Path) -> None:
    positions = straight(9, 1.25) + straight(3, 5.0)
    changes = {k: {"SliceThickness": 1.25 if k < 9 else 5.0} for k in range(12)}
    infos = medseg.list_series(write_stack(tmp_path / "series", positions, changes_at=changes))
    assert [info.id.rpartition("/")[2] for info in infos] == ["thickness=1.25", "thickness=5"]
    assert [(info.shape or (0,))[0] for info in infos] == [9, 3]


def test_one_place_over_time_is_a_single_slice_each(tmp_path: Path) -> None:
    changes = {k: {"TriggerTime": 30.0 * k, "SliceThickness": 2.0} for k in range(5)}
    folder = write_stack(tmp_path / "series", straight(1) * 5, changes_at=changes)
    assert [info.shape for info in medseg.list_series(folder)] == [(1, 5, 7)] * 5


def test_a_screenshot_at_a_slices_place_is_an_object_apart(tmp_path: Path) -> None:
    captured: dict[str, Any] = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "SliceThickness": 1.0}
    positions = straight(COUNT) + straight(1)
    folder = write_stack(tmp_path / "series", positions, changes_at={COUNT: captured})
    infos = medseg.list_series(folder)
    volumes = [info for info in infos if info.shape == (COUNT, 5, 7)]
    assert (len(infos), len(volumes)) == (2, 1)
    volume = medseg.read_volume(folder, series=volumes[0].id)
    assert (volume.voxels == expected_hu(COUNT)).all()


def test_names_that_look_alike_get_a_number(tmp_path: Path) -> None:
    sets = [_alike(ConvolutionKernel=kernel) for kernel in ("A/B", "A-B")]
    infos = medseg.list_series(_repeated(tmp_path / "series", sets))
    assert [info.id.rpartition("/")[2] for info in infos] == ["kernel=A-B-1", "kernel=A-B-2"]


def test_places_that_do_not_repeat_stay_one_volume(tmp_path: Path) -> None:
    changes = {k: {"AcquisitionNumber": k, "AcquisitionTime": f"10100{k}"} for k in range(6)}
    folder = write_stack(tmp_path / "series", straight(6), changes_at=changes)
    assert (medseg.read_volume(folder).voxels == expected_hu(6)).all()


@pytest.mark.parametrize("is_ragged", [False, True])
def test_blocks_of_instance_numbers_must_be_whole(tmp_path: Path, is_ragged: bool) -> None:
    positions = straight(COUNT) * 2
    numbers = [*range(2 * COUNT)] if not is_ragged else [0, 1, 2, 4, 3, 5, 6, 7]
    changes = {k: {"InstanceNumber": numbers[k]} for k in range(2 * COUNT)}
    folder = write_stack(tmp_path / "series", positions, changes_at=changes)
    if is_ragged:
        with pytest.raises(FormatError, match="repeats positions"):
            medseg.read_volume(folder)
    else:
        assert len(medseg.list_series(folder)) == 2


def test_a_copy_among_times_is_refused(tmp_path: Path) -> None:
    folder = _repeated(tmp_path / "series", [_alike(TemporalPositionIdentifier=n) for n in (1, 2)])
    (folder / "again.dcm").write_bytes((folder / "003.dcm").read_bytes())
    with pytest.raises(FormatError, match=r"repeats positions.*one file twice"):
        medseg.read_volume(folder)


def test_no_slice_is_lost_where_one_set_cannot_be_told_apart(tmp_path: Path) -> None:
    sets = [_alike(ImageType=kind) for kind in (MAGNITUDE, PHASE, PHASE)]
    folder = _repeated(tmp_path / "series", sets)
    good, bad = medseg.list_series(folder)
    assert (good.is_readable, good.file_count) == (True, COUNT)
    assert (bad.is_readable, bad.file_count) == (False, 2 * COUNT)
    assert "repeats positions" in (bad.reason or "")


def test_ten_times_of_a_real_scanner(shared_data: Path) -> None:
    folder = shared_data / "dcm_qa_nih/In/20180918GE/mr_0004"
    infos = [info for info in medseg.list_series(folder) if info.shape]
    assert [info.id.rpartition("/")[2] for info in infos] == [f"t={n}" for n in range(1, 11)]
    for n in (0, 6, 9):
        volume = medseg.read_volume(folder, series=infos[n].id)
        assert volume.voxels.shape == (15, 64, 64)
        assert volume.geometry.spacing_mm == pytest.approx((5, 3.75, 3.75))
        slices = [pydicom.dcmread(folder / name) for name in volume.source.files]
        assert {(one.InstanceNumber - 1) // 15 for one in slices} == {n}
        for k, one in enumerate(slices):
            assert (volume.voxels[k] == one.pixel_array).all()
            place = one.ImagePositionPatient
            assert np.allclose(volume.geometry.to_patient((k, 0, 0)), place, atol=0.01)
