"""The public polygon fill: its forms of input and its refusals. (Its rule: tests/raster.)"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medseg.annotate import fill_polygon
from medseg.errors import EditError

SQUARE = [(1, 1), (1, 5), (5, 5), (5, 1)]
HOLE = [(2, 2), (2, 4), (4, 4), (4, 2)]


def square_mask(low: int, high: int) -> np.ndarray:
    mask = np.zeros((7, 8), bool)
    mask[low:high, low:high] = True
    return mask


@pytest.mark.parametrize(
    "points",
    [
        SQUARE,
        [*SQUARE, SQUARE[0]],
        [list(point) for point in SQUARE],
        tuple(SQUARE),
        np.array(SQUARE),
        np.array(SQUARE, np.float32),
        [np.array(point) for point in SQUARE],
        [SQUARE],
        [np.array(SQUARE)],
        np.array([SQUARE]),
    ],
)
def test_one_ring_in_every_form(points: Any) -> None:
    mask = fill_polygon(points, (7, 8))
    assert mask.dtype == np.bool_
    np.testing.assert_array_equal(mask, square_mask(1, 5))


@pytest.mark.parametrize(
    "rings",
    [
        [SQUARE, HOLE],
        (HOLE, SQUARE),
        np.array([SQUARE, HOLE]),
        [np.array(SQUARE), [*HOLE, HOLE[0]]],
        [SQUARE, HOLE[::-1]],
    ],
)
def test_rings_combine_even_odd(rings: Any) -> None:
    expected = square_mask(1, 5) & ~square_mask(2, 4)
    np.testing.assert_array_equal(fill_polygon(rings, (7, 8)), expected)


@pytest.mark.parametrize(
    "points",
    [
        [],
        np.empty((0, 2)),
        [[]],
        [(3, 3)],
        [(1, 1), (5, 5)],
        [(1, 1), (5, 5), (1, 1), (5, 5)],
        [(1, 1), (3, 3), (5, 5)],
        [SQUARE, SQUARE],
        [SQUARE, [(0, 0)], SQUARE],
    ],
)
def test_what_has_no_area_is_all_false(points: Any) -> None:
    assert not fill_polygon(points, (7, 8)).any()


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([(0, 0), (0, np.nan), (3, 3)], "finite"),
        ([(0, 0), (0, np.inf), (3, 3)], "finite"),
        ([(0, 0, 0), (0, 1, 0), (1, 1, 0)], r"\(n, 2\)"),
        ([1, 2, 3], r"\(n, 2\)"),
        (5, r"\(n, 2\)"),
        (None, r"\(n, 2\)"),
        ("polygon", r"\(n, 2\)"),
        ([(0, 0), (1,), (2, 2)], r"\(n, 2\)"),
        ([SQUARE, [(0, 0, 0)] * 3], r"\(n, 2\)"),
        ([(0, 0), (0, 1e12), (3, 3)], "near the grid"),
    ],
)
def test_what_is_no_polygon_is_refused(points: Any, message: str) -> None:
    with pytest.raises(EditError, match=message):
        fill_polygon(points, (7, 8))


@pytest.mark.parametrize("shape", [(7,), (7, 8, 9), (-1, 8), (7.5, 8), None, ("a", "b")])
def test_what_is_no_shape_is_refused(shape: Any) -> None:
    with pytest.raises(EditError, match="shape"):
        fill_polygon(SQUARE, shape)


def test_a_mask_without_pixels_is_one() -> None:
    assert fill_polygon(SQUARE, (0, 8)).shape == (0, 8)


@pytest.mark.parametrize(
    ("points", "shape"),
    [
        ([[10**400, 0], [0, 1], [1, 1]], (5, 5)),
        (np.array([[1, 2], [3, 4], [5, 1]], dtype="datetime64[s]"), (5, 5)),
        ([[1j, 0], [0, 1], [1, 1]], (5, 5)),
        ([["a", "b"]], (5, 5)),
        ([[0, 0], [0, 1], [1, 1]], (float("inf"), 5)),
        ([[0, 0], [0, 1], [1, 1]], (float("nan"), 5)),
    ],
)
def test_what_is_no_number_is_refused(points: object, shape: tuple) -> None:
    with pytest.raises(EditError, match="found"):
        fill_polygon(points, shape)
