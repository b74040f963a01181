"""How large a segment is."""

from __future__ import annotations

from medseg.measure.lesion.region import Reading, Region
from medseg.model import Segmentation


def volume_ml(segmentation: Segmentation, number: int) -> float:
    """The volume of one segment in ml; 0 if it is empty.

    Raises:
        EditError: there is no such segment.
    """
    return volume(Region.of_segment(segmentation, number)).value


def volume(region: Region) -> Reading:
    """Number of voxels times a voxel's volume |det|, in ml; 0 for an empty segment."""
    return Reading(volume_mm3(region).value / 1000.0)


def volume_mm3(region: Region) -> Reading:
    """The same in mm³."""
    return Reading(region.moments.number * region.geometry.voxel_volume_mm3)


def mesh_volume(region: Region) -> Reading:
    """Volume inside the marching-cubes mesh at half height, in ml; 0 for an empty segment."""
    return Reading(region.mesh.volume_mm3 / 1000.0)
