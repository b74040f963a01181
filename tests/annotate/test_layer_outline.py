"""Outlines across the slices, contours changed by their points, and reshaping of one slice."""

from __future__ import annotations

import numpy as np
import pytest

from medseg.annotate import (
    Protection,
    fill_polygon,
    layer_outline_edit,
    margin_edit,
    moved_outline_edit,
    outline_edit,
    reshaped_on_slice,
)
from medseg.errors import EditError, GeometryError
from medseg.model import Authorship, Contour, Geometry, Origin, Segment, Segmentation

BY = Authorship("A. Reader", "test")
SHAPE = (9, 11, 13)
# A tilted stack: its slices are shifted against each other, and nothing is at right angles.
TILTED = Geometry(SHAPE, [[0, 0, 0.8, 5], [1.1, 0.7, 0, -3], [2.5, 0.2, 0, 40], [0, 0, 0, 1]])


def empty() -> Segmentation:
    return Segmentation.empty(TILTED, (Segment.unnamed(1), Segment.unnamed(2)))


def contour(axis: int, layer: int, points: np.ndarray, number: int = 1) -> Contour:
    index = np.insert(np.asarray(points, float), axis, layer, axis=1)
    return Contour(TILTED.to_patient(index), number)


WAVY = np.array([(1.3, 2.2), (1.9, 7.8), (4.4, 6.1), (7.7, 8.9), (6.2, 3.4), (3.1, 4.9)])


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("mode", ["add", "subtract", "replace"])
def test_an_outline_fills_its_layer_by_the_pixel_centre_rule_and_no_other(axis, mode):
    mask, rng = empty(), np.random.default_rng(axis)
    before = (rng.random(SHAPE) < 0.3).astype(np.uint8)
    mask.replace_box((slice(0, 9), slice(0, 11), slice(0, 13)), before)
    layer_outline_edit(mask, [contour(axis, 4, WAVY)], BY, axis=axis, mode=mode).apply(mask)
    plane_shape = tuple(np.delete(SHAPE, axis))
    inside, was = fill_polygon(WAVY, plane_shape), before.take(4, axis) == 1
    wanted = {"add": was | inside, "subtract": was & ~inside, "replace": inside}[mode]
    np.testing.assert_array_equal(mask.array.take(4, axis) == 1, wanted)
    others = [at for at in range(SHAPE[axis]) if at != 4]
    np.testing.assert_array_equal(mask.array.take(others, axis), before.take(others, axis))


def test_only_slices_that_changed_are_drawn_and_the_inverse_brings_all_back():
    mask = empty()
    edit = layer_outline_edit(mask, [contour(1, 4, WAVY)], BY, axis=1)
    edit.apply(mask)
    changed = np.flatnonzero(mask.array.any(axis=(1, 2)))
    assert {(1, index) for index in changed.tolist()} == set(mask.provenance)
    assert {word.origin for word in mask.provenance.values()} == {Origin.DRAWN}
    edit.inverse().apply(mask)
    assert not mask.array.any()
    assert not mask.provenance


def test_across_the_slices_it_is_the_outline_that_was_there_before():
    mask, ring = empty(), contour(0, 3, WAVY)
    new, old = layer_outline_edit(mask, [ring], BY, axis=0), outline_edit(mask, [ring], BY)
    new.apply(mask)
    array = mask.array.copy()
    new.inverse().apply(mask)
    old.apply(mask)
    np.testing.assert_array_equal(mask.array, array)


def test_outlines_out_of_their_layer_or_without_a_voxel_are_refused():
    mask = empty()
    with pytest.raises(GeometryError, match="one layer"):
        layer_outline_edit(mask, [contour(1, 4, WAVY)], BY, axis=2)
    with pytest.raises(GeometryError, match="one layer"):
        layer_outline_edit(mask, [contour(1, 40, WAVY)], BY, axis=1)
    with pytest.raises(EditError, match="voxel centre"):
        layer_outline_edit(mask, [contour(1, 4, WAVY / 100 + 2.3)], BY, axis=1)
    with pytest.raises(EditError, match="axis"):
        layer_outline_edit(mask, [contour(1, 4, WAVY)], BY, axis=3)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_moved_point_changes_what_lies_between_the_two_contours_alone(axis):
    mask, rng = empty(), np.random.default_rng(7)
    speckles = (rng.random(SHAPE) < 0.2).astype(np.uint8)
    mask.replace_box((slice(0, 9), slice(0, 11), slice(0, 13)), speckles)
    after = WAVY.copy()
    after[3] += (-3.0, 1.5)
    edit = moved_outline_edit(mask, contour(axis, 4, WAVY), contour(axis, 4, after), BY, axis=axis)
    edit.apply(mask)
    shape = tuple(np.delete(SHAPE, axis))
    was, now = fill_polygon(WAVY, shape), fill_polygon(after, shape)
    wanted = ((speckles.take(4, axis) == 1) | (now & ~was)) & ~(was & ~now)
    np.testing.assert_array_equal(mask.array.take(4, axis) == 1, wanted)
    same = moved_outline_edit(mask, contour(axis, 4, after), contour(axis, 4, after), BY, axis=axis)
    assert not same.old.count


def test_a_slice_is_reshaped_as_if_alone_and_keeps_how_it_came_to_be():
    mask = empty()
    for index in (3, 4, 5):
        outline_edit(mask, [contour(0, index, WAVY)], BY).apply(mask)
    before = mask.array.copy()

    def grown(alone: Segmentation) -> object:
        assert alone.geometry.shape == (1, *SHAPE[1:])
        np.testing.assert_allclose(
            alone.geometry.to_patient((0, 2, 3)), TILTED.to_patient((4, 2, 3))
        )
        return margin_edit(alone, 1, BY, margin_mm=0.85, protection=Protection("everything"))

    edit = reshaped_on_slice(mask, 1, 4, BY, grown)
    edit.apply(mask)
    np.testing.assert_array_equal(np.delete(mask.array, 4, 0), np.delete(before, 4, 0))
    gained = (mask.array[4] == 1) & (before[4] == 0)
    assert gained.any()
    assert not ((mask.array[4] == 0) & (before[4] == 1)).any()
    with pytest.raises(EditError, match="no slice 9"):
        reshaped_on_slice(mask, 1, 9, BY, grown)
