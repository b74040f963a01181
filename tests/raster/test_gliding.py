"""A surface that glides to edges, against scikit-image's morphological snakes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from medseg.raster.gliding import glided
from tests.raster.gliding_reference import by_scikit_image


def scene(shape: tuple[int, int, int], seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Smooth noise with hollows for edges, and a ragged blob that leaves the box."""
    random = np.random.default_rng(seed)
    edges = gaussian_filter(random.random(shape), 1.5)
    blob = gaussian_filter(random.random(shape), 2.0)
    return edges, blob > np.quantile(blob, 0.6)


@pytest.mark.parametrize("shape", [(12, 15, 17), (2, 9, 20), (21, 2, 2), (5, 40, 6)])
@pytest.mark.parametrize("rounds", [1, 2, 7, 20])
def test_goes_where_scikit_image_goes(shape: tuple[int, int, int], rounds: int) -> None:
    for seed in range(3):
        edges, start = scene(shape, seed)
        found = glided(edges, start, rounds)
        np.testing.assert_array_equal(found, by_scikit_image(edges, start, rounds))
        assert (found != start).any()


def test_the_order_of_smoothing_begins_anew_in_each_call() -> None:
    edges, start = scene((12, 15, 17), 5)
    np.testing.assert_array_equal(glided(edges, start, 3), glided(edges, start, 3))


def test_nothing_and_no_round_change_nothing() -> None:
    edges, start = scene((6, 7, 8), 6)
    np.testing.assert_array_equal(glided(edges, start, 0), start)
    assert not glided(edges, np.zeros_like(start), 5).any()


def test_a_surface_is_caught_by_the_hollow_around_it() -> None:
    """A ball whose edge map is a hollow two voxels further out grows to that hollow."""
    away = np.linalg.norm(np.indices((25, 25, 25)) - 12.0, axis=0)
    edges = np.abs(away - 9.0) / 9.0
    found = glided(edges, away < 7, 8)
    assert found[away < 8].all()
    assert not found[away > 10.5].any()
