"""One surface through contours drawn in several planes of one lesion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from medseg.annotate.conditions import one_segment
from medseg.annotate.painting import Mode, Protection, paint_edit
from medseg.annotate.space.drawn_layers import put_drawn_layers, slices_drawn
from medseg.annotate.space.ring_samples import Section, sampled, sections_of
from medseg.errors import EditError
from medseg.model import Authorship, Contour, Edit, Geometry, Origin, Segmentation
from medseg.raster import box_of
from medseg.raster.boxes import Box
from medseg.raster.components import parts_of
from medseg.raster.implicit import Implicit

#: Points on all contours together: enough for a millimetre on a lesion of some centimetres.
_MOST_POINTS = 600
#: How far the surface may bulge beyond the contours, as a part of their extent.
_BULGE = 0.25
#: How exactly points on a contour are met, and the distances given to those beside it.
_SLACK_ON, _SLACK_BESIDE = 1e-4, 1e-3
#: Contours are parallel when their normals differ by less than this (1 - cosine).
_PARALLEL = 0.01


def surface_edit(
    segmentation: Segmentation,
    contours: Sequence[Contour],
    authorship: Authorship,
    *,
    mode: Mode = "add",
    protection: Protection | None = None,
) -> Edit:
    """The edit that fills the surface through contours in any planes, as one step to undo.

    The surface is where a smooth function is zero that is zero on all contours, positive beside
    them inside and negative outside. Layers of voxels that a contour lies in hold just what was
    drawn there; where two of them cross, slices come before rows and rows before columns. With
    parallel contours only, nothing is added beyond the first and the last. Parts that meet no
    contour are left out. Slices with a contour are drawn, the others interpolated.

    Args:
        segmentation: what would be changed; it is only read.
        contours: two planes or more, of one segment; rings in one plane combine even-odd.
        authorship: who, when, with what.
        mode: "add" or "subtract"; "replace" makes the segment just this.
        protection: what may be changed; None for the background alone.

    Raises:
        EditError: contours of less than two planes, of several segments or of none of this
            segmentation, or a locked one; one without area, or not in one plane; or no voxel
            centre inside.
    """
    number = one_segment(segmentation, contours, "A surface")
    geometry = segmentation.geometry
    rings = [contour.points_lps for contour in contours]
    sections = sections_of(rings, 0.05 * min(geometry.spacing_mm))
    if len(sections) < 2:
        raise EditError(
            "A surface goes through contours in two planes or more; found one plane. Draw another "
            "contour, across this one or beside it, or fill the outline."
        )
    box = _box(geometry, sections)
    inside = _inside(geometry, sections, box)
    if not inside.any():
        raise EditError(
            "A surface encloses at least one voxel centre of the grid; this one encloses none. "
            "Draw the contours larger, or upon the image."
        )
    own = box_of(segmentation.array, number) if mode == "replace" else None
    if own is not None:
        box, inside = _over_both(box, inside, own)
    edit = paint_edit(
        segmentation,
        (box[0].start, box[1].start, box[2].start),
        inside,
        number,
        authorship,
        mode=mode,
        protection=protection,
        also_origin_of=tuple((number, layer) for layer in slices_drawn(geometry, sections)),
    )
    return _interpolated_between(edit, slices_drawn(geometry, sections))


def _box(geometry: Geometry, sections: Sequence[Section]) -> Box:
    """The voxels that the surface can reach; of size 0 along an axis where none is on the grid."""
    points = np.concatenate(
        [section.plane.lift(ring) for section in sections for ring in section.rings]
    )
    index = geometry.to_index(points)
    low, high = index.min(axis=0), index.max(axis=0)
    room = _BULGE * (high - low) + 1
    starts = np.clip(np.ceil(low - room), 0, geometry.shape).astype(int)
    stops = np.clip(np.floor(high + room) + 1, starts, geometry.shape).astype(int)
    sides = [slice(int(start), int(stop)) for start, stop in zip(starts, stops, strict=True)]
    return sides[0], sides[1], sides[2]


def _inside(geometry: Geometry, sections: Sequence[Section], box: Box) -> NDArray[np.bool_]:
    shape = tuple(side.stop - side.start for side in box)
    if not all(shape):
        return np.zeros(shape, np.bool_)
    function, core = _fitted(geometry, sections)
    corner = np.array([side.start for side in box])
    first = geometry.to_patient(corner)
    inside = function.positive_on(geometry.affine[:3, :3], first, shape)
    _end_at_parallel(geometry, sections, corner, inside)
    put_drawn_layers(geometry, sections, corner, inside)
    return _meeting(inside, np.rint(geometry.to_index(core)).astype(int) - corner)


def _fitted(
    geometry: Geometry, sections: Sequence[Section]
) -> tuple[Implicit, NDArray[np.float64]]:
    """The function through all sections, and points that are inside the outlines."""
    total = sum(section.length_mm for section in sections)
    finest = min(geometry.spacing_mm)
    step = max(total / _MOST_POINTS, finest)
    samples = [sampled(section, step, max(0.5 * step, finest)) for section in sections]
    points = np.concatenate([one for one, _ in samples])
    values = np.concatenate([one for _, one in samples])
    middle = points.mean(axis=0)
    far = _around(points, middle)
    core = points[values > 0]
    away = cKDTree(points[values == 0]).query(far)[0]
    points = np.concatenate((points, far))
    values = np.concatenate((values, -away))
    points, first = np.unique(np.round(points, 6), axis=0, return_index=True)
    slack = np.where(values[first] == 0, _SLACK_ON, _SLACK_BESIDE)
    return Implicit.through(points, values[first], slack), core


def _around(points: NDArray[np.float64], middle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on a sphere well outside, which keep the surface from running away."""
    radius = 2.0 * float(np.linalg.norm(points - middle, axis=1).max())
    turn = np.pi * (3 - np.sqrt(5))  # the golden angle spreads points evenly
    place = np.arange(60)
    height = 1 - 2 * (place + 0.5) / 60
    wide = np.sqrt(1 - height**2)
    around = (wide * np.cos(turn * place), wide * np.sin(turn * place), height)
    return middle + radius * np.column_stack(around)


