"""Regions by intensity: around a point, and the one that stands out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from medseg.annotate import conspicuous_region, grow_region
from medseg.errors import EditError
from medseg.model import Geometry, Source, Volume
from tests.phantoms import ellipsoid, oblique_geometry

GRID = Geometry.from_spacing((24, 60, 60), (2.0, 1.0, 1.0), (-30.0, 10.0, 5.0))
BALL = ellipsoid(GRID, (12.0, 30.0, 30.0), (9.0, 9.0, 9.0))


def _volume(bright: np.ndarray, grid: Geometry = GRID) -> Volume:
    voxels = np.random.default_rng(1).normal(0, 5, grid.shape)
    voxels[bright] += 100
    source = Source("nifti", Path("ball"), "ball")
    return Volume(np.rint(voxels).astype(np.int16), grid, "HU", source, description="ball")


def test_a_region_grows_from_a_point_to_its_edge() -> None:
    region = grow_region(_volume(BALL), tuple(GRID.to_patient((12, 30, 30))))
    overlap = (region.mask & BALL).sum() / (region.mask | BALL).sum()
    assert overlap > 0.95
    assert region.low < 100 < region.high


def test_the_region_stays_within_its_radius_and_connected() -> None:
    far = ellipsoid(GRID, (12.0, 30.0, 50.0), (5.0, 5.0, 5.0))
    volume = _volume(BALL | far)
    point = tuple(GRID.to_patient((12, 30, 30)))
    assert not (grow_region(volume, point).mask & far).any(), "not connected"
    small = grow_region(volume, point, radius_mm=4.0).mask
    away = np.linalg.norm(GRID.to_patient(np.argwhere(small)) - point, axis=1)
    assert small.any()
    assert away.max() <= 4.0


def test_distances_are_true_on_a_sheared_oblique_grid() -> None:
    grid = oblique_geometry((12, 40, 40), shear=1.0)
    volume = _volume(np.ones(grid.shape, bool), grid)
    point = tuple(grid.to_patient((6, 20, 20)))
    mask = grow_region(volume, point, radius_mm=6.0).mask
    places = grid.to_patient(np.argwhere(np.ones(grid.shape, bool))).reshape(*grid.shape, 3)
    ball = np.linalg.norm(places - point, axis=-1) <= 6.0
    assert not (mask & ~ball).any()
    assert mask.sum() > 0.9 * ball.sum()


def test_a_point_outside_is_refused_with_the_extent() -> None:
    with pytest.raises(EditError, match="spans L, P, S"):
        grow_region(_volume(BALL), (9999.0, 0.0, 0.0))


def test_the_ball_stands_out_and_the_string_on_it_is_cut() -> None:
    string = np.zeros(GRID.shape, bool)
    string[12, 30, :] = True  # touches both sides and runs through the ball
    region = conspicuous_region(_volume(BALL | string))
    assert (region.mask & BALL).sum() > 0.9 * BALL.sum()
    assert not region.mask[12, 30, [0, 59]].any()


def test_the_larger_of_two_balls_stands_out() -> None:
    small = ellipsoid(GRID, (12.0, 10.0, 10.0), (6.0, 6.0, 6.0))
    region = conspicuous_region(_volume(BALL | small))
    assert not (region.mask & small).any()


def test_an_image_without_a_region_says_so() -> None:
    voxels = np.zeros(GRID.shape, np.int16)
    volume = Volume(voxels, GRID, "HU", Source("nifti", Path("x"), "x"), description="blank")
    with pytest.raises(EditError, match="stands out in blank"):
        conspicuous_region(volume)


def test_growing_changes_nothing() -> None:
    volume = _volume(BALL)
    before = volume.voxels.copy()
    grow_region(volume, tuple(GRID.to_patient((12, 30, 30))))
    conspicuous_region(volume)
    assert_array_equal(volume.voxels, before)
