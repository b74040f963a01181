"""What comes out of a one-file image format, before it becomes a volume or a mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from medseg.model import Finding, Geometry, Segment


@dataclass(frozen=True)
class ImageHeader:
    """Where the voxels stand, read without reading them.

    Args:
        geometry: the grid.
        stored_dtype: numpy name of the type in the file, as "int16".
        rescale: (slope, intercept): value = slope * stored + intercept.
        findings: what is worth saying about the header.
        times: how many volumes of that kind the file holds, one after the other.
        time_step: where the first of them stands in time, the step to the next, and their unit.
        is_labels: whether the file itself says that its values are labels.
    """

    geometry: Geometry
    stored_dtype: str
    rescale: tuple[float, float] = (1.0, 0.0)
    findings: tuple[Finding, ...] = ()
    times: int = 1
    time_step: tuple[float, float, str] | None = None
    is_labels: bool = False


@dataclass(frozen=True)
class ImageData:
    """Voxels (slice, row, column) in C order with the rescale applied, and their header."""

    voxels: NDArray[Any]
    header: ImageHeader


@dataclass(frozen=True)
class MaskLayer:
    """Stored labels, and what the file itself says they mean.

    Args:
        values: (slice, row, column), any numeric type.
        segments: as the file names them.
        is_table: whether that is a table for masks of its kind, of which the numbers that are
            there count, and not the list of the segments of this one.
    """

    values: NDArray[Any]
    segments: tuple[Segment, ...] = ()
    is_table: bool = False


@dataclass(frozen=True)
class MaskData:
    """What a mask file holds: a grid, and on it one layer or, for overlapping segments, more."""

    geometry: Geometry
    layers: tuple[MaskLayer, ...]
