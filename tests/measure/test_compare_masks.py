"""Two masks compared: against other programs' values, by hand, and by brute force."""

from __future__ import annotations

import base64
import json
import math
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from medseg.errors import GeometryError, MedsegError
from medseg.measure import Agreement, compare_masks, same_grid_of
from medseg.measure.masks.surfels import edge_lengths, surfel_areas
from medseg.model import Geometry, Segment, Segmentation
from tests.phantoms import ANISOTROPIC_MM, ellipsoid, oblique_geometry, two_lesions

RECORDED = json.loads((Path(__file__).parent / "peer_values.json").read_text())
CASES = range(len(RECORDED["cases"]))
TOLERANCES = (0.0, 0.7, 1.0, 1.3, 2.5, 2.6)
DISTANCES = ("hd_mm", "hd95_mm", "asd_ab_mm", "asd_ba_mm", "assd_mm")
RATIOS = ("dice", "iou", "nsd")


def masks_of(case: dict[str, Any]) -> list[NDArray[np.bool_]]:
    size = int(np.prod(case["shape"]))
    bits = [np.frombuffer(base64.b64decode(case[side]), np.uint8) for side in "ab"]
    return [np.unpackbits(packed)[:size].reshape(case["shape"]).astype(bool) for packed in bits]


@pytest.mark.parametrize("number", CASES)
def test_surfels_equal_surface_distance(number: int) -> None:
    case = RECORDED["cases"][number]
    a, b = masks_of(case)
    found = compare_masks(a, b, case["spacing_mm"], tolerance_mm=TOLERANCES)
    recorded = case["surface-distance"]
    for name in ("dice", "hd_mm", "hd95_mm", "asd_ab_mm", "asd_ba_mm"):
        assert getattr(found, name) == pytest.approx(recorded[name], rel=1e-6), name
    assert list(found.nsd.values()) == pytest.approx(recorded["nsd"], rel=1e-6)


@pytest.mark.parametrize("number", CASES)
def test_voxel_borders_equal_medpy_and_monai(number: int) -> None:
    case = RECORDED["cases"][number]
    a, b = masks_of(case)
    found = compare_masks(
        a, b, case["spacing_mm"], tolerance_mm=TOLERANCES, convention="voxel_border"
    )
    for name in ("dice", "iou", "hd_mm", "asd_ab_mm", "asd_ba_mm", "assd_mm"):
        assert getattr(found, name) == pytest.approx(case["medpy"][name], rel=1e-6), name
    monai = case["monai"]  # it computes in single precision
    for name in ("hd_mm", "hd95_mm", "asd_ab_mm", "asd_ba_mm", "assd_mm"):
        assert getattr(found, name) == pytest.approx(monai[name], rel=1e-6), name
    for tolerance, nsd in zip(TOLERANCES, monai["nsd"], strict=True):
        if tolerance not in (0.7, 2.5):  # lengths of steps: single precision rounds another way
            assert found.nsd[tolerance] == pytest.approx(nsd, rel=1e-6)


def test_a_wrong_order_of_spacing_is_seen_by_these_comparisons() -> None:
    wrong = 0
    for case in RECORDED["cases"]:
        a, b = masks_of(case)
        reversed_mm = case["spacing_mm"][::-1]
        found = compare_masks(a, b, reversed_mm)
        same = found.asd_ab_mm == pytest.approx(case["surface-distance"]["asd_ab_mm"], rel=1e-6)
        assert same == (reversed_mm == case["spacing_mm"])
        wrong += not same
    assert wrong >= 10


# --- brute force, in plain numpy ------------------------------------------------------------------


