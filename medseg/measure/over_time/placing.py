"""Lesions of two examinations laid over each other in the patient: shared volumes and distances."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import GeometryError
from medseg.measure.lesion.region import Region
from medseg.model import Geometry, Segmentation

#: Of larger lesions so many voxels, evenly taken, stand for all.
_MOST_VOXELS = 100_000


def transform_between(
    first: Geometry, second: Geometry, transform: ArrayLike | None
) -> NDArray[np.float64]:
    """The (4, 4) matrix from the first examination's LPS mm to the second's, checked.

    None stands for the identity where both share one frame of reference, or one is unnamed.

    Raises:
        GeometryError: the matrix is no affine of full rank that keeps left and right apart, or
            none is given and the frames of reference differ.
    """
    if transform is None:
        if len({first.frame_of_reference, second.frame_of_reference} - {None}) > 1:
            raise GeometryError(
                "Lesions are matched by their place where both examinations share one frame of "
                f"reference; found {first.frame_of_reference} and {second.frame_of_reference}. "
                "Give the transform from the first to the second (4 x 4, LPS mm): the identity "
                "if you trust that the patient lay the same."
            )
        return np.eye(4)
    try:
        matrix = np.asarray(transform, dtype=np.float64)
    except (TypeError, ValueError):  # words, or rows of different lengths
        matrix = np.empty(0)
    sound = matrix.shape == (4, 4) and np.isfinite(matrix).all()
    if not sound or (matrix[3] != (0, 0, 0, 1)).any() or np.linalg.det(matrix[:3, :3]) < 1e-6:
        found = matrix.tolist() if matrix.size else repr(transform)
        raise GeometryError(
            "A transform between examinations is a finite (4, 4) matrix with the last row "
            f"0 0 0 1 and a positive determinant; found {found}."
        )
    return matrix


def shared_parts(
    region: Region, other: Segmentation, transform: NDArray[np.float64]
) -> dict[int, float]:
    """Which part (0 to 1) of a lesion's voxels lies on each segment of another examination."""
    inside = np.flatnonzero(region.mask)
    inside = inside[:: 1 + len(inside) // _MOST_VOXELS]
    index = np.column_stack(np.unravel_index(inside, region.mask.shape)) + region.corner
    places = moved(region.geometry.to_patient(index), transform)
    there = np.floor(other.geometry.to_index(places) + 0.5).astype(np.int64)
    seen = ((there >= 0) & (there < other.geometry.shape)).all(axis=1)
    numbers, counts = np.unique(other.array[tuple(there[seen].T)], return_counts=True)
    return {
        int(number): float(count / len(inside))
        for number, count in zip(numbers, counts, strict=True)
        if number
    }


def moved(points_lps: NDArray[np.float64], transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (..., 3) after the transform."""
    return points_lps @ transform[:3, :3].T + transform[:3, 3]


def center_lps(region: Region) -> NDArray[np.float64]:
    """The mean of a lesion's voxel centres in LPS mm."""
    return region.geometry.to_patient(region.moments.center_srk + np.array(region.corner))
