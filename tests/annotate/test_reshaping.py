"""Tools that give a segment another shape: margins, smoothing, islands, moving, copying."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from medseg.annotate import (
    Protection,
    copy_to_slice,
    fill_holes_edit,
    hollow_edit,
    joint_smoothing_edit,
    keep_largest_edit,
    margin_edit,
    move_edit,
    outline_edit,
    paint_edit,
    remove_small_edit,
    smoothing_edit,
    split_islands,
)
from medseg.errors import EditError
from medseg.model import Contour, Geometry, Origin, Segmentation, SegmentsEdit
from tests.annotate.regions import (
    BY,
    GRIDS,
    SHEARED,
    STRAIGHT,
    after,
    ball,
    ball_mm3,
    middle,
    overlap,
    places,
    segmented,
    volume_mm3,
)

on_both_grids = pytest.mark.parametrize("grid", GRIDS, ids=["straight", "sheared"])


@on_both_grids
@pytest.mark.parametrize("margin_mm", [4.0, -4.0])
def test_a_margin_is_exact_from_centre_to_centre(grid: Geometry, margin_mm: float) -> None:
    own = ball(grid, 9.0)
    kept = own if margin_mm > 0 else ~own
    tree = cKDTree(places(grid)[kept])
    near = tree.query(places(grid).reshape(-1, 3))[0].reshape(grid.shape) <= abs(margin_mm) + 1e-6
    made = after(
        segmented(grid, own), margin_edit(segmented(grid, own), 1, BY, margin_mm=margin_mm)
    )
    np.testing.assert_array_equal(made == 1, near if margin_mm > 0 else ~near)


@on_both_grids
def test_a_ball_with_a_margin_is_the_larger_ball(grid: Geometry) -> None:
    segmentation = segmented(grid, ball(grid, 9.0))
    larger = after(segmentation, margin_edit(segmentation, 1, BY, margin_mm=5.0)) == 1
    assert not (larger & ~ball(grid, 14.0)).any()
    assert volume_mm3(larger, grid) == pytest.approx(ball_mm3(14.0), rel=0.11)


def test_a_margin_measured_in_voxels_would_fail_that() -> None:
    from scipy.ndimage import binary_dilation

    rough = binary_dilation(ball(SHEARED, 9.0), iterations=5)
    assert (rough & ~ball(SHEARED, 14.0)).any()


def test_a_margin_of_nothing_changes_nothing_and_stops_at_the_border() -> None:
    segmentation = segmented(STRAIGHT, ball(STRAIGHT, 9.0))
    assert margin_edit(segmentation, 1, BY, margin_mm=0.0).is_empty
    everything = after(segmentation, margin_edit(segmentation, 1, BY, margin_mm=500.0))
    assert (everything == 1).all()
    full = segmented(STRAIGHT, np.ones(STRAIGHT.shape, bool))
    assert margin_edit(full, 1, BY, margin_mm=-3.0).is_empty, "nothing is known beyond"


@on_both_grids
def test_a_hollow_ball_keeps_its_shell(grid: Geometry) -> None:
    segmentation = segmented(grid, ball(grid, 13.0))
    shell = after(segmentation, hollow_edit(segmentation, 1, BY, thickness_mm=4.0)) == 1
    assert volume_mm3(shell, grid) == pytest.approx(ball_mm3(13.0) - ball_mm3(9.0), rel=0.12)
    assert not (shell & ball(grid, 8.0)).any()
    assert hollow_edit(segmentation, 1, BY, thickness_mm=40.0).is_empty


@on_both_grids
def test_a_way_of_whole_voxels_moves_exactly(grid: Geometry) -> None:
    own = ball(grid, 8.0)
    segmentation = segmented(grid, own)
    way = grid.affine[:3, :3] @ (2, -3, 4)
    moved = after(segmentation, move_edit(segmentation, 1, BY, by_mm=way)) == 1
    np.testing.assert_array_equal(moved, np.roll(own, (2, -3, 4), (0, 1, 2)))


@on_both_grids
def test_a_way_between_voxels_moves_the_surface(grid: Geometry) -> None:
    segmentation = segmented(grid, ball(grid, 9.0))
    way = (1.3, -0.45, 0.7)
    moved = after(segmentation, move_edit(segmentation, 1, BY, by_mm=way)) == 1
    expected = ball(grid, 9.0, way)
    assert overlap(moved, expected) > 0.96
    assert moved.sum() == ball(grid, 9.0).sum()
    assert overlap(ball(grid, 9.0), expected) < 0.93, "or the test could not fail"
    centre = places(grid)[moved].mean(axis=0)
    np.testing.assert_allclose(centre, middle(grid) + way, atol=0.15 * max(grid.spacing_mm))


@pytest.mark.parametrize("way", [(0, 0, 1), (0, 0, -1), (0.45, 0, 0), (0.45, -0.5, 1), (0.3, 0, 1)])
def test_a_block_keeps_its_volume_on_a_way_of_half_voxels(way: tuple[float, ...]) -> None:
    """Whole faces of a block are equally deep then, so that the rule for ties decides."""
    block = np.zeros(STRAIGHT.shape, bool)
    block[10:14, 20:26, 20:28] = True
    segmentation = segmented(STRAIGHT, block)
    moved = after(segmentation, move_edit(segmentation, 1, BY, by_mm=way)) == 1
    assert moved.sum() == block.sum()
    shift = (places(STRAIGHT)[moved].mean(axis=0) - places(STRAIGHT)[block].mean(axis=0)) @ way
    assert 0 < shift <= 2.5 * np.dot(way, way)


def test_a_way_out_of_the_image_is_refused() -> None:
    segmentation = segmented(STRAIGHT, ball(STRAIGHT, 9.0))
    with pytest.raises(EditError, match="leads out"):
        move_edit(segmentation, 1, BY, by_mm=(0.0, 0.0, 40.0))


@on_both_grids
@pytest.mark.parametrize("method", ["median", "opening"])
def test_a_spike_goes_and_the_ball_stays(grid: Geometry, method: str) -> None:
    own = ball(grid, 10.0)
    spike = own.copy()
    spike[grid.shape[0] // 2, grid.shape[1] // 2, :-3] = True
    segmentation = segmented(grid, spike)
    edit = smoothing_edit(segmentation, 1, BY, method=method, radius_mm=3.0)  # type: ignore[arg-type]
    smooth = after(segmentation, edit) == 1
    assert overlap(smooth, own) > 0.95
    assert not smooth[:, :, -14:].any()


@on_both_grids
def test_closing_fills_a_hole_and_nothing_else(grid: Geometry) -> None:
    own = ball(grid, 10.0)
    hole = own & ~ball(grid, 2.5)
    segmentation = segmented(grid, hole)
    edit = smoothing_edit(segmentation, 1, BY, method="closing", radius_mm=4.0)
    closed = after(segmentation, edit) == 1
    assert (closed | ~own).all()
    assert not (hole & ~closed).any()
    assert overlap(closed, own) > 0.97


def test_the_median_is_what_most_voxels_of_the_ball_are() -> None:
    grid = Geometry.from_spacing((7, 9, 11), (1.5, 1.0, 1.2))
    noise = np.random.default_rng(5).random(grid.shape) < 0.5
    segmentation = segmented(grid, noise)
    made = after(segmentation, smoothing_edit(segmentation, 1, BY, radius_mm=2.1)) == 1
    tree = cKDTree(places(grid).reshape(-1, 3))
    values = noise.reshape(-1)
    around = tree.query_ball_point(places(grid).reshape(-1, 3), 2.1 + 1e-9)
    means = np.array([values[one].mean() for one in around])
    expected = np.where(means == 0.5, values, means > 0.5)
    np.testing.assert_array_equal(made.reshape(-1), expected)


def halves(grid: Geometry) -> Segmentation:
    """A ball of two halves with a rough border between them."""
    rough = np.random.default_rng(3).normal(0, 1.5, grid.shape)
    left = (places(grid) - middle(grid))[..., 0] + rough < 0
    return segmented(grid, ball(grid, 11.0) & left, ball(grid, 11.0) & ~left)


@on_both_grids
def test_joint_smoothing_leaves_no_gap_and_keeps_the_volume(grid: Geometry) -> None:
    segmentation = halves(grid)
    before = segmentation.array.copy()
    made = after(segmentation, joint_smoothing_edit(segmentation, (1, 2), BY, sigma_mm=2.0))
    assert (made > 0).sum() == pytest.approx((before > 0).sum(), rel=0.002)
    assert (made[ball(grid, 9.0)] > 0).all(), "no gap where the halves meet"
    left = (places(grid) - middle(grid))[..., 0] < 0
    assert overlap(made == 1, ball(grid, 11.0) & left) > 0.96
    assert overlap(before == 1, ball(grid, 11.0) & left) < 0.96, "or it could not fail"


def test_each_by_itself_leaves_the_gaps_that_joint_smoothing_avoids() -> None:
    segmentation = halves(STRAIGHT)
    for number in (1, 2):
        smoothing_edit(segmentation, number, BY, radius_mm=4.0).apply(segmentation)
    assert (segmentation.array[ball(STRAIGHT, 9.0)] == 0).any()


def test_joint_smoothing_can_keep_the_outline_and_leaves_others_alone() -> None:
    segmentation = halves(STRAIGHT)
    segmentation = segmented(
        STRAIGHT, segmentation.mask(1), segmentation.mask(2), ball(STRAIGHT, 4.0, (6.0, 0, 0))
    )
    before = segmentation.array.copy()
    edit = joint_smoothing_edit(segmentation, (1, 2), BY, sigma_mm=2.0, keep_outline=True)
    made = after(segmentation, edit)
    np.testing.assert_array_equal(made > 0, before > 0)
    np.testing.assert_array_equal(made == 3, before == 3)
    assert (made != before).any()


@on_both_grids
def test_holes_are_filled_in_3d_or_slice_by_slice(grid: Geometry) -> None:
    own = ball(grid, 10.0)
    hollow = own & ~ball(grid, 5.0)
    segmentation = segmented(grid, hollow)
    np.testing.assert_array_equal(
        after(segmentation, fill_holes_edit(segmentation, 1, BY)) == 1, own
    )
    tunnel = own.copy()
    row, column = grid.shape[1] // 2, grid.shape[2] // 2
    tunnel[:, row - 1 : row + 1, column] = False
    segmentation = segmented(grid, tunnel)
    assert fill_holes_edit(segmentation, 1, BY).is_empty, "a tunnel is open at both ends"
    by_slice = after(segmentation, fill_holes_edit(segmentation, 1, BY, axis=0)) == 1
    assert by_slice[grid.shape[0] // 2, row, column]
    assert overlap(by_slice, own) > overlap(tunnel, own)


def test_what_another_segment_holds_in_a_hole_stays() -> None:
    inner = ball(STRAIGHT, 4.0)
    segmentation = segmented(STRAIGHT, ball(STRAIGHT, 10.0) & ~ball(STRAIGHT, 5.0), inner)
    np.testing.assert_array_equal(
        after(segmentation, fill_holes_edit(segmentation, 1, BY)) == 2, inner
    )


def three_islands() -> Segmentation:
    """A ball, a smaller one, and a speck of 3 voxels of 1.8 mm³."""
    speck = np.zeros(STRAIGHT.shape, bool)
    speck[2, 3, 4:7] = True
    far = ball(STRAIGHT, 4.0, (15.0, 0.0, 0.0))
    return segmented(STRAIGHT, ball(STRAIGHT, 8.0) | far | speck)


def test_the_largest_parts_stay() -> None:
    segmentation = three_islands()
    one = after(segmentation, keep_largest_edit(segmentation, 1, BY)) == 1
    np.testing.assert_array_equal(one, ball(STRAIGHT, 8.0))
    two = after(segmentation, keep_largest_edit(segmentation, 1, BY, count=2)) == 1
    assert two.sum() == segmentation.mask(1).sum() - 3
    assert keep_largest_edit(segmentation, 1, BY, count=3).is_empty


@pytest.mark.parametrize(
    ("limit", "goes"),
    [
        ({"below_voxels": 3}, 0),
        ({"below_voxels": 4}, 3),
        ({"below_mm3": 5.4}, 0),
        ({"below_mm3": 5.5}, 3),
    ],
)
def test_small_parts_go_and_one_of_just_the_limit_stays(limit: dict[str, float], goes: int) -> None:
    segmentation = three_islands()
    made = after(segmentation, remove_small_edit(segmentation, 1, BY, **limit)) == 1
    assert segmentation.mask(1).sum() - made.sum() == goes


def test_islands_become_lesions_in_one_step() -> None:
    segmentation = three_islands()
    source = Contour.on_slice(STRAIGHT, 2, [(20, 20), (20, 24), (24, 24), (24, 20)], 1)
    outline_edit(segmentation, [source], BY).apply(segmentation)
    drawn = segmentation.provenance[1, 2]
    change = split_islands(segmentation, 1, BY)
    change.apply(segmentation)
    assert segmentation.numbers == (1, 2, 3, 4)
    assert len({one.tracking_uid for one in segmentation.segments}) == 4
    sizes = [int(segmentation.mask(number).sum()) for number in (1, 2, 3, 4)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 3
    assert segmentation.provenance == {(1, 2): drawn, (3, 2): drawn, (4, 2): drawn}
    change.inverse().apply(segmentation)
    assert segmentation.numbers == (1,)
    assert segmentation.provenance == {(1, 2): drawn}


def test_splitting_takes_free_numbers_and_says_when_there_are_none() -> None:
    segmentation = three_islands()
    every = tuple(replace(segmentation.segments[0], number=n) for n in range(1, 255))
    SegmentsEdit.to_list(segmentation, every, BY).apply(segmentation)
    with pytest.raises(EditError, match="1 numbers are left"):
        split_islands(segmentation, 1, BY)


def test_a_speck_on_a_corner_hangs_on_or_not() -> None:
    mask = np.zeros(STRAIGHT.shape, bool)
    mask[4, 4, 4] = mask[5, 5, 5] = True
    segmentation = segmented(STRAIGHT, mask)
    assert keep_largest_edit(segmentation, 1, BY).is_empty
    made = after(segmentation, keep_largest_edit(segmentation, 1, BY, connectivity=6))
    assert made.sum() == 1


def test_a_section_is_copied_and_known_as_propagated() -> None:
    own = np.zeros(STRAIGHT.shape, bool)
    own[7, 5:9, 6:9] = True
    own[8, 20, 20] = True
    segmentation = segmented(STRAIGHT, own)
    copy_to_slice(segmentation, 1, BY, source=7, target=8).apply(segmentation)
    np.testing.assert_array_equal(segmentation.array[8], segmentation.array[7])
    assert segmentation.provenance[1, 8].origin is Origin.PROPAGATED


def test_a_slice_drawn_by_hand_is_not_copied_over() -> None:
    segmentation = segmented(STRAIGHT, np.zeros(STRAIGHT.shape, bool))
    for index in (7, 8):
        square = Contour.on_slice(STRAIGHT, index, [(2, 2), (2, 6), (6, 6), (6, 2)], 1)
        outline_edit(segmentation, [square], BY).apply(segmentation)
    with pytest.raises(EditError, match="drawn on slice 8"):
        copy_to_slice(segmentation, 1, BY, source=7, target=8)


def test_smoothing_leaves_slices_what_they_were() -> None:
    segmentation = segmented(STRAIGHT, np.zeros(STRAIGHT.shape, bool))
    for index in (8, 12):
        square = Contour.on_slice(STRAIGHT, index, [(9, 9), (9, 30), (30, 30), (30, 9)], 1)
        outline_edit(segmentation, [square], BY).apply(segmentation)
    between = np.zeros((3, *STRAIGHT.shape[1:]), bool)
    between[:, 10:30, 10:30] = True
    fill = paint_edit(segmentation, (9, 0, 0), between, 1, BY, origin=Origin.INTERPOLATED)
    fill.apply(segmentation)
    before = {key: origin.origin for key, origin in segmentation.provenance.items()}
    smoothing_edit(segmentation, 1, BY, radius_mm=4.0).apply(segmentation)
    assert {key: origin.origin for key, origin in segmentation.provenance.items()} == before
    margin_edit(segmentation, 1, BY, margin_mm=2.0).apply(segmentation)
    kinds = {key[1]: origin.origin for key, origin in segmentation.provenance.items()}
    assert [kinds[index] for index in (7, 8, 9, 12, 13)] == [
        Origin.PROPAGATED,
        Origin.DRAWN,
        Origin.INTERPOLATED,
        Origin.DRAWN,
        Origin.PROPAGATED,
    ]


def test_protection_holds_for_margins_and_joint_smoothing() -> None:
    segmentation = segmented(STRAIGHT, ball(STRAIGHT, 9.0), ball(STRAIGHT, 5.0, (10.0, 0.0, 0.0)))
    two = segmentation.mask(2)
    made = after(segmentation, margin_edit(segmentation, 1, BY, margin_mm=4.0))
    np.testing.assert_array_equal(made == 2, two)
    over = Protection(over="everything")
    made = after(segmentation, margin_edit(segmentation, 1, BY, margin_mm=4.0, protection=over))
    assert (made == 2).sum() < two.sum()
    SegmentsEdit.of_segment(segmentation, 2, BY, is_locked=True).apply(segmentation)
    made = after(segmentation, margin_edit(segmentation, 1, BY, margin_mm=4.0, protection=over))
    np.testing.assert_array_equal(made == 2, two)
    with pytest.raises(EditError, match="locked"):
        joint_smoothing_edit(segmentation, (1, 2), BY, sigma_mm=2.0)
