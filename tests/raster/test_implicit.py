"""A smooth function through scattered values."""

from __future__ import annotations

import numpy as np
import pytest

from medseg.raster.implicit import Implicit

rng = np.random.default_rng(2)


def sphere(count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Points on a sphere of 10 mm and on two beside it, and how far inside they are."""
    ways = rng.normal(size=(count, 3))
    ways /= np.linalg.norm(ways, axis=1)[:, None]
    points = np.concatenate([radius * ways for radius in (10.0, 9.0, 11.0)])
    return points, 10.0 - np.linalg.norm(points, axis=1)


def test_it_meets_its_values_and_is_smooth_between() -> None:
    points, values = sphere()
    function = Implicit.through(points, values, np.zeros(len(points)))
    np.testing.assert_allclose(function.at(points), values, atol=1e-6)
    others, expected = sphere(50)
    np.testing.assert_allclose(function.at(others), expected, atol=0.1)


def test_slack_lets_a_value_be_missed() -> None:
    points, values = sphere()
    values[0] = 3.0
    slack = np.full(len(points), 1e-3)
    assert abs(Implicit.through(points, values, slack).at(points[:1])[0]) < 1.5


def test_a_plane_comes_back_as_a_plane() -> None:
    points = rng.uniform(-5, 5, (40, 3))
    values = points @ (0.3, -0.2, 0.9) + 1.5
    function = Implicit.through(points, values, np.zeros(40))
    far = rng.uniform(-50, 50, (20, 3))
    np.testing.assert_allclose(function.at(far), far @ (0.3, -0.2, 0.9) + 1.5, atol=1e-6)


@pytest.mark.parametrize("shear", [0.0, 0.8])
def test_looking_coarsely_first_loses_nothing(shear: float) -> None:
    points, values = sphere()
    function = Implicit.through(points, values, np.full(len(points), 1e-3))
    steps = np.array([[0.0, 0.0, 0.8], [shear, 0.7, 0.0], [2.5, 0.0, 0.0]])
    shape = (11, 37, 32)
    first = -steps @ (np.array(shape) // 2)
    every = np.indices(shape).reshape(3, -1).T @ steps.T + first
    found = function.positive_on(steps, first, shape)
    np.testing.assert_array_equal(found, (function.at(every) > 0).reshape(shape))
    assert 0.1 < found.mean() < 0.9
