"""Contours in several planes become one surface."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from medseg.annotate import surface_edit
from medseg.errors import EditError
from medseg.model import Contour, Edit, Geometry, Origin, Segmentation
from medseg.raster import edge_contours, fill_rings
from tests.annotate.regions import (
    BY,
    GRIDS,
    SHEARED,
    STRAIGHT,
    after,
    ball,
    middle,
    overlap,
    places,
    segmented,
)
from tests.interpolate.lesions import lidc_lesions

on_both_grids = pytest.mark.parametrize("grid", GRIDS, ids=["straight", "sheared"])
RADII = np.array((15.0, 9.0, 12.0))
AXIAL, CORONAL, SAGITTAL = (0, 1), (0, 2), (1, 2)


def ring(center: NDArray[np.float64], u: NDArray[np.float64], v: NDArray[np.float64]) -> Contour:
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)[:, None]
    return Contour(center + np.cos(turn) * u + np.sin(turn) * v, 1)


def sections(center: NDArray[np.float64], *planes: tuple[int, int]) -> list[Contour]:
    """Sections of an ellipsoid along L, P, S through its centre."""
    axes = np.diag(RADII)
    return [ring(center, axes[one], axes[two]) for one, two in planes]


def parallels(center: NDArray[np.float64], *parts: float) -> list[Contour]:
    """Axial sections of the same, at parts of its half height."""
    u, v = np.diag(RADII)[:2]
    return [
        ring(
            center + np.array((0, 0, part * RADII[2])),
            np.sqrt(1 - part**2) * u,
            np.sqrt(1 - part**2) * v,
        )
        for part in parts
    ]


def whole(grid: Geometry) -> NDArray[np.bool_]:
    away = (places(grid) - middle(grid)) / RADII
    return np.asarray((away**2).sum(axis=-1) <= 1)


def blank(grid: Geometry) -> Segmentation:
    return segmented(grid, np.zeros(grid.shape, bool))


def made(grid: Geometry, contours: list[Contour]) -> NDArray[np.bool_]:
    segmentation = blank(grid)
    return np.asarray(after(segmentation, surface_edit(segmentation, contours, BY)) == 1)


@on_both_grids
def test_three_planes_make_an_ellipsoid(grid: Geometry) -> None:
    found = made(grid, sections(middle(grid), AXIAL, CORONAL, SAGITTAL))
    assert overlap(found, whole(grid)) > 0.985
    assert found.sum() == pytest.approx(whole(grid).sum(), rel=0.02)


@on_both_grids
def test_two_planes_make_an_ellipsoid(grid: Geometry) -> None:
    assert overlap(made(grid, sections(middle(grid), AXIAL, CORONAL)), whole(grid)) > 0.975


def test_the_cross_of_the_sections_alone_would_be_no_ellipsoid() -> None:
    offset = np.abs(places(STRAIGHT) - middle(STRAIGHT)).min(axis=-1)
    assert overlap(whole(STRAIGHT) & (offset < 1.1), whole(STRAIGHT)) < 0.7


@on_both_grids
def test_parallel_contours_are_joined_and_nothing_is_added_beyond(grid: Geometry) -> None:
    found = made(grid, parallels(middle(grid), -0.9, -0.5, 0.0, 0.5, 0.9))
    height = (places(grid) - middle(grid))[..., 2]
    between = np.abs(height) <= 0.9 * RADII[2]
    assert not (found & ~between).any()
    assert overlap(found, whole(grid) & between) > 0.975


@on_both_grids
def test_a_surface_goes_through_its_contours_within_a_voxel(grid: Geometry) -> None:
    contours = sections(middle(grid), AXIAL, CORONAL, SAGITTAL)
    found = made(grid, contours)
    step = max(grid.spacing_mm)
    for contour in contours:
        outward = contour.points_lps - middle(grid)
        outward /= np.linalg.norm(outward, axis=1)[:, None]
        for side, expected in ((-step, True), (step, False)):
            at = np.rint(grid.to_index(contour.points_lps + side * outward)).astype(int)
            assert (found[tuple(at.T)] == expected).all()


def test_a_slice_with_a_contour_holds_just_what_was_drawn() -> None:
    rough = np.array([(20, 12), (22, 20), (20, 36), (30, 30), (27, 24), (31, 13)], float)
    drawn = Contour.on_slice(STRAIGHT, 14, rough, 1)
    segmentation = blank(STRAIGHT)
    edit = surface_edit(segmentation, [drawn, *parallels(middle(STRAIGHT), -0.7, 0.5)], BY)
    edit.apply(segmentation)
    expected = fill_rings([rough], STRAIGHT.shape[1:])
    np.testing.assert_array_equal(segmentation.array[14] == 1, expected)
    kinds = {index: origin.origin for (_, index), origin in segmentation.provenance.items()}
    assert kinds.pop(14) is Origin.DRAWN
    assert set(kinds.values()) == {Origin.INTERPOLATED}


def test_two_lobes_drawn_in_one_plane_are_two_rings() -> None:
    center = middle(STRAIGHT)
    contours = []
    for side in (-11.0, 11.0):
        for height in (-5.0, 0.0, 5.0):
            wide = np.sqrt(64 - height**2)
            at = center + np.array((side, 0.0, height))
            contours.append(ring(at, np.array((wide, 0, 0)), np.array((0, wide, 0))))
    found = made(STRAIGHT, contours)
    both = ball(STRAIGHT, 8.0, (11.0, 0, 0)) | ball(STRAIGHT, 8.0, (-11.0, 0, 0))
    both &= np.abs((places(STRAIGHT) - center)[..., 2]) <= 5.0
    assert overlap(found, both) > 0.95
    assert not found[:, :, 25].any(), "nothing joins them"


def test_a_ring_in_a_ring_is_a_hole_through_the_surface() -> None:
    center = middle(STRAIGHT)
    contours = []
    for height in (-8.0, 0.0, 8.0):
        for wide in (12.0, 5.0):
            across = np.array((wide, 0, 0)), np.array((0, wide, 0))
            contours.append(ring(center + np.array((0, 0, height)), *across))
    found = made(STRAIGHT, contours)
    away = np.linalg.norm((places(STRAIGHT) - center)[..., :2], axis=-1)
    height = np.abs((places(STRAIGHT) - center)[..., 2])
    tube = (away <= 12) & (away >= 5) & (height <= 8)
    assert overlap(found, tube) > 0.93
    assert not found[:, 23:25, 25:27].any()


def test_contours_that_disagree_where_they_cross_still_make_one_lesion() -> None:
    rng = np.random.default_rng(8)
    contours = [
        Contour(
            middle(STRAIGHT)
            + (one.points_lps - middle(STRAIGHT)) * (1 + 0.05 * rng.normal(size=(60, 1))),
            1,
        )
        for one in sections(middle(STRAIGHT), AXIAL, CORONAL, SAGITTAL)
    ]
    assert overlap(made(STRAIGHT, contours), whole(STRAIGHT)) > 0.95


def test_replacing_takes_away_what_was_there_before() -> None:
    segmentation = segmented(STRAIGHT, ball(STRAIGHT, 3.0, (17.0, 15.0, 0.0)))
    contours = sections(middle(STRAIGHT), AXIAL, CORONAL)
    replaced = after(segmentation, surface_edit(segmentation, contours, BY, mode="replace")) == 1
    np.testing.assert_array_equal(replaced, made(STRAIGHT, contours))
    added = after(segmentation, surface_edit(segmentation, contours, BY)) == 1
    np.testing.assert_array_equal(added, replaced | segmentation.mask(1))


def test_it_may_reach_over_the_border_of_the_image() -> None:
    corner = STRAIGHT.to_patient((1, 1, 1))
    contours = sections(corner, AXIAL, CORONAL, SAGITTAL)
    away = (places(STRAIGHT) - corner) / RADII
    truth = np.asarray((away**2).sum(axis=-1) <= 1)
    assert overlap(made(STRAIGHT, contours), truth) > 0.97


def test_building_the_edit_changes_nothing() -> None:
    segmentation = blank(SHEARED)
    edit = surface_edit(segmentation, sections(middle(SHEARED), AXIAL, SAGITTAL), BY)
    assert isinstance(edit, Edit)
    assert not segmentation.array.any()
    assert not segmentation.provenance


@pytest.mark.parametrize(
    ("contours", "words"),
    [
        (sections(middle(STRAIGHT), AXIAL), "two planes"),
        ([], "one segment"),
        (sections(middle(STRAIGHT) + 900, AXIAL, CORONAL), "encloses none"),
        ([Contour(np.array([(0, 0, 0), (1, 1, 1), (2, 2, 2)]), 1)] * 2, "encloses an area"),
        ([Contour(np.array([(0, 0, 0), (9, 0, 0), (9, 9, 5), (0, 9, 0)]), 1)] * 2, "one plane"),
    ],
)
def test_impossible_contours_are_refused(contours: list[Contour], words: str) -> None:
    with pytest.raises(EditError, match=words):
        surface_edit(blank(STRAIGHT), contours, BY)


def outlines(mask: NDArray[np.bool_], grid: Geometry, axis: int, layer: int) -> list[Contour]:
    """What a reader would draw in one layer: through the middles of the voxels' edges."""
    across = [other for other in range(3) if other != axis]
    contours = []
    for ring in edge_contours(np.moveaxis(mask, axis, 0)[layer]):
        ends = np.roll(ring, -1, axis=0)
        steps = np.abs(ends - ring).max(axis=1).astype(int)
        middles = [
            start + (end - start) * (np.arange(count)[:, None] + 0.5) / count
            for start, end, count in zip(ring, ends, steps, strict=True)
        ]
        index = np.full((sum(steps), 3), float(layer))
        index[:, across] = np.concatenate(middles)
        contours.append(Contour(grid.to_patient(index), 1))
    return contours


def test_real_lesions_come_back_from_their_middle_sections(shared_data: Path) -> None:
    every = [one for one in lidc_lesions(shared_data) if one.mask.sum() >= 150]
    scores: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for lesion in [one for one in every if len(one.mask) >= 6][::90]:
        mask = np.pad(lesion.mask, ((3, 3), (8, 8), (8, 8)))
        grid = Geometry.from_spacing(mask.shape, lesion.spacing_mm)
        at = np.rint(np.argwhere(mask).mean(axis=0)).astype(int)
        drawn = [outlines(mask, grid, axis, int(at[axis])) for axis in range(3)]
        for planes in (2, 3):
            found = made(grid, [one for plane in drawn[:planes] for one in plane])
            scores[planes].append(overlap(found, mask))
        # The broken control: the middle section alone, carried through all slices.
        column = np.broadcast_to(mask[at[0]], mask.shape) & mask.any(axis=(1, 2))[:, None, None]
        scores[1].append(overlap(column, mask))
    means = {planes: float(np.mean(own)) for planes, own in scores.items()}
    assert len(scores[3]) >= 8
    assert means[3] > 0.86
    assert means[2] > 0.80
    assert means[1] < means[2] < means[3]
