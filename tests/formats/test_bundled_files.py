"""The files that pydicom brings with it: old scanners, codecs and quirks, present everywhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

import medseg
from medseg.errors import MedsegError
from medseg.model import Volume
from tests.formats import oracles

FILES = Path(pydicom.__file__).parent / "data" / "test_files"
TREE = FILES / "dicomdirtests"

# What is an image with a place; the others have no Image Position, are in colour, or no image.
PLACED = {
    "CT_small.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "693_J2KI.dcm",
    "examples_overlay.dcm",
    *(f"MR_small{end}.dcm" for end in ("", "_RLE", "_bigendian", "_expb", "_implicit", "_padded")),
    *(f"MR_small_{codec}lossless.dcm" for codec in ("jp2k", "jpeg_ls_")),
}


def assert_true(volume: Volume, files: list[Path]) -> None:
    expected = oracles.volume(oracles.frames(files))
    assert np.array_equal(volume.voxels, expected.values)
    # A header's directions are not quite of unit length; medseg's are.
    assert np.abs(volume.geometry.corners_lps - expected.corners).max() < 0.005


@pytest.mark.filterwarnings("ignore:The pixel data is 8320 bytes long")  # pydicom, of padding
@pytest.mark.parametrize("name", sorted(file.name for file in FILES.glob("*.dcm")))
def test_a_file_reads_to_its_truth_or_is_refused_in_words(name: str) -> None:
    if name in PLACED:
        assert_true(medseg.read_volume(FILES / name), [FILES / name])
        return
    with pytest.raises(MedsegError, match=name.replace("+", r"\+")):
        medseg.read_volume(FILES / name)


def test_the_same_slice_is_the_same_in_every_syntax() -> None:
    names = sorted(name for name in PLACED if name.startswith("MR_small"))
    volumes = [medseg.read_volume(FILES / name) for name in names]
    assert len(volumes) == 8
    for volume in volumes[1:]:
        assert np.array_equal(volume.voxels, volumes[0].voxels)


def test_every_series_of_a_tree_reads_to_its_truth() -> None:
    readable = [info for info in medseg.list_series(TREE) if info.is_readable]
    assert len(readable) > 5
    seen: set[Path] = set()
    for info in readable:
        volume = medseg.read_volume(TREE, series=info.id)
        files = [TREE / name for name in volume.source.files]
        assert_true(volume, files)
        assert seen.isdisjoint(files)
        seen.update(files)
