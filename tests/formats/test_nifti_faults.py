"""Faults of NIfTI files, one literal table: each is read right or refused by its name.

The first 39 are those on which nibabel and SimpleITK were measured; the letters are the same.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

import medseg
from medseg.errors import FormatError, GeometryError, MedsegError, SeveralSeriesError

VALUES = np.arange(8 * 10 * 12, dtype=np.int16).reshape(8, 10, 12)  # i, j, k
UPRIGHT = np.array([[1.0, 0, 0, -20], [0, 1.5, 0, -30], [0, 0, 2, -40], [0, 0, 0, 1]])
SHEARED = np.array([[1.0, 0.3, 0, -20], [0, 1.5, 0.2, -30], [0, 0, 2, -40], [0, 0, 0, 1]])
MIRRORED = UPRIGHT * np.array([[-1], [1], [1], [1]])
NO_PLACE = np.diag([1.0, 1.5, 2.0, 1.0])
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
SHEAR = {"srow_x": SHEARED[0], "srow_y": SHEARED[1]}
FLAT = {"srow_y": [0, 0, 0, -30]}
ZERO_STEPS = {"pixdim": [1, 0, 0, 0, 0, 0, 0, 0]}
NO_FORM = {"sform_code": 0, "qform_code": 0}
BOMB = {"dim": [3, 32767, 32767, 32767, 1, 1, 1, 1], "datatype": 64}
BOMB_IN_GZIP = {"dim": [3, 32767, 32767, 30, 1, 1, 1, 1], "datatype": 64}


def nifti(data: Any = VALUES, *, kind: Any = nibabel.Nifti1Image, order: str = "<", **fields: Any):
    """A file of the values with both forms set, its header changed behind the library's back."""
    header = kind.header_class(endianness=order)
    header.set_data_dtype(data.dtype.newbyteorder(order) if data.dtype.names is None else RGB)
    image = kind(data, UPRIGHT, header)
    image.set_sform(UPRIGHT, 1)
    image.set_qform(UPRIGHT, 1)
    content = image.to_bytes()
    size = image.header.sizeof_hdr
    changed = type(image.header)(content[:size], check=False)
    for name, value in fields.items():
        changed[name] = value
    return changed.binaryblock + content[size:]


def one_bit_off() -> bytes:
    packed = bytearray(gzip.compress(nifti(), 0))
    packed[-300] ^= 1
    return bytes(packed)


def not_finite() -> bytes:
    data = VALUES.astype(np.float64)
    data[0, 0, 3], data[1, 2, 3] = np.nan, np.inf
    return nifti(data)


def extended(length: int, order: str = "<") -> bytes:
    """A file with room for an extension of 32 bytes, which says that it has another length."""
    whole = nifti(order=order, vox_offset=384)
    return (
        whole[:348] + b"\1\0\0\0" + struct.pack(f"{order}ii24s", length, 6, b"x" * 24) + whole[352:]
    )


@dataclass(frozen=True)
class Fault:
    """A file, and what becomes of it.

    Args:
        make: its bytes.
        error: the type it is refused with; None where it is read.
        words: in the refusal.
        codes: of the findings where it is read.
        affine: to RAS mm where it is read.
        times: of a value where it is read: what it is multiplied with, and then added.
    """

    make: Callable[[], bytes]
    error: type[MedsegError] | None = None
    words: str = ""
    codes: tuple[str, ...] = ()
    affine: Any = None
    times: tuple[float, float] = (1.0, 0.0)


def read(make: Callable[[], bytes], *codes: str, at: Any = UPRIGHT, times: Any = (1, 0)) -> Fault:
    return Fault(make, codes=codes, affine=at, times=times)


def refused(make: Callable[[], bytes], words: str, error: Any = FormatError) -> Fault:
    return Fault(make, error, words)


