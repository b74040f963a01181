"""Which slices a person's screen displayed: evidence of display, and of nothing more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from medseg.model import CoverageRule, PlaneName, Viewing, slices_in_words
from medseg.review.intervals import Intervals, merged, of_slices, size, slices_of, within, without
from medseg.review.refusing import refusal


@dataclass(frozen=True)
class Coverage:
    """What was displayed to one person in one plane.

    Args:
        plane: which plane.
        slices: how many the image has along the plane's axis.
        displayed: slices that were on screen.
        with_mask: those among them with the mask visible.
        labelled: slices that hold a label.
        seconds: on screen in all.
        mask_seconds: of which with the mask visible.
        windows: names of the windows in use, sorted.
    """

    plane: PlaneName
    slices: int
    displayed: Intervals = ()
    with_mask: Intervals = ()
    labelled: Intervals = ()
    seconds: float = 0.0
    mask_seconds: float = 0.0
    windows: tuple[str, ...] = ()

    @property
    def fraction(self) -> float:
        """How many of all slices were displayed, 0 to 1; 1 for an image without slices."""
        return size(self.displayed) / self.slices if self.slices else 1.0

    @property
    def labelled_fraction(self) -> float:
        """How many labelled slices were displayed with the mask; 1 where none is labelled."""
        wanted = size(self.labelled)
        return 1.0 - len(self.missing("labelled")) / wanted if wanted else 1.0

    def missing(self, rule: CoverageRule) -> tuple[int, ...]:
        """Slices that the rule asks for and that were not displayed with the mask visible."""
        everything: Intervals = ((0, self.slices - 1),) if self.slices else ()
        wanted = {"none": (), "labelled": self.labelled, "all": everything}[rule]
        return slices_of(without(wanted, self.with_mask))

    def in_words(self) -> str:
        """One sentence for a person, and one that says what it is evidence of."""
        missing = self.missing("labelled")
        gaps = f"; not displayed with the mask: {slices_in_words(missing)}" if missing else ""
        windows = f", window {', '.join(self.windows)}" if self.windows else ""
        labelled = size(self.labelled)
        return (
            f"{size(self.displayed)} of {self.slices} {self.plane} slices displayed, "
            f"{labelled - len(missing)} of {labelled} labelled ones with the mask visible{gaps}; "
            f"{duration(self.seconds)} in all{windows}. "
            "It is evidence of display, not of attention."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `coverage_from_json` gives the coverage back."""
        return {
            "plane": self.plane,
            "slices": self.slices,
            "displayed": [list(pair) for pair in self.displayed],
            "withMask": [list(pair) for pair in self.with_mask],
            "labelled": [list(pair) for pair in self.labelled],
            "seconds": round(self.seconds, 1),
            "maskSeconds": round(self.mask_seconds, 1),
            "windows": list(self.windows),
        }


def coverage_of(
    viewings: Iterable[Viewing],
    *,
    person: str,
    reading: str,
    slices: int,
    labelled: Iterable[int],
    plane: PlaneName = "axial",
    version: int | None = None,
) -> Coverage:
    """What was displayed of a reading to that person in that plane.

    Args:
        viewings: of anybody, in any order.
        person: whose screen.
        reading: which reading.
        slices: how many the image has along the plane's axis; indices beyond are dropped.
        labelled: indices of the slices that hold a label.
        plane: which plane.
        version: of which submission; None for all of them.
    """
    own = [
        one
        for one in viewings
        if (one.person, one.reading, one.plane) == (person, reading, plane)
        and version in (None, one.version)
    ]
    masked = [one for one in own if one.mask_visible]
    return Coverage(
        plane,
        slices,
        within(merged((one.first, one.last) for one in own), slices),
        within(merged((one.first, one.last) for one in masked), slices),
        within(of_slices(labelled), slices),
        sum(one.seconds for one in own),
        sum(one.seconds for one in masked),
        tuple(sorted({one.window for one in own} - {""})),
    )


def coverage_from_json(value: Mapping[str, Any]) -> Coverage:
    """The coverage that `to_json` described.

    Raises:
        ReviewError: it is no such description.
    """
    try:
        return Coverage(
            value["plane"],
            int(value["slices"]),
            _pairs(value["displayed"]),
            _pairs(value["withMask"]),
            _pairs(value["labelled"]),
            float(value["seconds"]),
            float(value["maskSeconds"]),
            tuple(value["windows"]),
        )
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise refusal(
            "A record of display has its slices, intervals and seconds",
            f"Found one that has not: {error!r}",
            "Record the display anew",
        ) from error


def duration(seconds: float) -> str:
    """As "1 h 5 min", "4 min 10 s" or "12 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _pairs(values: Iterable[Any]) -> Intervals:
    return merged((int(first), int(last)) for first, last in values)
