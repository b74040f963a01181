"""Cut or erase a segment by a lasso drawn in any view, through the depth."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.annotate.conditions import checked_points
from medseg.annotate.painting import Protection, paint_edit
from medseg.annotate.reshaping.new_shape import surroundings
from medseg.annotate.space.viewing_plane import ViewingPlane
from medseg.errors import EditError
from medseg.model import Authorship, Edit, Segmentation
from medseg.raster.inside_rings import inside_rings


def lasso_edit(  # noqa: PLR0913 - one call for all that the tool asks
    segmentation: Segmentation,
    number: int,
    ring_lps: ArrayLike,
    authorship: Authorship,
    *,
    mode: Literal["erase", "cut"] = "erase",
    depth_mm: tuple[float, float] | None = None,
    view_lps: ArrayLike | None = None,
    protection: Protection | None = None,
) -> Edit:
    """The edit that takes from a segment what a lasso encloses, or what it leaves out.

    The lasso goes through the volume square to the plane that it is drawn in, whatever way
    that plane lies. It decides about voxels by their centres. What it does not meet gives an
    empty edit, as does an empty segment.

    Args:
        segmentation: what would be changed; it is only read.
        number: the segment.
        ring_lps: (n, 3) points of the lasso in LPS mm, in one plane; the last joins the first;
            a lasso that crosses itself is filled even-odd.
        authorship: who, when, with what.
        mode: "erase" what is inside, or "cut" away what is outside.
        depth_mm: from where to where along the view, from the lasso's plane; None for all.
            What is not within the depth stays in both modes.
        view_lps: the direction in which one looks, for `depth_mm`; square to the plane.
        protection: what may be changed.

    Raises:
        EditError: a ring that is no polygon in one plane, another mode, a depth upside down or
            without a view, a view along the plane, no such segment, or a locked one.
    """
    if mode not in ("erase", "cut"):
        raise EditError(f'A lasso is used to "erase" or to "cut"; found {mode!r}.')
    ring = checked_points(ring_lps, "A lasso")
    plane = ViewingPlane.of_ring(ring, "A lasso")
    view = _view(plane, view_lps, depth_mm)
    corner, mask = surroundings(segmentation, number)
    points = segmentation.geometry.to_patient(np.argwhere(mask) + np.array(corner))
    hit = inside_rings(plane.flat(points), [plane.flat(ring)]) == (mode == "erase")
    if depth_mm is not None:
        depth = view * plane.height(points)
        hit &= (depth >= depth_mm[0]) & (depth <= depth_mm[1])
    gone: NDArray[np.bool_] = np.zeros_like(mask)
    gone[mask] = hit
    return paint_edit(
        segmentation,
        corner,
        gone,
        number,
        authorship,
        mode="subtract",
        protection=protection,
    )


def _view(
    plane: ViewingPlane, view_lps: ArrayLike | None, depth_mm: tuple[float, float] | None
) -> float:
    """1 or -1: whether one looks along the plane's normal or against it."""
    if depth_mm is None:
        return 1.0
    if not depth_mm[0] <= depth_mm[1]:
        raise EditError(f"A lasso's depth goes from near to far in mm; found {depth_mm}.")
    if view_lps is None:
        raise EditError("A lasso's depth is measured along a view; none was given.")
    view = checked_points(view_lps, "A view")[0]
    length = float(np.linalg.norm(view))
    along = float(view @ plane.normal) / max(length, 1e-12)
    if abs(along) < 0.99:
        raise EditError("A lasso is drawn square to the view; this one is not.")
    return 1.0 if along > 0 else -1.0
