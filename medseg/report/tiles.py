"""Which slices of a lesion a montage shows, how they are cut out, and in which window."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medseg import raster
from medseg.model import (
    Geometry,
    Origin,
    Provenance,
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


@dataclass(frozen=True, eq=False)
class Frame:
    """Where one segment stands on screen: found once, used for each of its tiles.

    Args:
        number: the segment.
        slices: the slices it is on, ascending.
        cut: rows and columns of the square around it on the turned slices, with a margin.
    """

    number: int
    slices: tuple[int, ...]
    cut: tuple[slice, slice]


def frame_of(volume: Volume, segmentation: Segmentation, number: int, box: raster.Box) -> Frame:
    """The frame of a segment that fills the given box."""
    present = (segmentation.array[box] == number).any(axis=(1, 2))
    slices = tuple(int(index) + box[0].start for index in np.flatnonzero(present))
    turn = radiological(volume.geometry)
    ends = [[side.start for side in box], [side.stop - 1 for side in box]]
    low, high = np.sort(turn.from_old_index(np.array(ends), volume.geometry.shape), axis=0)
    turned = turn.geometry(volume.geometry)
    return Frame(number, slices, _square(low[1:], high[1:], turned))


def shown_slices(
    frame: Frame, provenance: Provenance, count: int, *, first_of_all: Collection[int] = ()
) -> tuple[int, ...]:
    """Up to `count` slices of a segment, ascending: its key slices and evenly spread others.

    Those named are among them, as the ones on which something was measured.
    """
    present = np.array(frame.slices)
    if len(present) <= count:
        return frame.slices
    keys = [key for key in key_slices(provenance, frame.number) if key in frame.slices]
    chosen = {one for one in first_of_all if one in frame.slices}
    keys = [key for key in keys or (present[0], present[-1]) if key not in chosen]
    chosen |= set(_spread(np.array(keys), min(count - len(chosen), len(keys))))
    others = [int(index) for index in present if index not in chosen]
    return tuple(sorted(chosen | set(_spread(np.array(others), count - len(chosen)))))


def _spread(values: NDArray[Any], count: int) -> list[int]:
    if count <= 0:
        return []
    # Middles of equal parts: the ends of a lesion's gaps lie beside key slices anyway.
    places = (np.arange(count) + 0.5) * len(values) / count
    return [int(value) for value in values[places.astype(int)]]


def cut_tile(volume: Volume, segmentation: Segmentation, frame: Frame, slice_index: int) -> Tile:
    """The frame's square on one slice, as seen on screen."""
    turn = radiological(volume.geometry)
    mask = turn.apply(segmentation.array)[slice_index][frame.cut] == frame.number
    origin = segmentation.provenance.get((frame.number, slice_index))
    return Tile(
        slice_index,
        turn.apply(volume.voxels)[slice_index][frame.cut],
        mask,
        (frame.cut[0].start, frame.cut[1].start),
        origin.origin if origin else None,
    )


def _square(low: NDArray[Any], high: NDArray[Any], turned: Geometry) -> tuple[slice, slice]:
    """Rows and columns around the given ends: as many mm each way, with a margin, in the image."""
    steps_mm = turned.spacing_mm[1:]
    extents = (high - low + 1) * steps_mm
    side_mm = max(*extents, _SMALLEST_SIDE_MM - 2 * _MARGIN_MM) + 2 * _MARGIN_MM
    sides = []
    for middle, step, size in zip((low + high) / 2, steps_mm, turned.shape[1:], strict=True):
        half = side_mm / step / 2
        sides.append(slice(max(0, round(middle - half)), min(size, round(middle + half) + 1)))
    return sides[0], sides[1]


def fitting_window(volume: Volume, tile: Tile) -> Window:
    """The lung window where a CT tile is mostly air, soft tissue elsewhere; else the stored one."""
    if volume.unit != "HU":
        return volume.display_window
    surroundings = tile.pixels[~tile.mask]
    mostly_air = surroundings.size and float(np.median(surroundings)) < -300
    return LUNG if mostly_air else SOFT_TISSUE
