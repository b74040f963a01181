"""Edits: what they touch, that they refuse a state they were not built on, and their inverse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from medseg.errors import EditError
from medseg.model import (
    Authorship,
    Edit,
    Geometry,
    Origin,
    Segment,
    Segmentation,
    SegmentsEdit,
    key_slices,
)
from tests.phantoms import oblique_geometry, two_lesions

BY = Authorship("Reader One", "outline", time="2026-01-02T03:04:05.000+00:00", active_seconds=1.5)
PATCH_SHAPE = (3, 4, 5)
SEGMENTS = (Segment.unnamed(1), Segment.unnamed(2))
patches = arrays(np.uint8, PATCH_SHAPE, elements=st.integers(0, 2))


def _state(segmentation: Segmentation) -> tuple[bytes, dict, tuple]:
    return (
        segmentation.array.tobytes(),
        dict(segmentation.provenance),
        segmentation.segments,
    )


def test_building_an_edit_does_nothing_and_apply_does() -> None:
    segmentation = two_lesions()
    before = _state(segmentation)
    edit = Edit.from_patch(segmentation, (0, 0, 0), np.ones(PATCH_SHAPE, np.uint8), BY)
    assert _state(segmentation) == before
    edit.apply(segmentation)
    assert (segmentation.array[:3, :4, :5] == 1).all()


@settings(max_examples=60, deadline=None)
@given(patches, st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 5)))
def test_inverse_restores_every_bit(patch: np.ndarray, corner: tuple[int, int, int]) -> None:
    segmentation = two_lesions()
    before = _state(segmentation)
    edit = Edit.from_patch(segmentation, corner, patch, BY)
    edit.apply(segmentation)
    after = _state(segmentation)
    edit.inverse().apply(segmentation)
    assert _state(segmentation) == before
    edit.inverse().inverse().apply(segmentation)
    assert _state(segmentation) == after


@settings(max_examples=60, deadline=None)
@given(patches, patches, st.integers(1, 12))
def test_it_touches_each_segment_just_where_that_gains_or_loses(
    before: np.ndarray, after: np.ndarray, wide: int
) -> None:
    """Wide patches are held as runs, which may reach over the end of a slice."""
    before, after = (np.repeat(one, wide, axis=2) for one in (before, after))
    shape = before.shape
    segmentation = Segmentation(before, Geometry.from_spacing(shape, (1.0, 1.0, 1.0)), SEGMENTS)
    edit = Edit.from_patch(segmentation, (0, 0, 0), after, BY)
    expected = {
        (number, index)
        for number in (1, 2)
        for index in range(len(before))
        if ((before[index] == number) != (after[index] == number)).any()
    }
    assert set(edit.origins) == expected


def test_box_slices_and_segments_are_what_changes_and_no_more() -> None:
    segmentation = two_lesions()
    patch = np.array(segmentation.array)
    patch[4, 6, 8] = 1  # from segment 2 to segment 1
    patch[5, 7, 9] = 2
    edit = Edit.from_patch(segmentation, (0, 0, 0), patch, BY)
    assert edit.box == (slice(4, 6), slice(6, 8), slice(8, 10))
    assert edit.slices == (4, 5)
    assert edit.segments == (1, 2)
    assert int(edit.changed.sum()) == 2
    assert_array_equal(edit.old.dense, (2, 0))
    assert_array_equal(edit.new.dense, (1, 2))


def test_constant_values_are_held_once() -> None:
    segmentation = Segmentation.empty(oblique_geometry(), (Segment.new_lesion(1),))
    edit = Edit.from_patch(segmentation, (0, 0, 0), np.ones(PATCH_SHAPE, np.uint8), BY)
    assert edit.old.held.size == edit.new.held.size == 1
    assert edit.nbytes < 1000 + 8 + 2 + 400 * 3 + 1


def test_an_edit_refuses_another_state_and_leaves_it_alone() -> None:
    segmentation = two_lesions()
    edit = Edit.from_patch(segmentation, (0, 0, 0), np.ones(PATCH_SHAPE, np.uint8), BY)
    Edit.from_patch(segmentation, (0, 0, 0), np.full((1, 1, 1), 2, np.uint8), BY).apply(
        segmentation
    )
    before = _state(segmentation)
    with pytest.raises(EditError, match="state it was built on"):
        edit.apply(segmentation)
    assert _state(segmentation) == before


@pytest.mark.parametrize("corner", [(-1, 0, 0), (4, 0, 0), (0, 5, 0), (0, 0, 6)])
def test_a_patch_off_the_grid_is_refused(corner: tuple[int, int, int]) -> None:
    with pytest.raises(EditError, match="inside the grid"):
        Edit.from_patch(two_lesions(), corner, np.ones(PATCH_SHAPE, np.uint8), BY)


def test_a_number_without_a_segment_is_refused() -> None:
    with pytest.raises(EditError, match=r"none names \[9\]"):
        Edit.from_patch(two_lesions(), (0, 0, 0), np.full(PATCH_SHAPE, 9, np.uint8), BY)


def test_an_edit_that_changes_nothing_is_empty_and_harmless() -> None:
    segmentation = two_lesions()
    before = _state(segmentation)
    edit = Edit.from_patch(segmentation, (0, 0, 0), segmentation.array, BY)
    assert edit.is_empty
    edit.apply(segmentation)
    assert _state(segmentation) == before


def test_provenance_follows_the_edit() -> None:
    segmentation = two_lesions()
    Edit.from_patch(segmentation, (2, 0, 0), np.ones((1, 2, 2), np.uint8), BY).apply(segmentation)
    slice_origin = segmentation.provenance[1, 2]
    assert slice_origin.origin is Origin.DRAWN
    assert (slice_origin.author, slice_origin.tool) == ("Reader One", "outline")
    assert slice_origin.time == "2026-01-02T03:04:05.000+00:00"
    assert key_slices(segmentation.provenance, 1) == (2,)


def test_handwork_upon_a_machines_slice_is_a_correction_and_stays_one() -> None:
    segmentation = two_lesions()
    for origin, value, expected in (
        (Origin.INTERPOLATED, 1, Origin.INTERPOLATED),
        (Origin.DRAWN, 0, Origin.CORRECTED),
        (Origin.DRAWN, 1, Origin.CORRECTED),
        (Origin.ASSISTED, 0, Origin.ASSISTED),
    ):
        patch = np.full((1, 1, 1), value, np.uint8)
        Edit.from_patch(segmentation, (0, 0, 0), patch, BY, origin).apply(segmentation)
        assert segmentation.provenance[1, 0].origin is expected


def test_a_slice_redrawn_just_as_it_was_still_becomes_a_key_slice() -> None:
    segmentation = two_lesions()
    same = np.array(segmentation.array[1:2])
    edit = Edit.from_patch(segmentation, (1, 0, 0), same, BY, also_origin_of=((1, 1),))
    assert not edit.is_empty
    edit.apply(segmentation)
    assert key_slices(segmentation.provenance, 1) == (1,)
    edit.inverse().apply(segmentation)
    assert not segmentation.provenance


def test_a_list_of_segments_changes_and_changes_back() -> None:
    segmentation = two_lesions()
    old = segmentation.segments
    edit = SegmentsEdit.to_list(segmentation, (*old, Segment.new_lesion(3)), BY)
    edit.apply(segmentation)
    assert segmentation.numbers == (1, 2, 3)
    edit.inverse().apply(segmentation)
    assert segmentation.segments == old


def test_a_segment_with_voxels_is_not_dropped_from_the_list() -> None:
    segmentation = two_lesions()
    edit = SegmentsEdit.to_list(segmentation, segmentation.segments[:1], BY)
    with pytest.raises(EditError, match="still has voxels"):
        edit.apply(segmentation)
    assert segmentation.numbers == (1, 2)


def test_a_list_edit_refuses_another_state() -> None:
    segmentation = two_lesions()
    with pytest.raises(EditError, match="segments differ"):
        SegmentsEdit((), (), BY, {}).apply(segmentation)


def test_a_removed_segment_takes_its_provenance_along_and_brings_it_back() -> None:
    segmentation = two_lesions()
    Edit.from_patch(segmentation, (4, 6, 8), np.zeros((1, 1, 1), np.uint8), BY).apply(segmentation)
    before = _state(segmentation)
    edit = SegmentsEdit.to_list(segmentation, segmentation.segments[:1], BY)
    edit.apply(segmentation)
    assert not [key for key in segmentation.provenance if key[0] == 2]
    edit.inverse().apply(segmentation)
    assert _state(segmentation) == before


def test_a_number_beyond_the_arrays_type_is_refused() -> None:
    segmentation = two_lesions()
    far = (*segmentation.segments, Segment.new_lesion(300))
    with pytest.raises(EditError, match="300 does not fit uint8"):
        SegmentsEdit.to_list(segmentation, far, BY).apply(segmentation)
    with pytest.raises(EditError, match="does not fit"):
        Segmentation(np.zeros((1, 1, 1), np.uint8), oblique_geometry((1, 1, 1)), far)
    with pytest.raises(EditError, match=r"none names \[300\]"):
        Edit.from_patch(segmentation, (0, 0, 0), np.full((1, 1, 1), 300, np.uint16), BY)


def test_the_free_number_is_the_next_or_the_lowest_left() -> None:
    grid = oblique_geometry()
    assert Segmentation.empty(grid).free_number == 1
    assert two_lesions().free_number == 3
    top = Segmentation.empty(grid, (Segment.unnamed(1), Segment.unnamed(255)))
    assert top.free_number == 2
    full = Segmentation.empty(grid, tuple(Segment.unnamed(number) for number in range(1, 256)))
    with pytest.raises(EditError, match="255 segments at most"):
        _ = full.free_number
