"""A number with its unit and the definition it follows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measurement:
    """One measured value.

    Args:
        name: stable name for tables, as "longest_diameter".
        value: the number; NaN where it is not defined.
        unit: "ml", "mm", "HU", "1" ...
        definition: how it was computed, in a sentence.
        points_lps: where it was measured, as a diameter's two ends, in LPS mm.
    """

    name: str
    value: float
    unit: str
    definition: str
    points_lps: tuple[tuple[float, float, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The measurement as plain JSON values; an undefined or infinite value is null."""
        value = self.value if math.isfinite(self.value) else None
        parts: dict[str, Any] = {"name": self.name, "value": value, "unit": self.unit}
        parts["definition"] = self.definition
        if self.points_lps:
            parts["points_lps"] = [list(point) for point in self.points_lps]
        return parts


def with_unit(number: str, unit: str) -> str:
    """A number in words: with its unit, or bare where the unit is "1"."""
    return number if unit == "1" else f"{number} {unit}"
