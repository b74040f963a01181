"""Regions by intensity: around a point, and the one that stands out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.ndimage import label

from medseg.annotate import Growing, conspicuous_region, grow_region
from medseg.errors import EditError
from medseg.model import Authorship, Geometry, Segment, Segmentation, Source, Volume
from tests.phantoms import ellipsoid, oblique_geometry

GRID = Geometry.from_spacing((24, 60, 60), (2.0, 1.0, 1.0), (-30.0, 10.0, 5.0))
BALL = ellipsoid(GRID, (12.0, 30.0, 30.0), (9.0, 9.0, 9.0))
CENTER = GRID.to_patient((12, 30, 30))
BY = Authorship("Reader", "grow")


def _volume(bright: np.ndarray, grid: Geometry = GRID) -> Volume:
    voxels = np.random.default_rng(1).normal(0, 5, grid.shape)
    voxels[bright] += 100
    source = Source("nifti", Path("ball"), "ball")
    return Volume(np.rint(voxels).astype(np.int16), grid, "HU", source, description="ball")


def _plain(values: np.ndarray) -> Volume:
    return Volume(values, GRID, "HU", Source("nifti", Path("plain"), "plain"))


def _box(corner: tuple[int, int, int], inside: np.ndarray) -> tuple[slice, ...]:
    return tuple(slice(at, at + size) for at, size in zip(corner, inside.shape, strict=True))


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


def test_a_dragged_tolerance_lets_in_more_and_more() -> None:
    values = 10.0 * np.linalg.norm(GRID.to_patient(np.argwhere(BALL | ~BALL)) - CENTER, axis=1)
    volume = _plain(values.reshape(GRID.shape).astype(np.float32))
    growing = Growing(volume, CENTER, radius_mm=15.0)
    away = values.reshape(GRID.shape) / 10
    before = np.zeros(GRID.shape, bool)
    for reach in (3.0, 6.0, 9.0, 12.0):
        corner, inside = growing.region(10 * reach - growing.intensity)
        now = np.zeros(GRID.shape, bool)
        now[_box(corner, inside)] = inside
        assert_array_equal(now, away <= reach)
        assert not (before & ~now).any()
        before = now


def test_a_dragged_tolerance_measures_no_distance_again(monkeypatch: pytest.MonkeyPatch) -> None:
    growing = Growing(_volume(BALL), CENTER)
    monkeypatch.setattr("medseg.annotate.growing.growing.swept_capsule", None)
    sizes = [int(growing.region(tolerance)[1].sum()) for tolerance in (0.0, 10.0, 30.0)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_a_region_is_what_hangs_together_by_faces() -> None:
    rng = np.random.default_rng(9)
    values = rng.integers(0, 3, GRID.shape).astype(np.int16)
    values[12, 30, 30] = 1
    growing = Growing(_plain(values), CENTER, radius_mm=500.0)
    for tolerance in (0.2, 0.7, 1.4):
        corner, inside = growing.region(tolerance)
        assert corner == (0, 0, 0)
        low, high = growing.limits(tolerance)
        free = (values >= low) & (values <= high)
        free[12, 30, 30] = True
        parts = label(free)[0]
        assert_array_equal(inside, parts == parts[12, 30, 30])


def test_voxels_without_a_value_are_never_in() -> None:
    values = np.full(GRID.shape, 50.0)
    values[:, :, 33:] = np.nan
    corner, inside = Growing(_plain(values), CENTER).region(1000.0)
    whole = np.zeros(GRID.shape, bool)
    whole[_box(corner, inside)] = inside
    assert whole.any()
    assert not whole[:, :, 33:].any()


def test_the_edit_gives_the_region_and_takes_it_away() -> None:
    segmentation = Segmentation.empty(GRID, (Segment.unnamed(1),))
    growing = Growing(_volume(BALL), CENTER)
    growing.edit(segmentation, 1, 30.0, BY).apply(segmentation)
    assert (segmentation.mask(1) & BALL).sum() > 0.95 * BALL.sum()
    assert not (segmentation.mask(1) & ~BALL).any()
    growing.edit(segmentation, 1, 30.0, BY, mode="subtract").apply(segmentation)
    assert not segmentation.array.any()
