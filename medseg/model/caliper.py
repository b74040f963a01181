"""Lengths that a person drew on the image, by hand: a ruler's one line, a caliper's two.

They are a reader's own word on how large something is. No mask is needed for them, none is
changed by them, and no digest of a mask holds them.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from medseg.errors import EditError
from medseg.model.authorship import now_iso
from medseg.model.measurement import Measurement
from medseg.strict_json import Maybe, check

Point = tuple[float, float, float]
Line = tuple[Point, Point]

# What is written to a file agrees with its points to within half of a tenth of a millimetre.
_AGREES_MM = 0.05

#: What a caliper is as JSON values.
CALIPER = {
    "uid": str,
    "longest": [[float]],
    "perpendicular": Maybe([[float]]),
    "longest_mm": float,
    "perpendicular_mm": Maybe(float),
    "label": str,
    "author": str,
    "time": str,
}

_LENGTH = "distance between two points that a person set on the image"
_LONGEST = "longest diameter of a finding in one plane, its two ends set by a person"
_ACROSS = "longest diameter at a right angle to the longest one, its two ends set by a person"


@dataclass(frozen=True)
class Caliper:
    """One length, or a longest diameter and the one across it, drawn by a person.

    Args:
        longest: its two ends, LPS mm.
        perpendicular: the ends of the diameter across it, LPS mm; None for a ruler.
        label: a name for people; may be empty.
        author: who drew it.
        time: when, ISO 8601 in UTC.
        uid: a DICOM UID that follows it through corrections.

    Raises:
        EditError: a coordinate is not finite.
    """

    longest: Line
    perpendicular: Line | None = None
    label: str = ""
    author: str = ""
    time: str = field(default_factory=now_iso)
    uid: str = field(default_factory=lambda: f"2.25.{uuid.uuid4().int}")

    def __post_init__(self) -> None:
        for line in self.lines:
            if not all(math.isfinite(part) for point in line for part in point):
                raise EditError("A drawn length has two ends in the patient; one is not finite.")

    @property
    def lines(self) -> tuple[Line, ...]:
        """The longest line and, for a caliper, the one across it."""
        return (self.longest,) if self.perpendicular is None else (self.longest, self.perpendicular)

    @property
    def kind(self) -> str:
        """What it was drawn with: "ruler" or "caliper"."""
        return "ruler" if self.perpendicular is None else "caliper"

    @property
    def longest_mm(self) -> float:
        """The longest line's length in mm."""
        return math.dist(*self.longest)

    @property
    def perpendicular_mm(self) -> float | None:
        """The length in mm of the line across; None for a ruler."""
        return None if self.perpendicular is None else math.dist(*self.perpendicular)

    @property
    def text(self) -> str:
        """The values for people: "21.6 mm" or "21.6 x 17.0 mm"."""
        lengths = " x ".join(f"{math.dist(*line):.1f}" for line in self.lines)
        return f"{lengths} mm"

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Its values with their definitions and points."""
        if self.perpendicular is None:
            return (Measurement("length", self.longest_mm, "mm", _LENGTH, self.longest),)
        across = math.dist(*self.perpendicular)
        return (
            Measurement("longest_diameter", self.longest_mm, "mm", _LONGEST, self.longest),
            Measurement("perpendicular_diameter", across, "mm", _ACROSS, self.perpendicular),
        )

    def moved(self, longest: Line, perpendicular: Line | None, author: str) -> Caliper:
        """The same one with other ends, corrected now by this person."""
        return replace(
            self, longest=longest, perpendicular=perpendicular, author=author, time=now_iso()
        )

    def to_json(self) -> dict[str, Any]:
        """It as JSON values, the lengths among them for whoever reads the file alone."""
        across = None if self.perpendicular is None else [list(one) for one in self.perpendicular]
        return {
            "uid": self.uid,
            "longest": [list(point) for point in self.longest],
            "perpendicular": across,
            "longest_mm": round(self.longest_mm, 3),
            "perpendicular_mm": None if across is None else round(self.perpendicular_mm or 0.0, 3),
            "label": self.label,
            "author": self.author,
            "time": self.time,
        }


def caliper_from(values: Any, name: str) -> Caliper:
    """The caliper that `Caliper.to_json` gave.

    Raises:
        ValueError: a part is absent or of another type, or a length is not that of its points.
    """
    check(values, CALIPER, name)
    across = values["perpendicular"]
    found = Caliper(
        _line(values["longest"], name),
        None if across is None else _line(across, name),
        **{part: values[part] for part in ("label", "author", "time", "uid")},
    )
    for said, true in (
        (values["longest_mm"], found.longest_mm),
        (values["perpendicular_mm"], found.perpendicular_mm),
    ):
        if (said is None) != (true is None) or abs((said or 0.0) - (true or 0.0)) > _AGREES_MM:
            raise ValueError(f"a length is that of its points, {true} mm; {name} says {said}")
    return found


def calipers_from(values: Mapping[str, Any], name: str) -> tuple[Caliper, ...]:
    """The calipers of an object that may have a list "calipers"; none where it has not.

    Raises:
        ValueError: as `caliper_from`; or two have the same UID.
    """
    listed = values.get("calipers", [])
    check(listed, [{}], f"{name}.calipers")
    found = tuple(
        caliper_from(one, f"{name}.calipers[{place}]") for place, one in enumerate(listed)
    )
    if len({one.uid for one in found}) != len(found):
        raise ValueError(f"{name}.calipers holds each drawn length once; a uid stands there twice")
    return found


def _line(points: list[list[float]], name: str) -> Line:
    if len(points) != 2 or any(len(point) != 3 for point in points):
        raise ValueError(f"a line has two ends of three coordinates; {name} has {points}")
    first, last = ((point[0], point[1], point[2]) for point in points)
    return first, last
