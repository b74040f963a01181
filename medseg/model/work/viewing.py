"""What a person's screen displayed: evidence of display, and of nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PlaneName = Literal["axial", "coronal", "sagittal"]


@dataclass(frozen=True)
class Viewing:
    """Neighbouring slices that were on screen for a time, under one condition.

    Args:
        person: id of whose screen it was.
        reading: id of the reading that was open.
        version: of which submission; 0 before the first.
        plane: in which plane.
        first: the first slice (array index along the plane's axis).
        last: the last one, included.
        seconds: for how long in all.
        mask_visible: whether the mask was shown.
        window: the window's name or "centre/width".
        at: ISO 8601 with an offset: when it began.
    """

    person: str
    reading: str
    version: int
    plane: PlaneName
    first: int
    last: int
    seconds: float
    mask_visible: bool
    window: str
    at: str
