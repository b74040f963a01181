"""One mask out of several readers': the voxels by vote, the meaning by the nearest reader's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from medseg.errors import ReviewError
from medseg.measure import majority, staple
from medseg.measure.readers.paired_lesions import grid_of_readers
from medseg.measure.readers.votes import Votes
from medseg.model import Origin, Provenance, Segment, Segmentation, SliceOrigin, palette_color
from medseg.raster import boxes_of
from medseg.raster.components import parts_of

_METHODS = {"majority": majority, "staple": staple}


def combined(
    method: Literal["majority", "staple"], readings: Mapping[str, Segmentation], *, at: str
) -> Segmentation:
    """A new segmentation of what the readings have in common; none of theirs is changed.

    Which voxels are inside is voted on for all segments as one. Each connected part takes its
    meaning from the first reading that has a voxel in it: every voxel is given the segment of
    that reading that is nearest in mm. Segments of one tracking UID are one, so a lesion that
    is followed over time stays the same. Where nothing is in common the mask is empty.

    The provenance of every slice is assisted, and its tool names the method and the readings.

    Args:
        method: "majority": more than half of the readers, a tie is outside; or "staple".
        readings: by reading id, two to 16, on one grid.
        at: ISO 8601 with an offset: when.

    Raises:
        MedsegError: fewer than two readings, or more than 16.
        GeometryError: they lie on different grids.
        ReviewError: there are more than 65,535 segments.
    """
    geometry = grid_of_readers(readings)
    masks = [mask.array for mask in readings.values()]
    inside = _METHODS[method](Votes.of(dict(zip(readings, masks, strict=True)))).mask
    inside &= np.logical_or.reduce([mask != 0 for mask in masks])
    segments, tables = _renumbered(list(readings.values()))
    array = np.zeros(geometry.shape, np.uint16 if len(segments) > 255 else np.uint8)
    parts, _ = parts_of(inside)
    for number, box in boxes_of(parts).items():
        part = parts[box] == number
        array[box][part] = _meanings(
            part, [mask[box] for mask in masks], tables, geometry.spacing_mm
        )
    used = {int(number) for number in np.unique(array)} - {0}
    kept = tuple(one for one in segments if one.number in used)
    return Segmentation(array, geometry, kept, _provenance(array, _tool(method, readings), at))


def _meanings(
    part: NDArray[np.bool_],
    masks: list[NDArray[Any]],
    tables: list[NDArray[np.uint16]],
    spacing_mm: tuple[float, float, float],
) -> NDArray[np.uint16]:
    """New numbers for the voxels of a part: those of the first reading with one in it."""
    for mask, table in zip(masks, tables, strict=True):
        within = np.where(part, mask, 0)
        if within.any():
            nearest = distance_transform_edt(
                within == 0,
                sampling=spacing_mm,
                return_distances=False,
                return_indices=True,
            )
            return np.asarray(table[within[tuple(nearest)][part]])
    raise AssertionError("a voxel of the consensus is some reader's")


def _renumbered(
    readings: list[Segmentation],
) -> tuple[list[Segment], list[NDArray[np.uint16]]]:
    """All segments under numbers of their own, and each reading's numbers as those.

    Segments of one tracking UID become one; the first reading's words stand.
    """
    by_uid: dict[str, Segment] = {}
    tables = []
    for reading in readings:
        table = np.zeros(max(reading.numbers, default=0) + 1, np.uint16)
        for one in reading.segments:
            known = by_uid.setdefault(one.tracking_uid, _numbered(one, len(by_uid) + 1))
            table[one.number] = known.number
        tables.append(table)
    return list(by_uid.values()), tables


def _numbered(segment: Segment, number: int) -> Segment:
    if number > np.iinfo(np.uint16).max:
        raise ReviewError(
            "A mask has 65,535 segments at most. The readings have more together. Bring their "
            "segments in line by tracking UID first."
        )
    return Segment(
        number,
        segment.label,
        segment.tracking_uid,
        segment.category,
        segment.type,
        palette_color(number),
        region=segment.region,
    )


def _tool(method: str, readings: Mapping[str, Segmentation]) -> str:
    name = {"majority": "majority", "staple": "STAPLE"}[method]
    return f"consensus: {name} of {', '.join(readings)}"


def _provenance(array: NDArray[Any], tool: str, at: str) -> Provenance:
    origin = SliceOrigin(Origin.ASSISTED, "", at, tool)
    return {
        (int(number), index): origin
        for index, plane in enumerate(array)
        for number in np.unique(plane)
        if number
    }
