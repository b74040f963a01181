"""A lesion drawn on a real series is at the same place in whatever reads its mask.

Where it is, is worked out from Image Position, Orientation and Pixel Spacing alone; the masks
that medseg writes are loaded by nibabel and SimpleITK.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import medseg
from medseg.errors import GeometryError
from medseg.model import Segment, Segmentation, Volume
from tests.formats import oracles

D2N = "dicom2nifti/tests/data/"
UPRIGHT = {
    "JPEG 2000": "TotalSegmentator/tests/reference_files/example_ct_dicom",
    "axial": "Slicer/Testing/Data/Input/CTHeadAxialDicom",
    "sagittal": D2N + "generic/compressed_rle/001",
    "sagittal, oblique": D2N + "hitachi/anatomical/001",
    "pixels of 4 x 6.4 mm": D2N + "generic/anatomical/002_non_isotropic",
    "pixels of 3.5 x 2.5 mm, oblique": "rt-utils/tests/oriented_data",
    "multi-frame": "dcmqi/data/segmentations/23x38x3/multiframe",
}
TILTED = {
    "14 degrees": (D2N + "failing/gantrytilting/001", slice(None)),
    "18.5 degrees": ("dcm_qa_ct/In/GE", slice(14, None)),
}
OTHERS = (".nrrd", ".mha", ".seg.nrrd")


def series(folder: Path, part: slice = slice(None)) -> tuple[Volume, oracles.Truth]:
    """The volume, of several the last one, and where its slices stand by their headers."""
    info = [one for one in medseg.list_series(folder) if one.is_readable][-1]
    files = [file for file in folder.iterdir() if file.suffix != ".txt"]
    frames = sorted(oracles.frames(files), key=lambda frame: frame.height)
    return medseg.read_volume(folder, series=info.id), oracles.volume(frames[part])


def lesion(values: np.ndarray) -> np.ndarray:
    """What is bright in one corner of the volume: lopsided along every axis."""
    mask = np.zeros(values.shape, np.uint8)
    slices, rows, columns = values.shape
    corner = np.s_[slices // 2 :, rows // 8 : rows // 2, columns // 8 : columns // 3]
    mask[corner] = values[corner] > np.median(values[corner])
    mask[slices // 2 - 1, rows // 8, columns // 8] = 1
    assert 4 < np.count_nonzero(mask) < mask.size / 4
    return mask


def drawn(folder: Path, part: slice = slice(None)) -> tuple[Volume, Segmentation, np.ndarray]:
    """The volume, a lesion on it, and the lesion's centroid by the headers."""
    volume, truth = series(folder, part)
    mask = lesion(volume.voxels)
    centroid = truth.centroid(mask == 1)
    mirrored = truth.centroid(mask[:, :, ::-1] == 1)
    assert np.linalg.norm(centroid - mirrored) > 1, "a mirrored mask would be noticed"
    segments = (Segment.unnamed(1, "Lesion 1"),)
    return volume, Segmentation(mask, volume.geometry, segments), centroid


def assert_there(found: oracles.Truth, mask: Segmentation, centroid: np.ndarray) -> None:
    assert np.count_nonzero(found.values) == np.count_nonzero(mask.array)
    assert np.linalg.norm(found.centroid(found.values == 1) - centroid) < 0.01


@pytest.mark.parametrize("kind", UPRIGHT)
def test_a_lesion_is_where_the_headers_put_it(shared_data: Path, tmp_path: Path, kind: str) -> None:
    volume, mask, centroid = drawn(shared_data / UPRIGHT[kind])
    for suffix in (".nii.gz", *OTHERS):
        path = tmp_path / f"lesion{suffix.replace('.', '_')}{suffix}"
        medseg.write_segmentation(mask, path)
        assert_there(oracles.itk(path), mask, centroid)
        if suffix == ".nii.gz":
            assert_there(oracles.nifti(path), mask, centroid)
        back = medseg.read_segmentation(path, like=volume)
        assert np.array_equal(back.array, mask.array)


@pytest.mark.parametrize("kind", TILTED)
def test_a_tilted_lesion_is_in_place_in_nifti_alone(
    shared_data: Path, tmp_path: Path, kind: str
) -> None:
    name, part = TILTED[kind]
    volume, mask, centroid = drawn(shared_data / name, part)
    path = tmp_path / "lesion.nii.gz"
    medseg.write_segmentation(mask, path)
    assert_there(oracles.nifti(path), mask, centroid)
    assert np.array_equal(medseg.read_segmentation(path, like=volume).array, mask.array)
    with pytest.raises(RuntimeError, match="orthonormal"):
        oracles.itk(path)  # SimpleITK refuses a sheared sform, in words of its own
    for suffix in OTHERS:
        with pytest.raises(GeometryError, match=r"Save it as \.nii\.gz"):
            medseg.write_segmentation(mask, tmp_path / f"other{suffix}")
