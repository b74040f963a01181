"""An ellipsoid from measured diameters."""

from __future__ import annotations

import numpy as np
import pytest

from medseg.annotate import ellipsoid_edit
from medseg.errors import EditError
from medseg.model import Geometry
from tests.annotate.regions import (
    BY,
    GRIDS,
    STRAIGHT,
    after,
    ball,
    middle,
    segmented,
    volume_mm3,
)

on_both_grids = pytest.mark.parametrize("grid", GRIDS, ids=["straight", "sheared"])


def diameter(grid: Geometry, way: tuple[float, float, float]) -> np.ndarray:
    return np.array([middle(grid) - np.array(way) / 2, middle(grid) + np.array(way) / 2])


@on_both_grids
def test_three_equal_diameters_are_a_ball(grid: Geometry) -> None:
    segmentation = segmented(grid, np.zeros(grid.shape, bool))
    three = [diameter(grid, way) for way in ((20, 0, 0), (0, 20, 0), (0, 0, 20))]
    edit = ellipsoid_edit(segmentation, 1, three, BY)
    np.testing.assert_array_equal(after(segmentation, edit) == 1, ball(grid, 10.0))


@on_both_grids
@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        ([(16, 16, 0), (-8, 8, 0)], np.sqrt(512) * 128),
        ([(0, 0, 20), (12, 0, 0)], 20 * 144),
        ([(0, 0, 20), (12, 0, 0), (0, 16, 0)], 20 * 12 * 16),
    ],
)
def test_its_volume_is_a_sixth_of_pi_times_the_diameters(
    grid: Geometry, ways: list[tuple[float, float, float]], expected: float
) -> None:
    segmentation = segmented(grid, np.zeros(grid.shape, bool))
    edit = ellipsoid_edit(segmentation, 1, [diameter(grid, way) for way in ways], BY)
    found = volume_mm3(after(segmentation, edit) == 1, grid)
    assert found == pytest.approx(np.pi / 6 * expected, rel=0.03)


def test_a_slanting_second_diameter_is_set_square_and_keeps_its_length() -> None:
    segmentation = segmented(STRAIGHT, np.zeros(STRAIGHT.shape, bool))
    slanting = [diameter(STRAIGHT, way) for way in ((20, 0, 0), (6, 8, 0), (0, 0, 14))]
    square = [diameter(STRAIGHT, way) for way in ((20, 0, 0), (0, 10, 0), (0, 0, 14))]
    one, other = (
        after(segmentation, ellipsoid_edit(segmentation, 1, ways, BY))
        for ways in (slanting, square)
    )
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("ways", "words"),
    [
        ([(20, 0, 0)], "two or three"),
        ([(20, 0, 0), (0, 0, 0)], "above 0 mm"),
        ([(20, 0, 0), (20, 3, 0)], "degrees apart"),
        ([(20, 0, 0), (0, 20, 0), (14, 14, 0.5)], "in one plane"),
        ([(20, 0, 0), (0, np.nan, 0)], "finite"),
        ([(0.1, 0, 0), (0, 0.1, 0)], "holds none"),
    ],
)
def test_impossible_diameters_are_refused(
    ways: list[tuple[float, float, float]], words: str
) -> None:
    segmentation = segmented(STRAIGHT, np.zeros(STRAIGHT.shape, bool))
    with pytest.raises(EditError, match=words):
        ellipsoid_edit(segmentation, 1, [diameter(STRAIGHT, way) for way in ways], BY)
