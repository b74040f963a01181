"""NIfTI headers that other readers get wrong, and what is said about them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

import medseg
from medseg.errors import FormatError, GeometryError, MedsegError
from medseg.model import Volume

SHAPE = (4, 5, 6)  # (i, j, k)
AFFINE = np.array([[1.0, 0, 0, -20], [0, 1.5, 0, -30], [0, 0, 2, -40], [0, 0, 0, 1]])
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def _values() -> np.ndarray:
    return np.arange(120, dtype=np.int16).reshape(SHAPE)


def _save(path: Path, data: np.ndarray | None = None, kind: Any = None, **fields: Any) -> Path:
    """Save a NIfTI image and then change header fields behind the library's back."""
    kind = kind or nibabel.Nifti1Image
    image = kind(_values() if data is None else data, AFFINE)
    image.set_sform(AFFINE, 1)
    image.set_qform(AFFINE, 1)
    image.to_filename(path.with_suffix(".tmp.nii"))
    content = path.with_suffix(".tmp.nii").read_bytes()
    path.with_suffix(".tmp.nii").unlink()
    size = image.header.sizeof_hdr
    header = type(image.header)(content[:size], check=False)
    for name, value in fields.items():
        header[name] = value
    path.write_bytes(header.binaryblock + content[size:])
    return path


def _codes(volume: Volume) -> list[str]:
    return [finding.code for finding in volume.report]


def test_the_voxels_and_their_places_are_nibabels(tmp_path: Path) -> None:
    volume = medseg.read_volume(_save(tmp_path / "a.nii"))
    assert volume.voxels.dtype == np.int16
    assert volume.voxels.flags.c_contiguous
    assert (volume.voxels == _values().transpose(2, 1, 0)).all()
    i, j, k = 3, 2, 5
    assert np.allclose(volume.geometry.to_patient((k, j, i)), (LPS @ AFFINE @ (i, j, k, 1))[:3])
    assert volume.report == ()
    assert volume.unit == "1"
    assert (volume.source.format, volume.source.stored_dtype) == ("nifti", "int16")
    assert volume.source.series_id == "a.nii"


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("dtype", ["u1", "i1", "<i2", ">i2", "<u2", "<i4", ">f4", "<f8", "<i8"])
def test_every_scalar_type_and_byte_order_is_read(tmp_path: Path, kind: Any, dtype: str) -> None:
    data = _values().astype(dtype)
    header = kind.header_class(endianness=">" if dtype[0] == ">" else "<")
    header.set_data_dtype(data.dtype)
    image = kind(data, AFFINE, header)
    image.to_filename(tmp_path / "a.nii")
    volume = medseg.read_volume(tmp_path / "a.nii")
    assert volume.voxels.dtype == data.dtype.newbyteorder("=")
    assert (volume.voxels == data.transpose(2, 1, 0)).all()


def test_a_scaled_image_gets_its_real_values(tmp_path: Path) -> None:
    volume = medseg.read_volume(_save(tmp_path / "a.nii", scl_slope=2.0, scl_inter=-1024.0))
    assert volume.voxels.dtype == np.int16
    assert (volume.voxels == _values().transpose(2, 1, 0) * 2 - 1024).all()
    assert volume.source.rescale == ((2.0, -1024.0),)


def test_a_fractional_scale_gives_float32(tmp_path: Path) -> None:
    volume = medseg.read_volume(_save(tmp_path / "a.nii", scl_slope=0.5, scl_inter=0.0))
    assert volume.voxels.dtype == np.float32
    assert volume.voxels.max() == 59.5


@pytest.mark.parametrize(("slope", "codes"), [(0.0, ["SLOPE_ZERO"]), (np.nan, ["SLOPE_ZERO"])])
def test_a_slope_of_zero_means_no_scaling(tmp_path: Path, slope: float, codes: list) -> None:
    volume = medseg.read_volume(_save(tmp_path / "a.nii", scl_slope=slope, scl_inter=5.0))
    assert (volume.voxels == _values().transpose(2, 1, 0)).all()
    assert _codes(volume) == codes


@pytest.mark.parametrize(("units", "factor"), [(1, 1000.0), (3, 0.001)])
def test_other_units_are_converted_and_told(tmp_path: Path, units: int, factor: float) -> None:
    volume = medseg.read_volume(_save(tmp_path / "a.nii", xyzt_units=units))
    assert np.allclose(volume.geometry.spacing_mm, np.array([2, 1.5, 1]) * factor)
    assert _codes(volume) == ["UNITS_CONVERTED"]


@pytest.mark.parametrize("units", [0, 2])
def test_unnamed_units_are_millimetres(tmp_path: Path, units: int) -> None:
    volume = medseg.read_volume(_save(tmp_path / "a.nii", xyzt_units=units))
    assert np.allclose(volume.geometry.spacing_mm, (2, 1.5, 1))
    assert _codes(volume) == []


