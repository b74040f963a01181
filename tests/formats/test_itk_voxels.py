"""NRRD and MetaImage voxels are read to the last byte, right or not at all."""

from __future__ import annotations

import bz2
import gzip
import zlib
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)
from hypothesis import given, settings
from hypothesis import strategies as st

import medseg
from medseg.errors import FormatError
from medseg.model import Geometry, Segmentation
from tests.phantoms import two_lesions

VALUES = np.arange(120, dtype="<i2").reshape(4, 5, 6)
RAW = VALUES.tobytes()


def _nrrd(
    path: Path, data: bytes, *lines: str, encoding: str = "raw", endian: str = "little"
) -> Path:
    head = (
        "NRRD0004", "type: short", "dimension: 3", "sizes: 6 5 4", f"endian: {endian}",
        "space: left-posterior-superior", "space directions: (1,0,0) (0,2,0) (0,0,3)",
        "space origin: (0,0,0)", *lines, f"encoding: {encoding}", "", "",
    )  # fmt: skip
    path.write_bytes("\n".join(head).encode() + data)
    return path


META = {
    "ObjectType": "Image",
    "NDims": "3",
    "DimSize": "6 5 4",
    "ElementType": "MET_SHORT",
    "BinaryData": "True",
    "BinaryDataByteOrderMSB": "False",
    "ElementSpacing": "1 2 3",
    "TransformMatrix": "1 0 0 0 1 0 0 0 1",
}


def _meta(path: Path, data: bytes, **changes: str | None) -> Path:
    fields = {**META, **changes}
    lines = [f"{name} = {value}\n" for name, value in fields.items() if value is not None]
    path.write_bytes("".join([*lines, "ElementDataFile = LOCAL\n"]).encode() + data)
    return path


def _packed_meta(path: Path, data: bytes, **changes: str | None) -> Path:
    return _meta(path, data, CompressedData="True", CompressedDataSize=str(len(data)), **changes)


def _big(values: np.ndarray) -> bytes:
    return values.astype(">i2").tobytes()


