"""Measures of one segment against shapes whose numbers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import label

from medseg.errors import EditError, GeometryError
from medseg.measure import FEATURES, MEASURES, Measure, measure_all, measure_segment, volume_ml
from medseg.model import Geometry, Measurement, Segment, Segmentation, Volume
from tests.phantoms import ellipsoid, oblique_geometry, ramp_volume, two_lesions

FINE_MM = (1.0, 0.5, 0.5)


def segmentation_of(mask: NDArray[np.bool_], geometry: Geometry) -> Segmentation:
    return Segmentation(mask.astype(np.uint8), geometry, (Segment.unnamed(1),))


def measured(segmentation: Segmentation, number: int = 1) -> dict[str, Measurement]:
    return {each.name: each for each in measure_segment(segmentation, number)}


def length(measurement: Measurement) -> float:
    one, other = np.array(measurement.points_lps)
    return float(np.linalg.norm(other - one))


def grids(shape: tuple[int, int, int]) -> list[Geometry]:
    upright = Geometry.from_spacing(shape, FINE_MM)
    return [upright, oblique_geometry(shape), oblique_geometry(shape, shear=1.1)]


# The battery over every measure

TABLES = [MEASURES, FEATURES]
EVERY = [pytest.param(table, name, id=name) for table in TABLES for name in table]
VOLUMES = {"volume", "mesh_volume", "mtv", "morph_vol_approx"}


def uptake_volume(unit: str = "SUVbw") -> Volume:
    ramp = ramp_volume()
    return Volume(ramp.voxels, ramp.geometry, unit, ramp.source)


@pytest.mark.parametrize(("table", "name"), EVERY)
def test_every_measure_has_a_definition_a_unit_and_a_value(
    table: dict[str, Measure], name: str
) -> None:
    found = {
        each.name: each for each in measure_segment(two_lesions(), 1, uptake_volume(), table=table)
    }[name]
    assert math.isfinite(found.value)
    assert found.unit == table[name].unit.replace("{image}", "SUVbw")
    assert found.definition == table[name].definition
    assert len(found.definition) > 5


@pytest.mark.parametrize(("table", "name"), EVERY)
def test_every_measure_of_an_empty_segment_is_nan_but_the_volume(
    table: dict[str, Measure], name: str
) -> None:
    segmentation = segmentation_of(np.zeros((6, 8, 10), bool), oblique_geometry())
    found = {
        each.name: each for each in measure_segment(segmentation, 1, uptake_volume(), table=table)
    }[name]
    assert found.points_lps == ()
    if name in VOLUMES:
        assert found.value == 0.0
    else:
        assert math.isnan(found.value)


@pytest.mark.parametrize(("table", "name"), EVERY)
def test_every_measure_sees_its_own_segment_only(table: dict[str, Measure], name: str) -> None:
    both = two_lesions()
    array = np.where(both.array == 1, both.array, 0).astype(np.uint8)
    alone = Segmentation(array, both.geometry, both.segments)
    found, expected = (
        {each.name: each for each in measure_segment(each_one, 1, uptake_volume(), table=table)}
        for each_one in (both, alone)
    )
    assert found[name] == expected[name]


@pytest.mark.parametrize("table", TABLES)
def test_without_an_image_its_values_are_left_out(table: dict[str, Measure]) -> None:
    def names(volume: Volume | None) -> list[str]:
        return [each.name for each in measure_segment(two_lesions(), 1, volume, table=table)]

    assert names(None) == [name for name, one in table.items() if not one.needs]
    assert names(ramp_volume()) == [name for name, one in table.items() if one.needs != "SUV"]
    assert names(uptake_volume()) == list(table)


def test_values_without_a_unit_have_none_in_any_power() -> None:
    found = measure_segment(two_lesions(), 1, uptake_volume("1"), table=FEATURES)
    assert {one.unit for one in found if one.name.startswith(("stat", "loc"))} == {"1"}


def test_an_unknown_segment_and_an_image_on_another_grid_are_refused() -> None:
    with pytest.raises(EditError, match="no segment 9"):
        measure_segment(two_lesions(), 9)
    with pytest.raises(EditError, match="no segment 9"):
        volume_ml(two_lesions(), 9)
    with pytest.raises(GeometryError, match="share one grid"):
        measure_segment(two_lesions(), 1, ramp_volume(oblique_geometry(shear=0.5)))


# Volume


@pytest.mark.parametrize("index", range(3))
def test_the_volume_is_count_times_determinant(index: int) -> None:
    geometry = grids((6, 8, 10))[index]
    mask = np.zeros(geometry.shape, bool)
    mask[1:4, 2:5, 3:7] = True
    segmentation = segmentation_of(mask, geometry)
    down, across, along = geometry.affine[:3, :3].T
    one = abs(float(down @ np.cross(across, along)))
    assert volume_ml(segmentation, 1) == pytest.approx(36 * one / 1000)
    assert measured(segmentation)["volume"].value == volume_ml(segmentation, 1)


def test_a_shear_does_not_change_the_volume_but_the_spacing_product_would() -> None:
    sheared = oblique_geometry(shear=1.5)
    upright = oblique_geometry()
    mask = np.ones(upright.shape, bool)
    volume = volume_ml(segmentation_of(mask, sheared), 1)
    assert volume == pytest.approx(volume_ml(segmentation_of(mask, upright), 1))
    assert volume < 0.95 * mask.size * math.prod(sheared.spacing_mm) / 1000


def test_a_sphere_has_the_volume_of_the_formula() -> None:
    geometry = Geometry.from_spacing((44, 84, 84), FINE_MM)
    segmentation = segmentation_of(
        ellipsoid(geometry, (21.3, 41.6, 41.2), (18.0, 18.0, 18.0)), geometry
    )
    assert volume_ml(segmentation, 1) == pytest.approx(4 / 3 * np.pi * 1.8**3, rel=0.005)


# Diameters


@pytest.mark.parametrize("index", range(3))
def test_one_voxel_is_one_spacing_long_and_wide(index: int) -> None:
    geometry = grids((4, 5, 6))[index]
    mask = np.zeros(geometry.shape, bool)
    mask[2, 3, 1] = True
    found = measured(segmentation_of(mask, geometry))
    assert found["longest_diameter"].value == pytest.approx(max(geometry.spacing_mm[1:]))
    assert found["perpendicular_diameter"].value == pytest.approx(min(geometry.spacing_mm[1:]))


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("axis", [1, 2])
def test_a_straight_bar_is_as_long_as_its_voxels(index: int, axis: int) -> None:
    geometry = grids((4, 15, 16))[index]
    mask = np.zeros((15, 16), bool)
    mask[3 if axis == 2 else slice(2, 13), 4 if axis == 1 else slice(2, 13)] = True
    stack = np.zeros(geometry.shape, bool)
    stack[1] = mask
    found = measured(segmentation_of(stack, geometry))
    long, wide = found["longest_diameter"], found["perpendicular_diameter"]
    assert long.value == pytest.approx(11 * geometry.spacing_mm[axis])
    assert wide.value == pytest.approx(geometry.spacing_mm[3 - axis])
    index_srk = geometry.to_index(np.array(long.points_lps))
    expected = [[1, 1.5, 4], [1, 12.5, 4]] if axis == 1 else [[1, 3, 1.5], [1, 3, 12.5]]
    np.testing.assert_allclose(sorted(index_srk.round(6).tolist()), expected)


@pytest.mark.parametrize("index", range(3))
def test_a_box_of_many_voxels_measures_nearly_its_diagonal(index: int) -> None:
    geometry = grids((4, 40, 40))[index]
    mask = np.zeros(geometry.shape, bool)
    mask[1:3, 5:29, 6:38] = True
    found = measured(segmentation_of(mask, geometry))
    diagonal = math.hypot(24 * geometry.spacing_mm[1], 32 * geometry.spacing_mm[2])
    pixel = max(geometry.spacing_mm[1:])
    assert diagonal - pixel < found["longest_diameter"].value <= diagonal


@pytest.mark.parametrize("index", range(3))
def test_the_ends_lie_at_the_stated_distance_in_one_slice_and_at_right_angles(index: int) -> None:
    geometry = grids((7, 30, 31))[index]
    random = np.random.default_rng(index)
    for _ in range(20):
        radii = random.uniform(2.0, 9.0, 3)
        mask = ellipsoid(geometry, (3.0, 14.6, 15.3), (radii[0], radii[1] / 2, radii[2] / 2))
        mask &= random.random(mask.shape) < 0.8
        found = measured(segmentation_of(mask, geometry))
        long, wide = found["longest_diameter"], found["perpendicular_diameter"]
        assert length(long) == pytest.approx(long.value)
        assert length(wide) == pytest.approx(wide.value)
        assert wide.value <= long.value + 1e-9
        slices = geometry.to_index(np.array([*long.points_lps, *wide.points_lps]))[:, 0]
        np.testing.assert_allclose(slices, round(slices[0]), atol=1e-9)
        axis, across = (np.subtract(*each.points_lps) / each.value for each in (long, wide))
        assert abs(float(axis @ across)) < 1e-6


def brute_force(mask: NDArray[np.bool_], geometry: Geometry) -> tuple[float, int]:
    """The longest chord between edge midpoints by trying all pairs, and its slice."""
    best, where = 0.0, -1
    for index, section in enumerate(mask):
        pieces, count = label(section, np.ones((3, 3)))
        for piece in range(1, count + 1):
            points = np.insert(edge_midpoints(pieces == piece), 0, index, axis=1)
            points = geometry.to_patient(points)
            away = np.linalg.norm(points[:, None] - points[None], axis=2).max()
            if away > best + 1e-9:
                best, where = float(away), index
    return best, where


def edge_midpoints(section: NDArray[np.bool_]) -> NDArray[np.float64]:
    pixels = np.argwhere(section).astype(float)
    sides = [pixels + side for side in ((0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5))]
    return np.concatenate(sides)


@pytest.mark.parametrize("index", range(3))
def test_the_longest_diameter_equals_a_search_through_all_pairs(index: int) -> None:
    geometry = grids((5, 12, 13))[index]
    random = np.random.default_rng(index)
    for density in (0.02, 0.1, 0.5):
        mask = random.random(geometry.shape) < density
        found = measured(segmentation_of(mask, geometry))["longest_diameter"]
        expected, where = brute_force(mask, geometry)
        assert found.value == pytest.approx(expected)
        assert geometry.to_index(found.points_lps[0])[0] == pytest.approx(where)


def test_the_perpendicular_equals_a_fine_search_along_the_long_axis() -> None:
    shapely = pytest.importorskip("shapely")
    geometry = Geometry.from_spacing((1, 40, 40), FINE_MM)
    random = np.random.default_rng(5)
    counts = []
    for _ in range(10):
        blobs = [
            ellipsoid(geometry, (0, *random.uniform(12, 28, 2)), (1, *random.uniform(1, 5, 2)))
            for _ in range(3)
        ]
        mask = np.logical_or.reduce(blobs)
        found = measured(segmentation_of(mask, geometry))
        pieces, count = label(mask[0], np.ones((3, 3)))
        hulls = [
            shapely.MultiPoint(edge_midpoints(pieces == piece)[:, ::-1] * 0.5).convex_hull
            for piece in range(1, count + 1)
        ]
        counts.append(count)
        one, other = np.array(found["longest_diameter"].points_lps)[:, :2]
        axis = (other - one) / np.linalg.norm(other - one)
        hull = min(hulls, key=lambda each: each.distance(shapely.Point(one)))
        across = np.array([-axis[1], axis[0]]) * 100
        chords = [
            hull.intersection(shapely.LineString([point - across, point + across])).length
            for point in np.linspace(one, other, 800)
        ]
        assert found["perpendicular_diameter"].value == pytest.approx(max(chords), abs=0.02)
        assert found["perpendicular_diameter"].value >= max(chords) - 1e-9
    assert {1, 2} <= set(counts)  # whole lesions and lesions in separate parts


def test_a_diameter_does_not_span_separate_parts_of_a_slice() -> None:
    geometry = Geometry.from_spacing((3, 40, 60), FINE_MM)
    forked = np.zeros(geometry.shape, bool)
    forked[0, 10:14, 4:24] = forked[0, 10:14, 34:44] = True
    apart = measured(segmentation_of(forked, geometry))
    left_alone = forked.copy()
    left_alone[0, :, 30:] = False
    for name in ("longest_diameter", "perpendicular_diameter"):
        assert apart[name] == measured(segmentation_of(left_alone, geometry))[name]
    assert apart["longest_3d_diameter"].value > 19.0  # in space they are one lesion
    grown_together = forked.copy()
    grown_together[0, 13, 24] = grown_together[0, 12, 25:34] = True
    joined = measured(segmentation_of(grown_together, geometry))
    assert joined["longest_diameter"].value > 19.0


def test_pixels_that_touch_by_a_corner_are_one_cross_section() -> None:
    geometry = Geometry.from_spacing((1, 10, 10), (1.0, 1.0, 1.0))
    steps = np.eye(10, dtype=bool)[None]
    found = measured(segmentation_of(steps, geometry))
    assert found["longest_diameter"].value == pytest.approx(math.hypot(9, 10))


def bias_px(ratio: float, radius: float, count: int = 60) -> float:
    """Mean error of the longest diameter of ellipses at random places and angles, in pixels."""
    random = np.random.default_rng(9)
    size = int(2 * radius + 6)
    geometry = Geometry.from_spacing((1, size, size), (1.0, 1.0, 1.0))
    errors = []
    for _ in range(count):
        center, turn = random.random(2) + radius + 2, random.uniform(0, np.pi)
        rows, columns = np.indices((size, size)) - center[:, None, None]
        along = rows * np.cos(turn) + columns * np.sin(turn)
        across = columns * np.cos(turn) - rows * np.sin(turn)
        mask = (along / radius) ** 2 + (across / (ratio * radius)) ** 2 <= 1
        found = measured(segmentation_of(mask[None], geometry))["longest_diameter"]
        errors.append(found.value - 2 * radius)
    return float(np.mean(errors))


@pytest.mark.parametrize("radius", [2.0, 6.0, 20.0])
def test_the_bias_is_what_the_definition_says(radius: float) -> None:
    assert 0.3 < bias_px(1.0, radius) < 0.9
    assert -0.1 < bias_px(0.6, radius) < 0.5


def test_a_sphere_on_an_oblique_grid_is_right_within_a_pixel() -> None:
    geometry = oblique_geometry((20, 70, 60))
    mask = ellipsoid(geometry, (9.3, 34.2, 29.7), (20.0, 20.0, 20.0))
    found = measured(segmentation_of(mask, geometry))
    for name in ("longest_diameter", "perpendicular_diameter"):
        assert found[name].value == pytest.approx(40.0, abs=0.8)


# Values


def test_values_equal_numpy_on_the_voxels() -> None:
    segmentation, volume = two_lesions(), ramp_volume()
    inside = volume.voxels[segmentation.mask(1)].astype(float)
    found = {each.name: each for each in measure_segment(segmentation, 1, volume)}
    assert found["mean"].value == pytest.approx(inside.mean())
    assert found["sd"].value == pytest.approx(np.sqrt(((inside - inside.mean()) ** 2).mean()))
    assert found["minimum"].value == inside.min() == 100 + 20 + 3
    assert found["maximum"].value == inside.max() == 300 + 40 + 6
    assert found["median"].value == np.sort(inside)[[17, 18]].mean()
    assert {found[name].unit for name in ("mean", "sd", "minimum", "maximum", "median")} == {"HU"}


def test_a_voxel_that_is_nan_makes_the_values_nan() -> None:
    volume = ramp_volume()
    voxels = volume.voxels.astype(np.float32)
    voxels[2, 3, 4] = np.nan
    with_nan = type(volume)(voxels, volume.geometry, "1", volume.source)
    found = {each.name: each for each in measure_segment(two_lesions(), 1, with_nan)}
    assert all(math.isnan(found[name].value) for name in ("mean", "sd", "minimum", "median"))
    assert math.isfinite(found["volume"].value)


def test_all_segments_at_once_are_measured_as_one_by_one() -> None:
    mask, volume = two_lesions(), ramp_volume()
    assert measure_all(mask, volume) == {
        number: measure_segment(mask, number, volume) for number in mask.numbers
    }


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_no_statistic_leaves_out_a_voxel_that_has_no_finite_value(odd: float) -> None:
    mask, ramp = two_lesions(), ramp_volume()
    voxels = ramp.voxels.astype(np.float32)
    voxels[tuple(np.argwhere(mask.array == 1)[0])] = odd
    volume = Volume(voxels, ramp.geometry, "HU", ramp.source)
    values = {one.name: one.value for one in measure_segment(mask, 1, volume)}
    assert values["volume"] > 0
    for name in ("mean", "sd", "minimum", "maximum", "median"):
        assert np.isnan(values[name])
    assert all(np.isfinite(one.value) for one in measure_segment(mask, 2, volume))
