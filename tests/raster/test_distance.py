"""Distances to a mask's edge."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from medseg.raster import signed_distance_mm


def brute_force(mask: NDArray[np.bool_], spacing_mm: tuple[float, float]) -> NDArray[np.float64]:
    """To the nearest point of any pixel of the other kind, by looking at every pair."""
    result = np.zeros(mask.shape)
    for here in np.ndindex(mask.shape):
        others = np.argwhere(mask != mask[here])
        sides = np.maximum(np.abs(others - here) - 0.5, 0) * spacing_mm
        result[here] = np.hypot(*sides.T).min() * (1 if mask[here] else -1)
    return result


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0), (2.5, 0.7), (0.4, 0.9), (0.1, 3.0)])
def test_equals_a_search_through_all_pairs(spacing_mm: tuple[float, float]) -> None:
    random = np.random.default_rng(0)
    for density in (0.02, 0.2, 0.5, 0.9, 0.98):
        mask = random.random((9, 13)) < density
        mask[4, 3:5] = False, True
        found = signed_distance_mm(mask, spacing_mm)
        np.testing.assert_allclose(found, brute_force(mask, spacing_mm), rtol=1e-12)


@pytest.mark.parametrize("shape", [(40, 25), (5, 64), (64, 5), (5, 65), (65, 5), (3, 1200)])
def test_small_masks_and_large_ones_of_square_pixels_are_measured_alike(
    shape: tuple[int, int],
) -> None:
    """Up to 64 rows and columns rows are compared with rows; beyond, envelopes are built."""
    random = np.random.default_rng(7)
    mask = random.random(shape) < 0.03
    mask[1, 2:4] = False, True
    found = signed_distance_mm(mask, (0.7, 0.7))
    np.testing.assert_allclose(found, brute_force(mask, (0.7, 0.7)), rtol=1e-12)
    one_corner = np.zeros(shape, bool)
    one_corner[0, 0] = True
    found = signed_distance_mm(one_corner, (0.7, 0.7))
    np.testing.assert_allclose(found, brute_force(one_corner, (0.7, 0.7)), rtol=1e-12)


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0), (2.5, 0.7)])
def test_zero_lies_on_the_edge_between_two_pixels(spacing_mm: tuple[float, float]) -> None:
    mask = np.zeros((7, 8), bool)
    mask[:3] = True
    np.testing.assert_allclose(signed_distance_mm(mask, spacing_mm)[2], spacing_mm[0] / 2)
    np.testing.assert_allclose(signed_distance_mm(mask, spacing_mm)[3], -spacing_mm[0] / 2)
    across = np.zeros((7, 8), bool)
    across[:, :3] = True
    np.testing.assert_allclose(signed_distance_mm(across, spacing_mm)[:, 1], 1.5 * spacing_mm[1])
    np.testing.assert_allclose(signed_distance_mm(across, spacing_mm)[:, 5], -2.5 * spacing_mm[1])


def test_the_sign_tells_inside_from_outside_and_swaps_with_the_mask() -> None:
    mask = np.random.default_rng(1).random((20, 20)) < 0.4
    depth = signed_distance_mm(mask, (0.5, 3.0))
    np.testing.assert_array_equal(depth > 0, mask)
    np.testing.assert_array_equal(depth < 0, ~mask)
    np.testing.assert_array_equal(signed_distance_mm(~mask, (0.5, 3.0)), -depth)


def test_empty_and_full_masks_are_infinitely_far_from_an_edge() -> None:
    assert (signed_distance_mm(np.zeros((3, 4), bool), (1.0, 1.0)) == -np.inf).all()
    assert (signed_distance_mm(np.ones((3, 4), bool), (1.0, 1.0)) == np.inf).all()
