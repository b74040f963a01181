"""What comes out of a one-file image format, before it becomes a volume or a mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from medseg.model import Finding, Geometry


@dataclass(frozen=True)
class ImageHeader:
    """Where the voxels stand, read without reading them.

    Args:
        geometry: the grid.
        stored_dtype: numpy name of the type in the file, as "int16".
        rescale: (slope, intercept): value = slope * stored + intercept.
        findings: what is worth saying about the header.
    """

    geometry: Geometry
    stored_dtype: str
    rescale: tuple[float, float] = (1.0, 0.0)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ImageData:
    """Voxels (slice, row, column) in C order with the rescale applied, and their header."""

    voxels: NDArray[Any]
    header: ImageHeader
