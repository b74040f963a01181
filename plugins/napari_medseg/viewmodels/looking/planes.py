"""The three planes of one image, and the crosshair that they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from medseg.model.orientation import LEFT, POSTERIOR, SUPERIOR, patient_axes
from napari_medseg.display import AXIS_LABELS, PATIENT_ENDS, Display

#: How many slices a page is.
PAGE = 10

# By the patient axis that runs through a plane: its name, and what runs down and to the right.
_ON_SCREEN = {
    SUPERIOR: ("axial", POSTERIOR, LEFT),
    POSTERIOR: ("coronal", SUPERIOR, LEFT),
    LEFT: ("sagittal", SUPERIOR, POSTERIOR),
}


@dataclass(frozen=True)
class Plane:
    """One plane of a shown grid.

    Args:
        name: "axial", "coronal" or "sagittal", whichever it is nearest to.
        order: shown axes: the one from slice to slice, the one down, the one to the right.
    """

    name: str
    order: tuple[int, int, int]

    @property
    def through(self) -> int:
        """The shown axis that runs from slice to slice."""
        return self.order[0]


def planes_of(display: Display) -> tuple[Plane, Plane, Plane]:
    """The planes: that of the acquisition first, then axial before coronal before sagittal."""
    patient = patient_axes(display.shown)
    planes = []
    for through, (name, down, right) in _ON_SCREEN.items():
        order = (patient.index(through), patient.index(down), patient.index(right))
        planes.append(Plane(name, order))
    first, second, third = sorted(planes, key=lambda plane: plane.through != 0)
    return first, second, third


class PlanesViewModel:
    """Where the crosshair is; each plane shows the slice that it lies on.

    Shown indices are of (slice, row, column) of the turned array. The crosshair stands on a
    voxel's centre, so the slices that the planes show are exactly those that it points at.
    Before `show` there is no image: there are no planes, and nothing moves.
    """

    moved = Signal()
    """The crosshair is elsewhere, or on another image."""

    def __init__(self) -> None:
        self.display: Display | None = None
        self.planes: tuple[Plane, ...] = ()
        self.crosshair: tuple[int, int, int] = (0, 0, 0)
        self._normals: tuple[tuple[NDArray[np.float64], int], ...] = ()  # asked at every step

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many slices there are along each shown axis; one voxel without an image."""
        return self.display.shown.shape if self.display else (1, 1, 1)

    @property
    def stored_index(self) -> tuple[int, int, int]:
        """The voxel under the crosshair as the file counts: slice, row, column."""
        if self.display is None:
            return self.crosshair
        # As display.to_stored says, in whole numbers: each step of a scroll asks several times.
        turned, stored = self.display.orientation, [0, 0, 0]
        for shown, axis, flip in zip(self.crosshair, turned.axes, turned.flips, strict=True):
            stored[axis] = self.display.geometry.shape[axis] - 1 - shown if flip else shown
        return stored[0], stored[1], stored[2]

    @property
    def point_lps(self) -> NDArray[np.float64]:
        """The crosshair in the patient, LPS mm, (3,); the origin without an image."""
        if self.display is None:
            return np.zeros(3)
        return self.display.shown.to_patient(self.crosshair)

    def show(self, display: Display) -> None:
        """Show another image from its middle on; its own planes take the place of the others.

        An image on the same grid leaves the crosshair where it is.
        """
        stays = self.display is not None and self.display.geometry.same_grid(display.geometry)
        self.display, self.planes = display, planes_of(display)
        self._normals = tuple(_normal(display, through) for through in range(3))
        if not stays:
            slices, rows, columns = ((size - 1) // 2 for size in self.shape)
            self.crosshair = (slices, rows, columns)
        self.moved.emit()

    def go_to(self, shown_index: ArrayLike) -> None:
        """Put the crosshair on the voxel nearest to a shown index (3,); it stays in the image."""
        wanted = np.clip(np.rint(np.asarray(shown_index, float)), 0, np.array(self.shape) - 1)
        slice_index, row, column = (int(part) for part in wanted)
        if (slice_index, row, column) != self.crosshair:
            self.crosshair = (slice_index, row, column)
            self.moved.emit()

    def go_to_stored(self, stored_index: ArrayLike) -> None:
        """Put the crosshair on a voxel of the file, (slice, row, column)."""
        if self.display is not None:
            self.go_to(self.display.to_shown(stored_index))

    def go_to_patient(self, point_lps: ArrayLike) -> None:
        """Put the crosshair on the voxel nearest to a point in LPS mm, (3,)."""
        if self.display is not None:
            self.go_to(self.display.shown.to_index(point_lps))

    def go_to_slice(self, through: int, index: int) -> None:
        """Show a slice of the plane that this shown axis runs through."""
        wanted = list(self.crosshair)
        wanted[through] = index
        self.go_to(wanted)

    def step(self, through: int, by: int) -> None:
        """Show the slice `by` further along a shown axis; it stops at the ends."""
        self.go_to_slice(through, self.crosshair[through] + by)

    def step_up(self, through: int, by: int) -> None:
        """Show the slice `by` further to the head, to the front or to the patient's right."""
        self.step(through, by * self.upward(through))

    def cycle(self, through: int) -> None:
        """Show the next slice along a shown axis; after the last comes the first."""
        self.go_to_slice(through, (self.crosshair[through] + 1) % self.shape[through])

    def go_to_end(self, through: int, *, up: bool) -> None:
        """Show the outermost slice to the head, front or right, or the one opposite."""
        ascends = (self.upward(through) > 0) == up
        self.go_to_slice(through, self.shape[through] - 1 if ascends else 0)

    def slice_text(self, through: int) -> str:
        """The slice on screen as the file counts it: "slice 12 (0 to 47)".

        Planes across that of the acquisition lie on a row or a column of the file. Empty without
        an image.
        """
        if self.display is None:
            return ""
        axis = self.display.orientation.axes[through]
        last = self.display.geometry.shape[axis] - 1
        return f"{AXIS_LABELS[axis]} {self.stored_index[axis]} (0 to {last})"

    def upward(self, through: int) -> int:
        """Which way along a shown axis lies the head, the front or the patient's right."""
        if self.display is None:
            return 1
        patient = patient_axes(self.display.shown)[through]
        ascends = self.display.shown.affine[patient, through] > 0
        return 1 if ascends == (patient == SUPERIOR) else -1

    def position_text(self, through: int) -> str:
        """Where the slice on screen lies: mm from the patient origin along its normal, lettered.

        On an oblique or tilted grid it is the distance of the slice's plane from the origin,
        which differs from the coordinate of most points on it. Empty without an image.
        """
        if self.display is None:
            return ""
        normal, patient = self._normals[through]
        away = round(float(self.point_lps @ normal), 1)
        return f"{PATIENT_ENDS[patient][away >= 0]} {abs(away):.1f} mm"


def _normal(display: Display, through: int) -> tuple[NDArray[np.float64], int]:
    """What slices through a shown axis look along, (3,), and the patient axis nearest to it."""
    steps = display.shown.affine[:3, :3]
    first, second = (axis for axis in range(3) if axis != through)
    normal = np.cross(steps[:, first], steps[:, second])
    patient = patient_axes(display.shown)[through]
    return normal / np.linalg.norm(normal) * (-1 if normal[patient] < 0 else 1), patient
