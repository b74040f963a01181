"""NIfTI-2, pairs of .hdr and .img, and files of several volumes."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

import medseg
from medseg.errors import FormatError, SeveralSeriesError

AFFINE = np.array([[1.0, 0, 0, -20], [0, 1.5, 0, -30], [0, 0, 2, -40], [0, 0, 0, 1]])
VALUES = np.arange(360, dtype=np.int16).reshape(4, 5, 6, 3)  # i, j, k, time
KINDS = [nibabel.Nifti1Image, nibabel.Nifti2Image]
PAIRS = [nibabel.Nifti1Pair, nibabel.Nifti2Pair]


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_time_is_a_volume(tmp_path: Path, kind: Any, suffix: str) -> None:
    path = tmp_path / f"run{suffix}"
    kind(VALUES, AFFINE).to_filename(path)
    infos = medseg.list_series(path)
    assert [info.id for info in infos] == [f"run{suffix}/t={time}" for time in range(3)]
    assert [info.shape for info in infos] == [(6, 5, 4)] * 3
    for time, info in enumerate(infos):
        for name in (info.id, time):
            volume = medseg.read_volume(path, series=name)
            assert (volume.voxels == VALUES[..., time].T).all()
            assert volume.source.series_id == info.id
            assert volume.description == f"run{suffix}, volume {time}"
            assert volume.voxels.flags.c_contiguous
    with pytest.raises(SeveralSeriesError, match=rf"holds 3\. .*series(?s:.*)run{suffix}/t=2"):
        medseg.read_volume(path)
    with pytest.raises(SeveralSeriesError, match=rf"run{suffix} holds 3 \(a time series\)"):
        medseg.read_segmentation(path)
    with pytest.raises(FormatError, match="t=3"):
        medseg.read_volume(path, series=f"run{suffix}/t=3")


def test_in_a_folder_each_time_has_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    nibabel.Nifti1Image(VALUES, AFFINE).to_filename(tmp_path / "sub" / "run.nii")
    nibabel.Nifti1Image(VALUES[..., 0], AFFINE).to_filename(tmp_path / "one.nii")
    names = [info.id for info in medseg.list_series(tmp_path)]
    assert names == ["one.nii", *(f"sub/run.nii/t={time}" for time in range(3))]
    volume = medseg.read_volume(tmp_path, series="sub/run.nii/t=1")
    assert (volume.voxels == VALUES[..., 1].T).all()


def test_a_time_series_is_scaled_and_placed(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(VALUES, AFFINE)
    image.header.set_slope_inter(2.0, -5.0)
    image.header.set_data_dtype(np.int16)
    image.to_filename(tmp_path / "run.nii")
    volume = medseg.read_volume(tmp_path / "run.nii", series=2)
    stored = np.asarray(nibabel.load(tmp_path / "run.nii").dataobj)[..., 2].T
    assert np.allclose(volume.voxels, stored)
    assert volume.geometry.to_patient((0, 0, 0)) == pytest.approx([20, 30, -40])


def test_of_an_unpacked_file_only_one_volume_is_read(tmp_path: Path) -> None:
    one = np.zeros((64, 64, 32, 1), np.int16)
    nibabel.Nifti1Image(np.repeat(one, 40, axis=3), AFFINE).to_filename(tmp_path / "run.nii")
    medseg.read_volume(tmp_path / "run.nii", series=0)
    tracemalloc.start()
    medseg.read_volume(tmp_path / "run.nii", series=39)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert one.nbytes <= peak < 4 * one.nbytes < 10 * one.nbytes


def test_the_checksum_behind_the_last_volume_counts_for_the_first(tmp_path: Path) -> None:
    path = tmp_path / "run.nii.gz"
    nibabel.Nifti1Image(VALUES, AFFINE).to_filename(path)
    packed = bytearray(gzip.compress(gzip.decompress(path.read_bytes()), 0))
    packed[-20] ^= 1
    path.write_bytes(bytes(packed))
    with pytest.raises(FormatError, match=r"run\.nii\.gz"):
        medseg.read_volume(path, series=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_or_boundless_time_series_is_refused(tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "run.nii"
    kind(VALUES, AFFINE).to_filename(path)
    content = bytearray(path.read_bytes())
    path.write_bytes(bytes(content[:-1]))
    (info,) = medseg.list_series(path)
    assert (info.id, info.shape) == ("run.nii", None)
    with pytest.raises(FormatError, match=r"run\.nii .*truncated"):
        medseg.read_volume(path)
    path.write_bytes(bytes(content))
    header = kind.header_class(bytes(content[: kind.header_class.sizeof_hdr]), check=False)
    header["dim"][4] = 32767 if kind is nibabel.Nifti1Image else 10**12
    path.write_bytes(header.binaryblock + bytes(content[len(header.binaryblock) :]))
    with pytest.raises(FormatError, match=r"run\.nii"):
        medseg.read_volume(path)


@pytest.mark.parametrize(
    ("code", "unit"), [(8, "s"), (16, "ms"), (24, "us"), (32, "Hz"), (40, "ppm"), (48, "rad/s")]
)
def test_each_time_says_when_it_was(tmp_path: Path, code: int, unit: str) -> None:
    image = nibabel.Nifti1Image(VALUES, AFFINE)
    image.header["xyzt_units"] = 2 + code
    image.header["toffset"], image.header["pixdim"][4] = 0.5, 2.25
    image.to_filename(tmp_path / "run.nii")
    words = [f"run.nii, volume {time} ({0.5 + time * 2.25:g} {unit})" for time in range(3)]
    infos = medseg.list_series(tmp_path / "run.nii")
    assert [info.description for info in infos] == words
    assert medseg.read_volume(tmp_path / "run.nii", series=2).description == words[2]


def test_bytes_behind_the_last_time_are_told_for_each(tmp_path: Path) -> None:
    content = nibabel.Nifti1Image(VALUES, AFFINE).to_bytes() + b"12345"
    (tmp_path / "run.nii").write_bytes(content)
    (tmp_path / "run.nii.gz").write_bytes(gzip.compress(content))
    for name in ("run.nii", "run.nii.gz"):
        for time in range(3):
            volume = medseg.read_volume(tmp_path / name, series=time)
            assert [finding.code for finding in volume.report] == ["BYTES_BEHIND"]
            assert f"{name} holds 5 more bytes" in volume.report[0].text


def test_a_packed_time_series_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    content = nibabel.Nifti1Image(VALUES, AFFINE).to_bytes()
    (tmp_path / "run.nii.gz").write_bytes(gzip.compress(content[:-7]))
    for time in range(3):
        with pytest.raises(FormatError, match=r"run\.nii\.gz .*truncated"):
            medseg.read_volume(tmp_path / "run.nii.gz", series=time)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", PAIRS)
def test_a_pair_of_either_byte_order(tmp_path: Path, kind: Any, order: str) -> None:
    header = kind.header_class(endianness=order)
    header.set_data_dtype(np.dtype(np.int16).newbyteorder(order))
    kind(VALUES[..., 0], AFFINE, header).to_filename(tmp_path / "a.img")
    stored = (tmp_path / "a.img").read_bytes()
    assert stored == VALUES[..., 0].astype(f"{order}i2").tobytes(order="F")
    volume = medseg.read_volume(tmp_path / "a.hdr")
    assert (volume.voxels == VALUES[..., 0].T).all()
    assert volume.report == ()
    (tmp_path / "a.img").write_bytes(stored + b"1")
    (finding,) = medseg.read_volume(tmp_path / "a.hdr").report
    assert (finding.code, finding.where.file) == ("BYTES_BEHIND", "a.img")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", PAIRS)
def test_a_pair_is_one_image_by_either_name(tmp_path: Path, kind: Any, packed: bool) -> None:
    kind(VALUES[..., 0], AFFINE).to_filename(tmp_path / "a.img")
    names = ["a.hdr", "a.img"]
    if packed:
        for name in names:
            file = tmp_path / name
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(file.read_bytes()))
            file.unlink()
        names = [f"{name}.gz" for name in names]
    for opened in (tmp_path, *(tmp_path / name for name in names)):
        (info,) = medseg.list_series(opened)
        assert (info.id, info.shape, info.file_count) == (names[0], (6, 5, 4), 2)
        volume = medseg.read_volume(opened)
        assert (volume.voxels == VALUES[..., 0].T).all()
        assert volume.geometry.to_patient((0, 0, 0)) == pytest.approx([20, 30, -40])
        assert volume.source.files == tuple(names)
        assert volume.report == ()
    mask = medseg.read_segmentation(tmp_path / names[1])
    assert (mask.array == VALUES[..., 0].T).all()


def test_a_pair_of_several_volumes(tmp_path: Path) -> None:
    nibabel.Nifti1Pair(VALUES, AFFINE).to_filename(tmp_path / "a.img")
    assert [info.id for info in medseg.list_series(tmp_path)] == [
        f"a.hdr/t={time}" for time in range(3)
    ]
    assert (medseg.read_volume(tmp_path / "a.img", series=1).voxels == VALUES[..., 1].T).all()


@pytest.mark.parametrize("left", ["a.hdr", "a.img"])
def test_half_of_a_pair_is_refused_by_name(tmp_path: Path, left: str) -> None:
    nibabel.Nifti1Pair(VALUES[..., 0], AFFINE).to_filename(tmp_path / "a.img")
    for name in {"a.hdr", "a.img"} - {left}:
        (tmp_path / name).unlink()
    for read in (medseg.read_volume, medseg.read_segmentation):
        with pytest.raises(FormatError, match=rf"{left} stands alone"):
            read(tmp_path / left)
    (info,) = medseg.list_series(tmp_path)
    assert info.shape is None


def test_faults_of_pairs_are_refused_by_name(tmp_path: Path) -> None:
    nibabel.Nifti1Pair(VALUES[..., 0], AFFINE).to_filename(tmp_path / "a.img")
    header, voxels = (tmp_path / "a.hdr").read_bytes(), (tmp_path / "a.img").read_bytes()
    faults = {
        r"a\.img.*truncated": (header, voxels[:-1]),
        r"a\.hdr.*Analyze": (header[:344] + bytes(4), voxels),
        r"a\.hdr says that it is one file": (header[:344] + b"n+1\0", voxels),
        r"a\.hdr.*it ends after 100 bytes": (header[:100], voxels),
        r"a\.img.*it has 0 bytes": (header, b""),
    }
    for words, (head, body) in faults.items():
        (tmp_path / "a.hdr").write_bytes(head)
        (tmp_path / "a.img").write_bytes(body)
        for name in ("a.hdr", "a.img"):
            with pytest.raises(FormatError, match=words):
                medseg.read_volume(tmp_path / name)
