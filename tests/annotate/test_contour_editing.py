"""Contours from masks, and point by point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from medseg.annotate import (
    contours_of,
    delete_point,
    insert_point,
    move_point,
    outline_edit,
    self_crossings,
    simplify_contour,
    smooth_contour,
)
from medseg.errors import EditError
from medseg.model import Authorship, Contour, Segment, Segmentation
from tests.phantoms import ellipsoid, oblique_geometry, two_lesions

BY = Authorship("Reader", "outline")
GRID = oblique_geometry((6, 40, 40), shear=0.9)


def circle(radius_mm: float, count: int = 90) -> Contour:
    """A circle in slice 2, round in the patient."""
    steps = GRID.affine[:3, :3]
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    middle = GRID.to_patient((2, 20, 20))
    down, along = (steps[:, axis] / np.linalg.norm(steps[:, axis]) for axis in (1, 2))
    ring = np.outer(np.sin(turn), down) + np.outer(np.cos(turn), along)
    return Contour(middle + radius_mm * ring, 1)


def flat(contour: Contour) -> NDArray[np.float64]:
    """Its points in mm in its plane, by another way than the module's."""
    points = contour.points_lps
    one = GRID.affine[:3, 1] / np.linalg.norm(GRID.affine[:3, 1])
    other = np.cross(GRID.slice_normal, one)
    return np.column_stack([points @ one, points @ other])


def off_plane(contour: Contour) -> float:
    return float(np.abs(GRID.to_index(contour.points_lps)[:, 0] - 2).max())


@pytest.mark.parametrize("shear", [0.0, 0.9])
def test_contours_of_a_segment_give_its_voxels_back(shear: float) -> None:
    geometry = oblique_geometry((9, 30, 30), shear=shear)
    inside = ellipsoid(geometry, (4, 15, 15), (8.0, 8.0, 9.0))
    inside &= ~ellipsoid(geometry, (4, 14, 16), (4.0, 3.0, 3.0))
    segments = (Segment.unnamed(1), Segment.unnamed(2))
    whole = Segmentation(inside.astype(np.uint8), geometry, segments)
    contours = contours_of(whole, 1)
    assert len(contours) > inside.any(axis=(1, 2)).sum(), "holes are contours of their own"
    again = Segmentation.empty(geometry, segments)
    outline_edit(again, contours, BY).apply(again)
    np.testing.assert_array_equal(again.array, whole.array)


def test_slices_can_be_chosen_and_an_empty_segment_has_no_contours() -> None:
    segmentation = two_lesions()
    assert len(contours_of(segmentation, 1)) == 3
    (contour,) = contours_of(segmentation, 1, [2])
    assert contour.to_slice(segmentation.geometry)[0] == 2
    assert contours_of(segmentation, 1, [0]) == []
    with pytest.raises(EditError, match="no segment 5"):
        contours_of(segmentation, 5)
    with pytest.raises(EditError, match="no slice 6"):
        contours_of(segmentation, 1, [6])


def test_a_point_is_moved_straight_onto_the_plane() -> None:
    contour = circle(6.0)
    place = contour.points_lps[10] + (1.0, -2.0, 0.5)
    moved = move_point(contour, 10, place + 7.0 * GRID.slice_normal)
    changed = (moved.points_lps != contour.points_lps).any(axis=1)
    assert np.flatnonzero(changed).tolist() == [10]
    assert off_plane(moved) < 1e-9
    straight = place - moved.points_lps[10]
    np.testing.assert_allclose(np.cross(straight, GRID.slice_normal), 0, atol=1e-9)


def test_a_point_is_inserted_in_the_nearest_edge_and_deleted_again() -> None:
    contour = circle(6.0, 12)
    middle = (contour.points_lps[11] + contour.points_lps[0]) / 2
    longer, index = insert_point(contour, middle * 1.0001)
    assert index == 12
    assert len(longer.points_lps) == 13
    np.testing.assert_array_equal(delete_point(longer, 12).points_lps, contour.points_lps)
    inner, index = insert_point(contour, (contour.points_lps[4] + contour.points_lps[5]) / 2)
    assert index == 5
    assert shapely.Polygon(flat(inner)).area == pytest.approx(shapely.Polygon(flat(contour)).area)


