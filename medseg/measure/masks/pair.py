"""Two masks to be compared, checked, with the grid that they lie on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import GeometryError, MedsegError
from medseg.model import Geometry, Segmentation

Spacing = tuple[float, float, float] | tuple[float, float]
Grid = Spacing | Geometry
#: A grid is as good as right-angled where no angle is further off than this, in radians.
_RIGHT_ANGLE = 1e-7


def same_grid_of(a: Segmentation, b: Segmentation) -> Geometry:
    """The one grid of two segmentations.

    Raises:
        GeometryError: they lie on different grids; by how many mm is in the message.
    """
    if not a.geometry.same_grid(b.geometry):
        raise GeometryError(
            f"Masks are compared on one grid; found {a.geometry.describe()} and "
            f"{b.geometry.describe()}, {_apart(a.geometry, b.geometry)}. Read both with "
            "like=<the image> to bring them onto one grid."
        )
    return a.geometry


def _apart(a: Geometry, b: Geometry) -> str:
    apart_mm = float(np.linalg.norm(a.corners_lps[:, None] - b.corners_lps[None], axis=2).min())
    if a.shape == b.shape:
        if a.same_grid(b, tolerance_mm=np.inf):
            return f"with corners up to {a.corner_displacement_mm(b):.4g} mm apart"
        return "in different frames of reference"
    middles = np.linalg.norm(a.corners_lps.mean(axis=0) - b.corners_lps.mean(axis=0))
    return f"with middles {middles:.4g} mm and nearest corners {apart_mm:.4g} mm apart"


@dataclass(frozen=True, eq=False)
class MaskPair:
    """Two arrays of one shape and their grid.

    Args:
        a: one mask; what is not 0 is inside.
        b: the other.
        steps_mm: (3, 3), its columns are the steps along slice, row and column; a plane's first
            is 1 mm long.
        voxel_mm3: volume of a voxel; NaN for planes.
    """

    a: NDArray[Any]
    b: NDArray[Any]
    steps_mm: NDArray[np.float64]
    voxel_mm3: float

    def as_it_lies(self) -> MaskPair:
        """The pair seen along the first mask's memory: other axes, the same distances."""
        axes = sorted(range(self.a.ndim), key=lambda axis: -abs(self.a.strides[axis]))
        signs = [-1 if self.a.strides[axis] < 0 else 1 for axis in axes]
        ways = tuple(slice(None, None, sign) for sign in signs)
        a, b = (mask.transpose(axes)[ways] for mask in (self.a, self.b))
        steps, first = self.steps_mm.copy(), 3 - self.a.ndim
        steps[:, first:] = steps[:, first:][:, axes] * signs
        return MaskPair(a, b, steps, self.voxel_mm3)


def checked_pair(a: ArrayLike, b: ArrayLike, grid: Grid) -> MaskPair:
    """Both masks on their grid.

    Raises:
        GeometryError: the masks or the grid differ in shape, or the grid is impossible.
        MedsegError: a mask holds NaN, or is no array of numbers.
    """
    one, other = _numbers(a, "first"), _numbers(b, "second")
    if one.ndim not in (2, 3):
        raise GeometryError(
            "A mask is (slice, row, column), or (row, column); found one of "
            f"{one.ndim} axes, {one.shape}."
        )
    steps = _steps_mm(grid, one.shape)
    if one.shape != other.shape:
        raise GeometryError(
            f"Masks are compared on one grid; found {_extent(one, steps)} and "
            f"{_extent(other, steps)}. Bring both onto the same image first."
        )
    volume = abs(float(np.linalg.det(steps))) if one.ndim == 3 else np.nan
    return MaskPair(one, other, steps, volume)


def _numbers(mask: ArrayLike, which: str) -> NDArray[Any]:
    try:
        array = np.asarray(mask)
    except ValueError:  # lists of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise MedsegError(
            f"A mask is an array of numbers or booleans; the {which} one is of {array.dtype}."
        )
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise MedsegError(
            f"A mask says of each voxel whether it is inside; the {which} one is NaN at "
            f"{np.count_nonzero(np.isnan(array))} of {array.size} voxels. Decide what they are "
            "before comparing."
        )
    return array if array.dtype.kind != "f" else array != 0


def _extent(mask: NDArray[Any], steps_mm: NDArray[np.float64]) -> str:
    shape = " x ".join(str(size) for size in mask.shape)
    if mask.ndim not in (2, 3):
        return f"{shape} voxels"
    lengths = np.linalg.norm(steps_mm, axis=0)[-mask.ndim :] * mask.shape
    return f"{shape} voxels ({' x '.join(f'{length:.4g}' for length in lengths)} mm)"


def _steps_mm(grid: Grid, shape: tuple[int, ...]) -> NDArray[np.float64]:
    if not isinstance(grid, Geometry):
        return _steps_of_spacing(grid, len(shape))
    if grid.shape != shape:
        raise GeometryError(
            f"A mask lies on its grid voxel by voxel; found a mask of {shape} and a grid of "
            f"{grid.describe()}. Give a plane its spacing (row, column) instead."
        )
    steps = grid.affine[:3, :3]
    lengths = np.linalg.norm(steps, axis=0)
    if np.abs(steps.T @ steps / np.outer(lengths, lengths) - np.eye(3)).max() <= _RIGHT_ANGLE:
        return np.diag(lengths)  # to the last bit what the bare spacing gives
    return np.array(steps)


def _steps_of_spacing(grid: Spacing, axes: int) -> NDArray[np.float64]:
    try:
        spacing = np.array(grid, dtype=np.float64)
    except (TypeError, ValueError):
        spacing = np.empty(0)
    if spacing.shape != (axes,) or not (np.isfinite(spacing) & (spacing > 0)).all():
        wanted = "(slice, row, column)" if axes == 3 else "(row, column)"
        raise GeometryError(
            f"A mask of {axes} axes has a spacing of {axes} positive numbers in mm, {wanted}; "
            f"found {grid!r}. Take it from the image's geometry."
        )
    return np.diag(np.concatenate([np.ones(3 - axes), spacing]))
