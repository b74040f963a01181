"""Real files: masks lie on their images, and nothing but a MedsegError ever comes out.

What each of them holds is held to in test_index_truth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import medseg
from medseg.errors import GeometryError, MedsegError
from medseg.model import labels_in

ROOT = Path(__file__).resolve().parents[3] / "shared" / "data"
# Each folder with files of its own; of the sets' top folders one, as a walk through a whole tree.
FOLDERS = sorted(
    folder
    for folder in {file.parent for file in ROOT.rglob("*") if file.is_file()}
    if ROOT not in (folder, folder.parent) or folder.name == "dicom2nifti"
)
FILES = sorted(
    file
    for file in ROOT.rglob("*")
    if file.is_file() and not file.name.startswith((".", "LICENSE", "COMMIT"))
)


def test_a_clean_series_has_nothing_to_report(shared_data: Path) -> None:
    volume = medseg.read_volume(shared_data / "dcm_qa_ct/In/Philips/S21570/S2010")
    assert (volume.voxels.dtype, volume.report) == (np.int16, ())


def test_siemens_body_and_its_mask(shared_data: Path) -> None:
    folder = shared_data / "TotalSegmentator/tests/reference_files"
    volume = medseg.read_volume(folder / "example_ct_dicom")
    mask = medseg.read_segmentation(folder / "example_seg_dicom.nii.gz", like=volume)
    assert mask.geometry is volume.geometry
    assert np.count_nonzero(mask.array) == 739420
    assert len(labels_in(mask.array)) == len(mask.segments) == 31
    bare = medseg.read_segmentation(folder / "example_seg_dicom.nii.gz")
    assert not bare.geometry.same_grid(volume.geometry), "it is stored in another direction"


def test_a_cord_and_its_lesion(shared_data: Path) -> None:
    folder = shared_data / "sct_testing_data/t2"
    volume = medseg.read_volume(folder / "t2_fake_lesion.nii.gz")
    mask = medseg.read_segmentation(folder / "t2_fake_lesion_lesion_seg.nii.gz", like=volume)
    assert np.count_nonzero(mask.array) == 163
    cord = medseg.read_segmentation(folder / "t2_fake_lesion_sc_seg.nii.gz", like=volume)
    assert np.count_nonzero(cord.array) == 7335
    with pytest.raises(GeometryError, match=r"t2_seg-manual\.nii\.gz is off by .* mm"):
        medseg.read_segmentation(folder / "t2_seg-manual.nii.gz", like=volume)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_entry_of_every_folder_is_read_or_refused_in_words(folder: Path) -> None:
    infos = medseg.list_series(folder)
    assert infos
    assert len({info.id for info in infos}) == len(infos)
    for index, info in enumerate(infos):
        if info.is_readable:
            volume = medseg.read_volume(folder, series=index)
            assert volume.voxels.shape == volume.geometry.shape == info.shape
        else:
            with pytest.raises(MedsegError):
                medseg.read_volume(folder, series=index)


@pytest.mark.parametrize("name", ["read_volume", "read_segmentation"])
def test_every_file_is_read_or_refused_in_words(shared_data: Path, name: str) -> None:
    read = getattr(medseg, name)
    done = 0
    for file in FILES:
        try:
            read(file)
            done += 1
        except MedsegError as refusal:
            assert file.name in str(refusal)  # noqa: PT017 (either outcome is right)
    assert done > 30, "a sweep in which nothing was read would prove nothing"
