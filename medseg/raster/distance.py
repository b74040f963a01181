"""How deep a pixel lies inside a mask, in mm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt


def signed_distance_mm(
    mask: NDArray[np.bool_], spacing_mm: tuple[float, float]
) -> NDArray[np.float64]:
    """Distance from each pixel's centre to the mask's edge in mm: positive inside.

    It is measured to the near side of the nearest pixel of the other kind (nearest by its
    centre), so zero lies on the edges between pixels whatever the two spacings are: a pixel
    and its neighbour across an edge have the same distance with opposite signs, half a
    spacing. What lies beyond the array counts as neither. An empty mask is -inf everywhere, a
    full one +inf.

    Args:
        mask: 2D boolean.
        spacing_mm: size of a pixel along rows and columns, in mm.
    """
    if not mask.any():
        return np.full(mask.shape, -np.inf)
    if mask.all():
        return np.full(mask.shape, np.inf)
    return _to_nearest_zero(mask, spacing_mm) - _to_nearest_zero(~mask, spacing_mm)


def _to_nearest_zero(
    mask: NDArray[np.bool_], spacing_mm: tuple[float, float]
) -> NDArray[np.float64]:
    """Distance from each set pixel to the near side of the nearest one that is not; else 0."""
    nearest = distance_transform_edt(
        mask, sampling=spacing_mm, return_distances=False, return_indices=True
    )
    rows, columns = mask.shape
    down = np.abs(nearest[0] - np.arange(rows)[:, None]) - 0.5
    along = np.abs(nearest[1] - np.arange(columns)) - 0.5
    down = np.maximum(down, 0.0) * spacing_mm[0]
    along = np.maximum(along, 0.0) * spacing_mm[1]
    return np.asarray(np.hypot(down, along))