def brute_surfels(
    mask: NDArray[np.bool_], steps_mm: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points (n, 3) in mm and areas of the cut cells, cell by cell."""
    padded = np.pad(mask, 1)
    areas = surfel_areas(steps_mm)
    points, weights = [], []
    for index in product(*(range(size - 1) for size in padded.shape)):
        cell = padded[tuple(slice(i, i + 2) for i in index)].ravel()
        code = int(np.packbits(cell, bitorder="little")[0])
        if 0 < code < 255:
            points.append(steps_mm @ (np.array(index) - 0.5))
            weights.append(areas[code])
    return np.array(points), np.array(weights)


def brute_agreement(
    a: NDArray[np.bool_], b: NDArray[np.bool_], steps_mm: NDArray[np.float64]
) -> dict[str, float]:
    (points_a, areas_a), (points_b, areas_b) = (brute_surfels(mask, steps_mm) for mask in (a, b))
    apart = np.linalg.norm(points_a[:, None] - points_b[None], axis=2)
    there, back = apart.min(axis=1), apart.min(axis=0)
    near = areas_a[there <= 1.0 + 1e-9].sum() + areas_b[back <= 1.0 + 1e-9].sum()
    return {
        "hd_mm": max(there.max(), back.max()),
        "hd95_mm": max(percentile(there, areas_a), percentile(back, areas_b)),
        "asd_ab_mm": np.average(there, weights=areas_a),
        "asd_ba_mm": np.average(back, weights=areas_b),
        "assd_mm": np.average(np.append(there, back), weights=np.append(areas_a, areas_b)),
        "nsd": near / (areas_a.sum() + areas_b.sum()),
    }


def percentile(distances: NDArray[np.float64], areas: NDArray[np.float64]) -> float:
    order = np.argsort(distances)
    upto = np.cumsum(areas[order]) / areas.sum()
    return float(distances[order][np.argmax(upto >= 0.95 - 1e-9)])


@given(
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    seed=st.integers(0, 10_000),
    shear=st.sampled_from([0.0, 0.9, -2.1]),
)
@settings(max_examples=40, deadline=None)
def test_surfels_on_sheared_grids_equal_brute_force(
    shape: tuple[int, int, int], seed: int, shear: float
) -> None:
    grid = oblique_geometry(shape, shear=shear)
    random = np.random.default_rng(seed)
    a, b = random.random((2, *shape)) < random.uniform(0.1, 0.7)
    if a.any() and b.any():
        found = compare_masks(a, b, grid)
        for name, value in brute_agreement(a, b, grid.affine[:3, :3]).items():
            assert getattr(found, name) == pytest.approx(value, rel=1e-9, abs=1e-9), name


def test_far_surfaces_on_a_sheared_grid_equal_brute_force() -> None:
    grid = oblique_geometry((40, 30, 40), shear=1.3)
    a, b = np.zeros((2, *grid.shape), bool)
    a[1:4, 2:6, 1:7] = a[20, 20, 20] = True
    b[35:38, 21:29, 30:38] = b[2:4, 3:5, 2:5] = True
    found = compare_masks(a, b, grid)
    for name, value in brute_agreement(a, b, grid.affine[:3, :3]).items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-9), name
    upright = compare_masks(a, b, grid.spacing_mm)
    assert upright.hd_mm != pytest.approx(found.hd_mm, rel=1e-3)  # the shear counts


# --- by hand --------------------------------------------------------------------------------------


def test_a_box_shifted_along_one_axis() -> None:
    """Seven voxels further along columns of 0.8 mm, by hand."""
    a, b = np.zeros((2, 12, 20, 40), bool)
    a[2:9, 3:15, 5:25] = True
    b[2:9, 3:15, 12:32] = True
    found = compare_masks(a, b, ANISOTROPIC_MM)
    assert found.dice == pytest.approx(13 / 20)
    assert found.iou == pytest.approx(13 / 27)
    assert found.hd_mm == pytest.approx(7 * 0.8)
    assert found.volume_a_ml == pytest.approx(7 * 12 * 20 * 2.5 * 0.7 * 0.8 / 1000)
    assert found.volume_difference_ml == 0.0
    assert found.asd_ab_mm == pytest.approx(found.asd_ba_mm)
    for axis in (0, 1):  # the other two axes: their own spacing counts
        shifted = np.roll(a, 2, axis)
        assert compare_masks(a, shifted, ANISOTROPIC_MM).hd_mm == 2 * ANISOTROPIC_MM[axis]


def test_concentric_balls() -> None:
    """Distances between cells fall short of the radii's difference, by less than a cell."""
    for scale in (1.0, 0.5):
        grid = Geometry.from_spacing((60, 60, 60), (scale, scale, scale))
        inner, outer = (
            ellipsoid(grid, (29.5, 29.5, 29.5), (radius * scale,) * 3) for radius in (18.0, 24.0)
        )
        found = compare_masks(inner, outer, grid, tolerance_mm=(5.0 * scale, 7.0 * scale))
        assert 6.0 * scale <= found.hd_mm <= 7.0 * scale
        assert 5.2 * scale <= found.assd_mm <= 6.0 * scale
        assert found.dice == pytest.approx(2 * 18**3 / (18**3 + 24**3), rel=0.01)
        assert found.volume_b_ml == pytest.approx(
            4 / 3 * np.pi * (24 * scale) ** 3 / 1000, rel=0.01
        )
        assert found.nsd == {5.0 * scale: pytest.approx(0.1, abs=0.1), 7.0 * scale: 1.0}


def test_areas_of_flat_cuts_and_of_corners() -> None:
    areas = surfel_areas(np.diag((2.0, 3.0, 5.0)))
    assert areas[0] == areas[255] == 0.0
    assert areas[0b1111] == areas[0b11110000] == pytest.approx(15.0)  # the nearer slice
    assert areas[0b110011] == pytest.approx(10.0)  # the upper row
    assert areas[0b1010101] == pytest.approx(6.0)  # the first column
    corner = 0.5 * np.linalg.norm(np.cross((-1.0, 1.5, 0.0), (-1.0, 0.0, 2.5)))
    assert areas[1] == areas[254] == pytest.approx(corner)
    assert areas[0b1001] == pytest.approx(2 * corner)  # opposite corners of a face: each alone


def test_areas_of_flat_cuts_on_a_sheared_grid() -> None:
    along_slices, along_rows, along_columns = oblique_geometry(shear=2.2).affine[:3, :3].T
    areas = surfel_areas(np.column_stack([along_slices, along_rows, along_columns]))
    flat = np.linalg.norm(np.cross(along_rows, along_columns))
    upright = np.linalg.norm(np.cross(along_slices, along_columns))
    edge = np.linalg.norm(np.cross((along_slices - along_rows) / 2, along_columns))
    assert areas[0b1111] == pytest.approx(flat)
    assert areas[0b110011] == pytest.approx(upright)
    assert areas[0b11] == pytest.approx(edge)  # a ridge of the first row in the nearer slice
    triangle = np.cross(along_rows - along_slices, along_columns - along_slices) / 8
    assert areas[1] == pytest.approx(np.linalg.norm(triangle))


def test_areas_belong_to_the_grid_and_not_to_its_numbering() -> None:
    """Seen along other axes, in other directions, or inside out, each cell has the same area."""
    steps = oblique_geometry(shear=1.4).affine[:3, :3]
    areas = surfel_areas(steps)
    cells = np.array([[code >> corner & 1 for corner in range(8)] for code in range(256)])
    cells = cells.reshape(256, 2, 2, 2)
    for axes in permutations(range(3)):
        for signs in product((1, -1), repeat=3):
            turned = cells.transpose(0, *(axis + 1 for axis in axes))
            turned = turned[:, :: signs[0], :: signs[1], :: signs[2]].reshape(256, 8)
            codes = (turned << np.arange(8)).sum(axis=1)
            assert surfel_areas(steps[:, axes] * signs)[codes] == pytest.approx(areas)
    assert areas == pytest.approx(areas[::-1])
    rotated = surfel_areas(oblique_geometry().affine[:3, :3])
    assert rotated == pytest.approx(surfel_areas(np.diag(ANISOTROPIC_MM)))


def test_a_rotated_grid_measures_what_its_spacing_does() -> None:
    random = np.random.default_rng(3)
    a, b = random.random((2, 6, 8, 10)) < 0.3
    rotated = compare_masks(a, b, oblique_geometry())
    plain = compare_masks(a, b, ANISOTROPIC_MM)
    for name in (*DISTANCES, "nsd", "volume_a_ml"):
        assert getattr(rotated, name) == pytest.approx(getattr(plain, name), rel=1e-9)


# --- edges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("convention", ["surfel", "voxel_border"])
@pytest.mark.parametrize("shape", [(5, 6, 7), (1, 6, 7), (6, 7)])
def test_empty_masks(convention: Any, shape: tuple[int, ...]) -> None:
    spacing = ANISOTROPIC_MM[-len(shape) :]
    empty, full = np.zeros(shape, bool), np.ones(shape, bool)
    both = compare_masks(empty, empty, spacing, convention=convention, tolerance_mm=(1, 2))
    assert all(math.isnan(getattr(both, name)) for name in (*DISTANCES, "dice", "iou"))
    assert all(math.isnan(value) for value in both.nsd.values())
    for one in (
        compare_masks(empty, full, spacing, convention=convention),
        compare_masks(full, empty, spacing, convention=convention),
    ):
        assert all(getattr(one, name) == math.inf for name in DISTANCES)
        assert all(getattr(one, name) == 0.0 for name in RATIOS)
    if len(shape) == 3:
        assert (both.volume_a_ml, both.volume_b_ml) == (0.0, 0.0)
        assert one.volume_a_ml == pytest.approx(full.size * np.prod(spacing) / 1000)
    else:
        assert math.isnan(one.volume_a_ml)


@pytest.mark.parametrize("convention", ["surfel", "voxel_border"])
def test_a_mask_and_itself(convention: Any) -> None:
    for mask in (np.ones((3, 4, 5), bool), np.ones((4, 5), bool), np.eye(6, dtype=bool)[None]):
        found = compare_masks(mask, mask, ANISOTROPIC_MM[-mask.ndim :], convention=convention)
        assert [getattr(found, name) for name in DISTANCES] == [0.0] * 5
        assert [getattr(found, name) for name in RATIOS] == [1.0] * 3


@pytest.mark.parametrize("convention", ["surfel", "voxel_border"])
def test_the_side_of_the_array_is_like_any_outside(convention: Any) -> None:
    """A margin of background around both masks changes nothing."""
    random = np.random.default_rng(4)
    for shape in ((4, 5, 6), (1, 5, 6), (5, 6)):
        a, b = random.random((2, *shape)) < 0.6
        spacing = ANISOTROPIC_MM[-len(shape) :]
        bare = compare_masks(a, b, spacing, convention=convention)
        padded = compare_masks(np.pad(a, 2), np.pad(b, 2), spacing, convention=convention)
        for name in (*DISTANCES, *RATIOS):
            assert getattr(bare, name) == pytest.approx(getattr(padded, name), rel=1e-12), name


def test_one_slice_has_two_sides_and_a_plane_an_outline() -> None:
    a, b = np.zeros((2, 9, 9), bool)
    a[2:7, 2:7] = True
    b[3:6, 3:6] = True
    plane = compare_masks(a, b, (1.0, 1.0))
    assert plane.hd_mm == pytest.approx(math.sqrt(2))
    assert plane.nsd == pytest.approx(1 - 8 * math.sqrt(0.5) / 2 / plane_length(a, b), abs=0.05)
    slab = compare_masks(a[None], b[None], (1.0, 1.0, 1.0))
    assert slab.nsd > plane.nsd  # the flat sides lie on each other
    border = compare_masks(a[None], b[None], (1.0, 1.0, 1.0), convention="voxel_border")
    assert border.asd_ba_mm == 0.0  # every voxel of a slice is a border voxel
    assert compare_masks(a, b, (1.0, 1.0), convention="voxel_border").asd_ba_mm == 1.0


def plane_length(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    lengths = edge_lengths(np.eye(3))
    total = 0.0
    for mask in (a, b):
        padded = np.pad(mask, 1).astype(int)
        codes = padded[:-1, :-1] + 2 * padded[:-1, 1:] + 4 * padded[1:, :-1] + 8 * padded[1:, 1:]
        total += lengths[codes * 17].sum()
    return total


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32, np.int8])
def test_non_zero_is_inside_whatever_the_type(dtype: Any) -> None:
    random = np.random.default_rng(5)
    a, b = random.random((2, 5, 6, 7)) < 0.4
    plain = compare_masks(a, b, ANISOTROPIC_MM)
    assert compare_masks((a * 2).astype(dtype), (b * 100).astype(dtype), ANISOTROPIC_MM) == plain
    assert compare_masks(a.astype(dtype), b, ANISOTROPIC_MM) == plain
    negative_zero = np.where(a, 1.0, -0.0)
    assert compare_masks(negative_zero, b, ANISOTROPIC_MM) == plain


