"""Which segment each connected lesion of a mask belongs to."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from medseg.measure import Lesion
from medseg.model import Segmentation
from medseg.raster.components import parts_of


def labels_of(lesions: Iterable[Lesion], mask: Segmentation) -> dict[int, str]:
    """For each lesion's number the label of the segment that most of its voxels belong to."""
    names = {one.number: one.label for one in mask.segments}
    return {one.number: names[_segment_of(one, mask)] for one in lesions}


def _segment_of(lesion: Lesion, mask: Segmentation) -> int:
    """The commonest number in the lesion's voxels; the lower one of two."""
    cut = mask.array[lesion.box]
    parts, sizes = parts_of(cut != 0)
    voxels = round(lesion.volume_ml * 1000.0 / mask.geometry.voxel_volume_mm3)
    # Of other lesions that reach into the box one may have as many voxels, but does not fill it.
    alike = [part for part in range(1, len(sizes) + 1) if sizes[part - 1] == voxels]
    own = next((part for part in alike if _fills(parts == part)), alike[0])
    return int(np.bincount(cut[parts == own]).argmax())


def _fills(part: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> bool:
    """Whether it reaches all six sides of its box."""
    return all(
        side.any()
        for axis in range(part.ndim)
        for side in (part.take(0, axis), part.take(-1, axis))
    )
