"""Outlines in the patient become edits of voxels."""

from __future__ import annotations

import numpy as np
import pytest

from medseg.annotate import Protection, outline_edit
from medseg.errors import EditError, GeometryError
from medseg.model import Authorship, Contour, Edit, Origin, Segmentation
from tests.phantoms import oblique_geometry, ramp_volume, two_lesions

BY = Authorship("Reader", "outline", active_seconds=3.5)


def square(
    segmentation: Segmentation, index: int, low: float, high: float, segment: int = 1
) -> Contour:
    corners = [(low, low), (low, high), (high, high), (high, low)]
    return Contour.on_slice(segmentation.geometry, index, corners, segment)


def drawn(segmentation: Segmentation, *contours: Contour, **options: str) -> Edit:
    edit = outline_edit(segmentation, contours, BY, **options)  # type: ignore[arg-type]
    edit.apply(segmentation)
    return edit


@pytest.mark.parametrize("shear", [0.0, 0.9])
def test_the_voxels_inside_become_the_segments(shear: float) -> None:
    segmentation = two_lesions(oblique_geometry(shear=shear))
    edit = drawn(segmentation, square(segmentation, 5, 1.5, 4.5))
    expected = np.zeros(segmentation.geometry.shape[1:], bool)
    expected[2:5, 2:5] = True
    np.testing.assert_array_equal(segmentation.array[5] == 1, expected)
    assert edit.authorship is BY
    assert edit.slices == (5,)


def test_building_the_edit_changes_nothing() -> None:
    segmentation = two_lesions()
    before = segmentation.array.copy()
    outline_edit(segmentation, [square(segmentation, 5, 1.5, 4.5)], BY)
    np.testing.assert_array_equal(segmentation.array, before)
    assert not segmentation.provenance


def test_a_ring_in_a_ring_is_a_hole_and_slices_are_drawn_together() -> None:
    segmentation = two_lesions()
    edit = drawn(
        segmentation,
        square(segmentation, 0, 0.5, 6.5),
        square(segmentation, 0, 2.5, 4.5),
        square(segmentation, 5, 0.5, 2.5),
    )
    assert (segmentation.array[0] == 1).sum() == 36 - 4
    assert (segmentation.array[5] == 1).sum() == 4
    assert edit.slices == (0, 5)
    assert {key: origin.origin for key, origin in segmentation.provenance.items()} == {
        (1, 0): Origin.DRAWN,
        (1, 5): Origin.DRAWN,
    }


def test_other_segments_keep_their_voxels_in_every_mode() -> None:
    for mode in ("add", "subtract", "replace"):
        segmentation = two_lesions()
        others = segmentation.mask(2)
        drawn(segmentation, square(segmentation, 4, 0.5, 7.5), mode=mode)
        np.testing.assert_array_equal(segmentation.mask(2), others)


def test_subtract_takes_only_from_the_segment_inside() -> None:
    segmentation = two_lesions()
    before = segmentation.mask(1)
    drawn(segmentation, square(segmentation, 2, 1.5, 4.5), mode="subtract")
    inside = np.zeros_like(before)
    inside[2, 2:5, 2:5] = True
    np.testing.assert_array_equal(segmentation.mask(1), before & ~inside)


def test_replace_makes_the_slice_equal_to_the_outline() -> None:
    segmentation = two_lesions()
    before = segmentation.mask(1)
    drawn(segmentation, square(segmentation, 2, -0.5, 1.5), mode="replace")
    expected = before.copy()
    expected[2] = False
    expected[2, 0:2, 0:2] = True
    np.testing.assert_array_equal(segmentation.mask(1), expected)


