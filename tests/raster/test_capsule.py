"""Swept balls and discs, held against distances computed the plain way."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from medseg.model import Geometry
from medseg.raster.capsule import swept_capsule
from tests.phantoms import oblique_geometry

Point = tuple[float, float, float]


def distances_mm(
    geometry: Geometry, start: Point, end: Point, samples: int = 1501
) -> NDArray[np.float64]:
    """From each voxel's centre to a way of many points: no projection, no clamping."""
    index = np.stack(np.indices(geometry.shape), axis=-1).reshape(-1, 3)
    centres = geometry.to_patient(index)
    parts = np.linspace(0, 1, samples)[:, None]
    way = geometry.to_patient(np.array(start) * (1 - parts) + np.array(end) * parts)
    nearest = np.full(len(centres), np.inf)
    for some in np.array_split(way, 40):
        away = np.linalg.norm(centres[:, None] - some, axis=2)
        nearest = np.minimum(nearest, away.min(axis=1))
    return nearest.reshape(geometry.shape)


def swept(
    geometry: Geometry, start: Point, end: Point, radius_mm: float, axis: int | None = None
) -> NDArray[np.bool_]:
    """The patch, laid on the whole grid."""
    corner, inside = swept_capsule(
        geometry.affine[:3, :3],
        geometry.shape,
        np.array(start),
        np.array(end),
        radius_mm,
        axis=axis,
    )
    whole = np.zeros(geometry.shape, bool)
    sides = tuple(slice(at, at + size) for at, size in zip(corner, inside.shape, strict=True))
    assert whole[sides].shape == inside.shape, "the patch lies on the grid"
    whole[sides] = inside
    return whole


@pytest.mark.parametrize("shear", [0.0, 0.9])
@pytest.mark.parametrize("axis", [None, 0, 1, 2])
def test_it_holds_the_centres_within_the_radius_of_the_way(shear: float, axis: int | None) -> None:
    geometry = oblique_geometry((7, 12, 11), shear=shear)
    random = np.random.default_rng(5)
    for _ in range(5):
        start, end = random.uniform(-2, 12, (2, 3))
        radius = float(random.uniform(2.0, 6.0))
        found = swept(geometry, tuple(start), tuple(end), radius, axis)
        if axis is not None:
            layer = np.floor(end[axis] + 0.5)
            start[axis] = end[axis] = layer
        away = distances_mm(geometry, tuple(start), tuple(end))
        if axis is not None:
            off = np.indices(geometry.shape)[axis] != layer
            away[off] = np.inf
            assert not found[off].any()
        sure = np.abs(away - radius) > 0.01
        assert sure.mean() > 0.9
        # The radius is above half a voxel's diagonal, so the way itself adds nothing.
        np.testing.assert_array_equal(found[sure], (away < radius)[sure])


def test_a_ball_on_a_sheared_grid_is_not_what_spacing_alone_says() -> None:
    """The broken control: lengths of the steps without their angles give another ball."""
    sheared, upright = (oblique_geometry((9, 20, 20), shear=shear) for shear in (1.5, 0.0))
    middle = (4.0, 10.0, 10.0)
    assert (swept(sheared, middle, middle, 5.0) != swept(upright, middle, middle, 5.0)).sum() > 20


def test_a_centre_at_exactly_the_radius_is_in() -> None:
    geometry = Geometry.from_spacing((5, 9, 9), (3.0, 0.7, 0.7))
    disc = swept(geometry, (2, 4, 4), (2, 4, 4), 2.1, axis=0)
    assert disc[2, 4, 1]
    assert disc[2, 7, 4]
    assert disc.sum() == sum(r * r + c * c <= 9 for r in range(-4, 5) for c in range(-4, 5))


@pytest.mark.parametrize("axis", [None, 0])
def test_a_brush_smaller_than_a_voxel_leaves_an_unbroken_line(axis: int | None) -> None:
    geometry = Geometry.from_spacing((3, 9, 9), (5.0, 1.0, 1.0))
    dab = swept(geometry, (1.4, 2.6, 3.2), (1.4, 2.6, 3.2), 1e-3, axis)
    assert np.argwhere(dab).tolist() == [[1, 3, 3]]
    line = swept(geometry, (1, 0.3, 0.4), (1, 7.9, 3.3), 1e-3, axis)
    where = np.argwhere(line)[:, 1:]
    assert [where[0].tolist(), where[-1].tolist()] == [[0, 0], [8, 3]]
    assert np.abs(np.diff(where, axis=0)).max() == 1


def test_larger_than_the_volume_is_cut_off_and_off_the_grid_holds_nothing() -> None:
    geometry = oblique_geometry()
    assert swept(geometry, (2, 3, 4), (2, 3, 4), 1e4).all()
    assert swept(geometry, (2, 3, 4), (2, 3, 4), 1e4, axis=0).sum() == 80
    for far in ((-9.0, 3.0, 4.0), (2.0, 99.0, 4.0), (6.0, 3.0, 4.0)):
        assert not swept(geometry, far, far, 0.5).any()
        assert not swept(geometry, far, far, 0.5, axis=0).any()
    assert not swept(geometry, (-0.6, 3.0, 4.0), (-0.6, 3.0, 4.0), 50.0, axis=0).any()


def test_a_way_that_crosses_the_grid_from_far_off() -> None:
    geometry = Geometry.from_spacing((1, 5, 50), (1.0, 1.0, 1.0))
    found = swept(geometry, (0, 2, -1e5), (0, 2, 1e5), 1.0)
    assert found[0, 1:4].all()
    assert found.sum() == 150


def held_one_by_one(
    steps: NDArray[np.float64], shape: tuple[int, int, int], way: NDArray[np.float64], radius: float
) -> NDArray[np.bool_]:
    """Each centre by its own distance to the way, and the voxels on the way itself."""
    centres = np.stack(np.indices(shape), axis=-1) @ steps.T
    start, end = way @ steps.T
    along = end - start
    part = np.clip((centres - start) @ along / max(float(along @ along), 1e-300), 0, 1)
    inside = np.linalg.norm(centres - start - part[..., None] * along, axis=-1) <= radius
    count = int(np.ceil(np.abs(way[1] - way[0]).max()))
    for part in np.arange(count + 1) / max(count, 1):
        on = np.floor(way[0] + part * (way[1] - way[0]) + 0.5).astype(int)
        if (on >= 0).all() and (on < shape).all():
            inside[tuple(on)] = True
    return inside


@pytest.mark.parametrize("kind", ["upright", "sheared", "along the rows", "across the rows"])
def test_runs_of_rows_are_the_voxels_one_by_one(kind: str) -> None:
    random = np.random.default_rng(len(kind))
    for _ in range(150):
        steps = np.diag(random.uniform(0.3, 3.0, 3))
        if kind == "sheared":
            steps += random.normal(0, 0.3, (3, 3))
        shape = tuple(int(size) for size in random.integers(1, 14, 3))
        way = random.uniform(-8, 16, (2, 3))  # many begin and end beside the grid
        if kind == "along the rows":
            way[1, :2] = way[0, :2]
        if kind == "across the rows":
            way[1, 2] = way[0, 2]
        radius = float(random.uniform(0.1, 7.0))
        corner, inside = swept_capsule(steps, shape, *way, radius)
        whole = np.zeros(shape, bool)
        sides = tuple(slice(at, at + size) for at, size in zip(corner, inside.shape, strict=True))
        whole[sides] = inside
        np.testing.assert_array_equal(whole, held_one_by_one(steps, shape, way, radius))
