"""What SimpleITK makes of files that are no stack of slices, or no whole one: never a word.

The tilted, uneven and repeated stacks are in test_index_truth.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import medseg
from medseg.errors import FormatError, MedsegError
from tests.formats import oracles

HITACHI = "dicom2nifti/tests/data/hitachi/anatomical/001"


@pytest.mark.parametrize(
    ("path", "shape", "truly"),
    [
        ("dcm_qa_nih/In/20180918Si/mr_0003", (2, 216, 216), "mosaics of 5 slices of 72 x 72"),
        ("dcm_qa_nih/In/20180918Si/mr_0006", (2, 216, 216), "mosaics of 5 slices of 72 x 72"),
        ("highdicom/data/test_files/sm_image_dots.dcm", (25, 10, 10), "tiles of one plane"),
        ("highdicom/data/test_files/dx_image.dcm", (1, 169, 211), "a projection"),
        (
            "dcmqi/data/segmentations/partial_overlaps.dcm",
            (7, 512, 512),
            "frames of 5 segments on 3 slices",
        ),
    ],
)
def test_simpleitk_takes_for_slices_what_is_none(
    shared_data: Path, path: str, shape: tuple[int, ...], truly: str
) -> None:
    whole = shared_data / path
    peer = oracles.itk_series(whole) if whole.is_dir() else oracles.itk(whole)
    assert peer.shape == shape, f"these are {truly}"
    with pytest.raises(MedsegError):
        medseg.read_volume(whole)


def test_simpleitk_drops_a_slice_that_is_cut_short(shared_data: Path, tmp_path: Path) -> None:
    for file in (shared_data / HITACHI).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    inner = sorted(tmp_path.iterdir())[1]
    inner.write_bytes(inner.read_bytes()[:-3000])
    assert oracles.itk_series(tmp_path).shape == (3, 64, 64), "without a word"
    with pytest.raises(FormatError, match=re.escape(inner.name)):
        medseg.read_volume(tmp_path)


def test_simpleitk_fills_a_nifti_that_is_cut_short(shared_data: Path, tmp_path: Path) -> None:
    whole = shared_data / "sct_testing_data/t2/t2.nii.gz"
    path = tmp_path / "cut.nii.gz"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert oracles.itk(path).shape == (52, 55, 60), "what is missing is 0, without a word"
    with pytest.raises(FormatError, match=r"cut\.nii\.gz"):
        medseg.read_volume(path)


def test_simpleitk_straightens_a_sheared_nifti(shared_data: Path) -> None:
    path = shared_data / "niivue/packages/niivue/demos/images/shear.nii.gz"
    volume, expected, peer = medseg.read_volume(path), oracles.nifti(path), oracles.itk(path)
    assert np.abs(volume.geometry.corners_lps - expected.corners).max() < 0.01
    off = np.linalg.norm(peer.corners - expected.corners, axis=1).max()
    assert off == pytest.approx(35.64, abs=0.01), "it takes the qform, which holds no shear"
    texts = {finding.code: finding.text for finding in volume.report}
    assert "18.50 degrees" in texts["TILTED"]
    assert "FORMS_DISAGREE" in texts