@pytest.mark.parametrize("tolerance_mm", [0.05, 0.4, 2.0])
def test_simplifying_never_leaves_the_tolerance_in_mm(tolerance_mm: float) -> None:
    inside = ellipsoid(GRID, (2, 20, 20), (5.0, 9.0, 11.0)).astype(np.uint8)
    for contour in (
        circle(9.0),
        contours_of(Segmentation(inside, GRID, (Segment.unnamed(1),)), 1, [2])[0],
    ):
        simple = simplify_contour(contour, tolerance_mm)
        one, other = (shapely.LinearRing(flat(each)) for each in (contour, simple))
        assert shapely.hausdorff_distance(one, other, densify=0.02) <= tolerance_mm + 1e-9
        assert not self_crossings(simple)
        if tolerance_mm == 2.0:
            assert len(simple.points_lps) < len(contour.points_lps) / 2


def test_smoothing_takes_the_noise_and_leaves_the_size() -> None:
    random = np.random.default_rng(3)
    clean = circle(10.0, 400)
    middle = clean.points_lps.mean(axis=0)
    noise = 1 + random.normal(0, 0.02, (400, 1))
    rough = Contour(middle + (clean.points_lps - middle) * noise, 1)
    smooth = smooth_contour(rough, 2.0)
    radii = np.linalg.norm(smooth.points_lps - middle, axis=1)
    before = np.linalg.norm(rough.points_lps - middle, axis=1)
    assert radii.std() < before.std() / 3
    assert off_plane(smooth) < 1e-9
    area = shapely.Polygon(flat(smooth_contour(clean, 2.0))).area
    assert area == pytest.approx(np.pi * 100, rel=2e-3)


def test_smoothing_a_staircase_brings_it_nearer_to_the_circle() -> None:
    inside = ellipsoid(GRID, (2, 20, 20), (1.0, 9.0, 9.0)).astype(np.uint8)
    stairs = contours_of(Segmentation(inside, GRID, (Segment.unnamed(1),)), 1, [2])[0]
    middle = GRID.to_patient((2, 20, 20))
    off = [
        np.abs(np.linalg.norm(one.points_lps - middle, axis=1) - 9.0).mean()
        for one in (stairs, smooth_contour(stairs, 1.5))
    ]
    assert off[1] < off[0] / 2


def test_crossings_are_reported() -> None:
    corners = [(5, 5), (15, 15), (15, 5), (5, 15)]
    assert self_crossings(Contour.on_slice(GRID, 2, corners, 1)) == [(0, 2)]
    assert self_crossings(circle(5.0)) == []
    pulled = move_point(
        circle(5.0), 0, 2 * circle(5.0).points_lps.mean(axis=0) - circle(9.0).points_lps[0]
    )
    assert self_crossings(pulled)


def test_what_changes_nothing_leaves_the_old_contour_alone() -> None:
    contour = circle(5.0)
    before = contour.points_lps.copy()
    move_point(contour, 0, (0, 0, 0))
    insert_point(contour, (0, 0, 0))
    delete_point(contour, 3)
    simplify_contour(contour, 3.0)
    smooth_contour(contour, 1.0)
    np.testing.assert_array_equal(contour.points_lps, before)


TRIANGLE = Contour(np.array([(0, 0, 0), (4, 0, 0), (0, 3, 0)]), 1)
DOT = Contour(np.zeros((3, 3)), 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: move_point(TRIANGLE, 3, (0, 0, 0)), "no point 3"),
        (lambda: move_point(TRIANGLE, -1, (0, 0, 0)), "no point -1"),
        (lambda: move_point(TRIANGLE, 0, (0, np.nan, 0)), "finite"),
        (lambda: move_point(TRIANGLE, 0, (0, 0)), "finite"),
        (lambda: insert_point(TRIANGLE, "there"), "L, P, S"),
        (lambda: delete_point(TRIANGLE, 0), "three points"),
        (lambda: simplify_contour(TRIANGLE, -1.0), "0 mm or more"),
        (lambda: simplify_contour(TRIANGLE, float("nan")), "0 mm or more"),
        (lambda: smooth_contour(TRIANGLE, 0.0), "above 0 mm"),
        (lambda: smooth_contour(TRIANGLE, 1e-9), "100,000 points"),
        (lambda: smooth_contour(DOT, 1.0), "100,000 points"),
    ],
)
def test_changes_that_make_no_sense_are_refused_in_words(change: Any, message: str) -> None:
    with pytest.raises(EditError, match=message):
        change()


def test_a_contour_without_area_can_be_edited() -> None:
    line = Contour(np.array([(0, 0, 0), (4, 0, 0), (2, 0, 0)]), 1)
    assert move_point(line, 2, (2, 5, 1)).points_lps[2].tolist() == [2, 5, 1]
    assert len(simplify_contour(line, 1.0).points_lps) == 3
    assert self_crossings(line)
    assert len(simplify_contour(DOT, 1.0).points_lps) == 3
