"""The cross-section that a lesion's diameters are measured on: one connected piece in one slice.

What hangs together only beyond the slice, as two branches of one lesion do, are two
cross-sections there: a line from one to the other would measure what lies between them. Lesions
that have grown together touch and are one cross-section, as RECIST 1.1 takes coalesced lesions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from medseg.measure.lesion.hulls import edge_hulls, furthest
from medseg.model import Geometry
from medseg.raster.components import parts_in_plane

Corners = NDArray[np.float64]
#: Chords of one length in index units differ by the affine's rounding.
_ROUNDING_MM = 1e-9


class CrossSection(NamedTuple):
    """A cross-section's convex hull, and its longest chord.

    Args:
        hull_lps: (n, 3), the hull's corners in LPS mm, in their order around it; n is 0 for an
            empty segment.
        one: the corner where the chord starts.
        other: the corner where it ends.
    """

    hull_lps: NDArray[np.float64]
    one: int
    other: int


def widest_section(
    mask: NDArray[np.bool_],
    hulls: list[Corners],
    corner: tuple[int, int, int],
    geometry: Geometry,
) -> CrossSection:
    """The cross-section with the longest chord; of equal ones the first.

    Args:
        mask: (slice, row, column) in a box of the grid.
        hulls: each slice's hull, in rows and columns of the box.
        corner: index of the box's first voxel in the grid.
        geometry: the grid.
    """
    best, best_mm = CrossSection(np.empty((0, 3)), 0, 0), 0.0
    for offset, whole in enumerate(hulls):
        if not len(whole) or _diagonal_mm(np.ptp(whole, axis=0), geometry) <= best_mm:
            continue
        for corners in _hulls_of_pieces(mask[offset], whole):
            if _diagonal_mm(np.ptp(corners, axis=0), geometry) <= best_mm:
                continue
            hull = geometry.to_patient(np.insert(corners, 0, offset, axis=1) + corner)
            one, other, length = furthest(hull)
            if length > best_mm + _ROUNDING_MM:
                best, best_mm = CrossSection(hull, one, other), length
    return best


def _hulls_of_pieces(section: NDArray[np.bool_], whole: Corners) -> Iterator[Corners]:
    """The hull of each piece of a slice, which hangs together over edges or corners."""
    numbers, boxes = parts_in_plane(section)
    if len(boxes) == 1:
        yield whole
        return
    for number, (rows, columns) in enumerate(boxes, start=1):
        piece = numbers[rows, columns] == number
        yield edge_hulls(piece[None])[0] + (rows.start, columns.start)


def _diagonal_mm(extent: NDArray[np.float64], geometry: Geometry) -> float:
    """No chord is longer within so many rows and columns."""
    down, along = geometry.affine[:3, 1] * extent[0], geometry.affine[:3, 2] * extent[1]
    return float(max(np.linalg.norm(down + along), np.linalg.norm(down - along)))
