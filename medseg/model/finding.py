"""One form for whatever medseg has to say: geometry reports, rule checks and verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["note", "warning", "undecided", "error"]


@dataclass(frozen=True)
class Place:
    """What a finding points at; a screen can jump there. Empty where it is about everything."""

    file: str | None = None
    series: str | None = None
    segment: str | None = None
    slices: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The named parts only."""
        parts = {"file": self.file, "series": self.series, "segment": self.segment}
        named: dict[str, Any] = {name: value for name, value in parts.items() if value is not None}
        return named | ({"slices": list(self.slices)} if self.slices else {})


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Args:
        code: stable upper-case name for programs, as `TILTED` or `TAMPERED_VOXELS`.
        severity: how much it matters; "undecided" says that a check could not be made.
        text: a sentence for people, with what was found and where it helps what to do.
        where: what it points at.
    """

    code: str
    severity: Severity
    text: str
    where: Place = field(default_factory=Place)

    def to_json(self) -> dict[str, Any]:
        """The finding as plain JSON values, the same on screen and for programs."""
        return {
            "code": self.code,
            "severity": self.severity,
            "text": self.text,
            "where": self.where.to_json(),
        }


def slices_in_words(slices: Iterable[int]) -> str:
    """Slice indices for a sentence: "slice 4", "slices 2, 5 to 9"; "no slice" where none is given.

    Three or more in a row are named by their ends.
    """
    ordered = sorted(set(slices))
    runs: list[list[int]] = []
    for index in ordered:
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    words = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    if not ordered:
        return "no slice"
    return f"{'slice' if len(ordered) == 1 else 'slices'} {', '.join(words)}"
