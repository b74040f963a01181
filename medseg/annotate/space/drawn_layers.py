"""Layers of voxels that a section lies in, and what was drawn there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medseg.annotate.space.ring_samples import Section
from medseg.model import Geometry
from medseg.raster import fill_rings

#: A contour lies in a layer of voxels when it is nowhere further from it, in layers.
_IN_LAYER = 0.05


def _layer_of(geometry: Geometry, section: Section) -> tuple[int, int] | None:
    """The axis across which a section lies in one layer of voxels, and which; None if in none."""
    points = np.concatenate([section.plane.lift(ring) for ring in section.rings])
    index = geometry.to_index(points)
    for axis in range(3):
        layer = round(float(index[:, axis].mean()))
        off = float(np.abs(index[:, axis] - layer).max())
        if off <= _IN_LAYER and 0 <= layer < geometry.shape[axis]:
            return axis, layer
    return None


def slices_drawn(geometry: Geometry, sections: Sequence[Section]) -> set[int]:
    """The slices of the grid that a section lies in."""
    layers = [_layer_of(geometry, section) for section in sections]
    return {layer[1] for layer in layers if layer is not None and layer[0] == 0}


def put_drawn_layers(
    geometry: Geometry,
    sections: Sequence[Section],
    corner: NDArray[np.int64],
    inside: NDArray[np.bool_],
) -> None:
    """Write what was drawn into the layers of a patch that sections lie in.

    Args:
        geometry: the grid.
        sections: what was drawn.
        corner: index of the patch's first voxel.
        inside: the patch, which is changed.
    """
    placed = [(where, one) for one in sections if (where := _layer_of(geometry, one)) is not None]
    # Slices last, so that they are what was drawn where another layer crosses them.
    for (axis, layer), section in sorted(placed, key=lambda one: -one[0][0]):
        at = layer - int(corner[axis])
        if not 0 <= at < inside.shape[axis]:
            continue
        across = [other for other in range(3) if other != axis]
        # A point on a centre is on it again after its way through the patient.
        rings = [
            np.round(geometry.to_index(section.plane.lift(ring))[:, across], 6)
            for ring in section.rings
        ]
        view = np.moveaxis(inside, axis, 0)
        start = (int(corner[across[0]]), int(corner[across[1]]))
        view[at] = fill_rings(rings, (view.shape[1], view.shape[2]), start)
