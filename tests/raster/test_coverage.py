"""Exact coverage of pixels, held against shapely's areas."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from medseg.raster import edge_contours, fill_rings, ring_coverage

Ring = NDArray[np.float64]


def region_of(rings: list[Ring]) -> shapely.Geometry:
    region = shapely.Polygon()
    for ring in rings:
        # "linework" keeps the faces that an odd number of turns encloses.
        region = region ^ shapely.make_valid(shapely.Polygon(ring), method="linework")
    return region


def by_shapely(rings: list[Ring], shape: tuple[int, int]) -> NDArray[np.float64]:
    rows, columns = (side.ravel() for side in np.indices(shape))
    pixels = shapely.box(rows - 0.5, columns - 0.5, rows + 0.5, columns + 0.5)
    return shapely.area(shapely.intersection(pixels, region_of(rings))).reshape(shape)


@pytest.mark.parametrize("seed", range(4))
def test_random_rings_that_cross_themselves_and_each_other_equal_shapely(seed: int) -> None:
    random = np.random.default_rng(seed)
    for _ in range(12):
        rings = [
            random.uniform(-4, 14, (random.integers(3, 10), 2))
            for _ in range(random.integers(1, 4))
        ]
        found = ring_coverage(rings, (10, 11))
        np.testing.assert_allclose(found, by_shapely(rings, (10, 11)), atol=3e-7)


def test_points_on_centres_and_on_pixel_edges() -> None:
    random = np.random.default_rng(7)
    simple = 0
    while simple < 30:
        ring = random.integers(-4, 20, (random.integers(3, 6), 2)) * random.choice([0.5, 1.0])
        # Shapely drops doubled edges, so it is asked about simple polygons only.
        if shapely.Polygon(ring).is_valid:
            simple += 1
            found = ring_coverage([ring], (9, 9))
            np.testing.assert_allclose(found, by_shapely([ring], (9, 9)), atol=3e-7)


def test_doubled_edges_count_twice_as_in_the_fill() -> None:
    random = np.random.default_rng(8)
    fine = 32
    for _ in range(15):
        ring = random.integers(-2, 9, (9, 2)).astype(float)
        # Many small pixels in the place of each; their centres avoid the edges' places.
        many = fill_rings([(ring + 0.5) * fine - 0.5 + 1e-3], (7 * fine, 7 * fine))
        share = many.reshape(7, fine, 7, fine).mean(axis=(1, 3))
        np.testing.assert_allclose(ring_coverage([ring], (7, 7)), share, atol=0.03)


@pytest.mark.parametrize("radius", [0.3, 4.0, 60.0, 180.0])
def test_the_sum_is_the_area_within_a_millionth(radius: float) -> None:
    random = np.random.default_rng(int(radius))
    turn = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    for _ in range(5):
        reach = radius * (1 + 0.2 * np.sin(3 * turn + random.uniform(0, 6)))
        ring = np.column_stack([reach * np.sin(turn), reach * np.cos(turn)])
        ring += random.uniform(250, 251, 2)
        hole = 250.5 + (ring - 250.5) * 0.4
        found = ring_coverage([ring, hole], (512, 512)).sum(dtype=np.float64)
        assert found == pytest.approx(region_of([ring, hole]).area, rel=1e-6)


def test_counting_centres_would_not_pass_for_an_area() -> None:
    """The broken control: small lesions need the coverage."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = 20.3 + 3.1 * np.column_stack([np.sin(turn), np.cos(turn)])
    area = shapely.Polygon(ring).area
    assert abs(fill_rings([ring], (40, 40)).sum() / area - 1) > 1e-3
    assert ring_coverage([ring], (40, 40)).sum(dtype=np.float64) == pytest.approx(area, rel=1e-6)


def test_the_edges_of_a_mask_cover_its_pixels_and_no_others() -> None:
    mask = np.random.default_rng(2).random((30, 41)) < 0.5
    np.testing.assert_array_equal(ring_coverage(edge_contours(mask), mask.shape), mask)


def test_a_part_of_a_plane_is_covered_as_in_the_whole() -> None:
    ring = np.random.default_rng(3).uniform(-5, 45, (12, 2))
    whole = ring_coverage([ring], (40, 40))
    part = ring_coverage([ring], (11, 9), (17, 23))
    np.testing.assert_allclose(part, whole[17:28, 23:32], atol=1e-6)
    assert whole.dtype == np.float32
    assert whole.min() >= 0
    assert whole.max() <= 1


@pytest.mark.parametrize(
    "ring", [[], [(3, 3)], [(1, 1), (8, 8)], [(2, 2)] * 5, [(0, 0.5), (3, 3.5), (5, 5.5)]]
)
def test_points_and_lines_cover_nothing(ring: list[tuple[float, float]]) -> None:
    points = np.array(ring, dtype=float).reshape(-1, 2)
    assert ring_coverage([points], (10, 10)).max() < 1e-12


def test_nothing_covers_nothing_and_all_around_covers_all() -> None:
    assert not ring_coverage([], (4, 5)).any()
    around = np.array([(-1e6, -1e6), (-1e6, 1e6), (1e6, 1e6), (1e6, -1e6)])
    assert (ring_coverage([around], (6, 7)) == 1).all()
    assert not ring_coverage([around + 1e7], (6, 7)).any()
    assert ring_coverage([around], (0, 7)).shape == (0, 7)
