"""The 48 ways in which one lattice can be stored, and the one a radiologist expects to see."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.model.geometry import Geometry

# LPS axes by name, so that the tables below read like the words of the reading room.
LEFT, POSTERIOR, SUPERIOR = 0, 1, 2


@dataclass(frozen=True)
class Orientation:
    """A permutation of array axes followed by flips of the resulting axes.

    Args:
        axes: new axis n is old axis `axes[n]`.
        flips: whether new axis n runs backwards.
    """

    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]

    def apply(self, array: NDArray[Any]) -> NDArray[Any]:
        """A view of the array in this orientation; nothing is copied."""
        backwards = tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)
        return array.transpose(self.axes)[backwards]

    def geometry(self, geometry: Geometry) -> Geometry:
        """The geometry of `apply`'s result: the same voxels at the same places."""
        shape = tuple(geometry.shape[axis] for axis in self.axes)
        to_old = np.zeros((4, 4))
        to_old[3, 3] = 1.0
        for new, (old, flip) in enumerate(zip(self.axes, self.flips, strict=True)):
            to_old[old, new] = -1.0 if flip else 1.0
            to_old[old, 3] = shape[new] - 1 if flip else 0.0
        return Geometry(
            (shape[0], shape[1], shape[2]), geometry.affine @ to_old, geometry.frame_of_reference
        )

    @property
    def inverse(self) -> Orientation:
        """The orientation that undoes this one."""
        axes = tuple(self.axes.index(axis) for axis in range(3))
        flips = tuple(self.flips[axis] for axis in axes)
        return Orientation((axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2]))

    def from_old_index(self, index: NDArray[Any], old_shape: tuple[int, int, int]) -> NDArray[Any]:
        """Indices (..., 3) of the new array for indices of the old one; fractions allowed."""
        return self._mirrored(np.asarray(index)[..., list(self.axes)], old_shape)

    def to_old_index(self, index: NDArray[Any], old_shape: tuple[int, int, int]) -> NDArray[Any]:
        """Indices (..., 3) of the old array for indices of the new one; fractions allowed."""
        unflipped = self._mirrored(np.asarray(index), old_shape)
        return unflipped[..., list(self.inverse.axes)]

    def _mirrored(self, index: NDArray[Any], old_shape: tuple[int, int, int]) -> NDArray[Any]:
        last = np.array([old_shape[axis] - 1 for axis in self.axes])
        return np.where(self.flips, last - index, index)


IDENTITY = Orientation((0, 1, 2), (False, False, False))

#: Every permutation with every choice of flips.
ORIENTATIONS = tuple(
    Orientation((a, b, c), (flip_a, flip_b, flip_c))
    for a, b, c in permutations((0, 1, 2))
    for flip_a, flip_b, flip_c in product((False, True), repeat=3)
)


def patient_axes(geometry: Geometry) -> tuple[int, int, int]:
    """The LPS axis that each array axis follows most closely, each used once.

    Chosen jointly (the permutation with the largest sum of cosines): near 45 degrees the
    best axis of each one alone could be used twice.
    """
    steps = geometry.affine[:3, :3]
    cosines = np.abs(steps / np.linalg.norm(steps, axis=0))
    a, b, c = max(permutations((0, 1, 2)), key=lambda axes: sum(cosines[axes, (0, 1, 2)]))
    return a, b, c


def closest_to_lps(geometry: Geometry) -> Orientation:
    """The orientation whose array axes (slice, row, column) run most nearly to S, P and L."""
    nearest = patient_axes(geometry)
    axes = tuple(nearest.index(patient) for patient in (SUPERIOR, POSTERIOR, LEFT))
    steps = geometry.affine[:3, :3]
    flips = tuple(bool(steps[nearest[axis], axis] < 0) for axis in axes)
    return Orientation((axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2]))


def best_match(observed: Geometry, wanted: Geometry) -> tuple[Orientation, float]:
    """The orientation that brings `observed` nearest to `wanted`, and what is left in mm.

    The second value is the largest corner displacement; inf if no permutation has the shape.
    """
    about = _displacements_mm(observed, wanted)
    nearest = about <= about.min() * (1 + _CLOSE_CALL) + _CLOSE_CALL
    candidates = (
        (orientation, orientation.geometry(observed).corner_displacement_mm(wanted))
        for orientation, is_near in zip(ORIENTATIONS, nearest, strict=True)
        if is_near
    )
    return min(candidates, key=lambda pair: pair[1])


# Which of two is nearer is settled by the grids themselves where the quick sum leaves it open.
_CLOSE_CALL = 1e-6
_FLIPS = np.array([one.flips for one in ORIENTATIONS])
_AXES = np.array([one.axes for one in ORIENTATIONS])


def _displacements_mm(observed: Geometry, wanted: Geometry) -> NDArray[np.float64]:
    """The largest corner displacement in each of the 48 orientations, all of them at once."""
    shapes = np.array(observed.shape)[_AXES]
    fits = (shapes == wanted.shape).all(axis=1)
    signs = np.where(_FLIPS, -1.0, 1.0)
    steps = observed.affine[:3, :3].T[_AXES] * signs[..., None]  # orientation, new axis, LPS
    last = np.where(_FLIPS, shapes - 1, 0)
    # Where the new axes begin: the far end of each old axis that is turned round.
    starts = observed.affine[:3, 3] - np.einsum("oa,oal->ol", last, steps)
    apart = steps - wanted.affine[:3, :3].T
    shift = starts - wanted.affine[:3, 3]
    corners = _BOX * np.array(wanted.shape) - 0.5  # far sides of the outer voxels
    moved = np.einsum("ca,oal->ocl", corners, apart) + shift[:, None]
    largest = np.linalg.norm(moved, axis=2).max(axis=1)
    return np.asarray(np.where(fits, largest, np.inf))


_BOX = np.array(list(product((0.0, 1.0), repeat=3)))


# On screen rows run down and columns to the right (DESIGN decision 4): axial from the feet,
# sagittal with anterior on the left, cranial up. Signs are along LPS.
_SCREEN = {
    SUPERIOR: ((POSTERIOR, +1), (LEFT, +1)),
    POSTERIOR: ((SUPERIOR, -1), (LEFT, +1)),
    LEFT: ((SUPERIOR, -1), (POSTERIOR, +1)),
}
_PLANE_NAMES = {SUPERIOR: "axial", POSTERIOR: "coronal", LEFT: "sagittal"}


def main_plane(geometry: Geometry) -> str:
    """The plane of acquisition by its nearest name: "axial", "coronal" or "sagittal"."""
    return _PLANE_NAMES[patient_axes(geometry)[0]]


def radiological(geometry: Geometry) -> Orientation:
    """The orientation to show on screen; slices stay slices and only rows and columns turn.

    Axial slices are seen from the feet (patient's right on screen left), sagittal ones with
    anterior on the left, and cranial is up in sagittal and coronal slices.
    """
    nearest = patient_axes(geometry)
    axes, flips = [0], [False]
    for patient, sign in _SCREEN[nearest[0]]:
        axis = nearest.index(patient)
        axes.append(axis)
        flips.append(bool(geometry.affine[patient, axis] * sign < 0))
    return Orientation((0, axes[1], axes[2]), (False, flips[1], flips[2]))
