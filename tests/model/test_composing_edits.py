"""Several edits as one, values in few bytes, a segment removed whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal

from medseg.errors import EditError
from medseg.model import (
    Authorship,
    Changes,
    Edit,
    Origin,
    Segment,
    Segmentation,
    SegmentsEdit,
    composed,
    removal,
)
from medseg.model.values import Values
from tests.phantoms import two_lesions

BY = Authorship("Reader One", "brush", time="2026-01-02T03:04:05.000+00:00", active_seconds=1.5)


def state(segmentation: Segmentation) -> tuple[bytes, dict, tuple]:
    return segmentation.array.tobytes(), dict(segmentation.provenance), segmentation.segments


def applied(segmentation: Segmentation, seed: int, count: int) -> list[Edit]:
    random = np.random.default_rng(seed)
    edits = []
    for number in range(count):
        corner = tuple(int(at) for at in random.integers(0, 3, 3))
        patch = random.integers(0, 3, random.integers(1, 4, 3)).astype(np.uint8)
        by = replace(BY, time=f"2026-01-02T03:04:{number:02}.000+00:00")
        origin = list(Origin)[int(random.integers(5))]
        edits.append(Edit.from_patch(segmentation, corner, patch, by, origin))
        edits[-1].apply(segmentation)
    return edits


@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
@settings(max_examples=80, deadline=None)
def test_a_composed_edit_does_what_its_parts_do_and_takes_it_back(seed: int, count: int) -> None:
    step_by_step, at_once = two_lesions(), two_lesions()
    before = state(at_once)
    edits = applied(step_by_step, seed, count)
    one = composed(edits)
    one.apply(at_once)
    assert state(at_once) == state(step_by_step)
    one.inverse().apply(at_once)
    assert state(at_once) == before
    assert one.authorship.time == edits[-1].authorship.time
    assert one.authorship.active_seconds == pytest.approx(1.5 * count)


def test_what_comes_out_as_it_went_in_is_no_part_of_it() -> None:
    segmentation = two_lesions()
    drawn = Edit.from_patch(segmentation, (0, 0, 0), np.ones((1, 2, 2), np.uint8), BY)
    one = composed([drawn, drawn.inverse()])
    assert one.is_empty
    assert one.new.count == 0


def test_a_composed_edit_names_all_slices_and_segments_that_it_changes() -> None:
    segmentation, edits = two_lesions(), []
    for value, index in ((1, 0), (2, 0), (1, 5)):  # all at one time, so origins come out alike
        patch = np.full((1, 1, 2), value, np.uint8)
        edits.append(Edit.from_patch(segmentation, (index, 0, 0), patch, BY))
        edits[-1].apply(segmentation)
    back = Edit.from_patch(segmentation, (0, 0, 0), np.ones((1, 1, 1), np.uint8), BY)
    assert composed(edits).slices == (0, 5)
    assert composed(edits).segments == (1, 2)
    assert composed([*edits[1:], back]).slices == (0, 5)
    assert composed([*edits[1:], back]).segments == (1, 2)


def test_single_changes_are_found_in_changes_of_changes() -> None:
    edits = applied(two_lesions(), 0, 3)
    assert Changes((edits[0], Changes((edits[1], edits[2])))).leaves == tuple(edits)


def test_edits_that_do_not_follow_each_other_are_not_composed() -> None:
    segmentation = two_lesions()
    one = Edit.from_patch(segmentation, (0, 0, 0), np.ones((1, 2, 2), np.uint8), BY)
    other = Edit.from_patch(segmentation, (0, 0, 0), np.full((1, 2, 2), 2, np.uint8), BY)
    with pytest.raises(EditError, match="in the order"):
        composed([one, other])
    with pytest.raises(EditError, match="one author"):
        composed([one, replace(one.inverse(), authorship=Authorship("Reader Two", "brush"))])
    with pytest.raises(EditError, match="one at least"):
        composed([])


def test_changes_are_all_made_or_none() -> None:
    segmentation = two_lesions()
    before = state(segmentation)
    good = Edit.from_patch(segmentation, (0, 0, 0), np.ones((1, 2, 2), np.uint8), BY)
    with pytest.raises(EditError, match="built on"):
        Changes((good, good)).apply(segmentation)
    assert state(segmentation) == before
    with pytest.raises(EditError, match="found none"):
        Changes(())


def test_a_removed_segment_goes_with_its_voxels_and_comes_back_with_them() -> None:
    segmentation = two_lesions()
    patch = np.ones((1, 1, 1), np.uint8)
    Edit.from_patch(segmentation, (1, 2, 3), patch, BY, also_origin_of=((1, 1), (1, 5))).apply(
        segmentation
    )
    before = state(segmentation)
    change = removal(segmentation, 1, BY)
    assert state(segmentation) == before, "building it does nothing"
    change.apply(segmentation)
    assert segmentation.numbers == (2,)
    assert set(np.unique(segmentation.array)) == {0, 2}
    assert not segmentation.provenance
    change.inverse().apply(segmentation)
    assert state(segmentation) == before
    assert change.authorship == replace(BY, active_seconds=3.0)


def test_a_segment_without_voxels_is_removed_too_and_a_locked_one_is_not() -> None:
    segmentation = two_lesions()
    longer = (*segmentation.segments, Segment.unnamed(3))
    SegmentsEdit.to_list(segmentation, longer, BY).apply(segmentation)
    removal(segmentation, 3, BY).apply(segmentation)
    assert segmentation.numbers == (1, 2)
    SegmentsEdit.of_segment(segmentation, 2, BY, is_locked=True).apply(segmentation)
    with pytest.raises(EditError, match="locked"):
        removal(segmentation, 2, BY)


def test_a_segments_fields_change_and_its_number_does_not() -> None:
    segmentation = two_lesions()
    before = state(segmentation)
    edit = SegmentsEdit.of_segment(segmentation, 2, BY, label="Node", color=(1, 2, 3))
    edit.apply(segmentation)
    assert (segmentation.segment(2).label, segmentation.segment(2).color) == ("Node", (1, 2, 3))
    edit.inverse().apply(segmentation)
    assert state(segmentation) == before
    with pytest.raises(EditError, match="no name that can be changed"):
        SegmentsEdit.of_segment(segmentation, 2, BY, name="Node")
    with pytest.raises(EditError, match="has a label"):
        SegmentsEdit.of_segment(segmentation, 2, BY, label="")


def test_segments_are_put_in_another_order() -> None:
    segmentation = two_lesions()
    SegmentsEdit.in_order(segmentation, (2, 1), BY).apply(segmentation)
    assert segmentation.numbers == (2, 1)
    for wrong in ((1,), (1, 1), (1, 2, 3)):
        with pytest.raises(EditError, match="each segment once"):
            SegmentsEdit.in_order(segmentation, wrong, BY)


def test_an_edit_refuses_other_provenance_than_it_was_built_on() -> None:
    segmentation = two_lesions()
    edit = Edit.from_patch(segmentation, (0, 0, 0), np.ones((1, 2, 2), np.uint8), BY)
    Edit.from_patch(segmentation, (0, 7, 9), np.ones((1, 1, 1), np.uint8), BY).apply(segmentation)
    before = state(segmentation)
    with pytest.raises(EditError, match="provenance"):
        edit.apply(segmentation)
    assert state(segmentation) == before


def test_an_edit_refuses_a_segment_that_is_no_more() -> None:
    segmentation = two_lesions()
    edit = Edit.from_patch(segmentation, (0, 0, 0), np.full((1, 2, 2), 2, np.uint8), BY)
    edit = replace(edit, origins={})
    removal(segmentation, 2, BY).apply(segmentation)
    with pytest.raises(EditError, match=r"none names \[2\]"):
        edit.apply(segmentation)


rows = st.one_of(
    arrays(np.uint8, st.integers(0, 60), elements=st.integers(0, 3)),
    arrays(np.uint16, st.integers(0, 60), elements=st.integers(0, 65535)),
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 90)), max_size=6).map(
        lambda runs: np.repeat([v for v, _ in runs], [n for _, n in runs]).astype(np.uint16)
    ),
)


@given(rows)
@settings(max_examples=150, deadline=None)
def test_values_come_back_and_take_no_more_than_they_are(row: np.ndarray) -> None:
    values = Values.of(row)
    assert_array_equal(values.dense, row)
    assert values.dense.dtype == row.dtype
    assert values.count == row.size
    assert values.distinct == tuple(np.unique(row).tolist())
    assert values.nbytes <= row.nbytes


@pytest.mark.parametrize(
    ("held", "count", "lengths"),
    [([1, 2], 3, None), ([], 2, None), ([1], 0, None), ([1, 2], 3, [1, 1]), ([1, 2], 2, [2, 0])],
)
def test_values_that_contradict_themselves_are_refused(
    held: list[int], count: int, lengths: list[int] | None
) -> None:
    runs = None if lengths is None else np.array(lengths, np.uint32)
    with pytest.raises(EditError, match="as many as"):
        Values(np.array(held, np.uint8), count, runs)
