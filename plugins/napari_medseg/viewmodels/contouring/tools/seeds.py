"""Where a hand has scribbled: voxels of each kind, stroke by stroke."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from medseg.model import Geometry
from medseg.raster import edge_contours
from medseg.raster.capsule import swept_capsule


@dataclass(eq=False)
class _Stroke:
    """One scribble: its kind, and its voxels as places in memory, event by event."""

    kind: int
    voxels: list[NDArray[np.int64]] = field(default_factory=list)


class Seeds:
    """The seeds of segments and of the background (0); a later stroke lies on top of earlier ones.

    Args:
        geometry: the stored grid.
    """

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._strokes: list[_Stroke] = []
        self._taken: list[_Stroke] = []  # back, one by one
        self._placed: dict[int, NDArray[np.int64]] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is scribbled."""
        return not self._strokes

    @property
    def kinds(self) -> tuple[int, ...]:
        """The kinds that have voxels, ascending."""
        return tuple(sorted(self.voxels))

    def begin(self, kind: int) -> None:
        """Begin a stroke of a segment's number, or of 0 for the background."""
        self._strokes.append(_Stroke(kind))
        self._taken.clear()
        self._placed = None

    def draw(
        self,
        start: NDArray[np.float64],
        end: NDArray[np.float64],
        radius_mm: float,
        axis: int,
    ) -> None:
        """Go on with the stroke: a disc from one stored index to another, in one layer."""
        steps, shape = self._geometry.affine[:3, :3], self._geometry.shape
        corner, inside = swept_capsule(steps, shape, start, end, radius_mm, axis=axis)
        index = np.argwhere(inside) + corner
        self._strokes[-1].voxels.append(np.ravel_multi_index(tuple(index.T), shape))
        self._placed = None

    def step_back(self) -> None:
        """Take the last stroke away."""
        self._taken.append(self._strokes.pop())
        self._placed = None

    def step_forward(self) -> bool:
        """Put the stroke back that was taken away last; False if there is none."""
        if not self._taken:
            return False
        self._strokes.append(self._taken.pop())
        self._placed = None
        return True

    @property
    def voxels(self) -> dict[int, NDArray[np.int64]]:
        """The voxels of each kind: (n, 3) stored indices; a voxel is of one kind alone."""
        if self._placed is None:
            self._placed = self._looked_up()
        return self._placed

    def points_lps(self) -> dict[int, NDArray[np.float64]]:
        """The same as points in the patient."""
        return {kind: self._geometry.to_patient(index) for kind, index in self.voxels.items()}

    def rings_on(self, axis: int, layer: int) -> dict[int, list[NDArray[np.float64]]]:
        """Around the seeds of each kind on one layer: rings of (n, 3) stored indices."""
        rings = {}
        for kind, index in self.voxels.items():
            here = np.delete(index[index[:, axis] == layer], axis, axis=1)
            if len(here):
                corner = here.min(axis=0)
                section = np.zeros(here.max(axis=0) - corner + 1, bool)
                section[tuple((here - corner).T)] = True
                edges = edge_contours(section)
                rings[kind] = [np.insert(ring + corner, axis, layer, axis=1) for ring in edges]
        return rings

    def _looked_up(self) -> dict[int, NDArray[np.int64]]:
        parts = [(one.kind, voxels) for one in self._strokes for voxels in one.voxels]
        if not parts:
            return {}
        places = np.concatenate([voxels for _, voxels in parts])
        kinds = np.concatenate([np.full(len(voxels), kind) for kind, voxels in parts])
        # The last of each voxel: it lies on top.
        places, last = np.unique(places[::-1], return_index=True)
        kinds = kinds[::-1][last]
        index = np.stack(np.unravel_index(places, self._geometry.shape), axis=1)
        return {int(kind): index[kinds == kind] for kind in np.unique(kinds)}
