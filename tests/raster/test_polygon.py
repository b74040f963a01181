"""The pixel-centre rule, held against shapely and against itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.spatial import Delaunay

from medseg.raster import fill_rings

Ring = NDArray[np.float64]
Fill = Callable[[list[Ring], tuple[int, int]], NDArray[np.bool_]]


def by_shapely(
    rings: list[Ring], shape: tuple[int, int], shift_rc: tuple[float, float] = (0.0, 0.0)
) -> NDArray[np.bool_]:
    """Strictly inside an odd number of rings, by another library."""
    region = shapely.Polygon()
    for ring in rings:
        # "linework" keeps the faces that an odd number of turns encloses.
        region = region ^ shapely.make_valid(shapely.Polygon(ring), method="linework")
    rows, columns = np.indices(shape) + np.reshape(shift_rc, (2, 1, 1))
    return shapely.contains_xy(region, rows.ravel(), columns.ravel()).reshape(shape)


def by_pillow(rings: list[Ring], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """What many tools do: the outline is painted too."""
    image = Image.new("L", shape[::-1])
    for ring in rings:
        ImageDraw.Draw(image).polygon([(c, r) for r, c in ring], fill=1, outline=1)
    return np.asarray(image, dtype=bool)


def lobed(center: tuple[float, float], radius: float, phase: float = 0.3) -> Ring:
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    reach = radius * (1 + 0.2 * np.sin(3 * turn + phase))
    return np.column_stack([center[0] + reach * np.sin(turn), center[1] + reach * np.cos(turn)])


def area(ring: Ring) -> float:
    return float(shapely.Polygon(ring).area)


@pytest.mark.parametrize("seed", range(6))
def test_random_polygons_that_cross_themselves_equal_shapely(seed: int) -> None:
    random = np.random.default_rng(seed)
    for _ in range(50):
        ring = random.uniform(-4, 24, (random.integers(3, 12), 2))
        np.testing.assert_array_equal(fill_rings([ring], (20, 21)), by_shapely([ring], (20, 21)))


def test_random_rings_combine_even_odd() -> None:
    random = np.random.default_rng(1)
    for _ in range(60):
        rings = [random.uniform(0, 20, (random.integers(3, 7), 2)) for _ in range(3)]
        np.testing.assert_array_equal(fill_rings(rings, (20, 20)), by_shapely(rings, (20, 20)))


def random_outline(seed: int) -> tuple[list[Ring], tuple[int, int]]:
    """Anything people draw: wild or lobed, with holes, small or large, across the border."""
    random = np.random.default_rng(seed)
    shape = int(random.integers(1, 40)), int(random.integers(1, 40))
    rings = []
    for _ in range(random.integers(1, 4)):
        if random.random() < 0.5:
            rings.append(random.uniform(-5, 45, (random.integers(3, 20), 2)))
        else:
            middle = random.uniform(0, 40), random.uniform(0, 40)
            rings.append(lobed(middle, random.uniform(0.3, 25), random.uniform(0, 6)))
    return rings, shape


@pytest.mark.parametrize(
    "seeds", [range(400), pytest.param(range(400, 10_000), marks=pytest.mark.long)]
)
def test_ten_thousand_outlines_equal_shapely_pixel_for_pixel(seeds: range) -> None:
    for seed in seeds:
        rings, shape = random_outline(seed)
        np.testing.assert_array_equal(fill_rings(rings, shape), by_shapely(rings, shape))


def test_a_part_of_a_plane_is_filled_as_in_the_whole() -> None:
    for seed in range(40):
        rings, _ = random_outline(seed)
        whole = fill_rings(rings, (40, 40))
        part = fill_rings(rings, (13, 20), (9, 15))
        np.testing.assert_array_equal(part, whole[9:22, 15:35])


def by_whole_numbers(ring: Ring, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The half-open rule without rounding, for corners at whole pixels.

    Each centre is looked at a hair further down and right, so that none lies on an edge; the
    hair is a millionth of a pixel to the right, and far less downwards.
    """
    down, right = 10**12, 10**6
    inside = np.zeros(shape, bool)
    edges = [
        sorted([(int(a[0]), int(a[1])), (int(b[0]), int(b[1]))])
        for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True)
    ]
    for row, column in np.ndindex(shape):
        for (top, start), (bottom, stop) in edges:
            if top <= row < bottom:
                # The edge meets the row left of the centre; cross-multiplied.
                left = ((row - top) * down + 1) * (stop - start) * right
                room = ((column - start) * right + 1) * (bottom - top) * down
                inside[row, column] ^= left < room
    return inside


def test_vertices_on_pixel_centres_follow_the_half_open_rule() -> None:
    random = np.random.default_rng(2)
    for _ in range(60):
        ring = random.integers(-2, 16, (random.integers(3, 9), 2)).astype(float)
        np.testing.assert_array_equal(
            fill_rings([ring], (14, 15)), by_whole_numbers(ring, (14, 15))
        )


