"""Filling one segment as an edit, with a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from medseg.errors import EditError
from medseg.interpolate import FillResult, fill_all_edit, fill_between_slices, fill_edit
from medseg.model import Authorship, Edit, Geometry, Origin, Segment, Segmentation
from tests.phantoms import ellipsoid, oblique_geometry

BY = Authorship("Reader", "fill between slices")
SHAPE = (12, 30, 32)


def lesion(keys: tuple[int, ...], *, by_hand: bool = True, shear: float = 0.0) -> Segmentation:
    """An ellipsoid of which only some slices are there, drawn or from elsewhere."""
    geometry = oblique_geometry(SHAPE, shear=shear)
    truth = ellipsoid(geometry, (5.5, 15, 16), (14.0, 8.0, 9.0))
    segments = (Segment.unnamed(1, "Nodule"), Segment.unnamed(2, "Vessel"))
    if not by_hand:
        array = np.zeros(SHAPE, np.uint8)
        array[list(keys)] = truth[list(keys)]
        return Segmentation(array, geometry, segments)
    segmentation = Segmentation.empty(geometry, segments)
    for key in keys:
        paint(segmentation, key, truth[key])
    return segmentation


def paint(
    segmentation: Segmentation,
    index: int,
    plane: NDArray[np.bool_],
    origin: Origin = Origin.DRAWN,
    number: int = 1,
) -> None:
    """Make a slice of one segment equal to a mask, whatever was there."""
    patch = segmentation.array[index : index + 1].copy()
    patch[0][patch[0] == number] = 0
    patch[0][plane] = number
    pairs = ((number, index),)
    edit = Edit.from_patch(segmentation, (index, 0, 0), patch, BY, origin, also_origin_of=pairs)
    edit.apply(segmentation)


def filled(segmentation: Segmentation) -> FillResult:
    result = fill_edit(segmentation, 1, BY)
    if result.edit:
        result.edit.apply(segmentation)
    return result


def origins(segmentation: Segmentation) -> Mapping[int, Origin]:
    return {index: known.origin for (_, index), known in segmentation.provenance.items()}


@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("shear", [0.0, 0.9])
def test_the_slices_between_keys_are_filled_and_recorded(by_hand: bool, shear: float) -> None:
    segmentation = lesion((2, 5, 9), by_hand=by_hand, shear=shear)
    before = segmentation.array.copy()
    result = filled(segmentation)
    assert result.filled == (3, 4, 6, 7, 8)
    assert result.skipped == ()
    assert result.edit is not None
    assert result.edit.slices == result.filled
    assert result.edit.authorship is BY
    np.testing.assert_array_equal(
        segmentation.array, fill_between_slices(before, segmentation.geometry.spacing_mm)
    )
    recorded = origins(segmentation)
    assert {index for index in recorded if recorded[index] is Origin.INTERPOLATED} == {
        3,
        4,
        6,
        7,
        8,
    }
    assert all(recorded.get(key) is (Origin.DRAWN if by_hand else None) for key in (2, 5, 9))


def test_building_the_edit_changes_nothing_and_its_inverse_restores_everything() -> None:
    segmentation = lesion((2, 9))
    before, known = segmentation.array.copy(), dict(segmentation.provenance)
    result = fill_edit(segmentation, 1, BY)
    np.testing.assert_array_equal(segmentation.array, before)
    assert result.edit is not None
    result.edit.apply(segmentation)
    result.edit.inverse().apply(segmentation)
    np.testing.assert_array_equal(segmentation.array, before)
    assert segmentation.provenance == known


def test_a_corrected_slice_becomes_a_key_and_its_gaps_are_filled_anew() -> None:
    segmentation = lesion((2, 9))
    filled(segmentation)
    after_first = segmentation.array.copy()
    smaller = np.zeros(SHAPE[1:], bool)
    smaller[13:17, 14:18] = True
    paint(segmentation, 6, smaller)
    assert origins(segmentation)[6] is Origin.CORRECTED
    result = filled(segmentation)
    assert result.filled == (3, 4, 5, 7, 8)
    np.testing.assert_array_equal(segmentation.array[6] == 1, smaller)
    assert (segmentation.array[5] == 1).sum() < (after_first[5] == 1).sum()


def test_propagated_slices_are_no_keys() -> None:
    segmentation = lesion((2, 9))
    paint(segmentation, 5, segmentation.array[2] == 1, Origin.PROPAGATED)
    result = filled(segmentation)
    assert result.filled == (3, 4, 5, 6, 7, 8)
    assert origins(segmentation)[5] is Origin.INTERPOLATED


def test_assisted_slices_are_keys() -> None:
    segmentation = lesion((2, 9))
    paint(segmentation, 5, segmentation.array[2] == 1, Origin.ASSISTED)
    assert filled(segmentation).filled == (3, 4, 6, 7, 8)


def test_the_object_ends_at_a_slice_that_was_emptied_by_hand() -> None:
    segmentation = lesion((2, 5, 9))
    filled(segmentation)
    paint(segmentation, 7, np.zeros(SHAPE[1:], bool))
    result = filled(segmentation)
    assert result.filled == (3, 4)
    (finding,) = result.skipped
    assert (finding.code, finding.where.slices) == ("OBJECT_ENDS", (6, 8))
    assert not segmentation.array[6:9].any()
    assert segmentation.array[9].any()


def test_other_segments_keep_their_voxels_and_the_cut_is_told() -> None:
    segmentation = lesion((2, 9))
    bar = np.zeros(SHAPE[1:], bool)
    bar[14:16] = True
    paint(segmentation, 5, bar, number=2)
    vessel = segmentation.mask(2)
    result = filled(segmentation)
    np.testing.assert_array_equal(segmentation.mask(2), vessel)
    assert result.filled == (3, 4, 5, 6, 7, 8)
    (finding,) = result.skipped
    assert (finding.code, finding.severity) == ("CUT_BY_OTHERS", "warning")
    assert finding.where.slices == (5,)
    assert "Nodule" in finding.text


@pytest.mark.parametrize(
    ("keys", "words"), [((), "it has no slice"), ((4,), "it has only slice 4")]
)
def test_fewer_than_two_keys_are_told_with_what_to_do(keys: tuple[int, ...], words: str) -> None:
    segmentation = lesion(keys)
    result = filled(segmentation)
    assert result.edit is None
    assert result.filled == ()
    (finding,) = result.skipped
    assert (finding.code, finding.where.slices) == ("TOO_FEW_KEYS", keys)
    assert words in finding.text
    assert "Draw its outline on at least two slices" in finding.text


def test_a_segment_erased_on_all_its_keys_is_told() -> None:
    segmentation = lesion((2, 5))
    for index in (2, 5):
        paint(segmentation, index, np.zeros(SHAPE[1:], bool))
    (finding,) = filled(segmentation).skipped
    assert "empty on all of slices 2, 5" in finding.text


def test_neighbouring_keys_leave_nothing_to_fill() -> None:
    result = filled(lesion((4, 5, 6)))
    assert result.edit is None
    assert [finding.code for finding in result.skipped] == ["NOTHING_BETWEEN"]


def test_filling_twice_changes_nothing_the_second_time() -> None:
    segmentation = lesion((2, 9))
    filled(segmentation)
    known = dict(segmentation.provenance)
    result = filled(segmentation)
    assert result.edit is None
    assert result.filled == (3, 4, 5, 6, 7, 8)
    assert [finding.code for finding in result.skipped] == ["NOTHING_CHANGED"]
    assert segmentation.provenance == known


def test_a_tilted_object_is_followed_from_slice_to_slice() -> None:
    """Upright in the patient, it wanders over the slices of a tilted stack."""
    geometry = Geometry(SHAPE, oblique_geometry(SHAPE, shear=1.4).affine)
    array = np.zeros(SHAPE, np.uint8)
    for index in range(SHAPE[0]):
        array[index, 26 - 2 * index : 29 - 2 * index, 10:13] = 1
    keys = (0, 4, 8, 11)
    segmentation = Segmentation.empty(geometry, (Segment.unnamed(1),))
    for key in keys:
        paint(segmentation, key, array[key] == 1)
    filled(segmentation)
    np.testing.assert_array_equal(segmentation.array, array)


def test_an_unknown_segment_is_refused() -> None:
    with pytest.raises(EditError, match="no segment 9"):
        fill_edit(lesion((2, 9)), 9, BY)


def test_tiny_keys_that_do_not_meet_are_joined_and_reported() -> None:
    """Nothing vanishes, and nothing is joined in silence."""
    grid = Geometry.from_spacing((3, 8, 8), (1.0, 1.0, 1.0))
    segmentation = Segmentation.empty(grid, (Segment.new_lesion(1),))
    voxel, by = np.ones((1, 1, 1), np.uint8), Authorship("Reader", "outline")
    for corner in ((0, 0, 1), (2, 1, 4)):
        Edit.from_patch(segmentation, corner, voxel, by).apply(segmentation)
    result = fill_edit(segmentation, 1, by)
    assert result.filled == (1,)
    assert result.edit is not None
    result.edit.apply(segmentation)
    assert segmentation.mask(1).sum() in (3, 4)
    [finding] = result.skipped
    assert (finding.code, finding.severity, finding.where.slices) == ("FAR_APART", "warning", (1,))
    assert "between slices 0 and 2" in finding.text


def test_a_part_that_ends_is_reported() -> None:
    segmentation = lesion((2, 6, 9))
    other = segmentation.array[6] == 1
    other[1:4, 1:5] = True
    paint(segmentation, 6, other)
    result = filled(segmentation)
    assert [(one.code, one.where.slices) for one in result.skipped] == [
        ("PART_ENDS", (3, 4, 5)),
        ("PART_ENDS", (7, 8)),
    ]
    assert segmentation.array[5, 1:4, 1:5].any()
    assert not segmentation.array[3, :5, :6].any()


def test_parts_that_overlap_crosswise_are_a_warning() -> None:
    segmentation = Segmentation.empty(
        Geometry.from_spacing(SHAPE, (2.0, 1.0, 1.0)), (Segment.unnamed(1),)
    )
    first, last = np.zeros((2, *SHAPE[1:]), bool)
    first[5:8, 2:30] = first[12:15, 2:30] = True
    last[2:20, 5:8] = last[2:20, 20:23] = True
    paint(segmentation, 2, first)
    paint(segmentation, 6, last)
    assert [one.code for one in filled(segmentation).skipped] == ["PARTS_UNCERTAIN"]


def test_beside_a_key_two_gaps_alone_are_filled_as_with_all_others() -> None:
    keys = (0, 2, 4, 6, 8, 11)
    everything, part = lesion(keys), lesion(keys)
    filled(everything)
    result = fill_edit(part, 1, BY, beside=4)
    assert result.filled == (3, 5)
    assert result.edit is not None
    assert result.edit.slices == (3, 5)
    result.edit.apply(part)
    np.testing.assert_array_equal(part.array[3:6], everything.array[3:6])
    assert not part.array[[1, 7, 9, 10]].any()
    with pytest.raises(EditError, match="asked for was 5"):
        fill_edit(part, 1, BY, beside=5)


def test_a_locked_segment_is_left_and_told() -> None:
    segmentation = lesion((2, 9))
    locked = tuple(replace(one, is_locked=True) for one in segmentation.segments)
    segmentation.replace_segments(locked)
    for result in (fill_edit(segmentation, 1, BY), fill_all_edit(segmentation, BY, numbers=[1])):
        assert result.edit is None
        assert [one.code for one in result.skipped] == ["SEGMENT_LOCKED"]


def test_all_segments_are_filled_in_one_edit_as_the_mask_would_be() -> None:
    segmentation = lesion((2, 9))
    bar = np.zeros(SHAPE[1:], bool)
    bar[14:18, 2:30] = True
    for index in (2, 9):
        paint(segmentation, index, bar & (segmentation.array[index] == 0), number=2)
    before = segmentation.array.copy()
    result = fill_all_edit(segmentation, BY)
    assert result.edit is not None
    assert result.filled == (3, 4, 5, 6, 7, 8)
    result.edit.apply(segmentation)
    np.testing.assert_array_equal(
        segmentation.array, fill_between_slices(before, segmentation.geometry.spacing_mm)
    )
