"""Sizes of target lesions at several examinations, checked as RECIST 1.1 wants them.

Reference:
    Eisenhauer et al. Eur J Cancer 45(2):228-247, 2009 (RECIST 1.1); sections are cited below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medseg.errors import MedsegError

#: Seen, but too small to measure: 5 mm is recorded (4.3.2).
TOO_SMALL_MM = 5.0
#: A node is normal below this short axis (4.3.1).
NORMAL_NODE_MM = 10.0
#: The least long axis of a target at baseline, and the least short axis of a node (3.1.1).
MEASURABLE_MM, MEASURABLE_NODE_MM = 10.0, 15.0
_ROUNDING = 1e-9

#: The ends of a diameter in LPS mm.
Line = tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class TargetSize:
    """One target lesion at one examination.

    Args:
        label: the lesion's.
        size_mm: its long axis, a node's short axis; 0 where it has disappeared; None where it was
            not evaluated.
        is_node: whether it is a lymph node.
        is_too_small: seen, but too small to measure; it counts with 5 mm whatever `size_mm` is.
        numbers: the segments that count for it at this examination, where it was read off masks.
        lines_lps: where it was measured, a line for each separate part; none where nothing was.
        merged_with: the label of the target that it has grown together with, which has its size.
    """

    label: str
    size_mm: float | None
    is_node: bool = False
    is_too_small: bool = False
    numbers: tuple[int, ...] = ()
    lines_lps: tuple[Line, ...] = ()
    merged_with: str = ""

    @property
    def axis(self) -> str:
        """Which diameter counts."""
        return "short axis" if self.is_node else "long axis"

    @property
    def state(self) -> str:
        """How it was found, in words."""
        if self.counted_mm is None:
            return "not evaluated"
        if self.is_too_small:
            return "too small to measure"
        if self.merged_with:
            return f"merged with {self.merged_with}"
        if self.size_mm == 0.0:
            return "disappeared"
        parts = len(self.lines_lps)
        return f"measured in {parts} parts" if parts > 1 else "measured"

    @property
    def counted_mm(self) -> float | None:
        """What goes into the sum; None where it was not evaluated."""
        return TOO_SMALL_MM if self.is_too_small else self.size_mm

    @property
    def is_normal(self) -> bool:
        """Whether it counts as gone: a node below 10 mm, anything else at 0."""
        size = self.counted_mm
        return size is not None and (size < NORMAL_NODE_MM if self.is_node else size == 0.0)


@dataclass(frozen=True)
class Examination:
    """The target lesions at one time, and whether new lesions were seen.

    Args:
        name: a date or a word for it.
        targets: the same lesions, by label, at every time.
        new_lesions: labels of lesions that were not there before.
    """

    name: str
    targets: tuple[TargetSize, ...]
    new_lesions: tuple[str, ...] = ()

    @property
    def sum_mm(self) -> float:
        """Sum of the targets' diameters; NaN where one was not evaluated."""
        sizes = [one.counted_mm for one in self.targets]
        return sum(math.nan if size is None else size for size in sizes)

    @property
    def missing(self) -> tuple[str, ...]:
        """Labels of the targets that were not evaluated."""
        return tuple(one.label for one in self.targets if one.counted_mm is None)


def baseline_notes(baseline: Examination) -> tuple[str, ...]:
    """What a baseline lacks for RECIST 1.1: targets too small, or too many."""
    notes = []
    for one in baseline.targets:
        least = MEASURABLE_NODE_MM if one.is_node else MEASURABLE_MM
        axis = "short axis of a node" if one.is_node else "long axis"
        if (one.counted_mm or 0.0) + _ROUNDING < least:
            notes.append(
                f"{one.label}: {one.counted_mm:.1f} mm at baseline; a target's {axis} is at least "
                f"{least:.0f} mm (3.1.1)"
            )
    if len(baseline.targets) > 5:
        notes.append(f"{len(baseline.targets)} targets; RECIST 1.1 takes at most 5 (4.2)")
    return tuple(notes)


def check_examinations(examinations: Sequence[Examination]) -> None:
    """Refuse, as a MedsegError, what cannot be assessed."""
    if not examinations or not examinations[0].targets:
        raise MedsegError("A response needs a baseline with at least one target; found none.")
    expected = _kinds(examinations[0])
    for examination in examinations:
        found = _kinds(examination)
        if found != expected:
            raise MedsegError(
                "The same targets are followed at every examination; the baseline has "
                f"{_words(expected)}, {examination.name} has {_words(found)}. A target that was "
                "not evaluated is listed with size None."
            )
        for one in examination.targets:
            if one.size_mm is not None and not 0 <= one.size_mm < math.inf:
                raise MedsegError(
                    f"A size is 0 mm or more; {one.label} has {one.size_mm} at {examination.name}."
                )
    absent = examinations[0].missing
    if absent:
        raise MedsegError(f"Every target is measured at baseline; {', '.join(absent)} is not.")
    if examinations[0].sum_mm == 0:
        raise MedsegError("A baseline's sum is above 0 mm; all of its targets measure 0.")


def _kinds(examination: Examination) -> dict[str, bool]:
    kinds = {one.label: one.is_node for one in examination.targets}
    if len(kinds) != len(examination.targets):
        raise MedsegError(
            f"Each target has a label of its own; {examination.name} has "
            f"{', '.join(one.label for one in examination.targets)}."
        )
    return kinds


def _words(kinds: Mapping[str, bool]) -> str:
    return (
        ", ".join(f"{label} (node)" if node else label for label, node in kinds.items()) or "none"
    )
