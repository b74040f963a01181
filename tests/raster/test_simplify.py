"""Rings with fewer points: how far they may go, and that they stay simple."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from medseg.raster import crossing_edges, edge_contours, fill_rings, simplified_ring

Ring = NDArray[np.float64]


def wavy(seed: int, count: int = 80) -> Ring:
    """A ring round a point: it never meets itself."""
    random = np.random.default_rng(seed)
    turn = np.sort(random.uniform(0, 2 * np.pi, count))
    reach = 10 + random.uniform(-6, 6, count)
    return np.column_stack([reach * np.sin(turn), reach * np.cos(turn)])


def blob_ring(seed: int) -> Ring:
    """The staircase round a ragged mask, with narrow bays."""
    random = np.random.default_rng(seed)
    mask = fill_rings([wavy(seed, 25) + 17], (34, 34)) & (random.random((34, 34)) < 0.93)
    return max(edge_contours(mask), key=len)


def spiral(seed: int) -> Ring:
    """A rolled-up band: its turns lie side by side, and rarely meet."""
    random = np.random.default_rng(seed)
    turn = np.linspace(0, 4 * np.pi, 70)
    sides = [(3 + 1.2 * turn + half) for half in (0.9, -0.9)]
    edges = [np.column_stack([side * np.sin(turn), side * np.cos(turn)]) for side in sides]
    ring = np.vstack([edges[0], edges[1][::-1]])
    return ring + random.uniform(-0.3, 0.3, ring.shape)


def apart(one: Ring, other: Ring) -> float:
    """The largest distance between two rings' lines, both ways, by another library."""
    lines = [shapely.LinearRing(ring).segmentize(0.3) for ring in (one, other)]
    return max(
        float(shapely.distance(shapely.points(shapely.get_coordinates(a)), b).max())
        for a, b in (lines, lines[::-1])
    )


@given(st.integers(0, 10**6), st.floats(0.0, 8.0), st.booleans())
@example(173, 0.5, True)  # points kept for the crossings' sake
@settings(deadline=None, max_examples=40)
def test_it_stays_within_the_tolerance(seed: int, tolerance: float, is_blob: bool) -> None:
    ring = blob_ring(seed) if is_blob else wavy(seed)
    kept = simplified_ring(ring, tolerance)
    assert len(kept) >= 3
    assert (np.diff(kept) > 0).all()
    assert apart(ring, ring[kept]) <= tolerance + 1e-9


@given(st.integers(0, 10**6), st.floats(0.0, 8.0))
@settings(deadline=None, max_examples=40)
def test_a_simple_ring_stays_simple(seed: int, tolerance: float) -> None:
    for ring in (spiral(seed), blob_ring(seed)):
        if shapely.Polygon(ring).is_valid:
            assert shapely.Polygon(ring[simplified_ring(ring, tolerance)]).is_valid


def test_the_test_of_simple_rings_sees_simplification_without_care(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rings = [ring for ring in map(spiral, range(20)) if shapely.Polygon(ring).is_valid]
    careful = [ring[simplified_ring(ring, 4.0)] for ring in rings]
    monkeypatch.setattr(
        "medseg.raster.simplify.crossing_edges", lambda _: np.empty((0, 2), np.int64)
    )
    careless = [ring[simplified_ring(ring, 4.0)] for ring in rings]
    assert all(shapely.Polygon(ring).is_valid for ring in careful)
    assert sum(shapely.Polygon(ring).is_valid for ring in careless) < len(rings) / 2


def test_tolerance_0_drops_points_on_straight_edges_only() -> None:
    ring = np.array([(0, 0), (0, 1), (0, 4), (2, 4), (4, 4), (4, 0), (1, 0)], float)
    assert simplified_ring(ring, 0.0).tolist() == [0, 2, 4, 5]


def test_a_staircase_of_a_circle_loses_most_points() -> None:
    turn = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    circle = np.column_stack([25 + 20.3 * np.sin(turn), 25 + 20.3 * np.cos(turn)])
    (ring,) = edge_contours(fill_rings([circle], (50, 50)))
    assert len(simplified_ring(ring, 1.0)) < len(ring) / 3


@pytest.mark.parametrize("tolerance", [0.0, 1.0, 1e9])
def test_lines_and_points_come_back_as_three_points_or_more(tolerance: float) -> None:
    for ring in ([(0, 0), (1, 1), (4, 4), (2, 2)], [(3, 3)] * 5, [(0, 0), (0, 5), (5, 0)]):
        assert len(simplified_ring(np.array(ring, float), tolerance)) >= 3


@given(st.integers(0, 10**6), st.integers(3, 9), st.booleans())
@settings(deadline=None, max_examples=200)
def test_crossings_are_what_shapely_finds(seed: int, count: int, on_grid: bool) -> None:
    random = np.random.default_rng(seed)
    ring = random.integers(0, 7, (count, 2)) if on_grid else random.uniform(0, 7, (count, 2))
    ring = np.asarray(ring, float)
    ring = ring[(ring != np.roll(ring, 1, axis=0)).any(axis=1)]
    if len(ring) >= 3:
        assert (len(crossing_edges(ring)) == 0) == shapely.LinearRing(ring).is_simple


def test_pairs_are_all_that_comparing_each_edge_with_each_finds() -> None:
    random = np.random.default_rng(4)
    for _ in range(30):
        ring = random.integers(0, 9, (random.integers(4, 30), 2)).astype(float)
        ring = ring[(ring != np.roll(ring, 1, axis=0)).any(axis=1)]
        edges = shapely.linestrings(np.stack([ring, np.roll(ring, -1, axis=0)], axis=1))
        count = len(ring)
        apart = [
            (i, j) for i in range(count) for j in range(i + 2, count) if (i, j) != (0, count - 1)
        ]
        expected = [pair for pair in apart if edges[pair[0]].intersects(edges[pair[1]])]
        found = [tuple(pair) for pair in crossing_edges(ring).tolist()]
        assert [pair for pair in found if pair in apart] == expected
        assert found == sorted(set(found))


def test_long_smooth_rings_are_looked_at_quickly() -> None:
    turn = np.linspace(0, 2 * np.pi, 60_000, endpoint=False)
    ring = np.column_stack([np.sin(turn), np.cos(turn)])
    assert len(crossing_edges(ring)) == 0


def test_the_pairs_name_the_edges() -> None:
    bow = np.array([(0, 0), (2, 2), (2, 0), (0, 2)], float)
    assert crossing_edges(bow).tolist() == [[0, 2]]
    spike = np.array([(0, 0), (0, 4), (0, 2), (3, 3)], float)
    assert crossing_edges(spike).tolist() == [[0, 1], [0, 2]]
    doubled = np.array([(0, 0), (0, 0), (2, 2), (2, 0), (0, 2)], float)
    assert crossing_edges(doubled).tolist() == [[1, 3]]