def test_the_rule_of_whole_numbers_equals_shapely_where_that_is_sure() -> None:
    """Shapely drops doubled edges, so it is asked about simple polygons only."""
    random = np.random.default_rng(2)
    simple = 0
    while simple < 30:
        ring = random.integers(-2, 16, (random.integers(3, 7), 2)).astype(float)
        if shapely.Polygon(ring).is_valid:
            simple += 1
            expected = by_shapely([ring], (14, 15), (1e-9, 1e-5))
            np.testing.assert_array_equal(by_whole_numbers(ring, (14, 15)), expected)
            np.testing.assert_array_equal(fill_rings([ring], (14, 15)), expected)


def test_a_square_on_pixel_centres_has_its_top_and_left_edges_only() -> None:
    square = np.array([(2.0, 3.0), (2.0, 7.0), (5.0, 7.0), (5.0, 3.0)])
    expected = np.zeros((8, 9), bool)
    expected[2:5, 3:7] = True
    np.testing.assert_array_equal(fill_rings([square], (8, 9)), expected)


@pytest.mark.parametrize("grain", [1.0, 0.5, 1 / 3, 1e-9])
def test_polygons_that_tile_a_square_fill_each_pixel_exactly_once(grain: float) -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        inner = np.round(random.uniform(0, 16, (25, 2)) / grain) * grain
        corners = np.array([(0, 0), (0, 16), (16, 0), (16, 16)])
        points = np.unique(np.concatenate([corners, inner]), axis=0)
        triangles = Delaunay(points).simplices
        turned = [
            np.roll(triangle, random.integers(3))[:: random.choice([-1, 1])]
            for triangle in triangles
        ]
        count = sum(fill_rings([points[triangle]], (17, 17)).astype(int) for triangle in turned)
        expected = np.zeros((17, 17), int)
        expected[:16, :16] = 1
        np.testing.assert_array_equal(count, expected)


def mean_growth(fill: Fill) -> float:
    """By how much small lesions grow, on average, as a part of their area."""
    random = np.random.default_rng(4)
    rings = [lobed(tuple(random.uniform(15, 16, 2)), 4.0, phase) for phase in range(60)]
    return float(np.mean([fill([ring], (32, 32)).sum() / area(ring) - 1 for ring in rings]))


def test_small_lesions_do_not_grow() -> None:
    assert abs(mean_growth(fill_rings)) < 0.02


def test_the_growth_test_sees_a_fill_that_paints_the_outline() -> None:
    assert mean_growth(by_pillow) > 0.15


def test_closing_the_ring_and_turning_it_change_nothing() -> None:
    ring = lobed((10.0, 10.0), 6.0)
    mask = fill_rings([ring], (20, 20))
    for other in (np.vstack([ring, ring[:1]]), ring[::-1], np.roll(ring, 7, axis=0)):
        np.testing.assert_array_equal(fill_rings([other], (20, 20)), mask)


def test_what_lies_outside_is_cut_off() -> None:
    ring = lobed((0.0, 20.0), 9.0)
    whole = fill_rings([ring + 20], (60, 60))
    np.testing.assert_array_equal(fill_rings([ring], (20, 20)), whole[20:40, 20:40])
    assert not fill_rings([ring - 100], (20, 20)).any()
    assert not fill_rings([ring + 100], (20, 20)).any()
    around = np.array([(-9.0, -9.0), (-9.0, 99.0), (99.0, 99.0), (99.0, -9.0)])
    assert fill_rings([around], (20, 20)).all()


@pytest.mark.parametrize(
    "ring",
    [
        [],
        [(3, 3)],
        [(1, 1), (8, 8)],
        [(2, 2)] * 5,
        [(0, 0), (0.1, 0.1), (5, 5), (9, 9)],
        [(0, 0), (1, 1 / 3), (9, 3), (3, 1)],
    ],
)
def test_points_and_lines_hold_nothing(ring: list[tuple[float, float]]) -> None:
    points = np.array(ring, dtype=float).reshape(-1, 2)
    assert not fill_rings([points], (10, 10)).any()


def test_two_lobes_that_cross_out_each_other_in_area_are_both_filled() -> None:
    bow = np.array([(0.5, 0.25), (8.5, 8.25), (8.5, 0.25), (0.5, 8.25)])
    assert area(bow) == 0, "signed areas cancel, so area cannot tell a line"
    np.testing.assert_array_equal(fill_rings([bow], (10, 10)), by_shapely([bow], (10, 10)))
    assert fill_rings([bow], (10, 10)).any()


def test_no_rings_and_no_pixels() -> None:
    assert not fill_rings([], (4, 5)).any()
    assert fill_rings([lobed((2.0, 2.0), 2.0)], (0, 5)).shape == (0, 5)
