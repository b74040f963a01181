"""What places voxels in NRRD and MetaImage is a number in full, or the file is refused."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)

import medseg
from medseg.errors import FormatError, MedsegError
from medseg.formats.itk_places import are_numbers, check_places

PLACES = {
    "a.nrrd": (b"space origin: (1,2,3)", b"space directions: (1,0,0) (0,1.5,0) (0,0,2)"),
    "a.mha": (b"Offset = 1 2 3", b"ElementSpacing = 1 1.5 2"),
}
NO_NUMBERS = (
    b"nan",
    b"inf",
    b"1x",
    b"1e308",
    b"1e10",
    b"",
    b"0x1",
    b"1,5",
    b"--1",
    b"1_0",
    b"\xb2",
)


def _written(path: Path, old: bytes = b"", new: bytes = b"") -> Path:
    image = sitk.GetImageFromArray(np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    image.SetSpacing((1.0, 1.5, 2.0))
    image.SetOrigin((1.0, 2.0, 3.0))
    sitk.WriteImage(image, str(path))
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    return path


@pytest.mark.parametrize("number", NO_NUMBERS)
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("name", PLACES)
def test_what_is_no_number_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture, name: str, which: int, number: bytes
) -> None:
    old = PLACES[name][which]
    path = _written(tmp_path / name, old, old.replace(b"1", number, 1))
    for read in (medseg.read_volume, medseg.read_segmentation):
        with pytest.raises(FormatError, match=name):
            read(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("number", [b"1.", b"+1", b"1e0", b"1.0E+0", b"01", b"10e-1"])
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("name", PLACES)
def test_one_is_one_however_it_is_written(
    tmp_path: Path, name: str, which: int, number: bytes
) -> None:
    old = PLACES[name][which]
    path = _written(tmp_path / name, old, old.replace(b"1", number, 1))
    assert np.allclose(medseg.read_volume(path).geometry.affine[:3, 3], (1, 2, 3))
    assert np.allclose(medseg.read_volume(path).geometry.spacing_mm, (2, 1.5, 1))


def test_steps_of_no_length_are_refused_without_a_warning(tmp_path: Path) -> None:
    for directions in (b"(0,0,0)", b"(1e-200,0,0)"):
        path = _written(tmp_path / "a.nrrd", b"(1,0,0)", directions)
        with pytest.raises(MedsegError, match=r"a\.nrrd"):
            medseg.read_volume(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"DimSize = 5 4 3", b"DimSize = 5 4 3\nDimSize = 5 4 2", "DimSize twice"),
        (b"DimSize = 5 4 3", b"DimSize = a b c", "DimSize = a b c"),
        (b"DimSize = 5 4 3", b"DimSize =\xa05 4 3", "DimSize ="),
        (b"ElementType =", b"ElementType\xa0=", "no ElementType"),
        (b"NDims = 3", b"NDims\x85= 3", "a.mha"),
        (b"NDims = 3", b"NDims =\xa03", "a.mha"),
        (b"Offset =", b"Offset\xa0=", r"'Offset\xa0'"),
        (b"Offset =", b"Offset\0x =", r"'Offset\x00x'"),
    ],
)
def test_metaio_is_not_left_to_complain(
    tmp_path: Path, capfd: pytest.CaptureFixture, old: bytes, new: bytes, words: str
) -> None:
    path = _written(tmp_path / "a.mha", old, new)
    with pytest.raises(FormatError) as refusal:
        medseg.read_volume(path)
    assert words in str(refusal.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("text", ["1" * 10**6, "1 " * 10**6, "1 " * 450 + "x", "1" * 900 + "x"])
def test_long_texts_are_judged_at_once(text: str) -> None:
    start = time.perf_counter()
    assert not are_numbers(text)
    with pytest.raises(FormatError, match=r"a\.nrrd has space origin"):
        check_places({"space origin": f"({text}"}, Path("a.nrrd"))
    assert time.perf_counter() - start < 30, "a guard against steps that multiply"
