"""What `fill_between_slices` refuses, in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medseg.errors import EditError, MedsegError
from medseg.interpolate import fill_between_slices

MASK = np.zeros((4, 5, 6), np.uint8)
MASK[[0, 3], 2, 2] = 1


@pytest.mark.parametrize("mask", [MASK[0], MASK[None], np.uint8(3), [[1, 2]]])
def test_a_mask_has_three_axes(mask: Any) -> None:
    with pytest.raises(EditError, match="three axes"):
        fill_between_slices(mask, (1, 1, 1))


@pytest.mark.parametrize("dtype", [np.float32, np.complex64, object, "U1"])
def test_a_mask_holds_whole_numbers(dtype: Any) -> None:
    with pytest.raises(EditError, match="boolean or of an integer type"):
        fill_between_slices(np.zeros((2, 2, 2), dtype), (1, 1, 1))


@pytest.mark.parametrize(
    "spacing",
    [(1, 1), (1, 1, 1, 1), (1, 0, 1), (1, -1, 1), (1, np.nan, 1), (1, 1, np.inf), 1, None, "abc"],
)
def test_the_spacing_is_three_positive_lengths(spacing: Any) -> None:
    with pytest.raises(EditError, match="spacing is three"):
        fill_between_slices(MASK, spacing)


@pytest.mark.parametrize("axis", [3, -4, 1.0, None, "0"])
def test_the_axis_is_one_of_three(axis: Any) -> None:
    with pytest.raises(EditError, match="axis is 0, 1 or 2"):
        fill_between_slices(MASK, (1, 1, 1), axis=axis)


@pytest.mark.parametrize("keys", [[0, 4], [-1, 2], {1: [0, 99]}])
def test_keys_lie_in_the_stack(keys: Any) -> None:
    with pytest.raises(EditError, match="0 to 3"):
        fill_between_slices(MASK, (1, 1, 1), keys=keys)


@pytest.mark.parametrize("keys", [[0.5, 2], ["0", "3"], {1: 3}, {1: None}, 3])
def test_keys_are_whole_numbers(keys: Any) -> None:
    with pytest.raises(EditError, match="whole numbers"):
        fill_between_slices(MASK, (1, 1, 1), keys=keys)


@pytest.mark.parametrize("label", [0, 256, -1, 1.5, "1"])
def test_labels_are_numbers_that_the_mask_can_hold(label: Any) -> None:
    with pytest.raises(EditError, match=r"label is not 0|Labels are whole"):
        fill_between_slices(MASK, (1, 1, 1), keys={label: [0, 3]})


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ([0, 1, 2], "one position per slice"),
        ([[0, 1, 2, 3]], "one position per slice"),
        ([0, 2, 1, 3], "rise from each"),
        ([0, 1, 1, 3], "rise from each"),
        ([0, 1, np.nan, 3], "rise from each"),
        ([0, 1, 2, np.inf], "rise from each"),
        (["a", "b", "c", "d"], "numbers in mm"),
    ],
)
def test_positions_are_one_a_slice_and_sorted(positions: Any, message: str) -> None:
    with pytest.raises(EditError, match=message):
        fill_between_slices(MASK, (1, 1, 1), positions_mm=positions)


def test_every_refusal_is_one_that_a_caller_can_catch() -> None:
    assert issubclass(EditError, MedsegError)
