"""Deflate in and out: one gzip member that every reader takes, and the fast way in."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from pathlib import Path

import isal.igzip
import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)

import medseg
from medseg.errors import FormatError
from medseg.formats.packing import fill_at_once, pack
from medseg.model import Geometry, Segment, Segmentation

COUNT = 33 << 20  # enough to go the fast way
RNG = np.random.default_rng(7)
NOISE = RNG.integers(0, 256, 3 << 20, dtype=np.uint8)


def _content() -> np.ndarray:
    """Mostly zeros, with noise that no packing makes smaller."""
    content = np.zeros(COUNT, np.uint8)
    content[5 << 20 : 8 << 20] = NOISE
    return content


CONTENT = _content()
PACKED = gzip.compress(CONTENT.tobytes(), 1)


@pytest.mark.parametrize("parts", [[], [b""], [b"a"], [b"head", NOISE], [NOISE[: 1 << 20]]])
def test_what_is_packed_is_one_member_and_comes_out_again(parts: list) -> None:
    file = io.BytesIO()
    pack(file, parts)
    whole = b"".join(bytes(part) for part in parts)
    unpacker = zlib.decompressobj(31)
    assert unpacker.decompress(file.getvalue()) == whole
    assert unpacker.eof
    assert not unpacker.unused_data
    assert isal.igzip.decompress(file.getvalue()) == whole
    again = io.BytesIO()
    pack(again, parts)
    assert again.getvalue() == file.getvalue()


def test_numbers_of_several_bytes_are_packed_as_they_lie() -> None:
    values = np.arange(3 << 19, dtype=np.uint16).reshape(3, 512, 1024)
    file = io.BytesIO()
    pack(file, [values])
    assert gzip.decompress(file.getvalue()) == values.tobytes()


def test_a_saved_mask_opens_everywhere_and_is_no_larger_than_nibabels(tmp_path: Path) -> None:
    array = np.zeros((40, 256, 300), np.uint16)
    array[3:30, 40:200, 60:150] = 2
    array[5:9, 41:90, 61:80] = 700
    path = tmp_path / "a.nii.gz"
    segments = (Segment.unnamed(2), Segment.unnamed(700))
    mask = Segmentation(array, Geometry.from_spacing(array.shape, (2.0, 0.5, 0.5)), segments)
    assert medseg.write_segmentation(mask, path) == []
    assert np.array_equal(np.asarray(nibabel.load(path).dataobj).T, array)
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))), array)
    assert np.array_equal(medseg.read_segmentation(path).array, array)
    nibabel.Nifti1Image(array.T, np.eye(4)).to_filename(tmp_path / "b.nii.gz")
    assert path.stat().st_size < 1.1 * (tmp_path / "b.nii.gz").stat().st_size


def _filled(path: Path, packed: bytes, count: int = COUNT) -> np.ndarray | None:
    path.write_bytes(packed)
    wanted = np.empty(count, np.uint8)
    with path.open("rb") as file:
        return wanted if fill_at_once(file, wanted) else None


def test_the_fast_way_gives_every_byte(tmp_path: Path) -> None:
    found = _filled(tmp_path / "a", PACKED)
    assert found is not None
    assert np.array_equal(found, CONTENT)
    zlibs = _filled(tmp_path / "b", zlib.compress(CONTENT.tobytes(), 1))
    assert zlibs is not None
    assert np.array_equal(zlibs, CONTENT)


HALF = COUNT // 2
LEFT_TO_THE_SLOW_WAY = {
    "a small one": lambda: (gzip.compress(b"x" * 99), 99),
    "more than is wanted": lambda: (PACKED, COUNT - 1),
    "less than is wanted": lambda: (PACKED, COUNT + 1),
    "a cut": lambda: (PACKED[:-1], COUNT),
    "a long cut": lambda: (PACKED[: len(PACKED) // 2], COUNT),
    "nothing": lambda: (b"", COUNT),
    "bytes behind": lambda: (PACKED + b"more", COUNT),
    "bytes behind that look like a length": lambda: (PACKED + b"more" + PACKED[-4:], COUNT),
    "two members": lambda: (
        gzip.compress(CONTENT[:HALF].tobytes(), 1) + gzip.compress(CONTENT[HALF:].tobytes(), 1),
        COUNT,
    ),
    "a wrong checksum": lambda: (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], COUNT),
    "a wrong length": lambda: (PACKED[:-4] + b"\0\0\0\0", COUNT),
    "zlib with a wrong checksum": lambda: (
        zlib.compress(CONTENT.tobytes(), 1)[:-4] + b"abcd",
        COUNT,
    ),
    "zlib with bytes behind": lambda: (zlib.compress(CONTENT.tobytes(), 1) + b"more", COUNT),
    "neither": lambda: (CONTENT[:999].tobytes(), COUNT),
}


@pytest.mark.parametrize("case", LEFT_TO_THE_SLOW_WAY)
def test_whatever_is_not_just_that_is_left_to_the_slow_way(tmp_path: Path, case: str) -> None:
    packed, count = LEFT_TO_THE_SLOW_WAY[case]()
    assert _filled(tmp_path / "a", packed, count) is None


def _image(path: Path, dtype: str = "<i2", **offset: int) -> bytes:
    header = nibabel.Nifti1Header(endianness=dtype[0])
    header.set_data_dtype(dtype)
    slices = 66 if dtype[1:] == "i2" else 33
    header.set_data_shape((512, 512, slices))
    header["magic"], header["vox_offset"] = b"n+1", offset.get("at", 352)
    header.set_sform(np.diag([1.0, 1, 1, 1]), 1)
    voxels = np.zeros((slices, 512, 512), dtype)
    voxels[20, :, 5] = np.arange(512)
    # At both ends no bit can change without changing a value, as it could in a run of zeros.
    voxels[0] = voxels[-1] = RNG.integers(0, 999, (512, 512))
    path.write_bytes(
        gzip.compress(
            header.binaryblock + bytes(int(header["vox_offset"]) - 348) + voxels.tobytes(), 1
        )
    )
    return hashlib.sha256(voxels.astype(np.dtype(dtype).newbyteorder("<"))).digest()


@pytest.mark.parametrize(("dtype", "at"), [("<i2", 352), (">i2", 352), ("<i2", 353), ("<f4", 352)])
def test_a_large_image_is_read_the_same_either_way(tmp_path: Path, dtype: str, at: int) -> None:
    path = tmp_path / "a.nii.gz"
    digest = _image(path, dtype, at=at)
    volume = medseg.read_volume(path)
    assert hashlib.sha256(volume.voxels).digest() == digest
    assert volume.voxels.flags.c_contiguous
    assert volume.voxels.flags.aligned
    assert volume.report == ()
    path.write_bytes(path.read_bytes() + gzip.compress(b"more"))
    slow = medseg.read_volume(path)
    assert [finding.code for finding in slow.report] == ["BYTES_BEHIND"]
    assert np.array_equal(slow.voxels, volume.voxels)


@pytest.mark.parametrize("where", [-1, -5, -2000, 2000, 20000])
def test_a_damaged_large_image_is_refused_by_name(tmp_path: Path, where: int) -> None:
    path = tmp_path / "a.nii.gz"
    _image(path)
    packed = bytearray(path.read_bytes())
    packed[where] ^= 0x10
    path.write_bytes(bytes(packed))
    with pytest.raises(FormatError, match=r"a\.nii\.gz"):
        medseg.read_volume(path)


@pytest.mark.parametrize("name", ["a.nrrd", "a.mha"])
def test_large_nrrd_and_metaimage_are_read_the_same_way(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    voxels = np.zeros((70, 512, 512), np.int16)
    voxels[40, :, 5], voxels[69, 511, 511] = np.arange(512), 77
    sitk.WriteImage(sitk.GetImageFromArray(voxels), str(path), useCompression=True)
    assert np.array_equal(medseg.read_volume(path).voxels, voxels)
    packed = bytearray(path.read_bytes())
    packed[-3] ^= 1
    path.write_bytes(bytes(packed))
    with pytest.raises(FormatError, match=name):
        medseg.read_volume(path)
