"""Real files: figures measured elsewhere come out, and nothing but a MedsegError ever does.

The figures are those of the data's index: SimpleITK, dcm2niix and arithmetic on the headers,
agreeing except where a test says so.
"""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (its users know it by this name)

import medseg
from medseg.errors import GeometryError, MedsegError, UnevenSpacingError
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


def _itk_series(folder: Path) -> sitk.Image:
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    return sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))


def test_philips_phantom(shared_data: Path) -> None:
    folder = shared_data / "dcm_qa_ct/In/Philips/S21570/S2010"
    volume = medseg.read_volume(folder)
    assert volume.voxels.shape == (28, 512, 512)
    assert volume.geometry.spacing_mm == pytest.approx((5.0, 0.4512, 0.4512), abs=5e-5)
    assert volume.geometry.affine[:3, 3] == pytest.approx((-115.5, -1.85, 696.21), abs=0.005)
    assert (volume.voxels.min(), volume.voxels.max()) == (-1024, 782)
    assert (volume.unit, volume.voxels.dtype, volume.report) == ("HU", np.int16, ())
    image = _itk_series(folder)
    assert (volume.voxels == sitk.GetArrayViewFromImage(image)).all()
    there = image.TransformIndexToPhysicalPoint((511, 511, 27))
    assert np.allclose(volume.geometry.to_patient((27, 511, 511)), there, atol=1e-4)


def test_siemens_body_and_its_mask(shared_data: Path) -> None:
    folder = shared_data / "TotalSegmentator/tests/reference_files"
    volume = medseg.read_volume(folder / "example_ct_dicom")
    assert volume.voxels.shape == (20, 512, 512)
    assert volume.geometry.spacing_mm == pytest.approx((2.0, 0.9766, 0.9766), abs=5e-5)
    assert (volume.voxels.min(), volume.voxels.max()) == (-1024, 1839)
    assert volume.unit == "HU"
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


def test_five_codecs_hold_the_same_pixels(shared_data: Path) -> None:
    folder = shared_data / "dicom2nifti/tests/data/generic"
    names = ("compressed", "compressed_j2k", "compressed_jpeg", "compressed_jpegls")
    first = medseg.read_volume(folder / "compressed_rle/001")
    truth = nibabel.load(folder / "compressed/001_ground_truth.nii.gz")
    for name in names:
        volume = medseg.read_volume(folder / name / "001")
        assert (volume.voxels == first.voxels).all()
        assert volume.geometry.corner_displacement_mm(first.geometry) == 0
    mask = medseg.read_segmentation(folder / "compressed/001_ground_truth.nii.gz", like=first)
    assert (mask.array == first.voxels).all(), "the truth of another program, brought onto the grid"
    assert truth.shape[0] == 256


def test_uneven_and_tilted_head(shared_data: Path) -> None:
    folder = shared_data / "dcm_qa_ct/In/GE"
    with pytest.raises(UnevenSpacingError, match="2 equidistant blocks"):
        medseg.read_volume(folder)
    whole, *blocks = medseg.list_series(folder)
    assert whole.shape == (28, 512, 512)
    assert [block.shape for block in blocks] == [(14, 512, 512)] * 2
    volume = medseg.read_volume(folder, series=blocks[0].id)
    assert volume.geometry.tilt_degrees == pytest.approx(18.5, abs=0.005)
    assert volume.geometry.spacing_mm[0] == pytest.approx(4.22, abs=0.005)


def test_a_tilt_of_14_degrees_is_kept(shared_data: Path) -> None:
    folder = shared_data / "dicom2nifti/tests/data/failing/gantrytilting/001"
    volume = medseg.read_volume(folder)
    assert volume.geometry.tilt_degrees == pytest.approx(14.0, abs=0.005)
    assert volume.geometry.slice_gap_mm == pytest.approx(4.851, abs=0.001)
    assert [finding.code for finding in volume.report] == ["TILTED"]


def test_a_missing_slice_is_found(shared_data: Path) -> None:
    folder = shared_data / "dicom2nifti/tests/data/failing/sliceincrement/001"
    with pytest.raises(medseg.errors.MissingSlicesError, match="1 of 5 are missing"):
        medseg.read_volume(folder)
    volume = medseg.read_volume(folder, allow_gaps=True)
    assert volume.geometry.spacing_mm[0] == pytest.approx(5.0)
    assert volume.voxels.shape == (5, 512, 512)