def test_replace_leaves_the_slices_between_alone() -> None:
    segmentation = two_lesions()
    before = segmentation.array.copy()
    edges = (square(segmentation, index, 0.5, 2.5) for index in (0, 2, 5))
    edit = drawn(segmentation, *edges, mode="replace")
    np.testing.assert_array_equal(segmentation.array[[1, 3, 4]], before[[1, 3, 4]])
    for index in (0, 2, 5):
        assert np.argwhere(segmentation.array[index] == 1).tolist() == [
            [1, 1],
            [1, 2],
            [2, 1],
            [2, 2],
        ]
    assert edit.slices == (0, 2, 5)


def test_protection_says_whose_voxels_an_outline_takes() -> None:
    segmentation = two_lesions()
    whole = square(segmentation, 4, -0.5, 20.0)
    image = ramp_volume(segmentation.geometry)
    for protection, expected in (
        (None, segmentation.array[4] == 0),
        (Protection(over="everything"), np.ones((8, 10), bool)),
        (Protection(over=2), segmentation.array[4] == 2),
        (
            Protection("everything", intensity=(430.0, 449.0), volume=image),
            (image.voxels[4] >= 430) & (image.voxels[4] <= 449),
        ),
    ):
        trial = two_lesions()
        outline_edit(trial, [whole], BY, protection=protection).apply(trial)
        np.testing.assert_array_equal(trial.array[4] == 1, expected)


def test_a_slice_redrawn_as_it_was_is_recorded_as_drawn() -> None:
    segmentation = two_lesions()
    before = segmentation.array.copy()
    corners = [(1.5, 2.5), (1.5, 6.5), (4.5, 6.5), (4.5, 2.5)]
    edit = drawn(segmentation, Contour.on_slice(segmentation.geometry, 1, corners, 1))
    np.testing.assert_array_equal(segmentation.array, before)
    assert not edit.is_empty
    assert segmentation.provenance[1, 1].origin is Origin.DRAWN


def test_the_inverse_takes_it_back_bit_for_bit() -> None:
    segmentation = two_lesions()
    before = segmentation.array.copy()
    edit = drawn(segmentation, square(segmentation, 2, 0.5, 6.5), mode="replace")
    assert not np.array_equal(segmentation.array, before)
    edit.inverse().apply(segmentation)
    np.testing.assert_array_equal(segmentation.array, before)
    assert not segmentation.provenance


def test_what_lies_partly_outside_is_cut_off() -> None:
    segmentation = two_lesions()
    drawn(segmentation, square(segmentation, 5, -20.0, 1.5))
    assert (segmentation.array[5] == 1).sum() == 4


@pytest.mark.parametrize(("low", "high"), [(-30.0, -20.0), (50.0, 60.0), (2.1, 2.9)])
def test_an_outline_that_holds_no_voxel_centre_is_refused(low: float, high: float) -> None:
    segmentation = two_lesions()
    with pytest.raises(EditError, match="slice 5 encloses none"):
        outline_edit(segmentation, [square(segmentation, 5, low, high)], BY)


def test_outlines_that_make_no_sense_are_refused_in_words() -> None:
    segmentation = two_lesions()
    fine = square(segmentation, 5, 1.5, 4.5)
    with pytest.raises(EditError, match=r"one segment; found contours of \[1, 2\]"):
        outline_edit(segmentation, [fine, square(segmentation, 5, 1.5, 4.5, segment=2)], BY)
    with pytest.raises(EditError, match=r"one segment; found contours of \[\]"):
        outline_edit(segmentation, [], BY)
    with pytest.raises(EditError, match="no segment 9"):
        outline_edit(segmentation, [square(segmentation, 5, 1.5, 4.5, segment=9)], BY)
    with pytest.raises(EditError, match="paint"):
        outline_edit(segmentation, [fine], BY, mode="paint")  # type: ignore[arg-type]


def test_a_contour_between_slices_is_refused() -> None:
    segmentation = two_lesions()
    off = square(segmentation, 2, 1.5, 4.5).points_lps + segmentation.geometry.affine[:3, 0] / 2
    with pytest.raises(GeometryError, match="one slice"):
        outline_edit(segmentation, [Contour(off, 1)], BY)
