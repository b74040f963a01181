"""What is said about slices that are not stacked upright."""

from __future__ import annotations

import numpy as np

from medseg.model import Finding, Geometry, Place

# Below these, a lean of the stack is rounding in a header and no tilt.
_DEGREES = 0.01
_SHIFT_MM = 0.01


def tilt_findings(geometry: Geometry, name: str | None = None) -> list[Finding]:
    """One finding, TILTED, if the slices lean against the way they are stacked; else none.

    Args:
        geometry: the grid, whose affine holds the shear.
        name: of the file, where it is one.
    """
    degrees = geometry.tilt_degrees
    shift_mm = np.sin(np.radians(degrees)) * geometry.spacing_mm[0] * (geometry.shape[0] - 1)
    if degrees < _DEGREES or shift_mm < _SHIFT_MM:
        return []
    text = (
        f"The slices are tilted by {degrees:.2f} degrees against the way they are stacked (as by "
        f"a tilted gantry), {shift_mm:.4g} mm over the stack; the shear is kept and "
        "nothing is resampled."
    )
    return [Finding("TILTED", "note", text, Place(file=name))]
