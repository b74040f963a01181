"""Bringing a mask onto an image's grid without resampling: permute, flip, crop, pad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError
from medseg.model import ORIENTATIONS, Geometry, Orientation, Provenance, Segmentation
from medseg.model.geometry import SAME_GRID_TOLERANCE_MM


@dataclass(frozen=True)
class Placement:
    """How a grid lies inside another of the same lattice.

    Args:
        orientation: turns the grid's axes into the other's.
        start: index in the other grid of the turned grid's first voxel; may be negative.
        displacement_mm: the furthest any corner of a voxel is moved by it.
    """

    orientation: Orientation
    start: tuple[int, int, int]
    displacement_mm: float


def placement(observed: Geometry, wanted: Geometry) -> Placement:
    """The placement of `observed` in `wanted` that moves the corners of voxels least."""
    candidates = (_placed(orientation, observed, wanted) for orientation in ORIENTATIONS)
    return min(candidates, key=lambda candidate: candidate.displacement_mm)


def reindexed(segmentation: Segmentation, wanted: Geometry, name: str) -> Segmentation:
    """The same mask, each voxel at its place, on exactly the geometry `wanted`.

    Nothing is resampled. Voxels of `wanted` that the mask does not reach become background.
    Provenance moves with its slices; it is dropped where the mask was sliced along another
    axis, because its slices exist no more.

    Args:
        segmentation: as it was read.
        wanted: the image's grid.
        name: of the mask's file, for the refusal.

    Raises:
        GeometryError: the grids are not of one lattice within 0.01 mm, lie in two frames of
            reference, or labelled voxels lie outside `wanted`.
    """
    observed = segmentation.geometry
    _check_frames(observed, wanted, name)
    place = placement(observed, wanted)
    if place.displacement_mm > SAME_GRID_TOLERANCE_MM:
        raise GeometryError(
            f"A mask lies on its image's voxels within {SAME_GRID_TOLERANCE_MM} mm; {name} is off "
            f"by {_millimetres(place.displacement_mm)}: it has {observed.describe()}, the image "
            f"{wanted.describe()}. It was drawn on another image, or resampled: open it with the "
            "image it was drawn on, or resample it onto this one in a program made for it."
        )
    array = _moved(place.orientation.apply(segmentation.array), place.start, wanted.shape, name)
    provenance = _moved_provenance(segmentation.provenance, place, observed, wanted)
    return Segmentation(array, wanted, segmentation.segments, provenance, segmentation.calipers)


def _placed(orientation: Orientation, observed: Geometry, wanted: Geometry) -> Placement:
    turned = orientation.geometry(observed)
    # Around the middle, so that a difference in spacing cannot hide in one far corner.
    middle = (np.array(turned.shape) - 1) // 2
    start = np.rint(wanted.to_index(turned.to_patient(middle))) - middle
    # Half a voxel out, so that the thickness of a single slice counts too.
    corners = np.array(list(np.ndindex(2, 2, 2))) * turned.shape - 0.5
    gaps = wanted.to_patient(corners + start) - turned.to_patient(corners)
    furthest = float(np.linalg.norm(gaps, axis=1).max())
    return Placement(orientation, (int(start[0]), int(start[1]), int(start[2])), furthest)


def _check_frames(observed: Geometry, wanted: Geometry, name: str) -> None:
    frames = {observed.frame_of_reference, wanted.frame_of_reference} - {None}
    if len(frames) > 1:
        raise GeometryError(
            f"A mask and its image share a frame of reference; {name} names another one than the "
            "image. Open it with the image it was drawn on."
        )


def _moved(
    array: NDArray[Any], start: tuple[int, int, int], shape: tuple[int, int, int], name: str
) -> NDArray[Any]:
    inside, target = [], []
    for first, size, limit in zip(start, array.shape, shape, strict=True):
        low, high = max(0, first), max(0, first, min(limit, first + size))
        target.append(slice(low, high))
        inside.append(slice(low - first, high - first))
    kept = array[tuple(inside)]
    lost = int(np.count_nonzero(array)) - int(np.count_nonzero(kept))
    if lost:
        raise GeometryError(
            f"A mask opened on an image lies inside it; {name} has {lost} labelled voxels beyond "
            "the image's edge. Open it with the whole image, or erase them first."
        )
    moved = np.zeros(shape, array.dtype)
    moved[tuple(target)] = kept
    return moved


def _moved_provenance(
    provenance: Provenance, place: Placement, observed: Geometry, wanted: Geometry
) -> Provenance:
    if place.orientation.axes[0] != 0:
        return {}
    moved = {}
    for (segment, index), origin in provenance.items():
        turned = observed.shape[0] - 1 - index if place.orientation.flips[0] else index
        if 0 <= turned + place.start[0] < wanted.shape[0]:
            moved[segment, turned + place.start[0]] = origin
    return moved


def _millimetres(distance: float) -> str:
    return f"{distance:.3g} mm"
