"""Numbers far from any use: refused in words, or an answer in no time; never a crash or a hang."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from medseg.annotate import (
    Growing,
    Livewire,
    Protection,
    geodesic_edit,
    hollow_edit,
    insert_point,
    lasso_edit,
    move_point,
    seeds_edit,
    smooth_contour,
    snap_contour,
)
from medseg.errors import EditError
from medseg.model import Contour, Geometry
from tests.annotate.regions import BY, after, ball, image, middle, segmented

GRID = Geometry.from_spacing((5, 14, 15), (2.0, 1.0, 1.0))
RING = Contour.on_slice(GRID, 2, [(3, 3), (3, 10), (10, 10), (10, 3)], 1)
NOISE = np.random.default_rng(5).normal(100.0, 10.0, GRID.shape).astype(np.float32)
IMAGE = image(GRID, NOISE)
FAR = (1e300, 0.0, 0.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: snap_contour(IMAGE, RING, within_mm=1e30), "mm across"),
        (lambda: snap_contour(IMAGE, RING, within_mm=None), "finite number of mm"),  # type: ignore[arg-type]
        (lambda: insert_point(RING, FAR), "of the origin"),
        (lambda: move_point(RING, 0, FAR), "of the origin"),
        (lambda: move_point(RING, 1.5, middle(GRID)), "no point 1.5"),  # type: ignore[arg-type]
        (lambda: lasso_edit(segmented(GRID, ball(GRID, 4)), 1, [FAR] * 3, BY), "of the origin"),
        (
            lambda: hollow_edit(segmented(GRID, ball(GRID, 4)), 1, BY, thickness_mm="1"),  # type: ignore[arg-type]
            "finite number of mm",
        ),
    ],
)
def test_they_are_refused_in_words(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(EditError, match=message):
        call()


def test_a_contour_smoothed_beyond_its_length_shrinks_to_its_middle() -> None:
    smooth = smooth_contour(RING, 1e30).points_lps
    np.testing.assert_allclose(
        smooth, np.broadcast_to(smooth.mean(axis=0), smooth.shape), atol=1e-3
    )


def test_a_livewire_on_an_image_smoothed_away_gets_there_all_the_same() -> None:
    wire = Livewire(IMAGE, 2, sigma_mm=1e300)
    wire.anchor(GRID.to_patient((2, 5, 2)))
    way = GRID.to_index(wire.path_to(GRID.to_patient((2, 5, 12))))
    np.testing.assert_allclose(way[[0, -1]], [(2, 5, 2), (2, 5, 12)], atol=1e-9)
    assert np.abs(np.diff(way, axis=0)).max() <= 1 + 1e-9


def test_a_band_wider_than_the_image_is_as_wide_as_it() -> None:
    segmentation = segmented(GRID, ball(GRID, 4))
    wide, all_of_it = (
        after(segmentation, geodesic_edit(segmentation, IMAGE, 1, BY, band_mm=band))
        for band in (1e9, 100.0)
    )
    np.testing.assert_array_equal(wide, all_of_it)


def test_a_limit_that_the_image_cannot_hold_lets_all_pass() -> None:
    growing = Growing(IMAGE, middle(GRID), radius_mm=5.0)
    corner, region = growing.region(1e300)
    assert region[tuple(np.array(GRID.shape) // 2 - corner)]
    assert region.sum() == ball(GRID, 5.0).sum()
    box = (slice(0, 5), slice(0, 14), slice(0, 15))
    allowed = Protection(intensity=(-1e300, 1e300), volume=IMAGE)
    assert allowed.changeable(segmented(GRID), box).all()


def test_a_sigma_of_nothing_smooths_nothing() -> None:
    segmentation = segmented(GRID, np.zeros(GRID.shape, bool))
    seeds = {1: [middle(GRID)], 0: [GRID.to_patient((0, 0, 0))]}
    made = after(segmentation, seeds_edit(segmentation, IMAGE, seeds, BY, sigma_mm=1e-300))
    assert made[2, 7, 7] == 1 or made[2, 6, 7] == 1