FAULTS = {
    "00_ok.nii": read(nifti),
    "01_trunc_gz.nii.gz": refused(lambda: gzip.compress(nifti())[:400], "truncated or damaged"),
    "02_trunc_nii.nii": refused(lambda: nifti()[:1200], "truncated"),
    "03_gz_bad_crc.nii.gz": refused(one_bit_off, "damaged"),
    "03b_not_gz.nii.gz": refused(nifti, "gzip"),
    "03c_zero_bytes.nii": refused(lambda: b"", "empty"),
    "04_nan_sform.nii": refused(lambda: nifti(srow_x=[np.nan] * 4), "finite", GeometryError),
    "05_zero_pixdim.nii": read(lambda: nifti(**ZERO_STEPS), "FORMS_DISAGREE"),
    "05b_zero_pixdim_noform.nii": refused(lambda: nifti(**ZERO_STEPS, **NO_FORM), "Voxel sizes"),
    "06_singular_sform.nii": refused(lambda: nifti(**FLAT), "flat", GeometryError),
    "06b_singular_sform_noq.nii": refused(
        lambda: nifti(**FLAT, qform_code=0), "flat", GeometryError
    ),
    "07_bomb_dims.nii": refused(lambda: nifti(**BOMB), "truncated"),
    "07b_bomb_dims_gz.nii.gz": refused(lambda: gzip.compress(nifti(**BOMB_IN_GZIP)), "truncated"),
    "08_shear_sform.nii": read(lambda: nifti(**SHEAR), "FORMS_DISAGREE", "TILTED", at=SHEARED),
    "08b_shear_sform_noq.nii": read(lambda: nifti(**SHEAR, qform_code=0), "TILTED", at=SHEARED),
    "09_no_forms.nii": read(lambda: nifti(**NO_FORM), "NO_ORIENTATION", at=NO_PLACE),
    "10_sform_neq_qform.nii": read(
        lambda: nifti(srow_x=MIRRORED[0]), "FORMS_DISAGREE", at=MIRRORED
    ),
    "11_dim0_zero.nii": refused(lambda: nifti(dim=[0, 8, 10, 12, 1, 1, 1, 1]), "positive sizes"),
    "11b_dim0_9.nii": refused(lambda: nifti(dim=[9, 8, 10, 12, 1, 1, 1, 1]), "positive sizes"),
    "11c_neg_dim.nii": refused(lambda: nifti(dim=[3, 8, -10, 12, 1, 1, 1, 1]), "positive sizes"),
    "12_bad_magic.nii": refused(lambda: nifti(magic=b"xyz"), "starts with"),
    "13_slope_zero_inter.nii": read(lambda: nifti(scl_slope=0, scl_inter=5), "SLOPE_ZERO"),
    "13b_slope_nan.nii": read(lambda: nifti(scl_slope=np.nan, scl_inter=np.nan)),
    "13c_slope_2_m1024.nii": read(lambda: nifti(scl_slope=2, scl_inter=-1024), times=(2, -1024)),
    "14_bad_datatype.nii": refused(lambda: nifti(datatype=9999), "data type 9999"),
    "14b_bitpix_mismatch.nii": read(lambda: nifti(bitpix=8), "BITPIX"),
    "15_vox_offset_huge.nii": refused(lambda: nifti(vox_offset=1e9), "truncated"),
    "15b_vox_offset_0.nii": refused(lambda: nifti(vox_offset=0), "inside the header"),
    "15c_vox_offset_nan.nii": refused(lambda: nifti(vox_offset=np.nan), "nan"),
    "16_units_m.nii": read(
        lambda: nifti(xyzt_units=1), "UNITS_CONVERTED", at=UPRIGHT * [[1000], [1000], [1000], [1]]
    ),
    "16b_units_um.nii": read(
        lambda: nifti(xyzt_units=3), "UNITS_CONVERTED", at=UPRIGHT * [[1e-3], [1e-3], [1e-3], [1]]
    ),
    "17_bad_quat.nii": refused(
        lambda: nifti(sform_code=0, quatern_b=2, quatern_c=2, quatern_d=2), "quaternion"
    ),
    "18_uint32.nii": read(lambda: nifti(VALUES.astype(np.uint32))),
    "19_float64_naninf.nii": read(not_finite, "NAN_VOXELS"),
    "20_4d.nii": refused(
        lambda: nifti(np.zeros((4, 4, 4, 5), np.int16)), "holds 5", SeveralSeriesError
    ),
    "21_bigendian.nii": read(lambda: nifti(VALUES.astype(np.float32), order=">")),
    "22_rgb24.nii": refused(lambda: nifti(np.zeros((4, 4, 4), RGB)), "data type 128"),
    "23_int64.nii": read(lambda: nifti(VALUES.astype(np.int64))),
    "24_nifti2.nii": read(lambda: nifti(kind=nibabel.Nifti2Image)),
}
OWN = {
    "40_more_behind.nii": read(lambda: nifti() + b"more", "BYTES_BEHIND"),
    "41_two_gzip_members.nii.gz": read(
        lambda: gzip.compress(nifti()[:500]) + gzip.compress(nifti()[500:])
    ),
    "42_gz_in_gz.nii.gz": refused(lambda: gzip.compress(gzip.compress(nifti())), "whole .nii"),
    "43_vox_offset_half.nii": refused(lambda: nifti(vox_offset=352.5), "352.5"),
    "44_nifti2_truncated.nii": refused(lambda: nifti(kind=nibabel.Nifti2Image)[:-1], "truncated"),
    "45_nifti2_bomb.nii": refused(
        lambda: nifti(kind=nibabel.Nifti2Image, dim=[3, 2**40, 2**40, 2**40, 1, 1, 1, 1]),
        "truncated",
    ),
    "46_complex.nii": refused(lambda: nifti(np.zeros((4, 4, 4), np.complex64)), "data type 32"),
    "47_float128.nii": refused(lambda: nifti(datatype=1536), "data type 1536"),
    "48_vectors.nii": refused(lambda: nifti(np.zeros((4, 4, 4, 1, 3), np.int16)), "vectors"),
    "49_infinite_place.nii": refused(
        lambda: nifti(sform_code=0, qoffset_x=np.inf), "finite", GeometryError
    ),
    "50_one_dimension.nii": refused(lambda: nifti(dim=[1, 960, 1, 1, 1, 1, 1, 1]), "positive"),
    "51_empty_gzip.nii.gz": refused(lambda: gzip.compress(b""), "ends after 0 bytes"),
    "52_header_alone.nii.gz": refused(lambda: gzip.compress(nifti()[:352]), "truncated"),
    "53_slope_without_end.nii": refused(
        lambda: nifti(VALUES.astype(np.uint32), scl_slope=3e38), "32-bit float"
    ),
    "54_half_a_pair.nii": refused(lambda: nifti(magic=b"ni1"), "half of a pair"),
    "55_left_handed_qform.nii": read(
        lambda: nifti(sform_code=0, pixdim=[-1, 1, 1.5, 2, 0, 0, 0, 0]),
        at=UPRIGHT * np.array([1, 1, -1, 1]),
    ),
    "56_size_of_header_0.nii": read(lambda: nifti(sizeof_hdr=0), "HEADER_SIZE"),
    "57_nifti2_big_endian.nii": read(lambda: nifti(kind=nibabel.Nifti2Image, order=">")),
    "58_one_slice.nii": read(lambda: nifti(dim=[2, 8, 10, 1, 1, 1, 1, 1]), "BYTES_BEHIND"),
    "59_more_behind_packed.nii.gz": read(lambda: gzip.compress(nifti() + b"more"), "BYTES_BEHIND"),
    "60_a_member_behind.nii.gz": read(
        lambda: gzip.compress(nifti()) + gzip.compress(b"more"), "BYTES_BEHIND"
    ),
    "61_rgba32.nii": refused(
        lambda: nifti(VALUES.astype(np.int32), datatype=2304), "data type 2304"
    ),
    "62_complex128.nii": refused(lambda: nifti(np.zeros((4, 4, 4), complex)), "data type 1792"),
    "63_vector_intent.nii": refused(
        lambda: nifti(np.zeros((4, 4, 4, 1, 3), np.int16), intent_code=1007), "vectors"
    ),
    "64_vectors_for_times.nii": refused(
        lambda: nifti(np.zeros((4, 4, 4, 3), np.int16), intent_code=1007), r"vectors \(intent"
    ),
    "65_one_displacement.nii": read(lambda: nifti(intent_code=1006)),
    "66_points.nii": refused(lambda: nifti(intent_code=1008), "points"),
    "67_colours_by_intent.nii": refused(
        lambda: nifti(np.zeros((4, 4, 4, 1, 3), np.uint8), intent_code=2003), "colours"
    ),
    "68_a_z_score.nii": read(lambda: nifti(intent_code=5)),
    "69_labels.nii": read(lambda: nifti(intent_code=1002)),
    "70_slope_infinite.nii": read(lambda: nifti(scl_slope=np.inf), "SLOPE_INFINITE"),
    "71_slope_minus_infinite.nii": read(
        lambda: nifti(scl_slope=-np.inf, scl_inter=3), "SLOPE_INFINITE"
    ),
    "72_intercept_nan.nii": refused(lambda: nifti(scl_slope=1, scl_inter=np.nan), "intercept nan"),
    "73_uint16_below_0.nii": read(
        lambda: nifti(VALUES.astype(np.uint16), scl_slope=1, scl_inter=-1024), times=(1, -1024)
    ),
    "74_uint16_above_32767.nii": read(
        lambda: nifti(VALUES.astype(np.uint16), scl_slope=60, scl_inter=0), times=(60, 0)
    ),
    "75_negative_slope.nii": read(lambda: nifti(scl_slope=-1, scl_inter=7), times=(-1, 7)),
    "76_slope_of_floats.nii": read(
        lambda: nifti(VALUES.astype(np.float32), scl_slope=2, scl_inter=1), times=(2, 1)
    ),
    "77_units_of_no_kind.nii": read(lambda: nifti(xyzt_units=7), "UNITS_UNKNOWN"),
    "78_units_of_time_alone.nii": read(lambda: nifti(xyzt_units=8)),
    "79_dim0_negative.nii": refused(lambda: nifti(dim=[-1, 8, 10, 12, 1, 1, 1, 1]), "positive"),
    "80_nan_quaternion.nii": read(lambda: nifti(quatern_b=np.nan), "FORMS_DISAGREE"),
    "81_nan_quaternion_alone.nii": refused(
        lambda: nifti(quatern_b=np.nan, sform_code=0), "quaternion"
    ),
    "82_long_quaternion.nii": read(lambda: nifti(quatern_b=1.5), "FORMS_DISAGREE"),
    "83_negative_steps.nii": read(
        lambda: nifti(sform_code=0, pixdim=[1, -1, 1.5, -2, 0, 0, 0, 0]), "NEGATIVE_SPACING"
    ),
    "84_negative_steps_no_form.nii": read(
        lambda: nifti(**NO_FORM, pixdim=[1, 1, -1.5, 2, 0, 0, 0, 0]),
        *("NO_ORIENTATION", "NEGATIVE_SPACING"),
        at=NO_PLACE,
    ),
    "85_infinite_steps.nii": refused(
        lambda: nifti(**NO_FORM, pixdim=[1, np.inf, 1.5, 2, 0, 0, 0, 0]), "Voxel sizes"
    ),
    "86_extension.nii": read(lambda: extended(32)),
    "87_extension_longer_than_its_room.nii": read(lambda: extended(48), "EXTENSION_DAMAGED"),
    "88_extension_shorter_than_its_room.nii": read(lambda: extended(16), "EXTENSION_DAMAGED"),
    "89_extension_of_length_0.nii": read(lambda: extended(0), "EXTENSION_DAMAGED"),
    "90_extension_of_negative_length.nii.gz": read(
        lambda: gzip.compress(extended(-32)), "EXTENSION_DAMAGED"
    ),
    "91_extension_announced_but_absent.nii": read(
        lambda: nifti()[:348] + b"\1" + nifti()[349:], "EXTENSION_DAMAGED"
    ),
    "92_extension_big_endian.nii": read(lambda: extended(32, ">")),
    "93_slope_nan_inter.nii": read(lambda: nifti(scl_slope=np.nan, scl_inter=5), "SLOPE_ZERO"),
    "94_vox_offset_negative.nii": refused(lambda: nifti(vox_offset=-16), "inside the header"),
    "95_vox_offset_odd.nii": read(lambda: nifti(vox_offset=353)[:352] + b"\0" + nifti()[352:]),
    "97_steps_of_nothing.nii": refused(
        lambda: nifti(srow_x=[1e-30, 0, 0, 0]), "steps are 1e-09 to 1e\\+06 mm long", GeometryError
    ),
    "97b_steps_whose_square_is_nothing.nii": refused(
        lambda: nifti(kind=nibabel.Nifti2Image, srow_x=[1e-200, 0, 0, 0]),
        "steps are 1e-09 to 1e\\+06 mm long",
        GeometryError,
    ),
    "98_steps_beyond_measure.nii": refused(
        lambda: nifti(srow_x=[1e30, 0, 0, 0]), "steps are 1e-09 to 1e\\+06 mm long", GeometryError
    ),
    "99_a_place_beyond_measure.nii": refused(
        lambda: nifti(srow_x=[1, 0, 0, -3e38]),
        "lies within 1e\\+09 mm of the origin",
        GeometryError,
    ),
    "96_nifti2_dim_negative.nii": refused(
        lambda: nifti(kind=nibabel.Nifti2Image, dim=[3, -(2**62), 8, 8, 1, 1, 1, 1]), "positive"
    ),
}


