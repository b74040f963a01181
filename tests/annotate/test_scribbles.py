"""What scribbles would make of the labels around them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medseg.annotate import Protection, Scribbled, scribbled, seeds_edit
from medseg.errors import EditError
from medseg.model import Geometry, Segmentation, Volume
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

NOTHING = np.zeros(STRAIGHT.shape, bool)
on_both_grids = pytest.mark.parametrize("grid", GRIDS, ids=["straight", "sheared"])


def two_balls(grid: Geometry) -> Volume:
    """A bright ball of 8 mm that touches a less bright one, in noise."""
    values = np.random.default_rng(1).normal(0, 6, grid.shape)
    values[ball(grid, 8.0, (-8.0, 0, 0))] += 100
    values[ball(grid, 7.0, (7.0, 0, 0))] += 60
    return image(grid, values.astype(np.float32))


def line(grid: Geometry, *offset_mm: float) -> np.ndarray:
    """A scribble of 4 mm about a place beside the grid's middle."""
    return middle(grid) + offset_mm + np.linspace(-2, 2, 9)[:, None] * (0.0, 1.0, 0.0)


AROUND = np.array([(0, 13, 0), (0, -13, 0), (-20, 0, 0), (19, 0, 0), (0, 0, 13), (0, 0, -13)])


def made(segmentation: Segmentation, told: Scribbled) -> np.ndarray:
    """The labels, made by the edit and taken back again."""
    return after(segmentation, told.edit(segmentation, BY))


@on_both_grids
def test_where_nothing_is_drawn_it_is_what_seeds_grow_into(grid: Geometry) -> None:
    nothing = np.zeros(grid.shape, bool)
    segmentation = segmented(grid, nothing, nothing)
    seeds = {1: line(grid, -8, 0, 0), 2: line(grid, 7, 0, 0), 0: middle(grid) + AROUND}
    told = scribbled(segmentation, two_balls(grid), seeds)
    labels = made(segmentation, told)
    assert overlap(labels == 1, ball(grid, 8.0, (-8.0, 0, 0))) > 0.9
    assert overlap(labels == 2, ball(grid, 7.0, (7.0, 0, 0))) > 0.9
    edit = seeds_edit(segmentation, two_balls(grid), seeds, BY)
    np.testing.assert_array_equal(labels, after(segmentation, edit))
    assert told.gained(1).sum() == (labels == 1).sum()
    assert not told.given_up.any()
    assert not segmentation.array.any()


def test_what_was_drawn_too_much_goes_where_it_is_scribbled_on_and_nowhere_else() -> None:
    grid = STRAIGHT
    lesion, leak, far = (
        ball(grid, 8.0, (-8.0, 0, 0)),
        ball(grid, 6.0, (7.0, 0, 0)),
        ball(grid, 3.0, (-8.0, 15.0, 0)),
    )
    segmentation = segmented(grid, lesion | leak | far)
    inside, outside = line(grid, -8, 0, 0), middle(grid) + AROUND[:2]
    told = scribbled(segmentation, two_balls(grid), {1: inside, 0: outside})
    labels = made(segmentation, told)
    assert (labels[leak | far] == 1).all(), "nobody has scribbled on these"
    told = scribbled(
        segmentation, two_balls(grid), {1: inside, 0: np.vstack([outside, line(grid, 7, 0, 0)])}
    )
    labels = made(segmentation, told)
    assert (labels[far] == 1).all()
    assert (labels[lesion] == 1).mean() > 0.95
    assert (labels[leak & ~lesion] == 1).mean() < 0.1
    assert told.given_up.sum() == (segmentation.array[labels == 0] == 1).sum()


def test_one_lesion_takes_from_another_only_where_it_is_scribbled_on() -> None:
    grid = STRAIGHT
    both = ball(grid, 8.0, (-8.0, 0, 0)) | ball(grid, 6.0, (7.0, 0, 0))
    segmentation = segmented(grid, NOTHING, both)
    seeds = {2: line(grid, -8, 0, 0), 1: line(grid, 7, 8, 0), 0: middle(grid) + AROUND[:1]}
    labels = made(segmentation, scribbled(segmentation, two_balls(grid), seeds))
    assert (labels[both] == 2).all()
    seeds[1] = line(grid, 7, 0, 0)
    labels = made(segmentation, scribbled(segmentation, two_balls(grid), seeds))
    assert overlap(labels == 1, ball(grid, 6.0, (7.0, 0, 0))) > 0.7


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_in_one_layer_nothing_else_changes(axis: int) -> None:
    grid, bright = STRAIGHT, ball(STRAIGHT, 8.0)
    segmentation = segmented(grid, NOTHING)
    volume = image(grid, np.where(bright, 100, 0).astype(np.int16))
    center = (np.array(grid.shape) - 1) // 2
    beside = np.array([center, center])
    beside[:, axis - 1] += (-12, 12)  # along another axis
    seeds = {1: grid.to_patient(center[None]), 0: grid.to_patient(beside)}
    told = scribbled(segmentation, volume, seeds, axis=axis)
    labels = np.moveaxis(made(segmentation, told), axis, 0)
    np.testing.assert_array_equal(np.flatnonzero(labels.any(axis=(1, 2))), [center[axis]])
    assert overlap(labels[center[axis]] == 1, np.moveaxis(bright, axis, 0)[center[axis]]) > 0.85


def test_other_lesions_and_values_out_of_range_are_left_alone() -> None:
    grid = STRAIGHT
    other = ball(grid, 4.0, (-8.0, 3.0, 0))
    segmentation = segmented(grid, NOTHING, other)
    seeds = {1: line(grid, -8, -4, 0), 0: middle(grid) + AROUND}
    volume = two_balls(grid)
    labels = made(segmentation, scribbled(segmentation, volume, seeds))
    np.testing.assert_array_equal(labels == 2, other)
    rules = Protection("everything", (95.0, 300.0), volume)
    labels = made(segmentation, scribbled(segmentation, volume, seeds, protection=rules))
    assert (labels[other] == 1).any()
    assert volume.voxels[labels == 1].min() >= 95.0


def test_what_cannot_be_is_refused_in_words() -> None:
    segmentation = segmented(STRAIGHT, NOTHING)
    volume = two_balls(STRAIGHT)
    inside, outside = line(STRAIGHT, -8, 0, 0), middle(STRAIGHT) + AROUND
    with pytest.raises(EditError, match="background too"):
        scribbled(segmentation, volume, {1: inside})
    with pytest.raises(EditError, match="of one layer"):
        scribbled(segmentation, volume, {1: inside, 0: outside}, axis=0)
    with pytest.raises(EditError, match="no segment 5"):
        scribbled(segmentation, volume, {5: inside, 0: outside})
    locked = tuple(replace(one, is_locked=True) for one in segmentation.segments)
    segmentation.replace_segments(locked)
    with pytest.raises(EditError, match="Unlock it first"):
        scribbled(segmentation, volume, {1: inside, 0: outside})
