"""Which slices of a lesion a montage shows, how they are cut out, and in which window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg.model import (
    Origin,
    Segmentation,
    Volume,
    Window,
    key_slices,
    radiological,
)

LUNG = Window(-600, 1500)
SOFT_TISSUE = Window(40, 400)
_MARGIN_MM = 12.0
_SMALLEST_SIDE_MM = 36.0


@dataclass(frozen=True, eq=False)
class Tile:
    """One picture of one slice, turned to radiological convention.

    Args:
        slice_index: the slice in the file's own count.
        pixels: (row, column) values, cut out.
        mask: (row, column) boolean, the same cut.
        corner_rc: row and column of the cut's first pixel on the turned slice.
        origin: how the lesion's outline on this slice came to be, if known.
    """

    slice_index: int
    pixels: NDArray[Any]
    mask: NDArray[np.bool_]
    corner_rc: tuple[int, int]
    origin: Origin | None


def shown_slices(segmentation: Segmentation, number: int, count: int) -> tuple[int, ...]:
    """Up to `count` slices of a segment, ascending: its key slices and evenly spread others."""
    present = np.flatnonzero((segmentation.array == number).any(axis=(1, 2)))
    if len(present) <= count:
        return tuple(int(index) for index in present)
    keys = [key for key in key_slices(segmentation.provenance, number) if key in present]
    chosen = set(_spread(np.array(keys or [present[0], present[-1]]), min(count, len(keys) or 2)))
    others = [int(index) for index in present if index not in chosen]
    return tuple(sorted(chosen | set(_spread(np.array(others), count - len(chosen)))))


def _spread(values: NDArray[Any], count: int) -> list[int]:
    if count <= 0:
        return []
    # Middles of equal parts: the ends of a lesion's gaps lie beside key slices anyway.
    places = (np.arange(count) + 0.5) * len(values) / count
    return [int(value) for value in values[places.astype(int)]]


def cut_tile(volume: Volume, segmentation: Segmentation, number: int, slice_index: int) -> Tile:
    """The square around the whole lesion on one slice, with a margin, as seen on screen."""
    turn = radiological(volume.geometry)
    mask = turn.apply(segmentation.array)
    box = _square_box(mask == number, turn.geometry(volume.geometry).spacing_mm)
    origin = segmentation.provenance.get((number, slice_index))
    return Tile(
        slice_index,
        turn.apply(volume.voxels)[slice_index][box],
        mask[slice_index][box] == number,
        (box[0].start, box[1].start),
        origin.origin if origin else None,
    )


def _square_box(
    inside: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> tuple[slice, slice]:
    flat: NDArray[np.bool_] = np.any(inside, axis=0)
    ends = [np.flatnonzero(flat.any(axis=1 - axis))[[0, -1]] for axis in (0, 1)]
    extents = [(end[1] - end[0] + 1) * step for end, step in zip(ends, spacing_mm[1:], strict=True)]
    side_mm = max(*extents, _SMALLEST_SIDE_MM - 2 * _MARGIN_MM) + 2 * _MARGIN_MM
    sides = []
    for end, step, size in zip(ends, spacing_mm[1:], flat.shape, strict=True):
        half = side_mm / step / 2
        middle = (end[0] + end[1]) / 2
        sides.append(slice(max(0, round(middle - half)), min(size, round(middle + half) + 1)))
    return sides[0], sides[1]


def fitting_window(volume: Volume, tile: Tile) -> Window:
    """The lung window where a CT tile is mostly air, soft tissue elsewhere; else the stored one."""
    if volume.unit != "HU":
        return volume.display_window
    surroundings = tile.pixels[~tile.mask]
    mostly_air = surroundings.size and float(np.median(surroundings)) < -300
    return LUNG if mostly_air else SOFT_TISSUE
