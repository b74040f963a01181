"""Two masks compared lesion by lesion."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from medseg.errors import GeometryError, MedsegError
from medseg.measure import Detection, LesionAgreement, compare_lesions, compare_masks
from medseg.model import Geometry
from tests.phantoms import ANISOTROPIC_MM, oblique_geometry

SHAPE = (8, 20, 24)
VOXEL_ML = 2.5 * 0.7 * 0.8 / 1000
Mask = NDArray[np.bool_]


def blocks(*corners: tuple[int, int, int], size: tuple[int, int, int] = (3, 4, 4)) -> Mask:
    mask = np.zeros(SHAPE, bool)
    for corner in corners:
        mask[tuple(slice(i, i + n) for i, n in zip(corner, size, strict=True))] = True
    return mask


@pytest.mark.parametrize("tolerance_mm", [1.0, (0.0, 0.7, 2.0)])
@pytest.mark.parametrize("planar", [False, True])
def test_each_pair_is_compared_to_the_last_bit_as_two_masks_are(
    planar: bool, tolerance_mm: float | tuple[float, ...]
) -> None:
    """Also where surfaces lie farther apart than the search around each place reaches."""
    random = np.random.default_rng(7)
    a, b = np.zeros((2, 1 if planar else 9, 160, 90), np.uint8)
    for number, row in enumerate((10, 40, 70, 100, 130), start=1):
        a[2 * (not planar) :, row : row + 14, 20:50] = number
        b[3 * (not planar) :, row + 3 : row + 15, 18:48] = number
        b[:, row + 5 : row + 6, 40 : 40 + 9 * number] = number
        holes = random.random(a.shape) < 0.2
        a[holes & (a == number)] = 0
        a[:, row + 7, 20:50] = number  # still in one piece
    if planar:
        a, b = a[0], b[0]
    grid = (0.8, 0.6) if planar else ANISOTROPIC_MM
    found = compare_lesions(a, b, grid, tolerance_mm=tolerance_mm)
    segments = {one.number: one.segment for one in found.lesions_a}
    boxes = (
        {one.number: one for one in found.lesions_a},
        {one.number: one for one in found.lesions_b},
    )
    assert len(found.pairs) == 5
    for pair in found.pairs:
        alone = [np.zeros_like(a), np.zeros_like(b)]
        for mask, of, number, own in zip(alone, (a, b), (pair.a, pair.b), boxes, strict=True):
            numbers, _ = ndimage.label(of == own[number].segment, np.ones((3,) * of.ndim))
            inside = numbers[own[number].box]
            mask[own[number].box] = inside == np.bincount(inside[inside > 0]).argmax()
        same = compare_masks(*alone, grid, tolerance_mm=tolerance_mm)
        assert repr(pair.agreement) == repr(same)  # in a plane volumes are NaN
    assert sorted(segments[pair.a] for pair in found.pairs) == [1, 2, 3, 4, 5]
    if not planar:
        assert max(pair.agreement.hd_mm for pair in found.pairs) > 15, "beyond the ball"


def test_found_missed_and_extra_lesions_by_hand() -> None:
    a = blocks((1, 2, 2), (4, 10, 10))
    b = blocks((1, 2, 3), (4, 2, 18))
    found = compare_lesions(a, b, ANISOTROPIC_MM)
    assert [(pair.a, pair.b) for pair in found.pairs] == [(1, 1)]
    assert (found.missed, found.extra) == ((2,), (2,))
    assert (found.splits, found.merges) == ({}, {})
    detection = found.detection
    assert detection == Detection(matched=1, missed=1, extra=1, iou_sum=pytest.approx(0.6))
    assert detection.sensitivity == detection.precision == detection.recognition_quality == 0.5
    assert detection.segmentation_quality == pytest.approx(0.6)
    assert detection.panoptic_quality == pytest.approx(0.3)
    assert detection.false_positives_per_case == 1.0
    assert found.lesions_a[1].volume_ml == pytest.approx(48 * VOXEL_ML)
    assert found.lesions_a[1].box == (slice(4, 7), slice(10, 14), slice(10, 14))
    assert found.lesions_b[0].box == (slice(1, 4), slice(2, 6), slice(3, 7))


def test_each_pair_agrees_as_its_lesions_do_alone() -> None:
    a, b = blocks((1, 2, 2), (4, 10, 10)), blocks((1, 3, 2), (5, 10, 11))
    found = compare_lesions(a, b, ANISOTROPIC_MM, tolerance_mm=(0.5, 1.0))
    first = compare_masks(
        blocks((1, 2, 2)), blocks((1, 3, 2)), ANISOTROPIC_MM, tolerance_mm=(0.5, 1.0)
    )
    second = compare_masks(
        blocks((4, 10, 10)), blocks((5, 10, 11)), ANISOTROPIC_MM, tolerance_mm=(0.5, 1.0)
    )
    assert [pair.agreement for pair in found.pairs] == [first, second]
    border = compare_lesions(a, b, ANISOTROPIC_MM, convention="voxel_border")
    assert border.pairs[1].agreement.convention == "voxel_border"


def test_a_sheared_grid_reaches_the_pairs() -> None:
    grid = oblique_geometry(SHAPE, shear=2.0)
    a, b = blocks((1, 2, 2), (4, 12, 12)), blocks((3, 2, 2), (5, 12, 12))
    sheared = compare_lesions(a, b, grid, least_iou=0.05).pairs[0].agreement
    assert sheared == compare_masks(blocks((1, 2, 2)), blocks((3, 2, 2)), grid)
    upright = compare_masks(blocks((1, 2, 2)), blocks((3, 2, 2)), grid.spacing_mm)
    assert sheared.assd_mm != pytest.approx(upright.assd_mm, rel=0.01)


def test_lesions_are_numbered_in_the_order_of_the_array() -> None:
    a = blocks((0, 14, 2), (0, 2, 14), (5, 1, 1))
    found = compare_lesions(a, a, ANISOTROPIC_MM)
    assert [lesion.number for lesion in found.lesions_a] == [1, 2, 3]
    corners = [tuple(side.start for side in lesion.box) for lesion in found.lesions_a]
    assert corners == [(0, 2, 14), (0, 14, 2), (5, 1, 1)]


def test_parts_that_touch_at_a_corner_are_one_lesion() -> None:
    a = blocks((1, 2, 2), (4, 6, 6))
    assert len(compare_lesions(a, a, ANISOTROPIC_MM).lesions_a) == 1
    assert len(compare_lesions(a[3], a[3], (0.7, 0.8)).lesions_a) == 1


def test_segments_that_touch_are_lesions_of_their_own() -> None:
    a = blocks((1, 2, 2)) * np.uint8(3) + blocks((1, 2, 6)) * np.uint8(7)
    b = blocks((1, 2, 2)) * np.uint8(9) + blocks((1, 2, 6)) * np.uint8(1)
    found = compare_lesions(a, b, ANISOTROPIC_MM)
    assert [one.segment for one in found.lesions_a] == [3, 7]
    assert [one.segment for one in found.lesions_b] == [9, 1]
    assert [(pair.a, pair.b) for pair in found.pairs] == [(1, 1), (2, 2)]
    assert all(pair.agreement.dice == 1.0 for pair in found.pairs)
    assert found.pairs[0].agreement == compare_masks(a == 3, b == 9, ANISOTROPIC_MM)
    as_one = compare_lesions(a != 0, b != 0, ANISOTROPIC_MM)
    assert len(as_one.lesions_a) == len(as_one.lesions_b) == 1
    joined = compare_lesions(a, b != 0, ANISOTROPIC_MM)
    assert joined.merges == {1: (1, 2)}


def test_separate_parts_of_one_segment_are_lesions_of_their_own() -> None:
    a = (blocks((1, 2, 2)) | blocks((1, 2, 12))) * np.uint8(3)
    found = compare_lesions(a, a, ANISOTROPIC_MM)
    assert [one.segment for one in found.lesions_a] == [3, 3]


# --- one to several -------------------------------------------------------------------------------


def test_a_split_lesion_has_one_partner_and_the_rest_is_extra() -> None:
    a = blocks((1, 2, 2), size=(4, 4, 12))
    b = blocks((1, 2, 2), size=(4, 4, 7)) | blocks((1, 2, 10), size=(4, 4, 4))
    found = compare_lesions(a, b, ANISOTROPIC_MM)
    assert found.splits == {1: (1, 2)}
    assert found.merges == {}
    assert [(pair.a, pair.b) for pair in found.pairs] == [(1, 1)]
    assert (found.missed, found.extra) == ((), (2,))
    back = compare_lesions(b, a, ANISOTROPIC_MM)
    assert back.merges == {1: (1, 2)}
    assert back.splits == {}
    assert (back.missed, back.extra) == ((2,), ())


def test_a_lesion_that_only_touches_another_does_not_split_it() -> None:
    a = blocks((1, 2, 2), (1, 2, 12))
    b = blocks((1, 2, 2), (1, 2, 9))
    b[1, 2, 7:9] = b[1, 2, 13] = False
    found = compare_lesions(a, b, ANISOTROPIC_MM, least_iou=0.01)
    assert len(found.pairs) == 2
    assert (found.splits, found.merges) == ({}, {})


def test_the_largest_iou_is_matched_first() -> None:
    """The first lesion overlaps both others; the better fit takes it, not the earlier one."""
    a = blocks((1, 2, 4), size=(4, 4, 10))
    b = blocks((1, 2, 1), size=(4, 4, 5)) | blocks((1, 2, 7), size=(4, 4, 8))
    found = compare_lesions(a, b, ANISOTROPIC_MM)
    assert [(pair.a, pair.b) for pair in found.pairs] == [(1, 2)]
    assert found.extra == (1,)


def test_the_least_iou_decides_what_is_the_same_lesion() -> None:
    a, b = blocks((1, 2, 2)), blocks((1, 2, 4))  # IoU of 1/3
    assert compare_lesions(a, b, ANISOTROPIC_MM, least_iou=1 / 3).detection.matched == 1
    assert compare_lesions(a, b, ANISOTROPIC_MM, least_iou=0.34).detection.matched == 0
    assert compare_lesions(a, b, ANISOTROPIC_MM).least_iou == 0.1


# --- against scipy and plain loops ----------------------------------------------------------------


@given(seed=st.integers(0, 10_000), planar=st.booleans())
@settings(max_examples=30, deadline=None)
def test_counts_equal_those_of_plain_loops(seed: int, planar: bool) -> None:
    random = np.random.default_rng(seed)
    shape = (12, 14) if planar else (6, 9, 10)
    a, b = random.random((2, *shape)) < random.uniform(0.02, 0.2)
    found = compare_lesions(a, b, ANISOTROPIC_MM[-len(shape) :], least_iou=0.2)
    cube = np.ones((3,) * len(shape))
    (labels_a, count_a), (labels_b, count_b) = (ndimage.label(mask, cube) for mask in (a, b))
    assert (len(found.lesions_a), len(found.lesions_b)) == (count_a, count_b)
    table = []
    for i in range(1, count_a + 1):
        for j in range(1, count_b + 1):
            both = np.count_nonzero((labels_a == i) & (labels_b == j))
            either = np.count_nonzero((labels_a == i) | (labels_b == j))
            if both / either >= 0.2:
                table.append((both / either, i, j))
    matches: list[tuple[int, int]] = []
    for _, i, j in sorted(table, key=lambda row: (-row[0], row[1], row[2])):
        if all(i != one and j != other for one, other in matches):
            matches.append((i, j))
    assert [(pair.a, pair.b) for pair in found.pairs] == sorted(matches)
    assert found.detection.missed == count_a - len(matches) == len(found.missed)
    assert found.detection.extra == count_b - len(matches) == len(found.extra)
    for pair in found.pairs:
        alone = compare_masks(labels_a == pair.a, labels_b == pair.b, ANISOTROPIC_MM[-len(shape) :])
        assert pair.agreement.dice == alone.dice
        assert pair.agreement.hd95_mm == alone.hd95_mm
    if not planar:
        for lesion in found.lesions_a:
            size = np.count_nonzero(labels_a == lesion.number)
            assert lesion.volume_ml == pytest.approx(size * VOXEL_ML)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "<i2", ">i2", "i4", "u8"])
@pytest.mark.parametrize("shape", [(12, 14), (6, 9, 10)])
def test_labels_fall_apart_as_scipy_says_of_each_number(dtype: str, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(7)
    a = random.choice([0, 0, 0, 1, 2, 100], shape).astype(dtype)
    b = np.asfortranarray(random.choice([0, 0, 0, 5], shape).astype(dtype))
    found = compare_lesions(a, b, ANISOTROPIC_MM[-len(shape) :], least_iou=0.01)
    cube = np.ones((3,) * len(shape))
    for number in (1, 2, 100):
        labels, count = ndimage.label(a == number, cube)
        mine = [one for one in found.lesions_a if one.segment == number]
        assert len(mine) == count
        boxes = {tuple(map(repr, box)) for box in ndimage.find_objects(labels)}
        assert {tuple(map(repr, one.box)) for one in mine} == boxes
    assert len(found.lesions_b) == ndimage.label(b == 5, cube)[1]
    assert found.pairs


def test_large_arrays_take_the_same_way_in_threads() -> None:
    a, b = np.zeros((2, 70, 80, 90), np.uint8)
    a[10:15, 20:30, 20:30] = a[50:60, 60:70, 60:70] = 7
    b[11:15, 20:30, 21:30] = b[50:60, 61:70, 60:72] = 1
    found = compare_lesions(a, b, ANISOTROPIC_MM)
    crop = compare_lesions(a[5:65, 10:75, 15:80], b[5:65, 10:75, 15:80], ANISOTROPIC_MM)
    assert found.pairs == crop.pairs
    assert len(found.pairs) == 2


# --- nothing there, and bad input -----------------------------------------------------------------


@pytest.mark.parametrize("shape", [SHAPE, (20, 24), (1, 5, 5)])
def test_nothing_there(shape: tuple[int, ...]) -> None:
    spacing = ANISOTROPIC_MM[-len(shape) :]
    empty, some = np.zeros(shape, bool), np.ones(shape, bool)
    none = compare_lesions(empty, empty, spacing)
    assert none.pairs == none.missed == none.extra == none.lesions_a == ()
    assert ratios(none) == [None] * 5
    assert none.detection.false_positives_per_case == 0.0
    assert ratios(compare_lesions(some, empty, spacing)) == [0.0, None, 0.0, None, 0.0]
    extra = compare_lesions(empty, some, spacing)
    assert ratios(extra) == [None, 0.0, 0.0, None, 0.0]
    assert extra.detection.false_positives_per_case == 1.0
    assert ratios(compare_lesions(some, some, spacing)) == [1.0] * 5


def ratios(found: LesionAgreement) -> list[float | None]:
    detection = found.detection
    values = (
        detection.sensitivity,
        detection.precision,
        detection.recognition_quality,
        detection.segmentation_quality,
        detection.panoptic_quality,
    )
    return [None if math.isnan(value) else value for value in values]


def test_cases_add_up() -> None:
    one = compare_lesions(blocks((1, 2, 2)), blocks((1, 2, 3), (4, 2, 18)), ANISOTROPIC_MM)
    other = compare_lesions(blocks((1, 2, 2), (4, 10, 10)), blocks((1, 2, 2)), ANISOTROPIC_MM)
    none = compare_lesions(np.zeros(SHAPE), np.zeros(SHAPE), ANISOTROPIC_MM)
    total = one.detection + other.detection + none.detection
    assert (total.matched, total.missed, total.extra, total.cases) == (2, 1, 1, 3)
    assert total.sensitivity == pytest.approx(2 / 3)
    assert total.false_positives_per_case == pytest.approx(1 / 3)
    assert total.panoptic_quality == pytest.approx(
        total.recognition_quality * total.segmentation_quality
    )


@pytest.mark.parametrize("least_iou", [0.0, -0.1, 1.1, math.nan])
def test_impossible_thresholds_are_refused(least_iou: float) -> None:
    with pytest.raises(MedsegError, match="IoU above 0"):
        compare_lesions(blocks(), blocks(), ANISOTROPIC_MM, least_iou=least_iou)


@pytest.mark.parametrize(
    ("b", "grid"),
    [
        (blocks()[:3], ANISOTROPIC_MM),
        (blocks(), (math.nan, 1.0, 1.0)),
        (blocks(), Geometry.from_spacing((3, 4, 5), (1.0, 1.0, 1.0))),
    ],
)
def test_impossible_grids_are_refused(b: Mask, grid: Any) -> None:
    with pytest.raises(GeometryError):
        compare_lesions(blocks(), b, grid)


def test_unknown_conventions_and_tolerances_are_refused() -> None:
    wrong: list[dict[str, Any]] = [{"convention": "border"}, {"tolerance_mm": -1}]
    for options in wrong:
        with pytest.raises(MedsegError):
            compare_lesions(blocks(), blocks(), ANISOTROPIC_MM, **options)