WORDS = " ".join(str(value) for value in VALUES.ravel()).encode()
READ = {
    "raw.nrrd": lambda path: _nrrd(path, RAW),
    "big.nrrd": lambda path: _nrrd(path, _big(VALUES), endian="big"),
    "gzip.nrrd": lambda path: _nrrd(path, gzip.compress(RAW), encoding="gzip"),
    "gz.nrrd": lambda path: _nrrd(path, gzip.compress(_big(VALUES)), encoding="gz", endian="big"),
    "ascii.nrrd": lambda path: _nrrd(path, WORDS, encoding="ascii"),
    "skip.nrrd": lambda path: _nrrd(path, bytes(7) + RAW, "byte skip: 7"),
    "end.nrrd": lambda path: _nrrd(path, bytes(9) + RAW, "byte skip: -1"),
    "raw.mha": lambda path: _meta(path, RAW),
    "big.mha": lambda path: _meta(path, _big(VALUES), BinaryDataByteOrderMSB="True"),
    "big2.mha": lambda path: _meta(path, _big(VALUES), ElementByteOrderMSB="True"),
    "zlib.mha": lambda path: _packed_meta(path, zlib.compress(RAW)),
    "gzip.mha": lambda path: _packed_meta(path, gzip.compress(RAW)),
    "nosize.mha": lambda path: _meta(path, zlib.compress(RAW), CompressedData="True"),
    "ascii.mha": lambda path: _meta(path, WORDS, BinaryData="False"),
    "unit.mha": lambda path: _meta(
        path, RAW, ElementToIntensityFunctionSlope="1", ElementToIntensityFunctionOffset="0.0"
    ),
}
REFUSED = {
    "short.nrrd": (lambda path: _nrrd(path, RAW[:-1]), "239 of 240"),
    "long.nrrd": (lambda path: _nrrd(path, RAW + b"x"), "241 bytes of voxels where 240"),
    "bzip2.nrrd": (lambda path: _nrrd(path, bz2.compress(RAW), encoding="bzip2"), "in bzip2"),
    "hex.nrrd": (lambda path: _nrrd(path, RAW.hex().encode(), encoding="hex"), "in hex"),
    "few.nrrd": (lambda path: _nrrd(path, gzip.compress(RAW[:-2]), encoding="gzip"), "238 of 240"),
    "many.nrrd": (
        lambda path: _nrrd(path, gzip.compress(RAW + b"x"), encoding="gzip"),
        "more than",
    ),
    "tail.nrrd": (lambda path: _nrrd(path, gzip.compress(RAW) + b"x", encoding="gzip"), "follows"),
    "bomb.nrrd": (
        lambda path: _nrrd(path, gzip.compress(bytes(1 << 26)), encoding="gzip"),
        "more than the 240 bytes",
    ),
    "words.nrrd": (lambda path: _nrrd(path, WORDS[:-3], encoding="ascii"), "119 numbers"),
    "word.nrrd": (
        lambda path: _nrrd(path, WORDS.replace(b"77", b"x"), encoding="ascii"),
        "damaged",
    ),
    "wide.nrrd": (lambda path: _nrrd(path, WORDS + b"999", encoding="ascii"), "damaged"),
    "skip.nrrd": (
        lambda path: _nrrd(path, gzip.compress(bytes(4) + RAW), "byte skip: 4", encoding="gzip"),
        "skip",
    ),
    "line.nrrd": (lambda path: _nrrd(path, b"\n" + RAW, "line skip: 1"), "skip"),
    "over.nrrd": (lambda path: _nrrd(path, RAW, "byte skip: 7"), "233 of 240"),
    "order.nrrd": (lambda path: _nrrd(path, RAW, endian="middle"), "byte order"),
    "inch.nrrd": (lambda path: _nrrd(path, RAW, 'units: "cm" "cm" "cm"'), r"millimetres.*cm"),
    "bare.nrrd": (lambda path: _nrrd(path, RAW, "units: cm cm cm"), r"millimetres.*cm"),
    "short.mha": (lambda path: _meta(path, RAW[:-1]), "239 of 240"),
    "long.mha": (lambda path: _meta(path, RAW + b"x"), "241 bytes of voxels where 240"),
    "few.mha": (lambda path: _packed_meta(path, zlib.compress(RAW[:-2])), "238 of 240"),
    "many.mha": (lambda path: _packed_meta(path, zlib.compress(RAW + b"x")), "more than"),
    "cut.mha": (lambda path: _packed_meta(path, zlib.compress(RAW)[:-4]), r"ends after|240"),
    "tail.mha": (lambda path: _packed_meta(path, zlib.compress(RAW) + b"x"), "follows"),
    "size.mha": (
        lambda path: _meta(path, zlib.compress(RAW), CompressedData="True", CompressedDataSize="9"),
        "where 9 are promised",
    ),
    "words.mha": (lambda path: _meta(path, WORDS + b" 1", BinaryData="False"), "121 numbers"),
    "head.mha": (lambda path: _meta(path, bytes(4) + RAW, HeaderSize="4"), "skip 4 bytes"),
    "step.mha": (lambda path: _meta(path, RAW, ElementSpacing=None), "ElementSpacing"),
    "slope.mha": (
        lambda path: _meta(path, RAW, ElementToIntensityFunctionSlope="2"),
        "elementtointensityfunctionslope = 2",
    ),
    "offset.mha": (
        lambda path: _meta(path, RAW, ElementToIntensityFunctionOffset="-10"),
        "elementtointensityfunctionoffset = -10",
    ),
}


@pytest.mark.parametrize("name", READ)
def test_each_packing_gives_the_voxels(tmp_path: Path, name: str) -> None:
    volume = medseg.read_volume(READ[name](tmp_path / name))
    assert volume.voxels.dtype == np.int16
    assert volume.voxels.dtype.isnative
    assert (volume.voxels == VALUES).all()
    assert volume.geometry.spacing_mm == (3, 2, 1)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_right_to_the_last_byte_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture, name: str
) -> None:
    make, words = REFUSED[name]
    make(tmp_path / name)
    for read in (medseg.read_volume, medseg.read_segmentation):
        with pytest.raises(FormatError, match=words) as refusal:
            read(tmp_path / name)
        assert name in str(refusal.value)
    assert capfd.readouterr().err == "", "reading never speaks on stderr"


def test_an_nrrd_that_tells_no_voxel_size_is_refused(tmp_path: Path) -> None:
    head = "NRRD0004\ntype: short\ndimension: 3\nsizes: 6 5 4\nendian: little\nencoding: raw\n\n"
    (tmp_path / "a.nrrd").write_bytes(head.encode() + RAW)
    with pytest.raises(FormatError, match=r"a\.nrrd has no space directions"):
        medseg.read_volume(tmp_path / "a.nrrd")


HEAD = "".join(f"{name} = {value}\n" for name, value in META.items()) + "ElementDataFile = LOCAL\n"


