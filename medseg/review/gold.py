"""Readers measured over time on cases of known truth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from medseg.measure import compare_lesions, compare_masks
from medseg.model import Case, Gold, Person, Role, Segmentation


@dataclass(frozen=True)
class GoldScore:
    """How one reading met the known truth.

    Args:
        case: id of the case.
        reading: id of the reading.
        reader: id of who read it.
        at: ISO 8601 with an offset: when it was handed in.
        dice: 0 to 1; 1 where both are empty.
        hd95_mm: 95th percentile of the surfaces' distances; NaN where both are empty.
        found: lesions of the truth that were found.
        missed: lesions of the truth that were not.
        invented: lesions that the truth has not.
        passed: whether the Dice reaches the policy's limit and no lesion is missed or invented.
    """

    case: str
    reading: str
    reader: str
    at: str
    dice: float
    hd95_mm: float
    found: int
    missed: int
    invented: int
    passed: bool

    def in_words(self) -> str:
        """For the reader, in a sentence."""
        verdict = "passed" if self.passed else "not passed"
        return (
            f"A case of known truth, {verdict}: Dice {self.dice:.2f}, {self.found} of "
            f"{self.found + self.missed} lesions found, {self.invented} that are none."
        )


def gold_score(
    gold: Gold,
    truth: Segmentation,
    mask: Segmentation,
    *,
    case: str,
    reading: str,
    reader: str,
    at: str,
) -> GoldScore:
    """How a reading met the truth.

    Raises:
        GeometryError: the masks differ in shape.
    """
    voxels = compare_masks(truth.array, mask.array, truth.geometry)
    counts = compare_lesions(truth.array, mask.array, truth.geometry).detection
    dice = 1.0 if math.isnan(voxels.dice) else float(voxels.dice)
    passed = dice >= gold.passing_dice and not counts.missed and not counts.extra
    return GoldScore(
        case,
        reading,
        reader,
        at,
        dice,
        voxels.hd95_mm,
        counts.matched,
        counts.missed,
        counts.extra,
        passed,
    )


@dataclass(frozen=True)
class ReaderScores:
    """One reader's scores in the order of time.

    Args:
        reader: their id.
        scores: the oldest first.
        running_dice: mean Dice of the last `window` scores, at each of them.
    """

    reader: str
    scores: tuple[GoldScore, ...]
    running_dice: tuple[float, ...]

    @property
    def pass_rate(self) -> float:
        """How many were passed, 0 to 1."""
        return sum(one.passed for one in self.scores) / len(self.scores)

    @property
    def sensitivity(self) -> float:
        """The part of all known lesions that was found; NaN where there was none."""
        found = sum(one.found for one in self.scores)
        known = found + sum(one.missed for one in self.scores)
        return found / known if known else math.nan


def scores_over_time(
    scores: Iterable[GoldScore], *, window: int = 10
) -> Mapping[str, ReaderScores]:
    """Each reader's scores by the time of handing in; empty for none.

    Args:
        scores: of any readers, in any order.
        window: how many scores the running mean goes back.
    """
    by_reader: dict[str, list[GoldScore]] = {}
    for one in sorted(scores, key=lambda one: datetime.fromisoformat(one.at)):
        by_reader.setdefault(one.reader, []).append(one)
    return {
        reader: ReaderScores(reader, tuple(own), _running([one.dice for one in own], window))
        for reader, own in sorted(by_reader.items())
    }


def shows_score(gold: Gold, case: Case, score: GoldScore, person: Person) -> bool:
    """Whether that person may see a score now.

    The lead sees all. A reader sees their own at once where feedback is instant, and otherwise
    when the lead opens it.
    """
    if not case.gold:
        return False
    if person.may_act_as({Role.LEAD}):
        return True
    return gold.feedback == "instant" and person.person_id == score.reader


def _running(values: list[float], window: int) -> tuple[float, ...]:
    recent = [values[max(0, end - window) : end] for end in range(1, len(values) + 1)]
    return tuple(sum(part) / len(part) for part in recent)
