"""A lasso through the depth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from medseg.annotate import lasso_edit
from medseg.errors import EditError
from medseg.model import Geometry
from medseg.raster import fill_rings
from medseg.raster.inside_rings import inside_rings
from tests.annotate.regions import BY, GRIDS, STRAIGHT, after, ball, middle, places, segmented

on_both_grids = pytest.mark.parametrize("grid", GRIDS, ids=["straight", "sheared"])
VIEWS = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "coronal": ((1, 0, 0), (0, 0, 1)),
    "oblique": ((0.6, 0.8, 0), (-0.48, 0.36, 0.8)),
}


def square(grid: Geometry, view: str, half_mm: float) -> NDArray[np.float64]:
    u, v = (np.array(way, float) for way in VIEWS[view])
    return np.array(
        [middle(grid) + half_mm * (a * u + b * v) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    )


def through(grid: Geometry, view: str, half_mm: float) -> NDArray[np.bool_]:
    """The square's prism, by arithmetic of its own."""
    away = places(grid) - middle(grid)
    inside = [np.abs(away @ np.array(way)) <= half_mm for way in VIEWS[view]]
    return np.asarray(inside[0] & inside[1])


@on_both_grids
@pytest.mark.parametrize("view", list(VIEWS))
def test_a_lasso_erases_or_cuts_through_all(grid: Geometry, view: str) -> None:
    own = ball(grid, 11.0)
    segmentation = segmented(grid, own)
    ring = square(grid, view, 5.03)
    erased = after(segmentation, lasso_edit(segmentation, 1, ring, BY)) == 1
    np.testing.assert_array_equal(erased, own & ~through(grid, view, 5.03))
    cut = after(segmentation, lasso_edit(segmentation, 1, ring, BY, mode="cut")) == 1
    np.testing.assert_array_equal(cut, own & through(grid, view, 5.03))


@pytest.mark.parametrize("view", list(VIEWS))
def test_a_depth_is_measured_along_the_view(view: str) -> None:
    own = ball(STRAIGHT, 11.0)
    segmentation = segmented(STRAIGHT, own)
    towards = np.cross(*VIEWS[view])
    depth = (places(STRAIGHT) - middle(STRAIGHT)) @ towards
    for sign in (1, -1):
        edit = lasso_edit(
            segmentation,
            1,
            square(STRAIGHT, view, 5.03),
            BY,
            depth_mm=(0.51, 6.03),
            view_lps=sign * towards,
        )
        reached = (sign * depth >= 0.51) & (sign * depth <= 6.03)
        expected = own & ~(through(STRAIGHT, view, 5.03) & reached)
        np.testing.assert_array_equal(after(segmentation, edit) == 1, expected)


def test_other_segments_stay() -> None:
    other = ball(STRAIGHT, 5.0, (8.0, 0, 0))
    segmentation = segmented(STRAIGHT, ball(STRAIGHT, 11.0), other)
    made = after(segmentation, lasso_edit(segmentation, 1, square(STRAIGHT, "axial", 30.0), BY))
    np.testing.assert_array_equal(made, np.where(other, 2, 0))


def test_points_are_in_or_out_as_the_pixels_of_a_filled_polygon() -> None:
    rng = np.random.default_rng(4)
    pixels = np.indices((12, 14)).reshape(2, -1).T.astype(float)
    for _ in range(100):
        rings = [rng.integers(0, 12, (rng.integers(3, 9), 2)).astype(float) for _ in range(2)]
        expected = fill_rings(rings, (12, 14)).reshape(-1)
        on_edge = expected != inside_rings(pixels, rings)
        assert not on_edge.any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "fill"}, "erase"),
        ({"depth_mm": (0.0, 5.0)}, "along a view"),
        ({"depth_mm": (5.0, 0.0), "view_lps": (0, 0, 1)}, "near to far"),
        ({"depth_mm": (np.nan, 5.0), "view_lps": (0, 0, 1)}, "near to far"),
        ({"depth_mm": (0.0, 5.0), "view_lps": (1, 0, 0)}, "square to the view"),
        ({"ring_lps": [(0, 0, 0), (1, 1, 1)]}, "encloses an area"),
        ({"ring_lps": [(0, 0, 0), (9, 0, 0), (9, 9, 5), (0, 9, 0)]}, "one plane"),
        ({"ring_lps": [(0, 0, np.inf)] * 4}, "finite"),
    ],
)
def test_an_impossible_lasso_is_refused(options: dict[str, object], words: str) -> None:
    segmentation = segmented(STRAIGHT, ball(STRAIGHT, 9.0))
    given = {"ring_lps": square(STRAIGHT, "axial", 5.0), **options}
    with pytest.raises(EditError, match=words):
        lasso_edit(segmentation, 1, authorship=BY, **given)  # type: ignore[arg-type]
