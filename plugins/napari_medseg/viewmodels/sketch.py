"""What is drawn over the planes: shapes on one slice, in shown indices, whoever wants them there.

A sketch is asked by each plane for what belongs on the slice that it shows, and tells when that
has changed. It knows neither Qt nor napari; where a point falls on a canvas is the view's affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from psygnal import SignalInstance

Point: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Line:
    """A line through points.

    Args:
        points: (n, 3) shown indices; fractions lie between voxel centres.
        color: as "#rrggbb".
        width: in pixels of the screen.
        is_dashed: whether it is proposed rather than done.
        is_closed: whether the last point is joined to the first.
    """

    points: NDArray[np.float64]
    color: str
    width: float = 1.6
    is_dashed: bool = False
    is_closed: bool = False


@dataclass(frozen=True)
class Text:
    """A few words beside a point (shown index), legible on black and on white."""

    at: Point
    text: str
    color: str = "#e6e6e6"


@dataclass(frozen=True)
class Disc:
    """A ring around a point (shown index).

    Args:
        at: its centre.
        radius_mm: in the patient; 0 takes `radius_px`.
        color: as "#rrggbb".
        radius_px: on the screen, for marks that have no size in the patient.
        is_filled: whether it is a dot.
        is_dashed: whether its line is dashed.
    """

    at: Point
    radius_mm: float
    color: str
    radius_px: float = 4.0
    is_filled: bool = False
    is_dashed: bool = False


@dataclass(frozen=True, eq=False)
class Area:
    """What closed lines enclose, hatched at one distance on the screen however large it is shown.

    Args:
        rings: each (n, 3) shown indices; where they lie in each other they leave holes.
        color: as "#rrggbb".
        pattern: of the inside: "plain", "rising" or "falling" strokes, "crossed", or "none".
        width: of the outline, in pixels of the screen; 0 draws none.
    """

    rings: tuple[NDArray[np.float64], ...]
    color: str
    pattern: Literal["plain", "rising", "falling", "crossed", "none"] = "plain"
    width: float = 1.4


Shape: TypeAlias = Line | Text | Disc | Area


class Sketch(Protocol):
    """Whatever has something to draw over the planes."""

    @property
    def changed(self) -> SignalInstance:
        """Emitted when other shapes, or none, are to be seen."""
        ...

    def shapes_on(self, through: int, index: int) -> Sequence[Shape]:
        """What belongs on one slice; it is asked at every step, so it must be quick.

        Args:
            through: the shown axis that runs through the plane.
            index: the slice's shown index along it.
        """
        ...
