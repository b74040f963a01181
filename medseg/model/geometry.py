"""Where a voxel grid stands in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import GeometryError

#: Two grids are the same lattice when no corner is further apart than this.
SAME_GRID_TOLERANCE_MM = 0.01

#: What any scanner's grid stays within, from electron microscopes on; beyond lies damage.
SMALLEST_STEP_MM, LARGEST_STEP_MM, FARTHEST_MM = 1e-9, 1e6, 1e9


@dataclass(frozen=True, eq=False)
class Geometry:
    """A voxel grid placed in the patient.

    Maps an array index (slice, row, column), pixel centres at integers, to DICOM patient
    coordinates: LPS (x to the Left, y to Posterior, z to Superior), in millimetres. The grid
    may be sheared (gantry tilt); nothing here straightens it.

    Args:
        shape: voxels along (slice, row, column), each at least 1.
        affine: (4, 4); its columns are the steps along slice, row and column, then the origin.
        frame_of_reference: DICOM UID, or None where the file names none.

    Raises:
        GeometryError: the shape is not three positive integers, or the affine is not finite,
            not (4, 4), singular, or has another last row than (0, 0, 0, 1).

    Reference:
        DICOM PS3.3 C.7.6.2.1.1 (Image Plane).
    """

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]
    frame_of_reference: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _checked_shape(self.shape))
        object.__setattr__(self, "affine", _checked_affine(self.affine))
        _check_near(self)

    @classmethod
    def from_spacing(
        cls,
        shape: tuple[int, int, int],
        spacing_mm: tuple[float, float, float],
        origin_lps: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> Geometry:
        """An axial grid: columns run to the patient's left, rows to posterior, slices up."""
        affine = np.zeros((4, 4))
        affine[2, 0], affine[1, 1], affine[0, 2] = spacing_mm
        affine[:3, 3] = origin_lps
        affine[3, 3] = 1.0
        return cls(shape, affine)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Lengths of the steps along (slice, row, column), in mm."""
        slice_mm, row_mm, column_mm = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(slice_mm), float(row_mm), float(column_mm)

    @property
    def slice_normal(self) -> NDArray[np.float64]:
        """Unit vector row x column (DICOM's order of directions), LPS, shape (3,)."""
        # DICOM's "row direction" is the way the column index grows, hence column 2 comes first.
        normal = np.cross(self.affine[:3, 2], self.affine[:3, 1])
        return np.asarray(normal / np.linalg.norm(normal), dtype=np.float64)

    @property
    def slice_gap_mm(self) -> float:
        """Distance between neighbouring slice planes, along their normal, in mm."""
        return float(abs(self.affine[:3, 0] @ self.slice_normal))

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel in mm³: |det|, so it is right for sheared grids too."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @property
    def tilt_degrees(self) -> float:
        """Angle between the step from slice to slice and the slices' normal; 0 if upright."""
        step = self.affine[:3, 0]
        along = abs(step @ self.slice_normal)
        across = np.linalg.norm(step - (step @ self.slice_normal) * self.slice_normal)
        return float(np.degrees(np.arctan2(across, along)))

    @property
    def corners_lps(self) -> NDArray[np.float64]:
        """Centres of the eight corner voxels in LPS mm, shape (8, 3)."""
        return self._corners(0.0)

    @property
    def outer_corners_lps(self) -> NDArray[np.float64]:
        """The eight corners of the whole grid, half a voxel beyond the centres, shape (8, 3)."""
        return self._corners(0.5)

    def _corners(self, beyond: float) -> NDArray[np.float64]:
        corners = list(product(*((-beyond, size - 1 + beyond) for size in self.shape)))
        return self.to_patient(np.array(corners, dtype=np.float64))

    def to_patient(self, index_srk: ArrayLike) -> NDArray[np.float64]:
        """Points in LPS mm for indices (..., 3) in the order slice, row, column."""
        index = np.asarray(index_srk, dtype=np.float64)
        return index @ self.affine[:3, :3].T + self.affine[:3, 3]

    def to_index(self, points_lps: ArrayLike) -> NDArray[np.float64]:
        """Fractional indices (..., 3) in the order slice, row, column for points in LPS mm."""
        points = np.asarray(points_lps, dtype=np.float64) - self.affine[:3, 3]
        return np.asarray(points @ self._index_per_mm.T, dtype=np.float64)

    @cached_property
    def _index_per_mm(self) -> NDArray[np.float64]:
        """How an index changes per mm along L, P and S: (3, 3); looked up at each pointer event."""
        return np.asarray(np.linalg.inv(self.affine[:3, :3]), dtype=np.float64)

    def one_slice(self, index: int) -> Geometry:
        """The grid of that slice alone, where it stands."""
        affine = self.affine.copy()
        affine[:3, 3] = self.to_patient((index, 0, 0))
        return Geometry((1, *self.shape[1:]), affine, self.frame_of_reference)

    def corner_displacement_mm(self, other: Geometry) -> float:
        """Largest distance between corresponding outer corners; inf if the shapes differ.

        Outer corners, because the centres of a single slice do not tell its thickness.
        """
        if self.shape != other.shape:
            return float("inf")
        apart = self.outer_corners_lps - other.outer_corners_lps
        return float(np.linalg.norm(apart, axis=1).max())

    def same_grid(self, other: Geometry, tolerance_mm: float = SAME_GRID_TOLERANCE_MM) -> bool:
        """Whether both have one shape and no corner differs by more than the tolerance.

        Two different frames of reference are never the same; an unnamed one is compatible
        with any, because most mask formats cannot name it.
        """
        frames = {self.frame_of_reference, other.frame_of_reference} - {None}
        return len(frames) < 2 and self.corner_displacement_mm(other) <= tolerance_mm

    def describe(self) -> str:
        """The grid in words: shape, spacing and tilt."""
        shape = " x ".join(str(size) for size in self.shape)
        spacing = " x ".join(f"{step:.4g}" for step in self.spacing_mm)
        tilt = f", tilted {self.tilt_degrees:.2f} degrees" if self.tilt_degrees > 0.01 else ""
        return f"{shape} voxels of {spacing} mm (slice, row, column){tilt}"


def _checked_shape(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    sizes = tuple(int(size) for size in shape)
    if len(sizes) != 3 or min(sizes) < 1 or sizes != tuple(shape):
        raise GeometryError(f"A grid has three positive whole sizes; found {tuple(shape)}.")
    return sizes[0], sizes[1], sizes[2]


def _checked_affine(affine: ArrayLike) -> NDArray[np.float64]:
    matrix = np.array(affine, dtype=np.float64)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise GeometryError(f"An affine is a finite (4, 4) matrix; found {matrix.tolist()}.")
    if not np.array_equal(matrix[3], (0.0, 0.0, 0.0, 1.0)):
        raise GeometryError(f"An affine ends in the row (0, 0, 0, 1); found {matrix[3].tolist()}.")
    _check_measure(matrix)
    steps = np.linalg.norm(matrix[:3, :3], axis=0)
    # Relative to the steps, so that micrometre grids pass and flat ones do not.
    if not abs(np.linalg.det(matrix[:3, :3])) > 1e-6 * np.prod(steps):
        raise GeometryError(
            f"The three steps of a grid span a volume; found {matrix[:3, :3].tolist()}, "
            "which is flat. The file's orientation or spacing is damaged."
        )
    matrix += 0.0  # negative zero becomes zero: it must never reach a digest
    matrix.setflags(write=False)
    return matrix


def _check_measure(matrix: NDArray[np.float64]) -> None:
    """Refuse steps and places that no scanner makes, before any product of them overflows."""
    longest = np.abs(matrix[:3, :3]).max(axis=0)
    in_measure = (longest >= SMALLEST_STEP_MM) & (longest <= LARGEST_STEP_MM)
    if not (in_measure | (longest == 0)).all():  # a step of zero is flat, which has its own words
        raise GeometryError(
            f"A grid's steps are {SMALLEST_STEP_MM:g} to {LARGEST_STEP_MM:g} mm long; found "
            f"{longest.tolist()}. The file's spacing is damaged, or in another unit."
        )


def _check_near(geometry: Geometry) -> None:
    """Refuse a grid of which a corner is beyond reach; so it stays allowed however it is turned."""
    farthest = float(np.abs(geometry.corners_lps).max())
    if not farthest <= FARTHEST_MM:
        raise GeometryError(
            f"A grid lies within {FARTHEST_MM:g} mm of the origin; found {farthest:g} mm. The "
            "file's position is damaged, or in another unit."
        )