@pytest.mark.parametrize("shape", [(8, 9, 10), (9, 10)])
@pytest.mark.parametrize("shear", [0.0, 1.7])
def test_memory_may_lie_in_any_way(shape: tuple[int, ...], shear: float) -> None:
    random = np.random.default_rng(6)
    a, b = random.random((2, *shape)) < 0.4
    grid: Any = oblique_geometry((8, 9, 10), shear=shear) if len(shape) == 3 else (0.7, 0.8)
    plain = compare_masks(a, b, grid)
    backwards = [mask[..., ::-1].copy()[..., ::-1] for mask in (a, b)]
    assert backwards[0].strides[-1] < 0
    upside_down = [mask[::-1].copy()[::-1] for mask in (a, b)]
    strided = [np.repeat(mask, 2, axis=0)[::2] for mask in (a, b)]
    columns_first = [np.asfortranarray(mask) for mask in (a, b)]
    for one, other in (backwards, upside_down, strided, columns_first, (a, columns_first[1])):
        found = compare_masks(one, other, grid)
        for name in (*DISTANCES, *RATIOS):
            assert getattr(found, name) == pytest.approx(getattr(plain, name), rel=1e-12), name
    columns_first[0].setflags(write=False)
    assert compare_masks(columns_first[0], a, grid).dice == 1.0
    assert np.array_equal(columns_first[0], a)


