"""What an edit holds: marks, grouped origins, and the edit that stores one number."""

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
    SliceOrigin,
)
from medseg.model.marks import Marks
from medseg.model.origins import GroupedOrigins
from medseg.model.patching import bounding_box
from medseg.model.provenance import after_change
from tests.phantoms import two_lesions

BY = Authorship("Reader", "brush", time="2026-01-02T03:04:05.000+00:00")
boxes = st.tuples(*[st.integers(0, 7)] * 3)


def ball(radius: int) -> np.ndarray:
    away = np.arange(-radius, radius + 1) ** 2
    return away[:, None, None] + away[:, None] + away <= radius * radius


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(4).random(shape) < 0.5


@given(boxes.flatmap(lambda shape: arrays(np.bool_, shape)))
@settings(max_examples=80, deadline=None)
def test_marks_come_back(marked: np.ndarray) -> None:
    assert_array_equal(Marks.of(marked).dense, marked)


@pytest.mark.parametrize(
    "marked", [ball(20), ~ball(20), ball(90), noise(41, 41, 41), noise(20, 400, 400)]
)
def test_many_marks_come_back_and_take_no_more_than_their_bits(marked: np.ndarray) -> None:
    marks = Marks.of(marked)
    assert_array_equal(marks.dense, marked)
    assert marks.nbytes <= (marked.size + 7) // 8


def test_smooth_shapes_take_a_fraction_of_their_bits_and_noise_does_not() -> None:
    assert Marks.of(ball(20)).nbytes < 41**3 / 8 / 3
    assert Marks.of(noise(41, 41, 41)).nbytes == (41**3 + 7) // 8


def test_marks_of_another_box_are_refused() -> None:
    with pytest.raises(EditError, match="as many as the voxels"):
        Marks(b"\0\0", (2, 2, 2))


@given(arrays(np.bool_, (3, 4, 5)))
@settings(max_examples=60, deadline=None)
def test_the_bounding_box_is_the_smallest(changed: np.ndarray) -> None:
    where = np.argwhere(changed)
    expected = [(0, 0)] * 3
    if where.size:
        expected = list(zip(where.min(axis=0), where.max(axis=0) + 1, strict=True))
    assert [(side.start, side.stop) for side in bounding_box(changed)] == expected


words = st.sampled_from(
    [None, *(SliceOrigin(Origin.DRAWN, "Reader", time, "brush") for time in ("1", "2"))]
)
keys = st.tuples(st.integers(1, 3), st.integers(0, 9))


@given(st.dictionaries(keys, st.tuples(words, words)))
@settings(max_examples=150, deadline=None)
def test_grouped_origins_are_the_same_mapping_in_ascending_order(origins: dict) -> None:
    grouped = GroupedOrigins.of(origins)
    assert dict(grouped) == origins
    assert list(grouped) == sorted(origins)
    assert list(grouped.items()) == sorted(origins.items(), key=lambda item: item[0])
    assert len(grouped) == len(origins)
    assert dict(grouped.inverse) == {key: pair[::-1] for key, pair in origins.items()}
    assert grouped.after == {key: after for key, (_, after) in origins.items()}
    for number in range(5):
        for index in range(-1, 11):
            assert ((number, index) in grouped) == ((number, index) in origins)
    before = {key: pair[0] for key, pair in origins.items() if pair[0] is not None}
    assert grouped.are_in(before)
    for key in origins:
        other = SliceOrigin(Origin.ASSISTED, "Machine", "3", "model")
        assert not grouped.are_in(before | {key: other})


def test_slices_that_agree_are_held_once_whatever_their_objects_are() -> None:
    words = [SliceOrigin(Origin.DRAWN, "Reader", "1", "brush") for _ in range(9)]
    assert (
        len(GroupedOrigins.of({(1, i): (None, word) for i, word in enumerate(words)}).groups) == 1
    )


