"""Where a grid stands: index to patient and back, spacing, tilt, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from medseg.errors import GeometryError
from medseg.model import Geometry
from tests.phantoms import ANISOTROPIC_MM, oblique_geometry


def test_axial_grid_runs_left_posterior_and_up() -> None:
    grid = Geometry.from_spacing((4, 5, 6), (2.0, 1.0, 0.5), (10.0, 20.0, 30.0))
    assert_allclose(grid.to_patient((0, 0, 0)), (10, 20, 30))
    assert_allclose(grid.to_patient((1, 0, 0)), (10, 20, 32))
    assert_allclose(grid.to_patient((0, 1, 0)), (10, 21, 30))
    assert_allclose(grid.to_patient((0, 0, 1)), (10.5, 20, 30))
    assert_allclose(grid.slice_normal, (0, 0, 1))


@given(st.lists(st.floats(-500, 500), min_size=3, max_size=3), st.floats(-3, 3))
def test_index_to_patient_and_back(index: list[float], shear: float) -> None:
    grid = oblique_geometry(shear=shear)
    assert_allclose(grid.to_index(grid.to_patient(index)), index, atol=1e-9)


def test_spacing_gap_volume_and_tilt_of_an_upright_grid() -> None:
    grid = oblique_geometry()
    assert_allclose(grid.spacing_mm, ANISOTROPIC_MM)
    assert grid.slice_gap_mm == pytest.approx(2.5)
    assert grid.voxel_volume_mm3 == pytest.approx(2.5 * 0.7 * 0.8)
    assert grid.tilt_degrees == pytest.approx(0, abs=1e-6)


def test_shear_lengthens_the_step_but_neither_gap_nor_volume() -> None:
    grid = oblique_geometry(shear=1.5)
    assert grid.spacing_mm[0] == pytest.approx(np.hypot(2.5, 1.5))
    assert grid.slice_gap_mm == pytest.approx(2.5)
    assert grid.voxel_volume_mm3 == pytest.approx(2.5 * 0.7 * 0.8)
    assert grid.tilt_degrees == pytest.approx(np.degrees(np.arctan(1.5 / 2.5)))
    assert "tilted 30.96 degrees" in grid.describe()


def test_corners_are_the_centres_of_the_corner_voxels() -> None:
    grid = Geometry.from_spacing((2, 3, 4), (1.0, 1.0, 1.0))
    assert {tuple(corner) for corner in grid.corners_lps} == {
        (x, y, z) for x in (0.0, 3.0) for y in (0.0, 2.0) for z in (0.0, 1.0)
    }


def test_same_grid_tolerates_a_hundredth_of_a_millimetre() -> None:
    grid = Geometry.from_spacing((2, 3, 4), (1.0, 1.0, 1.0))
    near = Geometry.from_spacing((2, 3, 4), (1.0, 1.0, 1.0), (0.009, 0.0, 0.0))
    far = Geometry.from_spacing((2, 3, 4), (1.0, 1.0, 1.0), (0.011, 0.0, 0.0))
    other_shape = Geometry.from_spacing((2, 3, 5), (1.0, 1.0, 1.0))
    assert grid.same_grid(near)
    assert not grid.same_grid(far)
    assert grid.corner_displacement_mm(far) == pytest.approx(0.011)
    assert grid.corner_displacement_mm(other_shape) == float("inf")


def test_two_named_frames_differ_and_an_unnamed_one_fits_any() -> None:
    bare = Geometry.from_spacing((2, 3, 4), (1.0, 1.0, 1.0))
    one, two = (Geometry(bare.shape, bare.affine, frame) for frame in ("1.2.3", "1.2.4"))
    assert one.same_grid(bare)
    assert bare.same_grid(two)
    assert not one.same_grid(two)


@pytest.mark.parametrize("shape", [(0, 1, 1), (2, 2), (2, 2, -1), (2.5, 2, 2)])
def test_impossible_shapes_are_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(GeometryError, match="positive whole sizes"):
        Geometry(shape, np.eye(4))


def _with(row: int, column: int, value: float) -> np.ndarray:
    affine = np.eye(4)
    affine[row, column] = value
    return affine


@pytest.mark.parametrize(
    ("affine", "words"),
    [
        (np.eye(3), "finite"),
        (_with(0, 0, np.nan), "finite"),
        (_with(1, 3, np.inf), "finite"),
        (_with(1, 1, 0.0), "span a volume"),
        (_with(3, 0, 1.0), "ends in the row"),
    ],
)
def test_impossible_affines_are_refused(affine: np.ndarray, words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        Geometry((2, 2, 2), affine)


def test_affine_is_a_read_only_copy_without_negative_zero() -> None:
    given_affine = _with(0, 1, -0.0)
    grid = Geometry((2, 2, 2), given_affine)
    given_affine[0, 0] = 7
    assert grid.affine[0, 0] == 1
    assert not np.signbit(grid.affine[0, 1])
    with pytest.raises(ValueError, match="read-only"):
        grid.affine[0, 0] = 2


def test_a_micrometre_grid_is_a_volume() -> None:
    assert Geometry.from_spacing((2, 2, 2), (1e-3, 1e-3, 1e-3)).voxel_volume_mm3 > 0


def test_one_slice_of_another_thickness_is_another_grid() -> None:
    thin = Geometry.from_spacing((1, 3, 4), (1.0, 1.0, 1.0))
    thick = Geometry.from_spacing((1, 3, 4), (5.0, 1.0, 1.0))
    assert np.array_equal(thin.corners_lps, thick.corners_lps)
    assert not thin.same_grid(thick)
    assert thin.corner_displacement_mm(thick) == pytest.approx(2.0)


def test_outer_corners_enclose_the_volume_of_all_voxels() -> None:
    grid = Geometry.from_spacing((2, 3, 4), (1.5, 1.0, 0.5))
    sides = np.ptp(grid.outer_corners_lps, axis=0)
    assert sides.prod() == pytest.approx(2 * 3 * 4 * grid.voxel_volume_mm3)


@pytest.mark.parametrize("column", [0, 1, 2, 3])
@pytest.mark.parametrize("size", [1e300, 1e-300, 1e13, -1e200])
def test_steps_and_places_beyond_all_measure_are_refused_without_a_warning(column, size):
    affine = np.eye(4)
    affine[0, column] = size
    if column < 3:
        affine[:3, column] = 0.0
        affine[column, column] = size
    if column == 3 and abs(size) < 1:
        assert Geometry((2, 3, 4), affine).affine[0, 3] == size  # a place may be next to zero
        return
    with pytest.raises(GeometryError, match="mm"):
        Geometry((2, 3, 4), affine)