def test_the_two_ways_and_their_exchange() -> None:
    random = np.random.default_rng(7)
    a, b = random.random((2, 6, 9, 10)) < 0.3
    there, back = compare_masks(a, b, ANISOTROPIC_MM), compare_masks(b, a, ANISOTROPIC_MM)
    assert there.asd_ab_mm == pytest.approx(back.asd_ba_mm)
    assert there.volume_difference_ml == pytest.approx(-back.volume_difference_ml)
    for name in ("dice", "iou", "hd_mm", "hd95_mm", "assd_mm", "nsd"):
        assert getattr(there, name) == pytest.approx(getattr(back, name))
    assert there.asd_ab_mm != pytest.approx(there.asd_ba_mm)


def test_large_arrays_take_the_same_way_in_threads() -> None:
    a, b = np.zeros((2, 70, 80, 90), bool)
    a[20:30, 30:45, 10:30] = True
    b[22:31, 33:46, 12:29] = True
    crop = (slice(15, 35), slice(25, 50), slice(5, 35))
    assert compare_masks(a, b, ANISOTROPIC_MM) == compare_masks(a[crop], b[crop], ANISOTROPIC_MM)


# --- what is refused ------------------------------------------------------------------------------

MASK = np.ones((3, 4, 5), bool)


@pytest.mark.parametrize(
    ("a", "b", "grid", "words"),
    [
        (MASK, MASK[:2], ANISOTROPIC_MM, r"7\.5 x 2\.8 x 4 mm.*5 x 2\.8 x 4 mm"),
        (MASK, MASK[0], ANISOTROPIC_MM, "one grid"),
        (MASK, MASK, (1.0, math.nan, 1.0), "positive numbers in mm"),
        (MASK, MASK, (1.0, 0.0, 1.0), "positive numbers in mm"),
        (MASK, MASK, (1.0, -1.0, 1.0), "positive numbers in mm"),
        (MASK, MASK, (1.0, math.inf, 1.0), "positive numbers in mm"),
        (MASK, MASK, (1.0, 1.0), r"\(slice, row, column\)"),
        (MASK[0], MASK[0], ANISOTROPIC_MM, r"\(row, column\)"),
        (MASK, MASK, "1 mm", "positive numbers in mm"),
        (MASK, MASK, None, "positive numbers in mm"),
        (MASK, MASK, Geometry.from_spacing((3, 4, 6), (1.0, 1.0, 1.0)), "voxel by voxel"),
        (MASK[0], MASK[0], Geometry.from_spacing((3, 4, 5), (1.0, 1.0, 1.0)), "row, column"),
        (MASK[0, 0], MASK[0, 0], (1.0,), "of 1 axes"),
        (MASK[None], MASK[None], (1.0, 1.0, 1.0, 1.0), "of 4 axes"),
    ],
)
def test_impossible_grids_are_refused(a: Any, b: Any, grid: Any, words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        compare_masks(a, b, grid)


def test_masks_that_say_nothing_are_refused() -> None:
    unknown = np.where(MASK, 1.0, 0.0)
    unknown[1, 2, 3] = math.nan
    with pytest.raises(MedsegError, match="second one is NaN at 1 of 60 voxels"):
        compare_masks(MASK, unknown, ANISOTROPIC_MM)
    with pytest.raises(MedsegError, match="numbers or booleans"):
        compare_masks(MASK.astype(str), MASK, ANISOTROPIC_MM)
    with pytest.raises(MedsegError, match="numbers or booleans"):
        compare_masks(None, MASK, ANISOTROPIC_MM)
    with pytest.raises(MedsegError, match="numbers or booleans"):
        compare_masks([[1, 0], [1]], MASK, ANISOTROPIC_MM)


@pytest.mark.parametrize(
    "tolerance", [-1.0, math.nan, math.inf, "1", (), (1.0, -1.0), None, [[1.0], 2.0]]
)
def test_impossible_tolerances_are_refused(tolerance: Any) -> None:
    with pytest.raises(MedsegError, match="tolerance is a number of mm"):
        compare_masks(MASK, MASK, ANISOTROPIC_MM, tolerance_mm=tolerance)


def test_unknown_conventions_are_refused() -> None:
    with pytest.raises(MedsegError, match="surfel, voxel_border"):
        compare_masks(MASK, MASK, ANISOTROPIC_MM, convention="google")  # type: ignore[arg-type]


def test_segmentations_on_different_grids_are_refused_in_mm() -> None:
    one = two_lesions()
    assert same_grid_of(one, two_lesions()) is one.geometry
    moved = np.array(one.geometry.affine)
    moved[:3, 3] += (3.0, 0.0, 4.0)
    other = two_lesions(Geometry(one.geometry.shape, moved))
    with pytest.raises(GeometryError, match="5 mm apart"):
        same_grid_of(one, other)
    grid = Geometry((4, 8, 10), one.geometry.affine)
    smaller = Segmentation(np.zeros(grid.shape, np.uint8), grid, (Segment.unnamed(1, "Nodule"),))
    with pytest.raises(GeometryError, match="nearest corners 0 mm apart"):
        same_grid_of(one, smaller)
    elsewhere = Geometry(grid.shape, grid.affine, "1.2.3"), Geometry(grid.shape, grid.affine, "1.4")
    framed = [Segmentation(smaller.array, grid, smaller.segments) for grid in elsewhere]
    with pytest.raises(GeometryError, match="different frames of reference"):
        same_grid_of(*framed)


# --- the report -----------------------------------------------------------------------------------


def test_every_number_comes_with_its_definition_and_convention() -> None:
    found = compare_masks(MASK, MASK, ANISOTROPIC_MM, tolerance_mm=(0.5, 2))
    rows = {row.name: row for row in found.measurements()}
    assert isinstance(found, Agreement)
    assert list(rows)[-2:] == ["nsd_0.5mm", "nsd_2mm"]
    assert rows["nsd_2mm"].value == 1.0
    assert "within 2 mm" in rows["nsd_2mm"].definition
    assert rows["volume_difference_ml"].value == 0.0
    for name, row in rows.items():
        assert row.definition
        assert row.unit == ("ml" if "ml" in name else "mm" if name in DISTANCES else "1")
        assert ("surfel" in row.definition) == (row.unit == "mm" or name.startswith("nsd"))
    border = compare_masks(MASK, MASK, ANISOTROPIC_MM, convention="voxel_border")
    assert border.convention == "voxel_border"
    assert "voxel_border" in border.measurements()[-1].definition
