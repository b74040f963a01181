"""What a brush changes, held against plain array arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from medseg.raster.repaint import repaint


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, 0, 1, 2, 3]), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_it_finds_what_changes_and_the_smallest_box(
    kind: type, seed: int, over: int | None, number: int
) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, int(random.integers(1, 5)), random.integers(1, 7, 3)).astype(kind)
    labels.setflags(write=False)
    corner = tuple(int(random.integers(0, size)) for size in labels.shape)
    room = [size - at for size, at in zip(labels.shape, corner, strict=True)]
    inside = random.random([int(random.integers(0, most + 1)) for most in room]) < 0.5
    found = repaint(labels, corner, inside, number, over=over)
    box = tuple(slice(at, at + size) for at, size in zip(corner, inside.shape, strict=True))
    expected, whole = np.zeros(labels.shape, bool), np.zeros(labels.shape, bool)
    expected[box] = inside & (labels[box] != number)
    if over is not None:
        expected &= labels == over
    sides = tuple(
        slice(at, at + size) for at, size in zip(found.corner, found.changed.shape, strict=True)
    )
    whole[sides] = found.changed
    assert_array_equal(whole, expected)
    assert_array_equal(found.slices, found.changed.any(axis=(1, 2)))
    where = np.argwhere(expected)
    if not len(where):
        assert not found.changed.size
        return
    assert found.corner == tuple(where.min(axis=0))
    assert found.changed.shape == tuple(np.ptp(where, axis=0) + 1)
    before = np.unique(labels[expected])
    assert found.label == (before[0] if before.size == 1 else None)


def test_arrays_in_another_order_of_memory_are_read_right() -> None:
    labels = np.asfortranarray(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    inside = np.ones((2, 2, 4), bool)[:, :, ::2]
    found = repaint(labels, (0, 1, 1), inside, 5)
    assert found.corner == (0, 1, 1)
    assert_array_equal(found.changed[0], [[False, True], [True, True]])
    assert found.label is None
