"""Dice and intersection over union."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medseg.errors import GeometryError
from medseg.measure import dice, iou


def test_known_overlaps() -> None:
    one, other = np.zeros((2, 4, 10), bool)
    one[:, :6] = True
    other[:, 4:] = True
    assert dice(one, other) == pytest.approx(2 * 8 / (24 + 24))
    assert iou(one, other) == pytest.approx(8 / 40)
    assert dice(one, one) == iou(one, one) == 1.0
    assert dice(one, ~one) == iou(one, ~one) == 0.0


def test_both_empty_is_undefined_and_one_empty_is_none() -> None:
    empty, full = np.zeros((3, 3), bool), np.ones((3, 3), bool)
    assert math.isnan(dice(empty, empty))
    assert math.isnan(iou(empty, empty))
    assert dice(empty, full) == iou(full, empty) == 0.0


def test_one_follows_from_the_other_and_the_order_does_not_matter() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        one, other = random.random((2, 5, 6, 7)) < 0.4
        assert dice(one, other) == dice(other, one)
        assert dice(one, other) == pytest.approx(2 * iou(one, other) / (1 + iou(one, other)))


def test_labels_count_as_inside_where_they_are_not_zero() -> None:
    labels = np.array([[0, 1, 2], [3, 0, 0]], np.uint16)
    assert dice(labels, labels != 0) == 1.0


def test_masks_of_other_shapes_are_refused() -> None:
    with pytest.raises(GeometryError, match="one grid"):
        dice(np.zeros((2, 3), bool), np.zeros((3, 2), bool))
    with pytest.raises(GeometryError, match="one grid"):
        iou(np.zeros((2, 3), bool), np.zeros((2, 3, 1), bool))
