"""The plane of one slice: whether its header places it, and its two directions.

Reference:
    DICOM PS3.3 C.7.6.2.1.1 (Image Position and Orientation).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError
from medseg.formats.dicom.header.slice_header import SliceHeader
from medseg.model import Finding, Place

#: How far Image Orientation may be from two unit vectors at a right angle.
COSINE_TOLERANCE = 1e-3

#: Up to here it is the rounding of cosines written with four digits.
ROUNDING = 2e-4

#: What Pixel Spacing can be, in mm, from electron microscopy to far beyond any detector.
_LEAST_MM, _MOST_MM = 1e-4, 1e3

#: How far from the origin a slice can lie, in mm.
_FARTHEST_MM = 1e6


def directions(header: SliceHeader) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors along which the columns' and the rows' index grows, LPS."""
    cosines = np.array(header.orientation, dtype=np.float64).reshape(2, 3)
    cosines /= np.linalg.norm(cosines, axis=1, keepdims=True)
    return cosines[0], cosines[1]


def direction_findings(header: SliceHeader) -> list[Finding]:
    """A warning where Image Orientation is further off than its rounding; else none."""
    off = _off(header)
    if off <= ROUNDING:
        return []
    text = (
        f"Image Orientation is two unit vectors at a right angle; that of {header.path.name} is "
        f"off by {off:.2g}. Its directions are taken as they are, made one long."
    )
    return [Finding("ROUGH_ORIENTATION", "warning", text, Place(file=header.path.name))]


def _off(header: SliceHeader) -> float:
    cosines = np.array(header.orientation, dtype=np.float64).reshape(2, 3)
    return float(np.abs(cosines @ cosines.T - np.eye(2)).max())


def check_plane(header: SliceHeader) -> None:
    """Refuse a slice whose header does not place it.

    Raises:
        GeometryError: it has no place, no pixel spacing that could be, or directions that are not
            two unit vectors at a right angle.
    """
    name = header.path.name
    damaged = "The header is damaged or the file no slice: export the series again, or remove it."
    if header.position is None:
        raise GeometryError(
            f"A slice has an Image Position of three numbers; {name} has none. {damaged}"
        )
    if header.orientation is None:
        raise GeometryError(
            f"A slice has an Image Orientation of six numbers; {name} has none. {damaged}"
        )
    if not all(_LEAST_MM <= spacing <= _MOST_MM for spacing in header.spacing or [0.0]):
        raise GeometryError(
            f"A slice has a Pixel Spacing of two positive numbers, {_LEAST_MM:g} to {_MOST_MM:g} "
            f"mm; {name} has {header.spacing or 'none'}. {damaged}"
        )
    if not _off(header) <= COSINE_TOLERANCE:
        raise GeometryError(
            f"Image Orientation is two unit vectors at a right angle; {name} has "
            f"{list(header.orientation)}. {damaged}"
        )


def check_places(headers: Sequence[SliceHeader], positions: NDArray[np.float64]) -> None:
    """Refuse a slice that lies where no patient can; positions are (n, 3), LPS mm.

    Raises:
        GeometryError: it is more than 1 km from the origin.
    """
    far = np.flatnonzero(np.abs(positions).max(axis=1) > _FARTHEST_MM)
    if far.size:
        header = headers[far[0]]
        raise GeometryError(
            f"A slice lies within {_FARTHEST_MM:g} mm of the origin; {header.path.name} has an "
            f"Image Position of {list(header.position or ())}. The header is damaged: export the "
            "series again, or remove it."
        )
