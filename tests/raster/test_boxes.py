"""Bounding boxes."""

from __future__ import annotations

import numpy as np

from medseg.raster import box_of, boxes_of, span, widened


def test_the_box_is_the_smallest_that_holds_every_voxel() -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        labels = (random.random((5, 6, 7)) < 0.03) * random.integers(1, 4, (5, 6, 7))
        where = np.argwhere(labels == 2)
        box = box_of(labels, 2)
        if len(where):
            assert box is not None
            assert [side.start for side in box] == where.min(axis=0).tolist()
            assert [side.stop for side in box] == (where.max(axis=0) + 1).tolist()
        else:
            assert box is None


def test_all_boxes_in_one_pass_are_those_found_one_by_one() -> None:
    labels = np.random.default_rng(4).integers(0, 300, (6, 7, 8)).astype(np.uint16)
    labels[labels > 9] = 0
    boxes = boxes_of(labels)
    assert boxes == {number: box_of(labels, number) for number in np.unique(labels[labels > 0])}
    assert boxes_of(np.zeros((2, 2, 2), np.uint8)) == {}


def test_a_span_runs_from_the_first_to_the_last_set_entry() -> None:
    assert span(np.array([False, True, False, True, False])) == slice(1, 4)


def test_a_widened_span_stays_within_the_array() -> None:
    assert widened(slice(3, 5), 2, 10) == slice(1, 7)
    assert widened(slice(1, 9), 2, 10) == slice(0, 10)
