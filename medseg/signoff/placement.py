"""Where a signed grid stands: written in fixed decimals, and found again in any orientation.

Floating-point numbers move a little whenever a file is re-encoded, so an affine is never
hashed as it is found. The signed text stands; a grid observed later is compared with it
(snap, then hash).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from medseg.errors import GeometryError, SignoffError
from medseg.model import Geometry, Orientation, best_match
from medseg.model.geometry import SAME_GRID_TOLERANCE_MM
from medseg.signoff.schema import check

# Nine decimals of a millimetre; at most a kilometre from the origin; no negative zero.
_DECIMAL = re.compile(r"(?!-0\.0{9}$)-?(0|[1-9][0-9]{0,5})\.[0-9]{9}")
PLACEMENT = {"shape": [int], "affineLPS": [[_DECIMAL]]}
_LARGEST_PLANE = 2**32 - 1


@dataclass(frozen=True)
class Match:
    """How an observed grid lies on a signed one.

    Args:
        orientation: brings the observed array into the signed orientation.
        displacement_mm: what is left then: the largest distance of a corner.
        tolerance_mm: what may be left.
    """

    orientation: Orientation
    displacement_mm: float
    tolerance_mm: float

    @property
    def fits(self) -> bool:
        """Whether it is the signed grid."""
        return self.displacement_mm <= self.tolerance_mm

    @property
    def in_words(self) -> str:
        """How far apart corners are, to be added to a sentence; nothing where shapes differ."""
        if not np.isfinite(self.displacement_mm):
            return ""
        return f", and corners are {self.displacement_mm:.4g} mm apart"


def write_placement(geometry: Geometry) -> dict[str, Any]:
    """The grid as signed: shape, and the affine's first three rows in nine decimals.

    Both in the order slice, row, column (then the origin).

    Raises:
        GeometryError: a slice has too many voxels for run lists, or it stands absurdly far off.
    """
    rows = [[_decimal(number) for number in row] for row in geometry.affine[:3]]
    if geometry.shape[1] * geometry.shape[2] > _LARGEST_PLANE or max(map(abs, _flat(rows))) >= 1e6:
        raise GeometryError(
            f"A signed grid has slices under 2**32 voxels and stands within a kilometre; "
            f"found {geometry.describe()}."
        )
    return {"shape": list(geometry.shape), "affineLPS": rows}


def read_placement(placement: Any) -> Geometry:
    """The grid of a signed text.

    Raises:
        RecordError: MALFORMED if the text is none.
        GeometryError: its numbers make no grid.
    """
    check(placement, PLACEMENT, "geometry")
    rows = placement["affineLPS"]
    if len(placement["shape"]) != 3 or [len(row) for row in rows] != [4, 4, 4]:
        raise GeometryError("A signed grid has three sizes and three rows of four numbers.")
    affine = np.array([*rows, [0, 0, 0, 1]], dtype=np.float64)
    shape = placement["shape"]
    if max(shape) > _LARGEST_PLANE:
        raise GeometryError("A signed grid's sizes are below 2**32.")
    return Geometry((shape[0], shape[1], shape[2]), affine)


def match_placement(observed: Geometry, placement: Mapping[str, Any]) -> Match:
    """How the observed grid lies on the signed one, the best of the 48 orientations.

    Corners are those of the outer voxels' far sides, not of their centres: so the thickness
    of a single slice counts as well.

    Raises:
        SignoffError: the placement is malformed.
    """
    try:
        signed = read_placement(placement)
    except GeometryError as error:
        raise SignoffError(f"The signed geometry is damaged. {error}") from error
    with np.errstate(over="ignore"):  # absurdly far off is infinitely far off
        orientation, displacement_mm = best_match(observed, signed)
    tolerance_mm = min(SAME_GRID_TOLERANCE_MM, 0.01 * min(signed.spacing_mm))
    return Match(orientation, displacement_mm, tolerance_mm)


def _decimal(number: float) -> str:
    text = f"{number:.9f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _flat(rows: list[list[str]]) -> list[float]:
    return [float(text) for row in rows for text in row]
