"""The image corrects a border: in a band around a segment, and beside a contour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from medseg.annotate import geodesic_edit, random_walker_edit, snap_contour
from medseg.errors import EditError
from medseg.model import Contour, Edit, Geometry, Volume
from tests.annotate.regions import (
    BY,
    GRIDS,
    SHEARED,
    STRAIGHT,
    after,
    ball,
    image,
    middle,
    overlap,
    segmented,
)

on_both_grids = pytest.mark.parametrize("grid", GRIDS, ids=["straight", "sheared"])
with_both_tools = pytest.mark.parametrize("refine", [random_walker_edit, geodesic_edit])
Refine = Callable[..., Edit]


def bright_ball(grid: Geometry, noise: float = 8.0) -> Volume:
    values = np.random.default_rng(6).normal(0, noise, grid.shape)
    values[ball(grid, 10.0)] += 100
    return image(grid, values.astype(np.float32))


@on_both_grids
@with_both_tools
@pytest.mark.parametrize("radius_mm", [8.0, 12.0])
def test_a_border_moves_to_the_edge(grid: Geometry, refine: Refine, radius_mm: float) -> None:
    truth = ball(grid, 10.0)
    drawn = ball(grid, radius_mm, (0.7, 0.3, 0.0))
    segmentation = segmented(grid, drawn)
    made = after(segmentation, refine(segmentation, bright_ball(grid), 1, BY, band_mm=4.0)) == 1
    assert overlap(made, truth) > 0.93
    assert overlap(made, truth) > overlap(drawn, truth) + 0.05


@with_both_tools
def test_nothing_outside_the_band_changes(refine: Refine) -> None:
    drawn = ball(STRAIGHT, 6.0)
    segmentation = segmented(STRAIGHT, drawn)
    edit = refine(segmentation, bright_ball(STRAIGHT), 1, BY, band_mm=2.0)
    made = after(segmentation, edit) == 1
    assert not (made & ~ball(STRAIGHT, 8.01)).any()
    assert made.sum() > drawn.sum()


@with_both_tools
def test_an_image_without_an_edge_moves_nothing_far(refine: Refine) -> None:
    drawn = ball(STRAIGHT, 9.0)
    segmentation = segmented(STRAIGHT, drawn)
    even = image(STRAIGHT, np.zeros(STRAIGHT.shape, np.int16))
    made = after(segmentation, refine(segmentation, even, 1, BY, band_mm=3.0)) == 1
    assert overlap(made, drawn) > 0.85


@with_both_tools
@pytest.mark.parametrize("none", [np.nan, np.inf])
def test_voxels_without_a_value_stay_what_they_are(refine: Refine, none: float) -> None:
    values = bright_ball(STRAIGHT).voxels.copy()
    blind = np.zeros(STRAIGHT.shape, bool)
    blind[:, :, 30:] = True
    values[blind] = none
    drawn = ball(STRAIGHT, 8.0)
    segmentation = segmented(STRAIGHT, drawn)
    made = after(segmentation, refine(segmentation, image(STRAIGHT, values), 1, BY)) == 1
    np.testing.assert_array_equal(made[blind], drawn[blind])
    assert (made != drawn).any()


def circle(radius_mm: float, plane: tuple[int, int], grid: Geometry) -> Contour:
    turn = np.linspace(0, 2 * np.pi, 80, endpoint=False)[:, None]
    u, v = np.eye(3)[list(plane)]
    return Contour(middle(grid) + radius_mm * (np.cos(turn) * u + np.sin(turn) * v), 1)


def away(contour: Contour, grid: Geometry) -> np.ndarray:
    return np.linalg.norm(contour.points_lps - middle(grid), axis=1)


@on_both_grids
@pytest.mark.parametrize("plane", [(0, 1), (0, 2)])
@pytest.mark.parametrize("radius_mm", [8.0, 11.5])
def test_a_contour_snaps_to_the_edge(
    grid: Geometry, plane: tuple[int, int], radius_mm: float
) -> None:
    drawn = circle(radius_mm, plane, grid)
    snapped = snap_contour(bright_ball(grid), drawn, within_mm=3.0)
    assert abs(away(snapped, grid).mean() - 10.0) < 0.5
    assert away(snapped, grid).std() < 0.8
    across = next(axis for axis in range(3) if axis not in plane)
    np.testing.assert_allclose(snapped.points_lps[:, across], middle(grid)[across], atol=1e-9)
    assert snapped.segment == drawn.segment


def test_no_point_moves_further_than_allowed() -> None:
    snapped = snap_contour(bright_ball(STRAIGHT), circle(7.0, (0, 1), STRAIGHT), within_mm=1.0)
    assert away(snapped, STRAIGHT).max() <= 8.0 + 0.05
    assert away(snapped, STRAIGHT).mean() > 7.3


def test_a_strong_edge_further_off_does_not_tear_the_contour() -> None:
    values = bright_ball(STRAIGHT).voxels.copy()
    values[15, 24:27, 38:41] += 900.0  # a clip beside the ball
    drawn = circle(9.0, (0, 1), STRAIGHT)
    snapped = snap_contour(image(STRAIGHT, values), drawn, within_mm=4.0)
    points = snapped.points_lps
    steps = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)
    assert steps.max() < 3 * np.median(steps)


def test_off_the_image_a_contour_stays_where_it_is() -> None:
    far = circle(9.0, (0, 1), STRAIGHT)
    far = Contour(far.points_lps + 500, 1)
    snapped = snap_contour(bright_ball(STRAIGHT), far, within_mm=3.0)
    reach = np.linalg.norm(snapped.points_lps - middle(STRAIGHT) - 500, axis=1)
    np.testing.assert_allclose(reach, 9.0, atol=0.1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"within_mm": 0.0}, "above 0"),
        ({"within_mm": np.nan}, "above 0"),
        ({"within_mm": 2.0, "sigma_mm": -1.0}, "above 0"),
    ],
)
def test_impossible_distances_are_refused(options: dict[str, float], words: str) -> None:
    with pytest.raises(EditError, match=words):
        snap_contour(bright_ball(SHEARED), circle(9.0, (0, 1), SHEARED), **options)
