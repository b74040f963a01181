"""Every measure of a segment, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from medseg.measure.lesion import diameters, intensity, shape, size, uptake
from medseg.measure.lesion.region import Reading, Region
from medseg.model import Measurement, Segmentation, Volume
from medseg.raster import boxes_of


@dataclass(frozen=True)
class Measure:
    """How one number about a segment is had.

    Args:
        compute: from the segment's region to the value.
        unit: its unit; {image} stands for the image's.
        definition: what exactly is computed, in a sentence; it travels with each value.
        needs: what it cannot be had without: "image", or "SUV", an image in such a unit.
        ibsi: the feature's code in IBSI's reference manual, where it follows one.
    """

    compute: Callable[[Region], Reading]
    unit: str
    definition: str
    needs: Literal["", "image", "SUV"] = ""
    ibsi: str = ""

    def unit_of(self, volume: Volume | None) -> str | None:
        """The unit that values of this image have; None where it lacks what the measure needs."""
        if self.needs and volume is None:
            return None
        image = "" if volume is None else volume.unit
        if self.needs == "SUV" and not image.startswith("SUV"):
            return None
        return "1" if image == "1" and "{image}" in self.unit else self.unit.format(image=image)


MEASURES: dict[str, Measure] = {
    "volume": Measure(
        size.volume, "ml", "number of voxels times the volume of one, |det| of the affine"
    ),
    "mesh_volume": Measure(
        size.mesh_volume,
        "ml",
        "volume inside the marching-cubes mesh at half height around the voxel centres",
        ibsi="RNU0",
    ),
    "surface_area": Measure(
        shape.surface_area, "mm2", "area of the same mesh as the mesh volume's", ibsi="C0JK"
    ),
    "longest_diameter": Measure(
        diameters.longest_diameter,
        "mm",
        "longest chord between midpoints of pixel edges of one connected cross-section (8 "
        "neighbours) in the plane of acquisition",
    ),
    "perpendicular_diameter": Measure(
        diameters.perpendicular_diameter,
        "mm",
        "longest chord of the cross-section's convex hull at right angles to the longest diameter, "
        "in the same slice",
    ),
    "longest_3d_diameter": Measure(
        diameters.longest_3d_diameter,
        "mm",
        "longest distance between midpoints of outer voxel faces, the mesh's corners",
        ibsi="L0JK",
    ),
    "sphericity": Measure(
        shape.sphericity,
        "1",
        "area of a sphere of the mesh volume over the mesh's area",
        ibsi="QCFX",
    ),
    "mean": Measure(
        intensity.mean, "{image}", "arithmetic mean of the voxels' values", "image", "Q4LE"
    ),
    "sd": Measure(
        intensity.sd,
        "{image}",
        "standard deviation of the voxels' values, divided by their number",
        "image",
    ),
    "minimum": Measure(
        intensity.minimum, "{image}", "smallest of the voxels' values", "image", "1GSF"
    ),
    "maximum": Measure(
        intensity.maximum, "{image}", "largest of the voxels' values", "image", "84IY"
    ),
    "median": Measure(intensity.median, "{image}", "median of the voxels' values", "image", "Y12H"),
    "suv_peak": Measure(
        uptake.global_peak,
        "{image}",
        "highest mean in a sphere of 1 cm3 centred on a voxel of the segment, over the voxels "
        "whose centres lie in it, in the segment or not",
        "SUV",
        "0F91",
    ),
    "mtv": Measure(
        size.volume,
        "ml",
        "metabolic tumour volume: the volume of the segment as drawn, no threshold applied",
        "SUV",
    ),
    "tlg": Measure(
        uptake.total_lesion_glycolysis,
        "{image}*ml",
        "total lesion glycolysis: mean of the voxels' values times the volume as drawn",
        "SUV",
    ),
}


def measure_segment(
    segmentation: Segmentation,
    number: int,
    volume: Volume | None = None,
    *,
    table: Mapping[str, Measure] = MEASURES,
) -> tuple[Measurement, ...]:
    """All measures of one segment, in the order of the table.

    An empty segment has volume 0; all else is NaN. Without an image, what needs its values is
    left out, and where its unit is no SUV, what needs one.

    Args:
        segmentation: holds the segment.
        number: the segment.
        volume: the image, on the same grid.
        table: what is measured: `MEASURES`, or `FEATURES` for IBSI's names.

    Raises:
        EditError: there is no such segment.
        GeometryError: image and segmentation are not on the same grid.
    """
    return _measured(Region.of_segment(segmentation, number, volume), volume, table)


def measure_all(
    segmentation: Segmentation,
    volume: Volume | None = None,
    *,
    table: Mapping[str, Measure] = MEASURES,
) -> dict[int, tuple[Measurement, ...]]:
    """`measure_segment` of every segment by its number, with one look for all of their boxes.

    Raises:
        GeometryError: image and segmentation are not on the same grid.
    """
    boxes = boxes_of(segmentation.array)
    return {
        number: _measured(
            Region.of_segment(segmentation, number, volume, box=boxes.get(number)), volume, table
        )
        for number in segmentation.numbers
    }


def _measured(
    region: Region, volume: Volume | None, table: Mapping[str, Measure]
) -> tuple[Measurement, ...]:
    measurements = []
    for name, measure in table.items():
        unit = measure.unit_of(volume)
        if unit is not None:
            value, points = measure.compute(region)
            measurements.append(Measurement(name, value, unit, measure.definition, points))
    return tuple(measurements)
