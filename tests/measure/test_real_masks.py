"""Real masks, measured and compared by other programs on the files' own axes."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist

import medseg
from medseg.measure import Agreement, compare_lesions, compare_masks, measure_all, measure_segment

NRRD = Path("dcmqi/data/segmentations")
CORD = Path("sct_testing_data/t2")
SPINE = Path("panoptica/examples/spine_seg/semantic")
Points = NDArray[np.float64]


def nifti(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The voxels as nibabel has them, and the affine."""
    image = nibabel.load(path)
    return np.asarray(image.dataobj).astype(np.int64), image.affine


def at(affine: NDArray[np.float64], index: NDArray[np.float64]) -> Points:
    return np.asarray(index @ affine[:3, :3].T + affine[:3, 3])


# --- one segment ----------------------------------------------------------------------------------


def test_an_mr_lesion_measures_what_nibabel_numpy_and_scipy_say(shared_data: Path) -> None:
    mask_path = shared_data / CORD / "t2_fake_lesion_lesion_seg.nii.gz"
    image_path = shared_data / CORD / "t2_fake_lesion.nii.gz"
    volume = medseg.read_volume(image_path)
    segmentation = medseg.read_segmentation(mask_path, like=volume)
    found = {one.name: one for one in measure_segment(segmentation, 1, volume)}
    inside, affine = nifti(mask_path)
    values = np.asarray(nibabel.load(image_path).dataobj).astype(float)[inside == 1]
    voxel_mm3 = abs(np.linalg.det(affine[:3, :3]))
    assert found["volume"].value == pytest.approx(163 * voxel_mm3 / 1000)
    assert found["mean"].value == pytest.approx(values.mean())
    assert found["sd"].value == pytest.approx(values.std())
    assert found["median"].value == pytest.approx(np.median(values))
    assert (found["minimum"].value, found["maximum"].value) == (values.min(), values.max())
    # The third axis of the file runs across the slices.
    in_plane = [(0.5, 0, 0), (-0.5, 0, 0), (0, 0.5, 0), (0, -0.5, 0)]
    longest = 0.0
    for index in range(inside.shape[2]):
        pieces, count = ndimage.label(inside[:, :, index], np.ones((3, 3)))
        for piece in range(1, count + 1):
            pixels = np.argwhere(pieces == piece).astype(float)
            pixels = np.column_stack([pixels, np.full(len(pixels), index)])
            edges = np.concatenate([pixels + side for side in in_plane])
            longest = max(longest, float(pdist(at(affine, edges)).max()))
    assert found["longest_diameter"].value == pytest.approx(longest)
    faces = np.concatenate(
        [np.argwhere(inside == 1) + side for side in (*in_plane, (0, 0, 0.5), (0, 0, -0.5))]
    )
    assert found["longest_3d_diameter"].value == pytest.approx(pdist(at(affine, faces)).max())
    ends = np.array(found["longest_diameter"].points_lps) * (-1, -1, 1)  # to RAS, nibabel's
    index = at(np.linalg.inv(affine), ends)
    assert index[0, 2] == pytest.approx(index[1, 2])


@pytest.mark.parametrize("name", ["liver_seg.nrrd", "spine_seg.nrrd", "heart_seg.nrrd"])
def test_nrrd_masks_on_ct_measure_what_simpleitk_says(shared_data: Path, name: str) -> None:
    volume = medseg.read_volume(shared_data / NRRD / "ct-3slice")
    segmentation = medseg.read_segmentation(shared_data / NRRD / name, like=volume)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(shared_data / NRRD / "ct-3slice")))
    image, mask = reader.Execute(), SimpleITK.ReadImage(str(shared_data / NRRD / name))
    mask.CopyInformation(image)  # the same grid; written with fewer digits
    labels = SimpleITK.Cast(mask, SimpleITK.sitkUInt8)
    shape, values = (
        SimpleITK.LabelShapeStatisticsImageFilter(),
        SimpleITK.LabelIntensityStatisticsImageFilter(),
    )
    shape.Execute(labels)
    values.Execute(labels, image)
    (number,) = segmentation.numbers
    found = {one.name: one.value for one in measure_segment(segmentation, number, volume)}
    assert shape.GetLabels() == (number,)
    assert found["volume"] == pytest.approx(shape.GetPhysicalSize(number) / 1000)
    assert found["mean"] == pytest.approx(values.GetMean(number))
    count = shape.GetNumberOfPixels(number)
    unbiased = values.GetStandardDeviation(number)
    assert found["sd"] == pytest.approx(unbiased * np.sqrt((count - 1) / count))
    assert found["minimum"] == values.GetMinimum(number)
    assert found["maximum"] == values.GetMaximum(number)