def test_the_table_is_whole() -> None:
    assert len(FAULTS) == 39
    assert len(OWN) >= 50


@pytest.mark.parametrize("name", FAULTS | OWN)
def test_a_fault_is_read_right_or_refused_by_name(tmp_path: Path, name: str) -> None:
    fault = (FAULTS | OWN)[name]
    path = tmp_path / name
    path.write_bytes(fault.make())
    if fault.error is not None:
        with pytest.raises(fault.error, match=fault.words) as refusal:
            medseg.read_volume(path)
        assert name in str(refusal.value)
        return
    volume = medseg.read_volume(path)
    assert [finding.code for finding in volume.report] == list(fault.codes)
    assert all(finding.where.file == name for finding in volume.report)
    slope, intercept = fault.times
    stored = VALUES.T[: len(volume.voxels)].astype(np.float64)
    finite = np.isfinite(volume.voxels)
    assert np.count_nonzero(~finite) == (2 if "NAN_VOXELS" in fault.codes else 0)
    assert np.array_equal(volume.voxels[finite], (stored * slope + intercept)[finite])
    there = np.diag([-1, -1, 1, 1]) @ fault.affine
    assert np.allclose(volume.geometry.affine[:, [2, 1, 0, 3]], there, rtol=1e-5, atol=1e-4)


def test_a_fault_in_every_file_of_a_folder_leaves_the_others_readable(tmp_path: Path) -> None:
    for name, fault in (FAULTS | OWN).items():
        (tmp_path / name).write_bytes(fault.make())
    infos = {info.id.partition("/")[0]: info for info in medseg.list_series(tmp_path)}
    assert set(infos) == set(FAULTS | OWN)
    assert medseg.read_volume(tmp_path, series="00_ok.nii").voxels.shape == (12, 10, 8)