def test_forms_that_disagree_are_told_with_millimetres(tmp_path: Path) -> None:
    volume = medseg.read_volume(_save(tmp_path / "a.nii", qoffset_x=-15.0))
    assert _codes(volume) == ["FORMS_DISAGREE"]
    assert "5 mm apart; the sform was taken" in volume.report[0].text
    assert volume.geometry.affine[0, 3] == 20.0


def test_forms_that_disagree_are_named_with_their_spaces(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii", sform_code=4, srow_x=[0.0, 1, 0, -20], srow_y=[1.5, 0, 0, -30])
    volume = medseg.read_volume(path)
    text = volume.report[0].text
    assert "the sform (the MNI 152 atlas) and the qform (the scanner's own place)" in text
    taken = nibabel.load(path)
    both = [taken.header.get_sform(), taken.header.get_qform()]
    ends = [(i, j, k, 1) for i in (-0.5, 3.5) for j in (-0.5, 4.5) for k in (-0.5, 5.5)]
    apart = max(np.linalg.norm((both[0] - both[1]) @ end) for end in ends)
    assert f"are {apart:.3g} mm apart; the sform was taken" in text
    assert np.allclose(volume.geometry.affine[:, [2, 1, 0, 3]], LPS @ both[0])


def test_forms_in_metres_are_compared_in_millimetres(tmp_path: Path) -> None:
    volume = medseg.read_volume(_save(tmp_path / "a.nii", xyzt_units=1, qoffset_x=-20.004))
    assert _codes(volume) == ["UNITS_CONVERTED", "FORMS_DISAGREE"]
    assert " 4 mm apart" in volume.report[1].text


def test_a_file_that_says_so_is_a_mask_beside_an_image(tmp_path: Path) -> None:
    _save(tmp_path / "ct.nii")
    _save(tmp_path / "seg.nii", intent_code=1002)
    image, mask = medseg.list_series(tmp_path)
    assert (image.modality, mask.modality, mask.description) == ("", "SEG", "seg.nii (mask)")
    volume = medseg.read_volume(tmp_path)
    assert volume.source.series_id == "ct.nii"
    assert [finding.code for finding in volume.report] == ["SKIPPED"]
    assert medseg.read_volume(tmp_path / "seg.nii").voxels.max() == 119


def test_forms_apart_by_a_hair_are_not_worth_a_word(tmp_path: Path) -> None:
    assert _codes(medseg.read_volume(_save(tmp_path / "a.nii", qoffset_x=-19.995))) == []


def test_the_qform_is_taken_where_there_is_no_sform(tmp_path: Path) -> None:
    turned = {"quatern_b": 0.0, "quatern_c": 0.0, "quatern_d": np.sin(0.3), "pixdim": None}
    del turned["pixdim"]
    path = _save(tmp_path / "a.nii", sform_code=0, **turned)
    volume = medseg.read_volume(path)
    expected = nibabel.load(path).header.get_qform()
    assert np.allclose(volume.geometry.affine[:, [2, 1, 0, 3]], LPS @ expected, atol=1e-5)
    assert _codes(volume) == []


def test_a_qform_of_the_left_hand_is_mirrored(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii", sform_code=0, pixdim=[-1, 1, 1.5, 2, 0, 0, 0, 0])
    volume = medseg.read_volume(path)
    assert np.allclose(
        volume.geometry.affine[:, [2, 1, 0, 3]], LPS @ nibabel.load(path).header.get_qform()
    )


def test_without_a_form_the_orientation_is_unknown(tmp_path: Path) -> None:
    volume = medseg.read_volume(_save(tmp_path / "a.nii", sform_code=0, qform_code=0))
    assert _codes(volume) == ["NO_ORIENTATION"]
    assert np.allclose(volume.geometry.spacing_mm, (2, 1.5, 1))


def test_a_shear_is_kept_and_told(tmp_path: Path) -> None:
    volume = medseg.read_volume(_save(tmp_path / "a.nii", qform_code=0, srow_y=[0, 1.5, 0.5, -30]))
    assert volume.geometry.tilt_degrees == pytest.approx(np.degrees(np.arctan(0.25)))
    assert _codes(volume) == ["TILTED"]


def test_values_that_are_no_numbers_are_told_with_their_slices(tmp_path: Path) -> None:
    data = _values().astype(np.float32)
    data[0, 0, 3] = np.nan
    data[1, 0, 5] = np.inf
    volume = medseg.read_volume(_save(tmp_path / "a.nii", data))
    assert _codes(volume) == ["NAN_VOXELS"]
    assert volume.report[0].where.slices == (3, 5)


def test_a_fourth_dimension_of_one_is_no_series(tmp_path: Path) -> None:
    volume = medseg.read_volume(_save(tmp_path / "a.nii", _values()[..., None]))
    assert volume.voxels.shape == (6, 5, 4)


def test_a_mask_of_nothing_packs_tightly_and_is_read(tmp_path: Path) -> None:
    # Zeros pack at more than 1000 to 1; a bound on the ratio must let them pass.
    image = nibabel.Nifti1Image(np.zeros((512, 512, 40), np.uint8), np.eye(4))
    plain = image.to_bytes()
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(plain, 9))
    assert len(plain) / (tmp_path / "a.nii.gz").stat().st_size > 1000
    assert not medseg.read_segmentation(tmp_path / "a.nii.gz").array.any()


RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
REFUSED = {
    "vectors": ({"data": np.zeros((*SHAPE, 1, 3), np.int16)}, FormatError, "vectors"),
    "colour": ({"data": np.zeros(SHAPE, RGB)}, FormatError, "data type 128"),
    "complex numbers": ({"data": np.zeros(SHAPE, np.complex64)}, FormatError, "data type 32"),
    "an unknown type": ({"datatype": 9999}, FormatError, "data type 9999"),
    "no dimension": ({"dim": [0, 4, 5, 6, 1, 1, 1, 1]}, FormatError, "positive sizes"),
    "nine dimensions": ({"dim": [9, 4, 5, 6, 1, 1, 1, 1]}, FormatError, "positive sizes"),
    "a negative size": ({"dim": [3, 4, -5, 6, 1, 1, 1, 1]}, FormatError, "positive sizes"),
    "a bomb": ({"dim": [3, 32767, 32767, 32767, 1, 1, 1, 1]}, FormatError, "truncated"),
    "a bad magic": ({"magic": b"xyz"}, FormatError, "it starts with"),
    "half of a pair": ({"magic": b"ni1"}, FormatError, r"\.hdr and \.img"),
    "voxels in the header": ({"vox_offset": 0}, FormatError, "byte 0, inside the header"),
    "voxels at no place": ({"vox_offset": np.nan}, FormatError, "nan"),
    "voxels far away": ({"vox_offset": 1e9}, FormatError, "truncated"),
    "a sform of NaN": ({"srow_x": [np.nan, 0, 0, 0]}, GeometryError, "finite"),
    "a flat sform": ({"srow_y": [0, 0, 0, -30]}, GeometryError, "flat"),
    "a bad quaternion": ({"sform_code": 0, "quatern_b": 3.0}, FormatError, "quaternion"),
    "a voxel size of zero": (
        {"sform_code": 0, "pixdim": [1, 0, 1.5, 2, 0, 0, 0, 0]},
        FormatError,
        "Voxel sizes are positive",
    ),
    "an intercept of NaN": ({"scl_slope": 2.0, "scl_inter": np.inf}, FormatError, "finite"),
}


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("fault", REFUSED)
def test_a_damaged_header_is_refused_by_name(tmp_path: Path, fault: str, suffix: str) -> None:
    fields, error, words = REFUSED[fault]
    path = _save(tmp_path / "bad.nii", **fields)
    if suffix == ".nii.gz":
        packed = gzip.compress(path.read_bytes())
        path = tmp_path / "bad.nii.gz"
        path.write_bytes(packed)
    with pytest.raises(error, match=words) as refusal:
        medseg.read_volume(path)
    assert path.name in str(refusal.value)
    (info,) = medseg.list_series(path)
    assert info.id == path.name


def _cut(content: bytes, kept: float) -> bytes:
    return content[: int(len(content) * kept)]


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_truncated_file_is_refused_by_name(tmp_path: Path, suffix: str, kept: float) -> None:
    content = _save(tmp_path / "whole.nii").read_bytes()
    content = gzip.compress(content) if suffix == ".nii.gz" else content
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(_cut(content, kept))
    for read in (medseg.read_volume, medseg.read_segmentation):
        with pytest.raises(FormatError, match=rf"cut{suffix}"):
            read(path)


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(_save(tmp_path / "whole.nii").read_bytes(), 0))
    packed[-130] ^= 1  # one bit of a voxel, in a stored block: only the checksum can tell
    path = tmp_path / "a.nii.gz"
    path.write_bytes(bytes(packed))
    with pytest.raises(FormatError, match=r"a\.nii\.gz does not"):
        medseg.read_volume(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.nii.gz", b"this is no image\n" * 40),
        ("text.nii", b"this is no image\n" * 40),
        ("plain.nii.gz", None),
        ("packed.nii", b"\x1f\x8b\x08\0" + bytes(400)),
    ],
)
def test_what_only_bears_the_name_is_refused(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    path = tmp_path / name
    path.write_bytes(content or _save(tmp_path / "good.nii").read_bytes())
    with pytest.raises(MedsegError, match=name):
        medseg.read_volume(path)
    with pytest.raises(MedsegError, match=name):
        medseg.read_segmentation(path)
