"""NRRD and MetaImage files: ITK's places, and the damage that ITK does not mention."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)

import medseg
from medseg.errors import FormatError, OverlapError

NRRD = (
    "NRRD0004\n# a remark: with a colon\ntype: {type}\ndimension: 3\nspace: {space}\n"
    "sizes: 4 5 6\nspace directions: {directions}\nkinds: domain domain domain\n"
    "endian: little\nencoding: raw\nspace origin: (1,2,3)\n{more}\n"
)
VALUES = np.arange(120, dtype="<i2")


def _nrrd(path: Path, **changes: str) -> Path:
    fields = {
        "type": "short",
        "space": "left-posterior-superior",
        "directions": "(1,0,0) (0,1.5,0) (0,0,2)",
        "more": "",
        **changes,
    }
    path.write_bytes(NRRD.format(**fields).encode() + VALUES.tobytes())
    return path


def _image() -> sitk.Image:
    image = sitk.GetImageFromArray(VALUES.reshape(6, 5, 4))
    image.SetSpacing((1.0, 1.5, 2.0))
    image.SetOrigin((1.0, 2.0, 3.0))
    image.SetDirection((0, 1, 0, -1, 0, 0, 0, 0, 1))
    return image


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".mhd"])
def test_voxels_and_places_are_itks(tmp_path: Path, suffix: str, packed: bool) -> None:
    path = tmp_path / f"a{suffix}"
    image = _image()
    sitk.WriteImage(image, str(path), packed)
    volume = medseg.read_volume(path)
    assert volume.voxels.dtype == np.int16
    assert (volume.voxels.ravel() == VALUES).all()
    assert volume.report == ()
    assert volume.source.format == ("nrrd" if suffix == ".nrrd" else "mha")
    for index in ((0, 0, 0), (3, 4, 5), (1, 2, 3)):
        there = image.TransformIndexToPhysicalPoint(index)
        assert np.allclose(volume.geometry.to_patient(index[::-1]), there)


def test_nrrd_of_other_spaces_and_shears_keeps_its_places(tmp_path: Path) -> None:
    path = _nrrd(
        tmp_path / "a.nrrd",
        space="right-anterior-superior",
        directions="(1,0,0) (0.3,1,0) (0,0,2)",
    )
    volume = medseg.read_volume(path)
    assert np.allclose(volume.geometry.affine[:3, 1], (-0.3, -1, 0))
    assert np.allclose(volume.geometry.affine[:3, 3], (-1, -2, 3))


def test_nrrd_without_a_space_has_no_orientation(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    text = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 5 6\nspacings: 1 1.5 2\nendian: little\n"
    path.write_bytes((text + "encoding: raw\n\n").encode() + VALUES.tobytes())
    volume = medseg.read_volume(path)
    assert [finding.code for finding in volume.report] == ["NO_ORIENTATION"]
    assert np.allclose(volume.geometry.spacing_mm, (2, 1.5, 1))


@pytest.mark.parametrize("kept", [0.0, 0.05, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_a_truncated_file_is_refused_by_name(
    tmp_path: Path, capfd: pytest.CaptureFixture, suffix: str, packed: bool, kept: float
) -> None:
    whole = tmp_path / f"whole{suffix}"
    noise = np.random.default_rng(0).integers(0, 30000, (6, 50, 40)).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(noise), str(whole), packed)
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * kept)])
    for read in (medseg.read_volume, medseg.read_segmentation):
        with pytest.raises(FormatError, match=rf"cut\{suffix}"):
            read(cut)
    assert capfd.readouterr().err == "", "reading never speaks on stderr"


def test_a_missing_raw_file_is_refused(tmp_path: Path) -> None:
    sitk.WriteImage(_image(), str(tmp_path / "a.mhd"), False)
    (tmp_path / "a.raw").rename(tmp_path / "b.raw")
    with pytest.raises(FormatError, match=r"a\.mhd names 'a\.raw'"):
        medseg.read_volume(tmp_path / "a.mhd")


def test_a_raw_file_elsewhere_is_not_followed(tmp_path: Path) -> None:
    sitk.WriteImage(_image(), str(tmp_path / "a.mhd"), False)
    text = (tmp_path / "a.mhd").read_text().replace("a.raw", "../a.raw")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.mhd").write_text(text)
    with pytest.raises(FormatError, match="beside it"):
        medseg.read_volume(tmp_path / "sub" / "a.mhd")


def test_a_short_raw_file_is_refused_by_its_own_name(tmp_path: Path) -> None:
    sitk.WriteImage(_image(), str(tmp_path / "a.mhd"), False)
    (tmp_path / "a.raw").write_bytes(bytes(100))
    with pytest.raises(FormatError, match=r"a\.raw holds 100 of 240"):
        medseg.read_volume(tmp_path / "a.mhd")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"more": 'space units: "um" "um" "um"\n'}, "millimetres"),
        ({"more": "data file: other.raw\n"}, "another file"),
        ({"directions": "(1,0,0) (0,0,0) (0,0,2)"}, "a\\.nrrd"),
        ({"type": "block"}, "a\\.nrrd"),
    ],
)
def test_an_odd_nrrd_is_refused(tmp_path: Path, changes: dict, words: str) -> None:
    with pytest.raises((FormatError, medseg.errors.GeometryError), match=words):
        medseg.read_volume(_nrrd(tmp_path / "a.nrrd", **changes))


def test_millimetres_may_be_named(tmp_path: Path) -> None:
    named = medseg.read_volume(_nrrd(tmp_path / "a.nrrd", more='space units: "mm" "mm" "mm"\n'))
    unnamed = medseg.read_volume(_nrrd(tmp_path / "b.nrrd"))
    assert named.geometry.corner_displacement_mm(unnamed.geometry) == 0
    assert not named.report


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_vectors_and_time_series_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    colour = sitk.GetImageFromArray(np.zeros((3, 4, 5, 3), np.uint8), isVector=True)
    for image in (colour, sitk.GetImageFromArray(np.zeros((2, 3, 4, 5), np.uint8))):
        sitk.WriteImage(image, str(path))
        with pytest.raises(FormatError, match=rf"One 3D scalar volume.*a\{suffix}"):
            medseg.read_volume(path)


def test_layers_of_overlapping_segments_are_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.seg.nrrd"
    head = (
        "NRRD0004\ntype: uchar\ndimension: 4\nspace: left-posterior-superior\nsizes: 2 3 3 3\n"
        "space directions: none (1,0,0) (0,1,0) (0,0,1)\nkinds: list domain domain domain\n"
        "encoding: raw\nspace origin: (0,0,0)\n\n"
    )
    path.write_bytes(head.encode() + bytes(54))
    with pytest.raises(OverlapError, match=r"a\.seg\.nrrd holds 2 layers"):
        medseg.read_volume(path)


@pytest.mark.parametrize("name", ["a.nrrd", "a.mha", "a.mhd"])
def test_text_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("no image\n" * 100)
    with pytest.raises(FormatError, match=name):
        medseg.read_volume(tmp_path / name)


def test_a_header_that_asks_for_petabytes_is_refused(tmp_path: Path) -> None:
    text = "NRRD0004\ntype: short\ndimension: 3\nsizes: 99999 99999 99999\nencoding: gzip\n\n"
    (tmp_path / "a.nrrd").write_bytes(text.encode() + bytes(50))
    with pytest.raises(FormatError, match=r"a\.nrrd"):
        medseg.read_volume(tmp_path / "a.nrrd")
