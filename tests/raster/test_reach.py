"""Distances in mm, Gaussians in mm and even lattices, on straight and on sheared grids."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial import cKDTree

from medseg.raster.blur import blurred, gradient_mm
from medseg.raster.lattice import EvenLattice
from medseg.raster.random_walk import arrives_inside
from medseg.raster.reach import (
    distance_to_mm,
    grown,
    has_right_angles,
    offsets_mm,
    shrunk,
    signed_to_mm,
    widened_by_mm,
)
from medseg.raster.ring_walk import evenly
from tests.phantoms import oblique_geometry

rng = np.random.default_rng(12)
STRAIGHT = oblique_geometry().affine[:3, :3]
#: Each slice is three rows further on: its nearest voxels are no neighbours of the array.
SHEARED = oblique_geometry(shear=2.3).affine[:3, :3]
on_both_grids = pytest.mark.parametrize("steps", [STRAIGHT, SHEARED], ids=["straight", "sheared"])


def centres(shape: tuple[int, ...], steps: np.ndarray) -> np.ndarray:
    return np.indices(shape).reshape(3, -1).T @ steps.T


def test_angles_are_told_apart() -> None:
    assert has_right_angles(STRAIGHT)
    assert not has_right_angles(SHEARED)


@on_both_grids
@pytest.mark.parametrize("filling", [0.01, 0.3])
def test_distances_are_exact(steps: np.ndarray, filling: float) -> None:
    mask = rng.random((8, 13, 12)) < filling
    mask[3, 4, 5] = True
    points = centres(mask.shape, steps)
    expected = cKDTree(points[mask.reshape(-1)]).query(points)[0].reshape(mask.shape)
    assert_allclose(distance_to_mm(mask, steps), expected, atol=1e-4)
    assert_array_equal(grown(mask, steps, 2.6), expected <= 2.6)
    within = distance_to_mm(mask, steps, 3.0)
    assert_allclose(within[expected <= 3.0], expected[expected <= 3.0], atol=1e-4)


def test_distances_along_the_array_would_be_wrong_on_a_sheared_grid() -> None:
    mask = np.zeros((8, 13, 12), bool)
    mask[3, 6, 5] = True
    lengths = np.linalg.norm(SHEARED, axis=0)
    along = np.sqrt((((np.indices(mask.shape).T - (3, 6, 5)) * lengths) ** 2).sum(-1)).T
    assert np.abs(distance_to_mm(mask, SHEARED) - along).max() > 2.0


@on_both_grids
def test_shrinking_is_growing_of_the_rest(steps: np.ndarray) -> None:
    mask = rng.random((8, 13, 12)) < 0.9
    assert_array_equal(shrunk(mask, steps, 1.0), mask & ~grown(~mask, steps, 1.0))
    full = np.ones((4, 5, 6), bool)
    assert shrunk(full, steps, 9.0).all(), "nothing is known beyond the array"
    assert not grown(~full, steps, 9.0).any()


def test_a_reach_of_just_so_many_voxels_holds_the_last_one() -> None:
    line = np.zeros((1, 1, 9), bool)
    line[0, 0, 0] = True
    steps = np.diag((1.0, 1.0, 0.1))
    for count in range(1, 9):
        assert grown(line, steps, 0.1 * count).sum() == count + 1


def test_a_signed_distance_is_zero_halfway_between_neighbours() -> None:
    line = np.zeros((1, 1, 8), bool)
    line[0, 0, 4:] = True
    found = signed_to_mm(line, np.diag((1.0, 1.0, 0.5)))[0, 0]
    assert_allclose(found, (-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2))


@on_both_grids
def test_a_widened_box_holds_the_reach_and_ends_at_the_grid(steps: np.ndarray) -> None:
    mask = np.zeros((11, 31, 32), bool)
    mask[5, 15, 16] = True
    box = widened_by_mm((slice(5, 6), slice(15, 16), slice(16, 17)), steps, 4.0, (11, 31, 32))
    near = grown(mask, steps, 4.0)
    assert near.sum() > 30
    assert near[box].sum() == near.sum()
    assert near[box].size < near.size
    whole = widened_by_mm(box, steps, 1e6, (11, 31, 32))
    assert whole == (slice(0, 11), slice(0, 31), slice(0, 32))


@on_both_grids
def test_offsets_are_distances_from_the_middle(steps: np.ndarray) -> None:
    away = offsets_mm(steps, 4.0, (99, 99, 99))
    assert offsets_mm(steps, 4.0, (2, 5, 1)).shape == (3, 9, 1)
    middle = tuple(size // 2 for size in away.shape)
    points = centres(away.shape, steps)
    expected = np.linalg.norm(points - np.array(middle) @ steps.T, axis=1)
    assert_allclose(away.reshape(-1), expected, atol=1e-12)
    assert away.min(axis=(1, 2))[[0, -1]].max() <= 4.0 + np.linalg.norm(steps[:, 0])


@on_both_grids
def test_a_blurred_point_is_a_round_gaussian(steps: np.ndarray) -> None:
    values = np.zeros((15, 45, 41))
    values[7, 22, 20] = 1.0
    found = blurred(values, steps, 2.0).reshape(-1)
    away = np.linalg.norm(centres(values.shape, steps) - np.array((7, 22, 20)) @ steps.T, axis=1)
    expected = np.where(away <= 6.0, np.exp(-(away**2) / 8), 0.0)
    inner = away <= 6.0
    assert_allclose(found[inner] / found.max(), expected[inner], atol=1e-6)


def test_blurring_keeps_what_is_even_and_leaves_out_what_is_unknown() -> None:
    values = np.full((6, 9, 9), 40.0)
    values[2, 3:5, 3:5] = np.nan
    assert_allclose(blurred(values, STRAIGHT, 1.5), 40.0, atol=1e-9)
    assert np.isnan(blurred(np.full((3, 4, 5), np.nan), STRAIGHT, 1.0)).all()


@on_both_grids
def test_a_ramp_has_its_slope_as_gradient(steps: np.ndarray) -> None:
    slope = np.array((3.0, -1.0, 0.5))
    values = (centres((5, 6, 7), steps) @ slope).reshape(5, 6, 7)
    assert_allclose(gradient_mm(values, steps), np.broadcast_to(slope, (5, 6, 7, 3)), atol=1e-9)
    assert_allclose(gradient_mm(values[:1], steps)[..., 0].shape, (1, 6, 7))


@on_both_grids
def test_a_ramp_comes_back_from_an_even_lattice(steps: np.ndarray) -> None:
    values = (centres((6, 17, 16), steps) @ (3.0, -1.0, 0.5)).reshape(6, 17, 16)
    lattice = EvenLattice.over(steps, values.shape)
    assert lattice.step_mm == pytest.approx(np.linalg.norm(steps, axis=0).min())
    found = lattice.brought_back(lattice.sampled(values))
    # At the border of a sheared box the lattice reaches beyond, where values are the nearest.
    assert_allclose(found[1:-1, 3:-3, 3:-3], values[1:-1, 3:-3, 3:-3], atol=1e-6)


def test_a_walker_on_an_even_line_arrives_by_the_nearer_end() -> None:
    line = np.zeros((1, 1, 11))
    inside = np.zeros(line.shape, bool)
    inside[0, 0, 0] = True
    undecided = np.ones(line.shape, bool)
    undecided[0, 0, [0, 10]] = False
    found = arrives_inside(line, np.eye(3), inside, undecided, np.zeros(line.shape))
    assert_allclose(found, np.linspace(0.9, 0.1, 9), atol=1e-3)


def test_a_walker_stays_on_its_side_of_an_edge_and_behind_a_wall() -> None:
    line = np.zeros((1, 1, 11))
    line[0, 0, 7:] = 50.0
    inside = np.zeros(line.shape, bool)
    inside[0, 0, 0] = True
    undecided = np.ones(line.shape, bool)
    undecided[0, 0, [0, 10]] = False
    found = arrives_inside(line, np.eye(3), inside, undecided, np.zeros(line.shape))
    assert (found[:6] > 0.99).all()
    assert (found[6:] < 0.01).all()
    line[0, 0, 5] = np.nan
    undecided[0, 0, 5] = False
    found = arrives_inside(line, np.eye(3), inside, undecided, np.zeros(line.shape))
    assert_allclose(found, [1, 1, 1, 1, 0, 0, 0, 0], atol=1e-3)


def test_even_steps_along_a_ring_and_normals_to_its_left() -> None:
    square = np.array([(0.0, 0.0), (8.0, 0.0), (8.0, 4.0), (0.0, 4.0)])
    points, normals = evenly(square, 1.0)
    assert len(points) == 24
    steps = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)
    assert_allclose(steps, 1.0)
    assert_allclose(normals[4], (0.0, 1.0))
    assert_allclose(np.linalg.norm(normals, axis=1), 1.0)
    assert len(evenly(square * 0.01, 1.0)[0]) == 6
