"""Masks to rings and back, exactly."""

from __future__ import annotations

from pathlib import Path

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from numpy.typing import NDArray

from medseg.raster import edge_contours, fill_rings

masks = npst.arrays(bool, npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12))


def signed_area(ring: NDArray[np.float64]) -> float:
    following = np.roll(ring, -1, axis=0)
    return float((ring[:, 1] * following[:, 0] - following[:, 1] * ring[:, 0]).sum() / 2)


@given(masks)
@settings(deadline=None, max_examples=150)
def test_filling_the_rings_gives_the_mask_back(mask: NDArray[np.bool_]) -> None:
    np.testing.assert_array_equal(fill_rings(edge_contours(mask), mask.shape), mask)


@given(masks)
@settings(deadline=None, max_examples=100)
def test_rings_run_on_edges_and_list_corners_only(mask: NDArray[np.bool_]) -> None:
    for ring in edge_contours(mask):
        assert (ring % 1 == 0.5).all()
        steps = np.roll(ring, -1, axis=0) - ring
        is_down = steps[:, 0] != 0
        assert (is_down != (steps[:, 1] != 0)).all(), "each step is along one axis"
        assert (is_down != np.roll(is_down, 1)).all(), "each point is a corner"


@given(masks)
@settings(deadline=None, max_examples=100)
def test_the_rings_areas_add_up_to_the_pixels(mask: NDArray[np.bool_]) -> None:
    """Outer rings clockwise on the screen count up, holes down."""
    assert sum(signed_area(ring) for ring in edge_contours(mask)) == mask.sum()


def test_every_slice_of_real_lesions_comes_back(shared_data: Path) -> None:
    with np.load(shared_data / "lidc" / "lidc_lesions.npz") as archive:
        lidc = {name: archive[name] for name in archive.files if name != "contour_points"}
    slices = 0
    for row in range(0, len(lidc["row_nz"]), 4):
        shape = tuple(int(lidc[f"row_n{axis}"][row]) for axis in "zyx")
        start, length = int(lidc["row_bit_off"][row]), int(lidc["row_bit_len"][row])
        bits = lidc["bits"][start : start + length]
        lesion = np.unpackbits(bits, count=int(np.prod(shape))).reshape(shape).astype(bool)
        for mask in lesion:
            np.testing.assert_array_equal(fill_rings(edge_contours(mask), mask.shape), mask)
            slices += bool(mask.any())
    assert slices > 2000


def test_one_pixel_is_a_square_around_it() -> None:
    mask = np.zeros((4, 5), bool)
    mask[2, 3] = True
    (ring,) = edge_contours(mask)
    assert ring.tolist() == [[1.5, 2.5], [1.5, 3.5], [2.5, 3.5], [2.5, 2.5]]


def test_a_hole_is_a_ring_of_its_own_the_other_way_round() -> None:
    mask = np.ones((5, 5), bool)
    mask[2, 2] = False
    outer, hole = edge_contours(mask)
    assert signed_area(outer) == 25
    assert signed_area(hole) == -1


def test_pixels_that_touch_at_a_corner_are_in_rings_of_their_own() -> None:
    rings = edge_contours(np.eye(3, dtype=bool))
    assert len(rings) == 3
    assert all(shapely.Polygon(ring).is_valid for ring in rings)


def test_an_empty_mask_has_no_rings() -> None:
    assert edge_contours(np.zeros((3, 4), bool)) == []
    assert edge_contours(np.zeros((0, 4), bool)) == []


def test_the_mask_is_not_changed_and_may_be_a_strided_view() -> None:
    whole = np.random.default_rng(0).random((20, 20)) < 0.5
    view = whole[::2, ::-3]
    before = whole.copy()
    np.testing.assert_array_equal(fill_rings(edge_contours(view), view.shape), view)
    np.testing.assert_array_equal(whole, before)


@pytest.mark.parametrize("size", [1, 40])
def test_a_full_mask_is_one_square(size: int) -> None:
    (ring,) = edge_contours(np.ones((size, size), bool))
    assert len(ring) == 4
    assert signed_area(ring) == size**2