@pytest.mark.parametrize("bit", [0x20, 0x10, 1])
def test_a_damaged_header_never_makes_metaio_speak(
    tmp_path: Path, capfd: pytest.CaptureFixture, bit: int
) -> None:
    path = tmp_path / "a.mha"
    outcomes = set()
    for place in range(len(HEAD)):
        damaged = bytearray(HEAD.encode() + RAW)
        damaged[place] ^= bit
        path.write_bytes(bytes(damaged))
        try:
            medseg.read_volume(path)
        except medseg.errors.MedsegError as refusal:
            assert "a.mha" in str(refusal)  # noqa: PT017 (either outcome is right)
            outcomes.add("refused")
        else:
            outcomes.add("read")
    assert outcomes == {"refused", "read"}
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("ElementType", "elementType", "no ElementType; elementType"),
        ("NDims = 3\n", "", "none dimensions"),
        ("1 2 3", "102 3", "ElementSpacing = 102 3"),
        ("TransformMatrix", "transformmatrix", "has transformmatrix"),
        ("NDims = 3\nDimSize = 6 5 4\n", "DimSize = 6 5 4\nNDims = 3\n", "before NDims"),
    ],
)
def test_fields_that_metaio_would_not_heed_are_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture, old: str, new: str, words: str
) -> None:
    assert HEAD.count(old) == 1
    (tmp_path / "a.mha").write_bytes(HEAD.replace(old, new).encode() + RAW)
    with pytest.raises(FormatError, match=rf"a\.mha.*{words}"):
        medseg.read_volume(tmp_path / "a.mha")
    assert capfd.readouterr().err == ""


def _header_length(content: bytes, suffix: str) -> int:
    mark = b"LOCAL\n" if suffix == ".mha" else b"\n\n"
    return content.index(mark) + len(mark)


@pytest.mark.parametrize("suffix", [".mha", ".nrrd"])
def test_no_flipped_bit_gives_another_mask(
    tmp_path: Path, capfd: pytest.CaptureFixture, suffix: str
) -> None:
    noise = np.random.default_rng(0).integers(0, 3, (3, 20, 20)).astype(np.uint8)
    grid = Geometry.from_spacing(noise.shape, (2, 1, 1))
    path = tmp_path / f"a{suffix}"
    medseg.write_segmentation(Segmentation(noise, grid, two_lesions().segments), path)
    whole = path.read_bytes()
    refused = 0
    for place in range(_header_length(whole, suffix), len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        path.write_bytes(bytes(damaged))
        try:
            found = medseg.read_segmentation(path)
        except FormatError as refusal:
            refused += 1
            assert path.name in str(refusal)  # noqa: PT017 (either outcome is right)
        else:
            assert (found.array == noise).all()
    assert refused > 0.9 * (len(whole) - _header_length(whole, suffix))
    assert capfd.readouterr().err == ""


@settings(max_examples=40, deadline=None)
@given(
    size=st.integers(1, 3_000_000),
    level=st.integers(0, 9),
    noisy=st.booleans(),
    suffix=st.sampled_from([".mha", ".nrrd"]),
)
def test_any_amount_unpacks(
    tmp_path_factory: pytest.TempPathFactory, size: int, level: int, noisy: bool, suffix: str
) -> None:
    random = np.random.default_rng(size)
    values = random.integers(0, 256, size, np.uint8) if noisy else np.full(size, 7, np.uint8)
    path = tmp_path_factory.mktemp("any") / f"a{suffix}"
    if suffix == ".mha":
        changes = {"DimSize": f"{size} 1 1", "ElementType": "MET_UCHAR"}
        _packed_meta(path, zlib.compress(values.tobytes(), level), **changes)
    else:
        _nrrd(path, gzip.compress(values.tobytes(), level), encoding="gzip")
        head = path.read_bytes().replace(b"sizes: 6 5 4", f"sizes: {size} 1 1".encode(), 1)
        path.write_bytes(head.replace(b"type: short", b"type: uchar", 1))
    assert (medseg.read_volume(path).voxels.ravel() == values).all()


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    "kind", [np.int8, np.uint16, np.int32, np.int64, np.uint64, np.float32, np.float64]
)
@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".mhd"])
def test_each_type_is_simpleitks(tmp_path: Path, suffix: str, kind: type, packed: bool) -> None:
    path = tmp_path / f"a{suffix}"
    values = (np.random.default_rng(1).normal(0, 1, (3, 4, 5)) * 100).astype(kind)
    sitk.WriteImage(sitk.GetImageFromArray(values), str(path), packed)
    volume = medseg.read_volume(path)
    assert volume.voxels.dtype == kind
    assert (volume.voxels == sitk.GetArrayFromImage(sitk.ReadImage(str(path)))).all()
