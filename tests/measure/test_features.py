"""Features under IBSI's names: the digital phantom's published values, and other programs'."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.spatial.distance import pdist
from scipy.stats import iqr, kurtosis, skew
from skimage.measure import marching_cubes

from medseg.measure import FEATURES, MEASURES, measure_segment
from medseg.measure.lesion.levels import Levels
from medseg.measure.lesion.mesh import Mesh
from medseg.model import Geometry, Segment, Segmentation, Source, Volume
from tests.phantoms import ellipsoid, oblique_geometry

SOURCE = Source("nifti", Path("values.nii.gz"), "values.nii.gz")

# The IBSI 1 digital phantom (5 x 4 x 4 voxels of 2 mm; slices, rows, columns), 0: not in the
# region. https://github.com/theibsi/data_sets, CC BY 4.0.
PHANTOM = np.array(
    [
        [[1, 4, 4, 1, 1], [1, 4, 6, 1, 1], [4, 1, 6, 4, 1], [4, 4, 6, 4, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 6, 1, 1], [0, 1, 3, 1, 1], [4, 4, 6, 1, 1]],
        [[1, 4, 4, 0, 0], [1, 1, 1, 1, 1], [1, 1, 0, 1, 1], [1, 1, 6, 1, 1]],
        [[1, 4, 4, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 6, 1, 1]],
    ]
)
# What the phantom holds outside the region, which spheres of 1 cm³ see.
OUTSIDE = {(1, 2, 0): 1, (2, 0, 3): 1, (2, 0, 4): 1, (2, 2, 2): 9, (3, 0, 3): 1, (3, 0, 4): 1}

# Reference values as IBSI publishes them, to three digits.
PUBLISHED = {
    "morph_volume": "556",
    "morph_vol_approx": "592",
    "morph_area_mesh": "388",
    "morph_av": "0.698",
    "morph_comp_1": "0.0411",
    "morph_comp_2": "0.599",
    "morph_sph_dispr": "1.19",
    "morph_sphericity": "0.843",
    "morph_asphericity": "0.186",
    "morph_com": "0.672",
    "morph_diam": "13.1",
    "morph_pca_maj_axis": "11.4",
    "morph_pca_min_axis": "9.31",
    "morph_pca_least_axis": "8.54",
    "morph_pca_elongation": "0.816",
    "morph_pca_flatness": "0.749",
    "loc_peak_loc": "2.6",
    "loc_peak_glob": "3.1",
    "stat_mean": "2.15",
    "stat_var": "3.05",
    "stat_skew": "1.08",
    "stat_kurt": "-0.355",
    "stat_median": "1",
    "stat_min": "1",
    "stat_p10": "1",
    "stat_p90": "4",
    "stat_max": "6",
    "stat_iqr": "3",
    "stat_range": "5",
    "stat_mad": "1.55",
    "stat_rmad": "1.11",
    "stat_medad": "1.15",
    "stat_cov": "0.812",
    "stat_qcod": "0.6",
    "stat_energy": "567",
    "stat_rms": "2.77",
}


def features(
    mask: NDArray[np.bool_], values: NDArray[np.generic], geometry: Geometry
) -> dict[str, float]:
    segmentation = Segmentation(mask.astype(np.uint8), geometry, (Segment.unnamed(1),))
    volume = Volume(values, geometry, "SUVbw", SOURCE)
    tables = {**MEASURES, **FEATURES}
    return {one.name: one.value for one in measure_segment(segmentation, 1, volume, table=tables)}


def phantom_features(dtype: str) -> dict[str, float]:
    values = PHANTOM.astype(dtype)
    for place, value in OUTSIDE.items():
        values[place] = value
    return features(PHANTOM > 0, values, Geometry.from_spacing((4, 4, 5), (2.0, 2.0, 2.0)))


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_the_digital_phantom_has_the_published_values(dtype: str) -> None:
    assert list(PUBLISHED) == list(FEATURES)
    found = phantom_features(dtype)
    for name, published in PUBLISHED.items():
        assert float(f"{found[name]:.3g}") == float(published), name


def test_each_code_of_ibsi_stands_for_one_feature() -> None:
    codes = [measure.ibsi for measure in FEATURES.values()]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 4 for code in codes)


# Values


@settings(max_examples=60)
@given(
    arrays(np.int16, st.integers(3, 60), elements=st.integers(-1000, 3000)),
    st.sampled_from(["int16", ">i2", "float32", "int32"]),
)
def test_statistics_equal_numpy_and_scipy(values: NDArray[np.int16], dtype: str) -> None:
    grid = values.astype(dtype)[None, None]
    found = features(np.ones(grid.shape, bool), grid, Geometry(grid.shape, np.diag((2, 3, 4, 1))))
    exact = values.astype(np.float64)
    low, high = np.percentile(exact, (10, 90))
    inner = exact[(exact >= low) & (exact <= high)]
    expected = {
        "stat_mean": exact.mean(),
        "sd": exact.std(),
        "stat_p10": low,
        "stat_p90": high,
        "stat_median": np.median(exact),
        "stat_iqr": iqr(exact),
        "stat_mad": np.abs(exact - exact.mean()).mean(),
        "stat_rmad": np.abs(inner - inner.mean()).mean(),
        "stat_medad": np.abs(exact - np.median(exact)).mean(),
        "stat_energy": exact @ exact,
    }
    if exact.std() > 0.5:
        expected |= {"stat_skew": skew(exact), "stat_kurt": kurtosis(exact)}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


def test_a_ratio_over_nothing_is_nan_and_never_a_number() -> None:
    grid = Geometry.from_spacing((2, 3, 4), (1.0, 1.0, 1.0))
    constant = features(np.ones(grid.shape, bool), np.full(grid.shape, 7, np.int16), grid)
    assert math.isnan(constant["stat_skew"])
    assert math.isnan(constant["stat_kurt"])
    assert constant["stat_var"] == constant["stat_cov"] == 0.0
    nought = features(np.ones(grid.shape, bool), np.zeros(grid.shape, np.int16), grid)
    assert all(math.isnan(nought[name]) for name in ("stat_cov", "stat_qcod", "morph_com"))


def test_the_robust_deviation_of_two_values_is_nan_since_none_lies_between() -> None:
    grid = Geometry.from_spacing((1, 1, 2), (1.0, 1.0, 1.0))
    found = features(np.ones(grid.shape, bool), np.array([[[0, 1]]], np.int16), grid)
    assert math.isnan(found["stat_rmad"])
    assert found["stat_mad"] == 0.5


def test_a_list_longer_than_one_part_is_summed_whole() -> None:
    many = np.linspace(-3.0, 5.0, (1 << 20) + 7)
    levels = Levels(many)
    assert levels.average() == pytest.approx(many.mean())
    assert levels.average(2, about=1.0) == pytest.approx(np.mean((many - 1.0) ** 2))
    stack = np.arange(3 << 19, dtype=np.int32).reshape(3, 1 << 10, 1 << 9).astype(np.int16)
    counted = Levels.inside(stack, np.ones(stack.shape, bool))
    assert counted.number == stack.size
    assert counted.average() == pytest.approx(stack.mean(dtype=np.float64))
    assert counted.percentile(37) == pytest.approx(np.percentile(stack, 37))


# Shape


@pytest.mark.parametrize("seed", range(24))
def test_the_mesh_equals_the_one_that_is_drawn(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = tuple(int(size) for size in random.integers(1, 9, 3))
    grid = oblique_geometry((shape[0], shape[1], shape[2]), shear=float(seed % 2) * 1.7)
    mask = random.random(shape) < (0.1, 0.5, 0.9)[seed % 3]
    mask.flat[0] = True
    points, faces = marching_cubes(np.pad(mask, 1).astype(np.float32), 0.5)[:2]
    placed = grid.to_patient(points.astype(float) - 1.0)
    one, two, three = (placed[faces[:, corner]] - placed[0] for corner in range(3))
    area = np.linalg.norm(np.cross(two - one, three - one), axis=1).sum() / 2
    volume = abs(np.einsum("ij,ij->", one, np.cross(two, three))) / 6
    mesh = Mesh.around(mask, grid)
    assert mesh.area_mm2 == pytest.approx(area, rel=1e-6)
    assert mesh.volume_mm3 == pytest.approx(volume, rel=1e-6)
    found = features(mask, np.ones(shape, np.int16), grid)
    assert found["longest_3d_diameter"] == pytest.approx(pdist(placed).max(), rel=1e-6)


def test_a_sphere_is_nearly_one_in_every_word_for_it() -> None:
    grid = Geometry.from_spacing((40, 80, 80), (1.0, 0.5, 0.5))
    mask = ellipsoid(grid, (19.3, 39.6, 39.2), (15.0, 15.0, 15.0))
    found = features(mask, np.ones(grid.shape, np.float32), grid)
    assert found["morph_volume"] == pytest.approx(4 / 3 * math.pi * 15**3, rel=0.01)
    # A mesh through edge midpoints has steps: its area is about an eighth above the sphere's.
    assert found["morph_area_mesh"] / (4 * math.pi * 15**2) == pytest.approx(1.12, abs=0.02)
    assert found["longest_3d_diameter"] == pytest.approx(30.0, abs=1.0)
    for name in ("morph_pca_maj_axis", "morph_pca_least_axis"):
        assert found[name] == pytest.approx(4 * 15 / math.sqrt(5), rel=0.01)
    assert found["morph_pca_flatness"] == pytest.approx(1.0, abs=0.01)


def test_shape_words_agree_with_each_other() -> None:
    found = phantom_features("int16")
    volume, area = found["morph_volume"], found["morph_area_mesh"]
    assert found["morph_comp_2"] == pytest.approx(found["morph_sphericity"] ** 3)
    assert found["morph_sph_dispr"] == pytest.approx(found["morph_asphericity"] + 1)
    assert found["morph_comp_1"] == pytest.approx(volume / math.sqrt(math.pi) / area**1.5)
    assert found["mesh_volume"] == volume / 1000
    assert found["sphericity"] == found["morph_sphericity"]


def test_a_bar_is_as_long_in_space_as_its_voxels_and_one_voxel_has_no_axes() -> None:
    grid = oblique_geometry((12, 5, 6), shear=0.9)
    bar = np.zeros(grid.shape, bool)
    bar[1:9, 2, 3] = True
    found = features(bar, np.ones(grid.shape, np.int16), grid)
    assert found["longest_3d_diameter"] == pytest.approx(8 * grid.spacing_mm[0])
    assert found["morph_pca_min_axis"] == pytest.approx(0.0, abs=1e-6)
    speck = np.zeros(grid.shape, bool)
    speck[4, 4, 4] = True
    found = features(speck, np.ones(grid.shape, np.int16), grid)
    assert found["longest_3d_diameter"] == pytest.approx(max(grid.spacing_mm))
    assert math.isnan(found["morph_pca_maj_axis"])
    assert found["morph_com"] == 0.0


def test_the_shift_of_the_center_of_mass_is_in_the_patient() -> None:
    grid = oblique_geometry(shear=1.1)
    mask = np.zeros(grid.shape, bool)
    mask[1:4, 2:5, 3:7] = True
    values = np.random.default_rng(2).uniform(1, 9, grid.shape)
    places = grid.to_patient(np.argwhere(mask))
    weighted = np.average(places, axis=0, weights=values[mask])
    expected = float(np.linalg.norm(weighted - places.mean(axis=0)))
    assert features(mask, values, grid)["morph_com"] == pytest.approx(expected)


# Uptake


def brute_peak(
    mask: NDArray[np.bool_], values: NDArray[np.float64], grid: Geometry
) -> tuple[float, NDArray[np.float64]]:
    """The highest mean within 6.2 mm of a voxel of the mask, by all distances; and where."""
    places = grid.to_patient(np.indices(grid.shape).reshape(3, -1).T)
    centers = grid.to_patient(np.argwhere(mask))
    radius = (3000.0 / (4.0 * math.pi)) ** (1 / 3)
    near = np.linalg.norm(places[None] - centers[:, None], axis=2) <= radius
    means = (near * values.ravel()).sum(axis=1) / near.sum(axis=1)
    return float(means.max()), centers[means.argmax()]


def sheared_along(axis: int, mm: float) -> Geometry:
    """An oblique grid whose slices are moved along their rows (2) or columns (1)."""
    grid = oblique_geometry((8, 20, 18))
    affine = grid.affine.copy()
    affine[:3, 0] += affine[:3, axis] * mm
    return Geometry(grid.shape, affine)


@pytest.mark.parametrize(("axis", "shear"), [(1, 0.0), (1, 1.1), (2, 1.1), (2, -2.3), (2, 4.0)])
def test_the_peak_equals_a_search_over_all_distances(axis: int, shear: float) -> None:
    grid = sheared_along(axis, shear)
    random = np.random.default_rng(4)
    for _ in range(5):
        mask = random.random(grid.shape) < 0.05
        values = random.uniform(0, 20, grid.shape)
        segmentation = Segmentation(mask.astype(np.uint8), grid, (Segment.unnamed(1),))
        volume = Volume(values, grid, "SUVbw", SOURCE)
        found = {one.name: one for one in measure_segment(segmentation, 1, volume)}["suv_peak"]
        expected, where = brute_peak(mask, values, grid)
        assert found.value == pytest.approx(expected)
        np.testing.assert_allclose(found.points_lps[0], where)


def test_a_peak_beside_a_voxel_without_a_value_is_nan_and_beyond_it_is_not() -> None:
    grid = Geometry.from_spacing((9, 30, 30), (2.0, 2.0, 2.0))
    mask = np.zeros(grid.shape, bool)
    mask[4, 10, 10] = True
    values = np.full(grid.shape, 2.0, np.float32)
    values[4, 10, 14] = np.nan
    assert features(mask, values, grid)["suv_peak"] == 2.0
    values[4, 10, 13] = np.inf
    found = features(mask, values, grid)
    assert math.isnan(found["suv_peak"])
    assert found["mean"] == 2.0


def test_glycolysis_is_the_mean_times_the_volume_as_drawn() -> None:
    found = phantom_features("float32")
    assert found["mtv"] == found["volume"] == pytest.approx(0.592)
    assert found["tlg"] == pytest.approx(found["mean"] * 0.592)
