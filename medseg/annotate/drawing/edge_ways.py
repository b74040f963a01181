"""The ways along the edges of one plane of an image, looked for in a window."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from medseg.raster.cheapest_paths import CheapestPaths
from medseg.raster.edge_costs import edge_costs

# The part of a plane that is looked at around a pixel; and how far beyond a pixel outside it.
_WINDOW = 256
_BEYOND = 32
# The share of the gradients in a window that are weaker than an edge.
_STRONG_PERCENTILE = 97.0
_SAMPLE = 3
# Beyond are fillers, such as the largest float, whose differences have no square in float32.
_LARGEST = 1e15

Pixel = tuple[int, int]
Way = NDArray[np.int64]


class EdgeWays:
    """The cheapest ways between pixels of a plane, where it is cheap to follow an edge.

    Args:
        values: (rows, columns); values that are not finite, or beyond any image's, count as the
            lowest.
        steps: (3, 2), the steps along rows and columns as vectors in mm.
        sigma_mm: the plane is smoothed by this much before its gradient is taken.
    """

    def __init__(self, values: NDArray[Any], steps: NDArray[np.float64], sigma_mm: float) -> None:
        # The steps in two orthogonal directions of the plane, the first along the columns.
        self._steps_mm = np.linalg.qr(steps[:, ::-1])[1][:, ::-1]
        gradient = _gradient(values, self._steps_mm, sigma_mm)
        self._size = np.linalg.norm(gradient, axis=2)
        self._along = np.moveaxis(gradient, 2, 0) / np.maximum(self._size, np.float32(1e-30))
        self._start: Pixel | None = None
        self._paths: CheapestPaths | None = None
        self._window = (slice(0, 0), slice(0, 0))

    def nearest_pixel(self, row: float, column: float) -> Pixel:
        """The pixel of the plane nearest to a place in it or beside it."""
        rows, columns = self._size.shape
        last = np.array((rows - 1, columns - 1))
        found = np.clip(np.floor(np.add((row, column), 0.5)), 0, last).astype(int)
        return int(found[0]), int(found[1])

    def way(self, start: Pixel, end: Pixel) -> Way:
        """The way from one pixel to another: (n, 2), both ends included.

        The first way from a pixel takes a look around; further ones from there are read off.
        """
        paths = self._paths
        if paths is None or start != self._start or not self._sees(end):
            paths = self._look_around(start, end)
        rows, columns = self._window
        way = paths.way_to(end[0] - rows.start, end[1] - columns.start)
        return np.asarray(way + np.array((rows.start, columns.start)))

    def _sees(self, pixel: Pixel) -> bool:
        return all(
            side.start <= at < side.stop for side, at in zip(self._window, pixel, strict=True)
        )

    def _look_around(self, start: Pixel, end: Pixel) -> CheapestPaths:
        rows, columns = (
            slice(
                max(0, min(one - _WINDOW // 2, other - _BEYOND)),
                min(size, max(one + _WINDOW // 2, other + _BEYOND + 1)),
            )
            for one, other, size in zip(start, end, self._size.shape, strict=True)
        )
        size = self._size[rows, columns]
        strong = float(np.percentile(size[::_SAMPLE, ::_SAMPLE], _STRONG_PERCENTILE))
        costs = edge_costs(size, self._along[:, rows, columns], strong, self._steps_mm)
        paths = CheapestPaths(costs, (start[0] - rows.start, start[1] - columns.start))
        self._start, self._window, self._paths = start, (rows, columns), paths
        return paths


def _gradient(
    values: NDArray[Any], steps_mm: NDArray[np.float64], sigma_mm: float
) -> NDArray[np.float32]:
    """The gradient per mm in the plane's own two directions, (rows, columns, 2)."""
    with np.errstate(over="ignore"):  # what float32 cannot hold counts as not finite
        picture = np.array(values, dtype=np.float32)
    sound = np.abs(picture) <= _LARGEST
    picture[~sound] = picture[sound].min() if sound.any() else 0.0
    # A Gaussian far wider than the picture leaves it even, as does one of twice its size.
    widest = 2.0 * np.array(picture.shape)
    sigma = float(sigma_mm) / np.linalg.norm(steps_mm, axis=0)
    smooth = gaussian_filter(picture, np.minimum(sigma, widest))
    by_index = np.zeros((*picture.shape, 2), np.float32)
    for axis in (0, 1):
        if picture.shape[axis] > 1:
            by_index[..., axis] = np.gradient(smooth, axis=axis)
    return np.asarray(by_index @ np.linalg.inv(steps_mm).astype(np.float32))
