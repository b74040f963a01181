"""Livewire: does the way cling to an edge, in mm, and does it close."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from medseg.annotate import Livewire, outline_edit
from medseg.errors import EditError
from medseg.model import Authorship, Geometry, Segment, Segmentation, Volume
from tests.phantoms import oblique_geometry, ramp_volume

RADIUS_MM = 12.0


def ball_volume(geometry: Geometry, noise: float = 8.0) -> tuple[Volume, NDArray[np.float64]]:
    """A bright ball round the middle of the grid, in noise; and its middle in LPS."""
    middle = geometry.to_patient((np.array(geometry.shape) - 1) / 2)
    centres = geometry.to_patient(np.stack(np.indices(geometry.shape), axis=-1))
    away = np.linalg.norm(centres - middle, axis=-1)
    random = np.random.default_rng(1)
    values = 100 / (1 + np.exp(2 * (away - RADIUS_MM))) + random.normal(0, noise, away.shape)
    return replace(ramp_volume(geometry), voxels=values.astype(np.float32)), middle


def on_circle(geometry: Geometry, middle: NDArray[np.float64], axis: int, turn: float) -> Any:
    """A point of the ball's surface in the plane through its middle."""
    steps = np.delete(geometry.affine[:3, :3], axis, axis=1)
    one = steps[:, 0] / np.linalg.norm(steps[:, 0])
    other = steps[:, 1] - (steps[:, 1] @ one) * one
    other /= np.linalg.norm(other)
    return middle + RADIUS_MM * (np.cos(turn) * one + np.sin(turn) * other)


GRIDS = {
    "upright": Geometry.from_spacing((21, 61, 61), (2.0, 0.7, 0.7)),
    "oblique and sheared": oblique_geometry((21, 61, 61), shear=0.8),
}


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_it_follows_a_circle_from_a_few_anchors(grid: str, axis: int) -> None:
    geometry = GRIDS[grid]
    volume, middle = ball_volume(geometry)
    wire = Livewire(volume, geometry.shape[axis] // 2, axis=axis)
    for turn in (0.1, 2.2, 4.3):
        wire.anchor(on_circle(geometry, middle, axis, turn))
    contour = wire.close(1)
    away = np.linalg.norm(contour.points_lps - middle, axis=1)
    longest = max(np.delete(geometry.spacing_mm, axis))
    assert np.abs(away - RADIUS_MM).mean() < 0.6 * longest
    assert np.abs(away - RADIUS_MM).max() < 2.0 * longest
    chord = RADIUS_MM * np.cos(np.pi / 3)
    assert chord < RADIUS_MM - 2.0 * longest, "straight lines between the anchors would fail"


def test_what_it_closes_around_has_the_right_area() -> None:
    geometry = GRIDS["upright"]
    volume, middle = ball_volume(geometry)
    wire = Livewire(volume, 10)
    for turn in (0.0, 1.6, 3.1, 4.7):
        wire.anchor(on_circle(geometry, middle, 0, turn))
    segmentation = Segmentation.empty(geometry, (Segment.unnamed(1),))
    outline_edit(segmentation, [wire.close(1)], Authorship("Reader", "livewire")).apply(
        segmentation
    )
    area_mm2 = (segmentation.array[10] == 1).sum() * 0.7**2
    assert area_mm2 == pytest.approx(np.pi * RADIUS_MM**2, rel=0.06)


def test_the_preview_leads_from_the_last_anchor_to_the_pointer() -> None:
    geometry = GRIDS["upright"]
    volume, middle = ball_volume(geometry)
    wire = Livewire(volume, 10)
    first, second = (on_circle(geometry, middle, 0, turn) for turn in (0.0, 1.0))
    wire.anchor(first)
    way = wire.path_to(second)
    half_mm = 0.7 / np.sqrt(2) + 1e-9
    assert np.linalg.norm(way[0] - first) <= half_mm
    assert np.linalg.norm(way[-1] - second) <= half_mm
    assert np.linalg.norm(np.diff(way, axis=0), axis=1).max() <= 0.7 * np.sqrt(2) + 1e-9
    wire.anchor(second)
    np.testing.assert_array_equal(wire.points_lps, way[1:])
    assert len(wire.anchors_lps) == 2
    wire.undo_anchor()
    assert len(wire.anchors_lps) == 1
    np.testing.assert_array_equal(wire.path_to(second), way)


def test_the_pointer_may_go_beyond_the_window_and_beside_the_image() -> None:
    geometry = Geometry.from_spacing((1, 600, 40), (1.0, 1.0, 1.0))
    values = np.zeros(geometry.shape, np.float32)
    values[0, :, 20:] = 100
    wire = Livewire(replace(ramp_volume(geometry), voxels=values), 0)
    wire.anchor(geometry.to_patient((0, 5, 19.6)))
    way = geometry.to_index(wire.path_to(geometry.to_patient((0, 580, 19.6))))
    np.testing.assert_allclose(way[:, 1], np.arange(5, 581), atol=1e-9)
    assert np.abs(way[:, 2] - 19.5).max() <= 0.5 + 1e-9, "it stays on the edge all the way"
    beside = geometry.to_index(wire.path_to(geometry.to_patient((0, 30, -50))))
    np.testing.assert_allclose(beside[-1], (0, 30, 0), atol=1e-9)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 1, 5), (1, 5, 1)])
