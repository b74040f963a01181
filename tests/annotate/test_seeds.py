"""Segments that grow from seeds."""

from __future__ import annotations

import numpy as np
import pytest

from medseg.annotate import seeds_edit
from medseg.annotate.growing.growcut import has_grow_cut
from medseg.errors import EditError
from medseg.model import Geometry, Volume
from tests.annotate.regions import (
    BY,
    GRIDS,
    STRAIGHT,
    after,
    ball,
    image,
    middle,
    overlap,
    segmented,
)

on_both_grids = pytest.mark.parametrize("grid", GRIDS, ids=["straight", "sheared"])


def two_balls(grid: Geometry) -> Volume:
    """A bright ball of 8 mm that touches a less bright one, in noise."""
    values = np.random.default_rng(1).normal(0, 6, grid.shape)
    values[ball(grid, 8.0, (-8.0, 0, 0))] += 100
    values[ball(grid, 7.0, (7.0, 0, 0))] += 60
    return image(grid, values.astype(np.float32))


def scribbles(grid: Geometry) -> dict[int, np.ndarray]:
    at = middle(grid)
    line = np.linspace(-3, 3, 7)[:, None]
    around = np.array([(0, 13, 0), (0, -13, 0), (-20, 0, 0), (19, 0, 0), (0, 0, 13), (0, 0, -13)])
    return {
        1: at + (-8, 0, 0) + line * (0.0, 1.0, 0.0),
        2: at + (7, 0, 0) + line * (0.0, 0.7, 0.7),
        0: at + around,
    }


@on_both_grids
def test_seeds_meet_at_the_edges(grid: Geometry) -> None:
    nothing = np.zeros(grid.shape, bool)
    segmentation = segmented(grid, nothing, nothing)
    made = after(segmentation, seeds_edit(segmentation, two_balls(grid), scribbles(grid), BY))
    assert overlap(made == 1, ball(grid, 8.0, (-8.0, 0, 0))) > 0.9
    assert overlap(made == 2, ball(grid, 7.0, (7.0, 0, 0))) > 0.9


def test_an_image_without_edges_gives_no_such_balls() -> None:
    nothing = np.zeros(STRAIGHT.shape, bool)
    segmentation = segmented(STRAIGHT, nothing, nothing)
    even = image(STRAIGHT, np.zeros(STRAIGHT.shape, np.int16))
    made = after(segmentation, seeds_edit(segmentation, even, scribbles(STRAIGHT), BY))
    assert overlap(made == 1, ball(STRAIGHT, 8.0, (-8.0, 0, 0))) < 0.85


def test_only_what_may_be_taken_is_taken() -> None:
    taken = ball(STRAIGHT, 4.0, (-8.0, 3.0, 0))
    nothing = np.zeros(STRAIGHT.shape, bool)
    segmentation = segmented(STRAIGHT, nothing, nothing, taken)
    made = after(
        segmentation, seeds_edit(segmentation, two_balls(STRAIGHT), scribbles(STRAIGHT), BY)
    )
    np.testing.assert_array_equal(made == 3, taken)
    assert (made == 1).any()


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ({1: [middle(STRAIGHT)]}, "two kinds"),
        ({1: [middle(STRAIGHT)], 0: [middle(STRAIGHT)]}, "of one kind"),
        ({1: [middle(STRAIGHT)], 0: [(900, 0, 0)]}, "inside the image"),
        ({1: [middle(STRAIGHT)], 7: [middle(STRAIGHT) + 4]}, "no segment 7"),
        ({1: [middle(STRAIGHT)], 0: []}, "points are"),
        ({1: [middle(STRAIGHT)], 0: [(np.nan, 0, 0)]}, "finite"),
    ],
)
def test_impossible_seeds_are_refused(seeds: dict[int, list[np.ndarray]], words: str) -> None:
    segmentation = segmented(STRAIGHT, ball(STRAIGHT, 3.0))
    with pytest.raises(EditError, match=words):
        seeds_edit(segmentation, two_balls(STRAIGHT), seeds, BY)


@pytest.mark.skipif(has_grow_cut(), reason="itk-growcut is installed")
def test_growcut_says_that_it_is_not_installed() -> None:
    nothing = np.zeros(STRAIGHT.shape, bool)
    segmentation = segmented(STRAIGHT, nothing, nothing)
    with pytest.raises(EditError, match="itk-growcut"):
        seeds_edit(segmentation, two_balls(STRAIGHT), scribbles(STRAIGHT), BY, method="growcut")


@pytest.mark.skipif(not has_grow_cut(), reason="itk-growcut is not installed")
@on_both_grids
def test_growcut_meets_at_the_edges_too(grid: Geometry) -> None:
    nothing = np.zeros(grid.shape, bool)
    segmentation = segmented(grid, nothing, nothing)
    edit = seeds_edit(segmentation, two_balls(grid), scribbles(grid), BY, method="growcut")
    made = after(segmentation, edit)
    assert overlap(made == 1, ball(grid, 8.0, (-8.0, 0, 0))) > 0.85
