"""Filling between slices: the contract, phantoms with known answers, and real lesions."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from medseg.interpolate import fill_between_slices
from medseg.raster import signed_distance_mm

SPACING_MM = (2.5, 0.7, 0.8)
SHAPE = (21, 64, 72)

Mask = NDArray[Any]


def millimetres(shape: tuple[int, int, int] = SHAPE) -> tuple[Mask, Mask, Mask]:
    """Coordinates from the middle of the array, in mm."""
    z, y, x = (
        (np.arange(size) - (size - 1) / 2) * step
        for size, step in zip(shape, SPACING_MM, strict=True)
    )
    return z[:, None, None], y[None, :, None], x[None, None, :]


def ellipsoid() -> Mask:
    z, y, x = millimetres()
    return (z / 24) ** 2 + (y / 14) ** 2 + (x / 19) ** 2 <= 1


def tube(tilt: float, radius_mm: float = 2.5) -> Mask:
    z, y, x = millimetres()
    return (y**2 + (x - tilt * z) ** 2 <= radius_mm**2) & (np.abs(z) < 18)


def ring() -> Mask:
    z, y, x = millimetres()
    from_axis = np.hypot(y, x)
    return (from_axis < 18 - 0.1 * z) & (from_axis > 8) & (np.abs(z) < 24)


def two_parts() -> Mask:
    z, y, x = millimetres()
    return (np.hypot(y - 10, x - 0.2 * z) < 5) | (np.hypot(y + 10, x + 0.2 * z) < 7)


def sparse(mask: Mask, step: int) -> tuple[Mask, list[int]]:
    """Each `step`-th slice of an object, and which they are."""
    slices = np.flatnonzero(mask.any(axis=(1, 2)))
    keys = list(range(int(slices[0]), int(slices[-1]) + 1, step))
    kept = np.zeros_like(mask)
    kept[keys] = mask[keys]
    return kept, keys


def dice(a: Mask, b: Mask) -> float:
    return 2.0 * float((a & b).sum()) / float(a.sum() + b.sum())


@st.composite
def label_stacks(draw: st.DrawFn) -> Mask:
    """Small stacks with blobs of up to three labels that may touch."""
    random = np.random.default_rng(draw(st.integers(0, 2**20)))
    stack = np.zeros((7, 12, 13), np.uint8)
    for index in range(0, 7, draw(st.sampled_from([2, 3]))):
        for label in random.permutation(3) + 1:
            row, column = random.integers(0, 9, 2)
            height, width = random.integers(1, 6, 2)
            stack[index, row : row + height, column : column + width] = label
    return stack


# The contract


@given(label_stacks(), st.integers(0, 2))
@settings(deadline=None, max_examples=40)
def test_keys_stay_and_the_input_is_never_modified(stack: Mask, axis: int) -> None:
    mask = np.moveaxis(stack, 0, axis)
    before = mask.copy()
    filled = fill_between_slices(mask, SPACING_MM, axis=axis)
    np.testing.assert_array_equal(mask, before)
    assert filled.shape == mask.shape
    assert filled.dtype == mask.dtype
    assert not np.shares_memory(filled, mask)
    np.testing.assert_array_equal(filled[mask != 0], mask[mask != 0])


@given(label_stacks())
@settings(deadline=None, max_examples=60)
def test_reversed_slices_give_exactly_the_mirrored_result(stack: Mask) -> None:
    filled = fill_between_slices(stack, SPACING_MM)
    np.testing.assert_array_equal(fill_between_slices(stack[::-1], SPACING_MM), filled[::-1])
    positions = np.array([0.0, 1.1, 2.0, 4.7, 5.0, 9.3, 9.9])
    filled = fill_between_slices(stack, SPACING_MM, positions_mm=positions)
    for mirrored in (positions[::-1], -positions[::-1]):
        again = fill_between_slices(stack[::-1], SPACING_MM, positions_mm=mirrored)
        np.testing.assert_array_equal(again, filled[::-1])


@given(label_stacks(), st.sampled_from(list(permutations((1, 2, 3)))))
@settings(deadline=None, max_examples=60)
def test_labels_given_other_numbers_give_the_same_shapes(
    stack: Mask, order: tuple[int, int, int]
) -> None:
    table = np.array([0, *order], np.uint8)
    filled = fill_between_slices(stack, SPACING_MM)
    np.testing.assert_array_equal(fill_between_slices(table[stack], SPACING_MM), table[filled])


@given(label_stacks(), st.integers(1, 2))
@settings(deadline=None, max_examples=30)
def test_another_axis_is_the_same_on_the_turned_array(stack: Mask, axis: int) -> None:
    turned = np.moveaxis(stack, 0, axis)
    spacing = list(SPACING_MM[1:])
    spacing.insert(axis, SPACING_MM[0])
    filled = fill_between_slices(turned, spacing, axis=axis)
    np.testing.assert_array_equal(
        np.moveaxis(filled, axis, 0), fill_between_slices(stack, SPACING_MM)
    )
    np.testing.assert_array_equal(fill_between_slices(turned, spacing, axis=axis - 3), filled)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.uint16, np.int32, np.uint64])
def test_every_integer_type_is_kept(dtype: type) -> None:
    kept, _ = sparse(ellipsoid(), 4)
    label = 1 if dtype is bool else np.iinfo(dtype).max
    filled = fill_between_slices(kept.astype(dtype) * dtype(label), SPACING_MM)
    assert filled.dtype == dtype
    np.testing.assert_array_equal(filled == label, fill_between_slices(kept, SPACING_MM))


def test_between_keys_is_replaced_and_beyond_them_is_not() -> None:
    mask = ellipsoid()
    mask[9, 0, 0] = True  # a stray voxel between keys goes
    mask[20, 0, 0] = True  # one beyond the last key stays
    filled = fill_between_slices(mask, SPACING_MM, keys=[6, 12])
    assert not filled[9, 0, 0]
    for index in (*range(7), *range(12, 21)):
        np.testing.assert_array_equal(filled[index], mask[index])
    only_keys = np.zeros_like(mask)
    only_keys[[6, 12]] = mask[[6, 12]]
    np.testing.assert_array_equal(filled[6:13], fill_between_slices(only_keys, SPACING_MM)[6:13])


def test_a_listed_but_empty_key_ends_the_object() -> None:
    mask = ellipsoid()
    mask[12] = False
    filled = fill_between_slices(mask, SPACING_MM, keys=[6, 9, 12, 15])
    assert filled[7:9].any(axis=(1, 2)).all()
    assert not filled[10:15].any()
    np.testing.assert_array_equal(filled[15:], mask[15:])


@pytest.mark.parametrize("keys", [[], [8], (), {1: [8]}, {}])
def test_fewer_than_two_keys_change_nothing(keys: Any) -> None:
    mask = ellipsoid()
    np.testing.assert_array_equal(fill_between_slices(mask, SPACING_MM, keys=keys), mask)


def test_an_empty_mask_stays_empty() -> None:
    empty = np.zeros(SHAPE, np.uint8)
    assert not fill_between_slices(empty, SPACING_MM).any()
    assert not fill_between_slices(empty, SPACING_MM, keys=[2, 9]).any()
    assert fill_between_slices(empty[:0], SPACING_MM).shape == (0, 64, 72)


def test_keys_may_come_unsorted_and_twice() -> None:
    mask = ellipsoid()
    np.testing.assert_array_equal(
        fill_between_slices(mask, SPACING_MM, keys=np.array([12, 6, 9, 6])),
        fill_between_slices(mask, SPACING_MM, keys=[6, 9, 12]),
    )


def test_a_dict_gives_each_label_its_own_keys_and_leaves_the_others() -> None:
    first, second, third = np.zeros((3, 12, 30, 30), bool)
    first[[0, 4, 8], 2:9, 2:9] = True
    second[[2, 6, 10], 12:18, 12:18] = True
    third[[0, 10], 22:28, 22:28] = True
    labels = (first + 2 * second + 3 * third).astype(np.uint8)
    filled = fill_between_slices(labels, SPACING_MM, keys={1: [0, 8], 2: [2, 6]})
    for index in range(12):
        np.testing.assert_array_equal((filled[index] == 1).any(), index <= 8)
        np.testing.assert_array_equal((filled[index] == 2).any(), 2 <= index <= 6 or index == 10)
        np.testing.assert_array_equal(filled[index] == 3, third[index])


# Shapes


@pytest.mark.parametrize(("step", "least", "volume"), [(2, 0.98, 0.02), (3, 0.975, 0.03)])
def test_an_ellipsoid_keeps_its_shape_and_volume(step: int, least: float, volume: float) -> None:
    truth = ellipsoid()
    kept, keys = sparse(truth, step)
    filled = fill_between_slices(kept, SPACING_MM)
    inner = slice(keys[0], keys[-1] + 1)
    assert dice(filled[inner], truth[inner]) > least
    assert filled[inner].sum() == pytest.approx(truth[inner].sum(), rel=volume)


@pytest.mark.parametrize("tilt", [0.0, 0.5, 1.0, 1.4])
def test_a_thin_oblique_tube_neither_vanishes_nor_swells(tilt: float) -> None:
    truth = tube(tilt)
    kept, keys = sparse(truth, 3)
    filled = fill_between_slices(kept, SPACING_MM)
    removed = [index for index in range(keys[0], keys[-1]) if index not in keys]
    assert filled[removed].any(axis=(1, 2)).all()
    assert dice(filled[removed], truth[removed]) > 0.9
    assert filled[removed].sum() == pytest.approx(truth[removed].sum(), rel=0.2)


def in_place(kept: Mask, keys: list[int]) -> Mask:
    """The same blend without moving the sections: the control that loses oblique tubes."""
    filled = kept.copy()
    for first, last in pairwise(keys):
        near, far = (signed_distance_mm(kept[key], SPACING_MM[1:]) for key in (first, last))
        for index in range(first + 1, last):
            share = (index - first) / (last - first)
            filled[index] = (1 - share) * near + share * far > -0.1
    return filled


def test_the_tube_test_sees_a_blend_that_does_not_move_the_sections() -> None:
    truth = tube(1.4)
    kept, keys = sparse(truth, 3)
    filled = in_place(kept, keys)
    removed = [index for index in range(keys[0], keys[-1]) if index not in keys]
    assert not filled[removed].any(axis=(1, 2)).all()


def test_a_hole_stays_a_hole() -> None:
    truth = ring()
    kept, keys = sparse(truth, 4)
    filled = fill_between_slices(kept, SPACING_MM)
    inner = slice(keys[0], keys[-1] + 1)
    assert not filled[:, 30:34, 34:38].any()
    assert dice(filled[inner], truth[inner]) > 0.97


def test_several_parts_stay_apart() -> None:
    truth = two_parts()
    kept, keys = sparse(truth, 4)
    filled = fill_between_slices(kept, SPACING_MM)
    inner = slice(keys[0], keys[-1] + 1)
    assert dice(filled[inner], truth[inner]) > 0.95
    assert not filled[:, 31:33].any(), "nothing between the parts"


def test_a_part_that_ends_does_not_drag_the_other_aside() -> None:
    z, y, x = millimetres()
    stays = (np.hypot(y + 12, x) < 6) & (z > -99)
    ends = (np.hypot(y - 12, x) < 6) & (z < 0)
    keys = [2, 6, 10, 14]
    filled = fill_between_slices(stays | ends, SPACING_MM, keys=keys)
    upper = np.broadcast_to(y < 0, SHAPE)
    assert dice(filled[2:15] & upper[2:15], stays[2:15]) > 0.98


def test_sections_far_apart_do_not_crash() -> None:
    kept = np.zeros((9, 40, 40), np.uint8)
    kept[0, :5, :5] = kept[4, 35:, 35:] = kept[8, 20, 20] = 1
    filled = fill_between_slices(kept, SPACING_MM)
    assert filled.any(axis=(1, 2)).all()


def test_objects_on_the_border_of_the_image_stay_inside_it() -> None:
    kept = np.zeros((5, 10, 10), np.uint8)
    kept[0, :4, :4] = kept[4, :5, :3] = 1
    filled = fill_between_slices(kept, SPACING_MM)
    assert filled[1:4].any(axis=(1, 2)).all()
    assert not filled[:, 6:].any()
    assert not filled[:, :, 6:].any()
    full = np.zeros((5, 10, 10), np.uint8)
    full[[0, 4]] = 1
    assert fill_between_slices(full, SPACING_MM).all()


def test_labels_that_touch_share_the_room_without_a_gap_or_an_overlap() -> None:
    kept = np.zeros((7, 30, 30), np.uint8)
    kept[0, 5:25, 5:15], kept[0, 5:25, 15:25] = 7, 3
    kept[6, 5:25, 5:10], kept[6, 5:25, 10:25] = 7, 3
    filled = fill_between_slices(kept, SPACING_MM)
    for index in range(1, 6):
        assert not filled[index][kept[0] == 0].any(), "nothing beyond the outer edges"
        assert filled[index, 5:25, 5:25].all(), "no gap between the two"
        edge = [int((row == 7).sum()) for row in filled[index, 6:24]]
        assert 5 <= min(edge) <= max(edge) <= 10
    widths = [int((filled[index, 15] == 7).sum()) for index in range(7)]
    assert widths == sorted(widths, reverse=True)


def test_a_label_never_takes_what_another_holds_on_its_key_or_beyond() -> None:
    kept = np.zeros((7, 20, 20), np.uint8)
    kept[0, 5:15, 5:15] = kept[6, 5:15, 5:15] = 1
    kept[3, 8:12, 8:12] = 2
    filled = fill_between_slices(kept, SPACING_MM, keys={1: [0, 6]})
    np.testing.assert_array_equal(filled == 2, kept == 2)
    assert (filled[3] == 1).sum() == 100 - 16


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 1)])
def test_equally_deep_the_larger_object_has_the_pixel(one: int, other: int) -> None:
    """Two mirror images both want the middle column; one has a further part elsewhere."""
    kept = np.zeros((3, 30, 31), np.uint8)
    kept[0, 10:20, 5:17], kept[0, 10:20, 17:26] = one, other
    kept[2, 10:20, 5:14], kept[2, 10:20, 14:26] = one, other
    kept[[0, 2], 25:28, 20:26] = other
    filled = fill_between_slices(kept, SPACING_MM)
    assert (filled[1, 14:16, 5:15] == one).all()
    assert (filled[1, 14:16, 15:26] == other).all()


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 1)])
def test_equally_deep_and_large_the_object_nearer_to_the_first_column_has_it(
    one: int, other: int
) -> None:
    kept = np.zeros((3, 30, 31), np.uint8)
    kept[0, 10:20, 5:17], kept[0, 10:20, 17:26] = one, other
    kept[2, 10:20, 5:14], kept[2, 10:20, 14:26] = one, other
    filled = fill_between_slices(kept, SPACING_MM)
    assert (filled[1, 11:19, 5:16] == one).all()
    assert (filled[1, 11:19, 16:26] == other).all()


def test_of_two_objects_that_change_places_neither_has_what_both_want() -> None:
    kept = np.zeros((3, 20, 30), np.uint8)
    kept[0, 5:15, 5:12], kept[0, 5:15, 12:19] = 1, 2
    kept[2, 5:15, 5:12], kept[2, 5:15, 12:19] = 2, 1
    filled = fill_between_slices(kept, SPACING_MM)
    assert not filled[1].any()


def test_uneven_positions_count_and_their_scale_does_not() -> None:
    kept = np.zeros((5, 41, 41), np.uint8)
    rows, columns = np.indices((41, 41)) - 20
    kept[0], kept[4] = np.hypot(rows, columns) < 18, np.hypot(rows, columns) < 6
    positions = np.array([0.0, 1.0, 2.0, 3.0, 12.0])
    filled = fill_between_slices(kept, SPACING_MM, positions_mm=positions)
    radii = np.sqrt(filled.sum(axis=(1, 2)) / np.pi)
    np.testing.assert_allclose(radii, np.interp(positions, [0, 12], [18, 6]), atol=0.4)
    for other in (positions * 7 - 100, list(positions)):
        np.testing.assert_array_equal(
            fill_between_slices(kept, SPACING_MM, positions_mm=other), filled
        )
    even = fill_between_slices(kept, SPACING_MM, positions_mm=np.arange(5) * 2.5)
    np.testing.assert_array_equal(even, fill_between_slices(kept, SPACING_MM))


# Real lesions


def lesions(archive: Any, count: int) -> list[tuple[Mask, float, float]]:
    """A random choice of LIDC lesions with pixel and slice spacing in mm."""
    rows = np.random.default_rng(1).choice(len(archive["row_nz"]), count, replace=False)
    fields = {name: archive[name] for name in archive.files if name.startswith("row_")}
    bits = archive["bits"]
    chosen = []
    for row in rows:
        shape = tuple(int(fields[f"row_n{axis}"][row]) for axis in "zyx")
        start, length = int(fields["row_bit_off"][row]), int(fields["row_bit_len"][row])
        flat = np.unpackbits(bits[start : start + length], count=int(np.prod(shape)))
        spacing = fields["row_pixel_spacing_mm"][row], fields["row_slice_spacing_mm"][row]
        chosen.append((flat.reshape(shape).astype(bool), float(spacing[0]), float(spacing[1])))
    return chosen


def nearest_key(mask: Mask, spacing_mm: tuple[float, float, float], *, keys: list[int]) -> Mask:
    """What a good method must beat: each slice is a copy of the nearest key."""
    nearest = [min(keys, key=lambda key: abs(key - index)) for index in range(len(mask))]
    return mask[nearest]


def mean_dice(chosen: list[tuple[Mask, float, float]], step: int, fill: Any) -> float:
    scores = []
    for mask, pixel_mm, slice_mm in chosen:
        keys = list(range(0, len(mask), step))
        removed = [index for index in range(keys[-1]) if index not in keys]
        if removed:
            kept = np.zeros_like(mask)
            kept[keys] = mask[keys]
            filled = fill(kept, (slice_mm, pixel_mm, pixel_mm), keys=keys)
            scores.append(dice(filled[removed], mask[removed]))
    return float(np.mean(scores))


def test_real_lesions_with_slices_removed(shared_data: Any) -> None:
    with np.load(shared_data / "lidc" / "lidc_lesions.npz") as archive:
        chosen = lesions(archive, 200)
    assert mean_dice(chosen, 2, fill_between_slices) > 0.847
    assert mean_dice(chosen, 3, fill_between_slices) > 0.812
    assert mean_dice(chosen, 2, nearest_key) < 0.80, "the score tells methods apart"