def test_planes_of_one_row_or_nothing_but_nan_are_no_trouble(shape: tuple[int, int, int]) -> None:
    geometry = Geometry.from_spacing(shape, (1.0, 1.0, 1.0))
    volume = replace(ramp_volume(geometry), voxels=np.full(shape, np.nan, np.float32))
    wire = Livewire(volume, 0, sigma_mm=0.0)
    wire.anchor((0.0, 0.0, 0.0))
    assert np.isfinite(wire.path_to(geometry.to_patient((0, shape[1] - 1, shape[2] - 1)))).all()


@pytest.mark.parametrize("filler", [1e300, 3e38, -3.4028235e38])
def test_values_that_only_fill_an_image_are_no_trouble(filler: float) -> None:
    geometry = Geometry.from_spacing((1, 20, 20), (1.0, 1.0, 1.0))
    values = np.zeros(geometry.shape)
    values[0, :, 10:] = 100.0
    values[0, 3, 3] = filler
    wire = Livewire(replace(ramp_volume(geometry), voxels=values), 0, sigma_mm=0.0)
    wire.anchor((9.6, 2.0, 0.0))
    way = geometry.to_index(wire.path_to((9.6, 18.0, 0.0)))
    assert np.abs(way[:, 2] - 9.5).max() <= 0.5 + 1e-9


def some_wire(*points: Any) -> Livewire:
    volume, _ = ball_volume(GRIDS["upright"])
    wire = Livewire(volume, 10)
    for point in points:
        wire.anchor(volume.geometry.to_patient(point))
    return wire


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda v: Livewire(v, 99), "no plane 99"),
        (lambda v: Livewire(v, 0, axis=3), "axis 3"),
        (lambda v: Livewire(v, 0, sigma_mm=-1.0), "0 mm or more"),
        (lambda v: Livewire(v, 0, sigma_mm=float("nan")), "0 mm or more"),
        (lambda v: Livewire(v, 0).path_to((0, 0, 0)), "starts at an anchor"),
        (lambda v: Livewire(v, 0).anchor((0, np.nan, 0)), "finite"),
        (lambda v: Livewire(v, 0).anchor("here"), "L, P, S"),
        (lambda v: Livewire(v, 1).anchor(v.geometry.to_patient((2, 5, 5))), "stays in its plane"),
        (lambda v: Livewire(v, 1).close(1), "closes around something"),
        (lambda _: some_wire((10, 5, 5)).close(1), "closes around something"),
        (lambda _: some_wire((10, 5, 5), (10, 5, 5)).close(1), "closes around something"),
        (lambda _: some_wire((10, 5, 5), (10, 5, 6)).close(1), "no inside"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(attempt: Any, message: str) -> None:
    with pytest.raises(EditError, match=message):
        attempt(ball_volume(GRIDS["upright"])[0])


def test_a_refused_anchor_leaves_the_wire_as_it_was() -> None:
    wire = some_wire((10, 5, 5), (10, 20, 30))
    before = wire.points_lps
    with pytest.raises(EditError, match="plane"):
        wire.anchor(GRIDS["upright"].to_patient((3, 5, 5)))
    np.testing.assert_array_equal(wire.points_lps, before)
    assert len(wire.anchors_lps) == 2
