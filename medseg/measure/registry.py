"""Every measure of a segment, in one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medseg.measure import diameters, intensity, size
from medseg.measure.region import Reading, Region
from medseg.model import Measurement, Segmentation, Volume
from medseg.raster import boxes_of


@dataclass(frozen=True)
class Measure:
    """How one number about a segment is had.

    Args:
        compute: from the segment's region to the value.
        unit: its unit; None takes the image's, and makes the measure need an image.
        definition: what exactly is computed, in a sentence; it travels with each value.
    """

    compute: Callable[[Region], Reading]
    unit: str | None
    definition: str


MEASURES: dict[str, Measure] = {
    "volume": Measure(
        size.volume, "ml", "number of voxels times the volume of one, |det| of the affine"
    ),
    "longest_diameter": Measure(
        diameters.longest_diameter,
        "mm",
        "longest chord between midpoints of pixel edges within one slice of the acquisition",
    ),
    "perpendicular_diameter": Measure(
        diameters.perpendicular_diameter,
        "mm",
        "longest chord of the outline's convex hull at right angles to the longest diameter, "
        "in the same slice",
    ),
    "mean": Measure(intensity.mean, None, "arithmetic mean of the voxels' values"),
    "sd": Measure(
        intensity.sd, None, "standard deviation of the voxels' values, divided by their number"
    ),
    "minimum": Measure(intensity.minimum, None, "smallest of the voxels' values"),
    "maximum": Measure(intensity.maximum, None, "largest of the voxels' values"),
    "median": Measure(intensity.median, None, "median of the voxels' values"),
}


def measure_segment(
    segmentation: Segmentation, number: int, volume: Volume | None = None
) -> tuple[Measurement, ...]:
    """All measures of one segment, in the order of `MEASURES`.

    An empty segment has volume 0; all else is NaN. Without an image, what needs its values is
    left out.

    Args:
        segmentation: holds the segment.
        number: the segment.
        volume: the image, on the same grid.

    Raises:
        EditError: there is no such segment.
        GeometryError: image and segmentation are not on the same grid.
    """
    return _measured(Region.of_segment(segmentation, number, volume), volume)


def measure_all(
    segmentation: Segmentation, volume: Volume | None = None
) -> dict[int, tuple[Measurement, ...]]:
    """`measure_segment` of every segment by its number, with one look for all of their boxes.

    Raises:
        GeometryError: image and segmentation are not on the same grid.
    """
    boxes = boxes_of(segmentation.array)
    return {
        number: _measured(
            Region.of_segment(segmentation, number, volume, box=boxes.get(number)), volume
        )
        for number in segmentation.numbers
    }


def _measured(region: Region, volume: Volume | None) -> tuple[Measurement, ...]:
    measurements = []
    for name, measure in MEASURES.items():
        unit = measure.unit or (volume.unit if volume else None)
        if unit is not None:
            value, points = measure.compute(region)
            measurements.append(Measurement(name, value, unit, measure.definition, points))
    return tuple(measurements)