@given(
    arrays(np.bool_, (3, 4, 5)),
    st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 5)),
    st.integers(0, 2),
)
@settings(max_examples=100, deadline=None)
def test_one_number_in_some_voxels_is_the_edit_of_the_patch_that_holds_it(
    where: np.ndarray, corner: tuple[int, int, int], number: int
) -> None:
    segmentation = two_lesions()
    before = segmentation.array.tobytes(), dict(segmentation.provenance)
    box = tuple(slice(at, at + size) for at, size in zip(corner, where.shape, strict=True))
    patch = np.where(where, number, segmentation.array[box])
    also = ((2, 5),)
    edit = Edit.of_one_value(segmentation, corner, where, number, BY, also_origin_of=also)
    other = Edit.from_patch(segmentation, corner, patch, BY, also_origin_of=also)
    assert edit.box == other.box
    assert_array_equal(edit.changed, other.changed)
    assert_array_equal(edit.old.dense, other.old.dense)
    assert_array_equal(edit.new.dense, other.new.dense)
    assert edit.new.dense.dtype == segmentation.array.dtype
    assert dict(edit.origins) == dict(other.origins)
    edit.apply(segmentation)
    assert_array_equal(segmentation.array[box], patch)
    edit.inverse().apply(segmentation)
    assert (segmentation.array.tobytes(), dict(segmentation.provenance)) == before


@pytest.mark.parametrize(
    ("corner", "number", "text"),
    [((-1, 0, 0), 1, "inside the grid"), ((0, 0, 0), 300, "none names"), ((4, 6, 7), 1, "locked")],
)
def test_one_number_is_refused_off_the_grid_unnamed_or_in_a_locked_segment(
    corner: tuple[int, int, int], number: int, text: str
) -> None:
    segmentation = two_lesions()
    SegmentsEdit.of_segment(segmentation, 2, BY, is_locked=True).apply(segmentation)
    with pytest.raises(EditError, match=text):
        Edit.of_one_value(segmentation, corner, np.ones((1, 1, 2), bool), number, BY)


def test_plain_marks_are_packed_later_and_have_the_same_bits() -> None:
    plain = Marks.plain(ball(20))
    packed = plain.packed()
    assert plain.nbytes == (41**3 + 7) // 8
    assert packed.nbytes < plain.nbytes / 3
    assert packed.bits == plain.bits == np.packbits(ball(20)).tobytes()
    assert packed.packed() is packed
    assert Marks.plain(noise(41, 41, 41)).packed().nbytes == (41**3 + 7) // 8


@given(st.dictionaries(keys, words.filter(bool)), st.sets(keys), words.filter(bool))
@settings(max_examples=150, deadline=None)
def test_origins_after_a_change_are_those_of_each_slice_alone(
    known: dict, touched: set, change: SliceOrigin
) -> None:
    found = GroupedOrigins.after_change(known, sorted(touched), change)
    assert dict(found) == {
        key: (known.get(key), after_change(known.get(key), change)) for key in touched
    }
    assert list(found) == sorted(touched)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("small", [0, 10**6])
def test_boxes_large_and_small_are_changed_alike(
    monkeypatch: pytest.MonkeyPatch, small: int, kind: type
) -> None:
    monkeypatch.setattr("medseg.model.edit._SMALL", small)
    random = np.random.default_rng(8)
    grid = Geometry.from_spacing((4, 5, 6), (1.0, 1.0, 1.0))
    highest = int(np.iinfo(kind).max)
    segments = (Segment.unnamed(1), Segment.unnamed(highest))
    before = random.choice([0, 1, highest], grid.shape).astype(kind)
    segmentation = Segmentation(before.copy(), grid, segments)
    where = random.random((3, 4, 5)) < 0.5
    edit = Edit.of_one_value(segmentation, (1, 0, 1), where, highest, BY)
    edit.apply(segmentation)
    expected = before.copy()
    expected[1:4, 0:4, 1:6][where] = highest
    assert_array_equal(segmentation.array, expected)
    with pytest.raises(EditError, match="state it was built on"):
        edit.apply(segmentation)
    assert_array_equal(segmentation.array, expected)
    edit.inverse().apply(segmentation)
    assert_array_equal(segmentation.array, before)
