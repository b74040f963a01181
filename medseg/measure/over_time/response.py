"""Response of target lesions by RECIST 1.1, from sums of diameters, each with the rule it follows.

Non-target lesions are not judged here. Every outcome is computed from contours, for the reader to
confirm.

Reference:
    Eisenhauer et al. Eur J Cancer 45(2):228-247, 2009 (RECIST 1.1); sections are cited below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from medseg.measure.over_time.followup import CONFIRM
from medseg.measure.over_time.target_sizes import (
    Examination,
    TargetSize,
    baseline_notes,
    check_examinations,
)

Outcome = Literal["baseline", "CR", "PR", "SD", "PD", "NE"]

#: Sums that reach a limit but for the last binary digit have reached it.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Response:
    """What the targets' sum says at one examination.

    Args:
        name: the examination's.
        outcome: "baseline"; CR, PR, SD, PD as in RECIST 1.1; NE: not evaluable.
        rule: the rule that gave it, with its figures; ends with the words that the reader is to
            confirm it.
        sum_mm: of the targets' diameters; NaN where one was not evaluated.
        baseline_mm: the sum at baseline.
        nadir_mm: the smallest sum so far, baseline included and this examination not.
        notes: what does not fit the criteria, as a target too small at baseline.
        targets: what the sum is of.
    """

    name: str
    outcome: Outcome
    rule: str
    sum_mm: float
    baseline_mm: float
    nadir_mm: float
    notes: tuple[str, ...] = ()
    targets: tuple[TargetSize, ...] = ()

    @property
    def change_from_baseline(self) -> float:
        """-0.3 is 30 % less; NaN where a sum is missing or the baseline's is 0."""
        return self.sum_mm / self.baseline_mm - 1.0 if self.baseline_mm else math.nan

    @property
    def change_from_nadir(self) -> float:
        """0.2 is 20 % more; NaN where a sum is missing or the nadir is 0."""
        return self.sum_mm / self.nadir_mm - 1.0 if self.nadir_mm else math.nan


def assess_response(examinations: Sequence[Examination]) -> tuple[Response, ...]:
    """The response at each examination, in order of time; the first one is the baseline.

    Raises:
        MedsegError: there is no examination or no target, a label occurs twice, a size is
            negative or not finite, the targets differ between examinations, or one was not
            evaluated at baseline.
    """
    check_examinations(examinations)
    baseline = examinations[0]
    total = baseline.sum_mm
    found = [
        Response(
            baseline.name,
            "baseline",
            f"sum {total:.1f} mm; {CONFIRM}",
            total,
            total,
            total,
            baseline_notes(baseline),
            baseline.targets,
        )
    ]
    for examination in examinations[1:]:
        nadir = min(one.sum_mm for one in found if not math.isnan(one.sum_mm))
        had_complete = any(one.outcome == "CR" for one in found)
        outcome, rule = _judged(examination, total, nadir, had_complete=had_complete)
        found.append(
            Response(
                examination.name,
                outcome,
                f"{rule}; {CONFIRM}",
                examination.sum_mm,
                total,
                nadir,
                targets=examination.targets,
            )
        )
    return tuple(found)


def _judged(
    examination: Examination, baseline: float, nadir: float, *, had_complete: bool
) -> tuple[Outcome, str]:
    """The outcome and its rule: progression first, then what is missing, then response."""
    progression = _progression(examination, nadir, had_complete=had_complete)
    if progression:
        return "PD", progression
    if examination.missing:
        return "NE", f"not evaluated: {', '.join(examination.missing)} (4.4.2)"
    if all(one.is_normal for one in examination.targets):
        return "CR", _complete(examination)
    return _partial_or_stable(examination.sum_mm, baseline)


def _progression(examination: Examination, nadir: float, *, had_complete: bool) -> str:
    """The rule by which the disease has progressed; empty where none says so."""
    if examination.new_lesions:
        return f"new lesion: {', '.join(examination.new_lesions)} (4.3.5)"
    if all(one.is_normal for one in examination.targets):
        return ""  # nodes may vary below 10 mm: none of them is pathological
    grown = _grown(sum(one.counted_mm or 0.0 for one in examination.targets), nadir)
    if grown and examination.missing:
        return f"{grown}, whatever {', '.join(examination.missing)} would add (4.4.2)"
    seen = [one for one in examination.targets if one.counted_mm is not None]
    back = [one.label for one in seen if not one.is_normal]
    if had_complete and back and not grown:
        return f"seen again after a complete response: {', '.join(back)}"
    return grown


def _grown(total: float, nadir: float) -> str:
    """The rule by which a sum has progressed; empty where it has not."""
    increase = total - nadir
    if increase + _ROUNDING < max(0.2 * nadir, 5.0):
        return ""
    part = f"{100 * increase / nadir:+.0f} % and " if nadir else ""
    return (
        f"sum {total:.1f} mm is {part}{increase:+.1f} mm against the nadir {nadir:.1f} mm: at "
        "least +20 % and +5 mm"
    )


def _complete(examination: Examination) -> str:
    kinds = {one.is_node for one in examination.targets}
    parts = {False: "all targets have disappeared", True: "all nodes are below 10 mm short axis"}
    return ", ".join(text for kind, text in parts.items() if kind in kinds)


def _partial_or_stable(total: float, baseline: float) -> tuple[Outcome, str]:
    change = 100 * (total / baseline - 1.0)
    is_partial = total <= 0.7 * baseline + _ROUNDING
    against = (
        f"sum {total:.1f} mm is {_percent(change, reached=is_partial)} % against the baseline "
        f"{baseline:.1f} mm"
    )
    if is_partial:
        return "PR", f"{against}: at least -30 %"
    return "SD", f"{against}: neither -30 %, nor +20 % and +5 mm against the nadir"


def _percent(change: float, *, reached: bool) -> str:
    """With so many digits that a change short of the limit does not read as the limit."""
    words = (f"{change:+.{digits}f}" for digits in range(10))
    return next((text for text in words if (float(text) <= -30.0) == reached), f"{change:+g}")