def test_a_dicom_seg_holds_as_much_as_the_nrrd_it_was_made_from(shared_data: Path) -> None:
    """Decoded by pydicom alone: a bit for each voxel."""
    seg = pydicom.dcmread(shared_data / NRRD / "liver.dcm")
    measures = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    row_mm, column_mm = map(float, measures.PixelSpacing)
    gap_mm = float(measures.get("SpacingBetweenSlices", measures.SliceThickness))
    segmentation = medseg.read_segmentation(shared_data / NRRD / "liver_seg.nrrd")
    measured = measure_all(segmentation)[1][0]
    volume_mm3 = int(seg.pixel_array.sum()) * row_mm * column_mm * gap_mm
    assert (measured.name, measured.unit) == ("volume", "ml")
    assert measured.value == pytest.approx(volume_mm3 / 1000, rel=1e-5)


# --- two masks ------------------------------------------------------------------------------------


def by_scipy(
    a: NDArray[np.bool_], b: NDArray[np.bool_], affine: NDArray[np.float64]
) -> dict[str, float]:
    """Overlap, and distances between border voxels in mm, by trees of points."""
    (to_b, to_a), both = _distances(a, b, affine), np.count_nonzero(a & b)
    together = np.concatenate([to_b, to_a])
    return {
        "dice": 2 * both / (np.count_nonzero(a) + np.count_nonzero(b)),
        "iou": both / np.count_nonzero(a | b),
        "hd_mm": max(to_b.max(), to_a.max()),
        "hd95_mm": max(np.percentile(to_b, 95), np.percentile(to_a, 95)),
        "asd_ab_mm": to_b.mean(),
        "asd_ba_mm": to_a.mean(),
        "assd_mm": together.mean(),
        "nsd": (together <= 1.0).mean(),
    }


def _distances(
    a: NDArray[np.bool_], b: NDArray[np.bool_], affine: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    borders = [
        at(affine, np.argwhere(mask & ~ndimage.binary_erosion(mask)).astype(float))
        for mask in (a, b)
    ]
    there, back = cKDTree(borders[1]).query(borders[0])[0], cKDTree(borders[0]).query(borders[1])[0]
    return there, back


def check(found: Agreement, expected: dict[str, float]) -> None:
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-6, abs=1e-9), name


def test_masks_of_the_spine_agree_as_scipy_says_of_each_label(shared_data: Path) -> None:
    """MR, predicted against reference: 14 labels, slices of 3.3 mm, stored sagittally."""
    pairs = [shared_data / SPINE / name for name in ("ref.nii.gz", "pred.nii.gz")]
    a, b = (medseg.read_segmentation(path) for path in pairs)
    (one, affine), (other, _) = map(nifti, pairs)
    assert a.numbers == b.numbers
    for number in a.numbers[2:9]:
        found = compare_masks(a.mask(number), b.mask(number), a.geometry, convention="voxel_border")
        check(found, by_scipy(one == number, other == number, affine))
        voxel_ml = abs(np.linalg.det(affine[:3, :3])) / 1000
        assert found.volume_b_ml == pytest.approx(np.count_nonzero(other == number) * voxel_ml)


def test_lesions_of_the_spine_are_the_parts_of_each_label(shared_data: Path) -> None:
    a, b = (
        medseg.read_segmentation(shared_data / SPINE / name)
        for name in ("ref.nii.gz", "pred.nii.gz")
    )
    found = compare_lesions(a.array, b.array, a.geometry)
    for path, lesions in (("ref.nii.gz", found.lesions_a), ("pred.nii.gz", found.lesions_b)):
        voxels, _ = nifti(shared_data / SPINE / path)
        for number in np.unique(voxels[voxels > 0]).tolist():
            count = ndimage.label(voxels == number, np.ones((3, 3, 3)))[1]
            assert sum(one.segment == number for one in lesions) == count
    assert found.detection.matched >= 14  # every label, though they touch
    assert len(compare_lesions(a.array != 0, b.array != 0, a.geometry).lesions_a) < 14


def test_a_lesion_and_its_cord_agree_as_scipy_says(shared_data: Path) -> None:
    paths = [
        shared_data / CORD / f"t2_fake_lesion_{name}.nii.gz" for name in ("lesion_seg", "sc_seg")
    ]
    a, b = (medseg.read_segmentation(path) for path in paths)
    (one, affine), (other, _) = map(nifti, paths)
    found = compare_masks(a.array, b.array, a.geometry, convention="voxel_border")
    check(found, by_scipy(one != 0, other != 0, affine))


def test_nrrd_masks_agree_as_scipy_says(shared_data: Path) -> None:
    a, b = (
        medseg.read_segmentation(shared_data / NRRD / name)
        for name in ("liver_seg.nrrd", "heart_seg.nrrd")
    )
    images = [
        SimpleITK.ReadImage(str(shared_data / NRRD / name))
        for name in ("liver_seg.nrrd", "heart_seg.nrrd")
    ]
    one, other = (SimpleITK.GetArrayFromImage(image) != 0 for image in images)
    affine = np.diag([*images[0].GetSpacing()[::-1], 1.0])
    found = compare_masks(a.array, b.array, a.geometry, convention="voxel_border")
    check(found, by_scipy(one, other, affine))
