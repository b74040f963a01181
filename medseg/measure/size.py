"""How large a segment is."""

from __future__ import annotations

import numpy as np

from medseg.measure.region import Reading, Region
from medseg.model import Segmentation


def volume_ml(segmentation: Segmentation, number: int) -> float:
    """The volume of one segment in ml; 0 if it is empty.

    Raises:
        EditError: there is no such segment.
    """
    return volume(Region.of_segment(segmentation, number)).value


def volume(region: Region) -> Reading:
    """Number of voxels times a voxel's volume |det|, in ml; 0 for an empty segment."""
    count = int(np.count_nonzero(region.mask))
    return Reading(count * region.geometry.voxel_volume_mm3 / 1000.0)
