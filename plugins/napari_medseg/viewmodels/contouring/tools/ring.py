"""The ring around the pointer that shows a tool's true size, on every plane that it reaches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medseg.model import Geometry
from napari_medseg.viewmodels.contouring.tools.tool import Touch
from napari_medseg.viewmodels.sketch import Disc, Line, Shape, Text

#: Axes at right angles within this cosine are drawn as circles.
_SQUARE = 1e-3
_TURNS = np.linspace(0, 2 * np.pi, 48, endpoint=False)


def ring_on(
    shown: Geometry,
    at: Touch,
    radius_mm: float,
    plane: tuple[int, int],
    *,
    is_ball: bool,
    color: str,
) -> tuple[Shape, ...]:
    """Where a disc or ball around the pointer meets one slice of one plane; () if it does not.

    On planes across that of a disc it is a line as long as the disc is wide there; of a ball
    it is the circle in which the slice cuts it. On a sheared grid, which the screen shows with
    right angles, a circle in the patient is drawn as the ellipse that it is there.

    Args:
        shown: the grid of the shown array.
        at: the pointer.
        radius_mm: in the patient.
        plane: shown axis through the plane that is drawn on, and its slice.
        is_ball: a ball, or a disc in the pointer's plane.
        color: as "#rrggbb".
    """
    through, index = plane
    center = np.array(at.index, dtype=np.float64)
    away = abs(index - center[through]) * shown.spacing_mm[through]
    if not is_ball and through == at.through:
        away = 0.0 if index == at.slice_index else radius_mm
    if away >= radius_mm:
        return ()
    half = float(np.sqrt(radius_mm**2 - away**2))
    center[through] = index
    if not is_ball and through != at.through:
        return (_line(shown, center, half, 3 - through - at.through, color),)
    down, right = (axis for axis in range(3) if axis != through)
    if _is_square(shown, down, right):
        return (Disc((float(center[0]), float(center[1]), float(center[2])), half, color),)
    return (Line(_ellipse(shown, center, half, (down, right)), color, is_closed=True),)


def size_below(shown: Geometry, at: Touch, size_mm: float) -> tuple[Shape, ...]:
    """A tool's size in words, below the ring around the pointer.

    Args:
        shown: the grid of the shown array.
        at: the pointer.
        size_mm: the ring's diameter.
    """
    down = 1 if at.through != 1 else 0
    below = at.index + np.eye(3)[down] * size_mm / 2 / shown.spacing_mm[down]
    return (Text((float(below[0]), float(below[1]), float(below[2])), f"{size_mm:g} mm"),)


def _line(
    shown: Geometry, center: NDArray[np.float64], half_mm: float, axis: int, color: str
) -> Line:
    ends = np.stack([center, center])
    ends[:, axis] += np.array([-1, 1]) * half_mm / shown.spacing_mm[axis]
    return Line(ends, color)


def _is_square(shown: Geometry, one: int, other: int) -> bool:
    steps = shown.affine[:3, [one, other]] / np.linalg.norm(shown.affine[:3, [one, other]], axis=0)
    return bool(abs(steps[:, 0] @ steps[:, 1]) < _SQUARE)


def _ellipse(
    shown: Geometry, center: NDArray[np.float64], radius_mm: float, axes: tuple[int, int]
) -> NDArray[np.float64]:
    steps = shown.affine[:3, list(axes)]
    # Unit vectors of the plane in the patient, as indices along its two axes.
    turned = np.linalg.inv(np.linalg.qr(steps)[1])
    around = radius_mm * np.stack([np.cos(_TURNS), np.sin(_TURNS)])
    points = np.repeat(center[None], len(_TURNS), axis=0)
    points[:, list(axes)] += (turned @ around).T
    return points
