"""What the reader has set the tools to; it stays so until the window is closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from psygnal import Signal

from medseg.annotate.painting import Over

SMALLEST_MM, LARGEST_MM = 0.3, 200.0
#: One notch of the wheel makes a brush larger by this factor.
STEP = 1.15


@dataclass(frozen=True)
class Choices:
    """The options of all tools.

    Args:
        size_mm: diameter of the brush, in the patient.
        is_ball: whether brush, region and scribbles reach through the slices, or stay on one
            plane.
        over: whose voxels a tool may take.
        limits: lowest and highest value of voxels that a tool may change; None for any.
        uses_pressure: whether a pen that is pressed less paints less wide.
        reach_mm: how far a region grows from the click.
        seed_mm: how wide scribbles are, in the patient.
        is_whole: whether one-click commands change all slices of the lesion, or the one shown.
        by_mm: how far margin and smoothing go.
    """

    size_mm: float = 10.0
    is_ball: bool = False
    over: Over = "background"
    limits: tuple[float, float] | None = None
    uses_pressure: bool = True
    reach_mm: float = 20.0
    seed_mm: float = 2.0
    is_whole: bool = False
    by_mm: float = 2.0


class ToolOptions:
    """The choices in effect, and who hears when they change."""

    changed = Signal()

    def __init__(self) -> None:
        self.now = Choices()
        self.last_limits = (0.0, 100.0)
        """The range that is taken up where one is wanted again."""

    def choose(self, **values: Any) -> None:
        """Set some of the choices; the others stay."""
        chosen = replace(self.now, **values)
        if chosen != self.now:
            self.now = chosen
            self.changed.emit()

    def limit(self, *, is_on: bool) -> None:
        """Let tools change only values of a range, the last one, or any value."""
        if self.now.limits is not None:
            self.last_limits = self.now.limits
        self.choose(limits=self.last_limits if is_on else None)

    def resize(self, what: Literal["size_mm", "reach_mm", "seed_mm"], steps: float) -> None:
        """Make a size larger by so many notches of the wheel, smaller below 0."""
        self.choose(**{what: resized(float(getattr(self.now, what)), steps)})


def resized(size_mm: float, steps: float) -> float:
    """A size some notches on, in tenths of a mm; each whole notch changes it."""
    wanted = size_mm * float(STEP**steps)
    least = 0.1 * (1 if steps > 0 else -1) if abs(steps) >= 1 else 0.0
    if abs(wanted - size_mm) < abs(least):
        wanted = size_mm + least
    return round(min(max(wanted, SMALLEST_MM), LARGEST_MM), 1)
