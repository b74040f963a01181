"""The 48 ways to store a lattice, and what a radiologist sees of each."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from medseg.model import (
    IDENTITY,
    ORIENTATIONS,
    Geometry,
    Orientation,
    best_match,
    closest_to_lps,
    main_plane,
    radiological,
)
from tests.phantoms import oblique_geometry

AXIAL = Geometry.from_spacing((4, 5, 6), (2.0, 1.0, 0.5), (-7.0, 3.0, 11.0))
PLANES = {0: "sagittal", 1: "coronal", 2: "axial"}  # by the LPS axis that slices follow


def test_there_are_48_and_all_differ() -> None:
    assert len(set(ORIENTATIONS)) == 48
    assert IDENTITY in ORIENTATIONS


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_reoriented_array_holds_the_same_voxels_at_the_same_places(
    orientation: Orientation,
) -> None:
    array = np.arange(4 * 5 * 6).reshape(AXIAL.shape)
    turned, grid = orientation.apply(array), orientation.geometry(AXIAL)
    assert np.shares_memory(turned, array)
    assert turned.shape == grid.shape
    for old in ((0, 0, 0), (1, 2, 3), (3, 4, 5)):
        new = orientation.from_old_index(np.array(old), AXIAL.shape)
        assert turned[tuple(new)] == array[old]
        assert_allclose(grid.to_patient(new), AXIAL.to_patient(old), atol=1e-9)
        assert_array_equal(orientation.to_old_index(new, AXIAL.shape), old)
    assert_array_equal(orientation.inverse.apply(turned), array)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_stored_orientation_is_found_again(orientation: Orientation) -> None:
    grid = oblique_geometry(shear=0.4)
    found, left_mm = best_match(orientation.geometry(grid), grid)
    assert found == orientation.inverse
    assert left_mm < 1e-9


def test_a_lattice_of_another_shape_matches_nothing() -> None:
    assert best_match(AXIAL, Geometry.from_spacing((4, 5, 7), (2.0, 1.0, 0.5)))[1] == float("inf")


@pytest.mark.parametrize("stored", ORIENTATIONS)
def test_closest_to_lps_undoes_any_stored_orientation(stored: Orientation) -> None:
    grid = stored.geometry(AXIAL)
    assert closest_to_lps(grid).geometry(grid).corner_displacement_mm(AXIAL) < 1e-9


@pytest.mark.parametrize("stored", ORIENTATIONS)
def test_radiological_convention_for_any_stored_orientation(stored: Orientation) -> None:
    grid = stored.geometry(AXIAL)
    shown = radiological(grid).geometry(grid)
    down, right = shown.affine[:3, 1], shown.affine[:3, 2]
    plane = main_plane(grid)
    assert plane == PLANES[int(np.abs(grid.affine[:3, 0]).argmax())]
    if plane == "axial":
        assert right[0] > 0, "patient's left is on screen right"
        assert down[1] > 0, "anterior is up"
    if plane == "coronal":
        assert right[0] > 0, "patient's left is on screen right"
        assert down[2] < 0, "cranial is up"
    if plane == "sagittal":
        assert right[1] > 0, "anterior is on screen left"
        assert down[2] < 0, "cranial is up"
    assert_allclose(shown.affine[:3, 0], grid.affine[:3, 0])  # slices stay in their order


def test_axes_near_45_degrees_are_assigned_jointly() -> None:
    angle = np.radians(45.1)
    affine = np.eye(4)
    affine[:3, 0] = (0, 0, 1)
    affine[:3, 1] = (np.sin(angle), np.cos(angle), 0)
    affine[:3, 2] = (np.cos(angle), -np.sin(angle), 0)
    # Alone, rows and columns might both choose the same patient axis; jointly they cannot.
    assert sorted(closest_to_lps(Geometry((3, 3, 3), affine)).axes) == [0, 1, 2]


def one_by_one(observed: Geometry, wanted: Geometry) -> tuple[Orientation, float]:
    """The same, slowly: each orientation's own grid is made and compared."""
    tried = ((one, one.geometry(observed).corner_displacement_mm(wanted)) for one in ORIENTATIONS)
    return min(tried, key=lambda pair: pair[1])


@pytest.mark.parametrize("seed", range(60))
def test_the_best_match_is_the_one_of_trying_each(seed: int):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, 3) if seed % 3 else np.full(3, rng.integers(1, 6))
    shape = (int(sizes[0]), int(sizes[1]), int(sizes[2]))
    affine = np.eye(4)
    affine[:3, :3] = np.linalg.qr(rng.normal(size=(3, 3)))[0] * rng.uniform(0.3, 4, 3)
    affine[:3, 3] = rng.uniform(-500, 500, 3)
    wanted = Geometry(shape, affine)
    turned = ORIENTATIONS[seed % 48].geometry(wanted)
    nudged = np.array(turned.affine)
    nudged[:3] += rng.normal(size=(3, 4)) * (0.0, 1e-6, 1e-3, 2.0)[seed % 4]
    observed = Geometry(turned.shape, nudged)
    assert best_match(observed, wanted) == one_by_one(observed, wanted)


def test_a_grid_very_far_off_is_as_far_as_by_trying_each():
    affine = np.array(AXIAL.affine)
    affine[:3, 3] = 5e8
    far = Geometry(AXIAL.shape, affine)
    assert best_match(far, AXIAL) == one_by_one(far, AXIAL)
