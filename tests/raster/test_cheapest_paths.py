"""Cheapest ways, held against scipy's Dijkstra; and what their steps cost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from medseg.raster.cheapest_paths import STEPS, CheapestPaths
from medseg.raster.edge_costs import edge_costs


def by_scipy(costs: NDArray[np.uint16], start: tuple[int, int]) -> NDArray[np.float64]:
    rows, columns = costs.shape[:2]
    ends: list[tuple[int, int, int]] = []
    for row, column in np.ndindex(rows, columns):
        for step, (down, right) in enumerate(STEPS):
            if row + down < rows and 0 <= column + right < columns:
                there = (row + down) * columns + column + right
                ends.append((row * columns + column, there, int(costs[row, column, step])))
    one, other, cost = np.array(ends).T if ends else np.empty((3, 0), int)
    graph = coo_array((cost, (one, other)), shape=(rows * columns,) * 2).tocsr()
    found = dijkstra(graph, directed=False, indices=start[0] * columns + start[1])
    return np.asarray(found).reshape(rows, columns)


def cost_along(costs: NDArray[np.uint16], way: NDArray[np.int64]) -> int:
    total = 0
    for one, other in pairwise(way):
        step = tuple(int(side) for side in other - one)
        if step in STEPS:
            total += int(costs[tuple(one)][STEPS.index(step)])
        else:
            total += int(costs[tuple(other)][STEPS.index((-step[0], -step[1]))])
    return total


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (13, 17), (40, 31)])
@pytest.mark.parametrize("most", [1, 7, 300, 65535])
def test_costs_are_the_least_and_ways_cost_what_is_said(shape: tuple[int, int], most: int) -> None:
    random = np.random.default_rng(most)
    costs = random.integers(1, most + 1, (*shape, 4)).astype(np.uint16)
    start = int(random.integers(shape[0])), int(random.integers(shape[1]))
    expected = by_scipy(costs, start)
    paths = CheapestPaths(costs, start)
    for _ in range(40):
        end = int(random.integers(shape[0])), int(random.integers(shape[1]))
        way = paths.way_to(*end)
        assert tuple(way[0]) == start
        assert tuple(way[-1]) == end
        assert cost_along(costs, way) == paths.cost_to(*end) == expected[end]


def flat_picture(shape: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return np.zeros(shape, np.float32), np.zeros((2, *shape), np.float32)


def test_without_edges_a_step_costs_its_length_in_mm() -> None:
    costs = edge_costs(*flat_picture((4, 4)), 1.0, np.array([[0.0, 0.5], [2.0, 0.0]]))
    np.testing.assert_allclose(costs[1, 1] / 250, np.hypot(*np.array(STEPS).T * [[4], [1]]), 5e-3)
    sheared = edge_costs(*flat_picture((4, 4)), 1.0, np.array([[0.5, 1.0], [1.0, 0.0]]))
    lengths = [np.hypot(0.5 * down + right, down) for down, right in STEPS]
    np.testing.assert_allclose(sheared[1, 1] / 250, lengths, 5e-3)


def test_along_a_strong_edge_is_cheap_across_it_is_not() -> None:
    size, along = flat_picture((5, 5))
    size[2], along[1, 2] = 10.0, 1.0  # an edge along row 2: the gradient points down
    costs = edge_costs(size, along, 10.0, np.array([[0.0, 1.0], [1.0, 0.0]]))
    east, _, south, _ = costs[2, 2]
    assert east < 20
    assert south > 100
    assert east < costs[0, 2, 0] / 10


def test_every_step_costs_something_and_very_long_ones_fit() -> None:
    size, along = flat_picture((3, 3))
    costs = edge_costs(size, along, 0.0, np.array([[0.0, 1e-3], [1.0, 0.0]]))
    assert costs.min() >= 1
    assert costs[0, 0, 2] == 65535