def test_mixed_orientations_are_volumes_of_their_own(shared_data: Path) -> None:
    folder = shared_data / "dicom2nifti/tests/data/failing/sliceorientation/001"
    infos = medseg.list_series(folder)
    assert [info.shape for info in infos] == [(2, 288, 288)] * 2
    assert [round(info.spacing_mm[0], 2) for info in infos if info.spacing_mm] == [3.3, 4.4]


def test_a_sheared_nifti_is_read_sheared(shared_data: Path) -> None:
    path = shared_data / "niivue/packages/niivue/demos/images/shear.nii.gz"
    volume = medseg.read_volume(path)
    steps = volume.geometry.affine[:3, :3] / np.array(volume.geometry.spacing_mm)
    assert np.abs(steps.T @ steps - np.eye(3)).max() == pytest.approx(0.32, abs=0.005)
    assert (volume.voxels.min(), round(float(volume.voxels.max()))) == (-1024, 789)
    there = nibabel.load(path)
    assert np.allclose(
        volume.geometry.to_patient((53, 421, 305)) * [-1, -1, 1],
        nibabel.affines.apply_affine(there.affine, (305, 421, 53)),
    )


def test_metaimage_is_simpleitks(shared_data: Path) -> None:
    path = shared_data / "niivue/packages/niivue/demos/images/mha.mha"
    volume, image = medseg.read_volume(path), sitk.ReadImage(str(path))
    assert (volume.voxels == sitk.GetArrayViewFromImage(image)).all()
    there = image.TransformIndexToPhysicalPoint((63, 63, 36))
    assert np.allclose(volume.geometry.to_patient((36, 63, 63)), there)


@pytest.mark.parametrize(
    ("folder", "size", "spacing"),
    [
        ("Slicer/Testing/Data/Input/CTHeadAxialDicom", (93, 64, 64), (1.5, 3.2, 3.2)),
        ("dcmqi/data/segmentations/23x38x3/image", (3, 38, 23), (2.5, 0.7, 0.7)),
        ("dicom2nifti/tests/data/generic/anatomical/002_non_isotropic", (4, 28, 64), (0.5, 4, 6.4)),
        ("dicom2nifti/tests/data/hitachi/anatomical/001", (4, 64, 64), (4, 2.34375, 2.34375)),
        ("rt-utils/tests/oriented_data", (3, 50, 100), (4.5, 3.5, 2.5)),
    ],
)
def test_clean_series_agree_with_simpleitk(
    shared_data: Path, folder: str, size: tuple, spacing: tuple
) -> None:
    volume = medseg.read_volume(shared_data / folder)
    assert volume.voxels.shape == size
    assert volume.geometry.spacing_mm == pytest.approx(spacing, abs=1e-3)
    image = _itk_series(shared_data / folder)
    values = sitk.GetArrayViewFromImage(image)
    if volume.geometry.slice_normal @ volume.geometry.affine[:3, 0] < 0:
        values = values[::-1]
    assert np.allclose(volume.voxels, values, atol=1e-4)
    last = np.array(image.GetSize()) - 1
    there = image.TransformIndexToPhysicalPoint(last.tolist())
    assert np.allclose(volume.geometry.to_patient(last[::-1]), there, atol=0.01)


REFUSED = {
    "dcm_qa_nih/In/20180918Si/mr_0003": "mosaics",
    "dicom2nifti/tests/data/generic/rgb/001": "3 values per pixel",
    "dcmqi/data/segmentations/23x38x3/seg": "SEG",
    "highdicom/data/test_files/sm_image.dcm": "whole-slide",
    "highdicom/data/test_files/sr_document.dcm": "structured report",
    "highdicom/data/test_files/dx_image.dcm": "Image Position",
    "rt-utils/tests/mock_data/rt.dcm": "RTSTRUCT",
}


@pytest.mark.parametrize("path", REFUSED)
def test_kinds_that_come_later_are_refused_in_words(shared_data: Path, path: str) -> None:
    with pytest.raises(MedsegError, match=REFUSED[path]):
        medseg.read_volume(shared_data / path)


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
