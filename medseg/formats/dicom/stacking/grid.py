"""The grid that a checked stack of slices makes.

Reference:
    DICOM PS3.3 C.7.6.2 (Image Plane).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medseg.errors import GeometryError
from medseg.formats.dicom.stacking.evenness import place_findings
from medseg.formats.dicom.stacking.plane import direction_findings, directions
from medseg.formats.dicom.stacking.stack import Stack
from medseg.formats.tilt import tilt_findings
from medseg.model import Finding, Geometry, Place


def stack_geometry(stack: Stack, numbers: NDArray[np.int64]) -> tuple[Geometry, list[Finding]]:
    """The grid of a stack and what there is to say about it; a tilt stays in the affine.

    Where slices lie off their even places by more than rounding to 0.01 mm, it says by how much.

    Raises:
        GeometryError: a single slice names no thickness.
    """
    first = stack.headers[0]
    along_row, along_column = directions(first)
    spacing = first.spacing or ()
    step, findings = _step(stack, numbers)
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = along_column * spacing[0]
    affine[:3, 2] = along_row * spacing[1]
    affine[:3, 3] = stack.positions[0]
    shape = (int(numbers[-1]) + 1, first.rows, first.columns)
    geometry = Geometry(shape, affine, first.frame_of_reference or None)
    findings += place_findings(stack, numbers)
    return geometry, findings + direction_findings(first) + tilt_findings(geometry)


def _step(stack: Stack, numbers: NDArray[np.int64]) -> tuple[NDArray[np.float64], list[Finding]]:
    if len(stack.headers) > 1:
        # From end to end, so that rounding in single positions does not add up.
        return (stack.positions[-1] - stack.positions[0]) / numbers[-1], []
    only = stack.headers[0]
    if only.thickness is None:
        raise GeometryError(
            f"A volume has a depth; {only.path.name} is a single slice that names neither Spacing "
            "Between Slices nor Slice Thickness. Open the folder with the whole series."
        )
    text = (
        f"This is a single slice; its depth of {only.thickness:g} mm is what {only.path.name} "
        "names, not measured between slices."
    )
    place = Place(file=only.path.name, slices=(0,))
    return stack.normal * only.thickness, [Finding("SINGLE_SLICE", "warning", text, place)]
