"""The plane of one slice: whether its header places it, and its two directions.

Reference:
    DICOM PS3.3 C.7.6.2.1.1 (Image Position and Orientation).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError
from medseg.formats.dicom.headers import SliceHeader

#: How far Image Orientation may be from two unit vectors at a right angle.
COSINE_TOLERANCE = 1e-3


def directions(header: SliceHeader) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors along which the columns' and the rows' index grows, LPS."""
    cosines = np.array(header.orientation, dtype=np.float64).reshape(2, 3)
    cosines /= np.linalg.norm(cosines, axis=1, keepdims=True)
    return cosines[0], cosines[1]


def check_plane(header: SliceHeader) -> None:
    """Refuse a slice whose header does not place it.

    Raises:
        GeometryError: it has no place, no positive pixel spacing, or directions that are not two
            unit vectors at a right angle.
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
    if header.spacing is None or min(header.spacing) <= 0:
        raise GeometryError(
            f"A slice has a Pixel Spacing of two positive numbers; {name} has "
            f"{header.spacing or 'none'}. {damaged}"
        )
    cosines = np.array(header.orientation).reshape(2, 3)
    off = np.abs(cosines @ cosines.T - np.eye(2)).max()
    if not off <= COSINE_TOLERANCE:
        raise GeometryError(
            f"Image Orientation is two unit vectors at a right angle; {name} has "
            f"{list(header.orientation)}. {damaged}"
        )
