"""Parts of a mask, its holes, and what hangs together in range."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.ndimage import binary_fill_holes, generate_binary_structure, label

from medseg.raster.components import parts_in_plane, parts_of, with_holes_filled
from medseg.raster.flood import flooded

rng = np.random.default_rng(11)


@pytest.mark.parametrize(("connectivity", "rank"), [(6, 1), (18, 2), (26, 3)])
def test_parts_come_by_falling_size(connectivity: int, rank: int) -> None:
    mask = rng.random((9, 14, 13)) < 0.18
    parts, sizes = parts_of(mask, connectivity)  # type: ignore[arg-type]
    expected, count = label(mask, generate_binary_structure(3, rank))
    assert len(sizes) == count
    assert (np.diff(sizes) <= 0).all()
    assert_array_equal(parts > 0, mask)
    for number, size in enumerate(sizes, start=1):
        own = parts == number
        assert own.sum() == size
        assert len(np.unique(expected[own])) == 1
        assert (expected == expected[own][0]).sum() == size


@pytest.mark.parametrize(("connectivity", "rank"), [(6, 1), (18, 2), (26, 3)])
def test_thin_masks_have_the_parts_that_scipy_finds(connectivity: int, rank: int) -> None:
    for _ in range(400):
        shape = rng.integers(1, 5, 3)
        shape[rng.integers(3)] = 1
        mask = rng.random(tuple(shape.tolist())) < rng.random()
        parts, sizes = parts_of(mask, connectivity)  # type: ignore[arg-type]
        expected, count = label(mask, generate_binary_structure(3, rank))
        assert_array_equal(parts > 0, mask)
        assert len(np.unique(np.stack([parts[mask], expected[mask]]), axis=1).T) == count
        assert len(sizes) == count


def test_parts_in_a_plane_are_those_that_scipy_finds() -> None:
    for _ in range(400):
        section = rng.random(tuple(rng.integers(0, 20, 2).tolist())) < rng.random()
        numbers, boxes = parts_in_plane(section)
        expected, count = label(section, generate_binary_structure(2, 2))
        assert len(boxes) == count
        assert_array_equal(numbers > 0, section)
        for number, box in enumerate(boxes, start=1):
            own = numbers == number
            assert len(np.unique(expected[own])) == 1
            assert own[box].sum() == own.sum() == (expected == expected[own][0]).sum()
            assert all(own[box].any(axis=axis)[[0, -1]].all() for axis in (0, 1))


def test_an_empty_mask_has_no_part() -> None:
    for shape in ((3, 4, 5), (0, 4, 5)):
        parts, sizes = parts_of(np.zeros(shape, bool))
        assert parts.shape == shape
        assert len(sizes) == 0


@pytest.mark.parametrize("filling", [0.3, 0.5, 0.7])
def test_holes_are_those_that_scipy_fills(filling: float) -> None:
    mask = rng.random((8, 15, 14)) < filling
    assert_array_equal(with_holes_filled(mask), binary_fill_holes(mask))
    for axis in range(3):
        layers = [binary_fill_holes(layer) for layer in np.moveaxis(mask, axis, 0)]
        expected = np.moveaxis(np.array(layers), 0, axis)
        assert_array_equal(with_holes_filled(mask, axis), expected)
    assert (with_holes_filled(mask, 0) != with_holes_filled(mask, 2)).any()


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32, bool, ">i2", np.float16])
def test_a_flood_reaches_what_hangs_together_by_faces(dtype: str) -> None:
    for _ in range(20):
        values = rng.integers(0, 2 if dtype is bool else 9, (7, 11, 12)).astype(dtype)
        allowed = rng.random(values.shape) < 0.9
        seed = tuple(int(rng.integers(size)) for size in values.shape)
        low, high = (0.5, 1.5) if dtype is bool else (2.0, 7.5)
        free = (values >= low) & (values <= high) & allowed
        free[seed] = True
        parts = label(free)[0]
        found = flooded(values, allowed, seed, low, high)  # type: ignore[arg-type]
        assert_array_equal(found, parts == parts[seed])


def test_a_flood_of_many_runs_does_not_run_out_of_room() -> None:
    values = np.zeros((3, 300, 300), np.uint8)
    values[:, ::2, ::2] = 1
    values[0] = 1
    found = flooded(values, np.ones(values.shape, bool), (0, 0, 0), 1, 1)
    assert_array_equal(found, values == 1)