def _end_at_parallel(
    geometry: Geometry,
    sections: Sequence[Section],
    corner: NDArray[np.int64],
    inside: NDArray[np.bool_],
) -> None:
    """With parallel contours only, take away what lies beyond the first and the last."""
    plane = sections[0].plane
    if any(1 - abs(float(one.plane.normal @ plane.normal)) > _PARALLEL for one in sections):
        return
    heights = [float(plane.height(one.plane.origin[None])[0]) for one in sections]
    where = np.argwhere(inside)
    height = plane.height(geometry.to_patient(where + corner))
    slack = 0.05 * min(geometry.spacing_mm)
    beyond = where[(height < min(heights) - slack) | (height > max(heights) + slack)]
    inside[tuple(beyond.T)] = False


def _meeting(inside: NDArray[np.bool_], core: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The parts that hold one of the core's voxels."""
    parts, _ = parts_of(inside)
    on_grid = ((core >= 0) & (core < inside.shape)).all(axis=1)
    met = np.unique(parts[tuple(core[on_grid].T)])
    return np.isin(parts, met[met > 0])


def _over_both(box: Box, inside: NDArray[np.bool_], own: Box) -> tuple[Box, NDArray[np.bool_]]:
    """The patch over a larger box that holds another one too."""
    sides = [
        slice(min(one.start, two.start), max(one.stop, two.stop))
        for one, two in zip(box, own, strict=True)
    ]
    larger = np.zeros([side.stop - side.start for side in sides], np.bool_)
    part = tuple(
        slice(one.start - side.start, one.stop - side.start)
        for one, side in zip(box, sides, strict=True)
    )
    larger[part] = inside
    return (sides[0], sides[1], sides[2]), larger


def _interpolated_between(edit: Edit, drawn: set[int]) -> Edit:
    origins = {
        (number, index): (
            before,
            after
            if after is None or index in drawn
            else replace(after, origin=Origin.INTERPOLATED),
        )
        for (number, index), (before, after) in edit.origins.items()
    }
    return replace(edit, origins=origins)
