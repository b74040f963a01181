"""Whether blind readings differ so much that somebody has to decide."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from medseg.measure import generalised_dice
from medseg.measure.readers.votes import Votes
from medseg.model import Ending, EndingKind, Segmentation, Trigger, labels_in


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one reading came to.

    Args:
        segmentation: its mask.
        ending: how it ended.
        response: the category of response, as "PR", where the case is a follow-up.
    """

    segmentation: Segmentation
    ending: Ending
    response: str | None = None

    @property
    def lesions(self) -> int:
        """Segments with a voxel."""
        return len(labels_in(self.segmentation.array))

    @property
    def volume_ml(self) -> float:
        """Volume of all segments together."""
        voxels = int(np.count_nonzero(self.segmentation.array))
        return voxels * self.segmentation.geometry.voxel_volume_mm3 / 1000.0


def disagreements(trigger: Trigger, outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    """In what readings differ over the limits, one sentence each; empty where they agree.

    No sentence names a reader or a reading. Readings of which some call the case not evaluable
    always differ; where all do, nothing more is compared.

    Args:
        trigger: the limits.
        outcomes: by reading id, two or more, on one grid.

    Raises:
        MedsegError: there are fewer than two, or more than 16.
        GeometryError: the masks differ in shape.
    """
    found = list(outcomes.values())
    votes = Votes.of({name: one.segmentation.array for name, one in outcomes.items()})
    unreadable = sum(one.ending.kind is EndingKind.NOT_EVALUABLE for one in found)
    if unreadable == len(found):
        return ()
    sentences = [
        _endings(unreadable, len(found)),
        _lesions(trigger, found),
        _volumes(trigger, found),
        _overlap(trigger, votes),
        _responses(trigger, found),
    ]
    return tuple(one for one in sentences if one)


def _endings(unreadable: int, number: int) -> str:
    return f"{unreadable} of {number} readings call the case not evaluable." if unreadable else ""


def _lesions(trigger: Trigger, found: list[Outcome]) -> str:
    counts = sorted(one.lesions for one in found)
    if trigger.lesion_count is None or counts[-1] - counts[0] <= trigger.lesion_count:
        return ""
    return (
        f"Readings have {counts[0]} to {counts[-1]} lesions; "
        f"a difference of {trigger.lesion_count} is allowed."
    )


def _volumes(trigger: Trigger, found: list[Outcome]) -> str:
    volumes = [one.volume_ml for one in found]
    mean = sum(volumes) / len(volumes)
    percent = 100.0 * (max(volumes) - min(volumes)) / mean if mean else 0.0
    if trigger.volume_percent is None or percent <= trigger.volume_percent:
        return ""
    return (
        f"Total volumes are {min(volumes):.3g} to {max(volumes):.3g} ml, {percent:.0f} % of their "
        f"mean apart; {trigger.volume_percent:g} % is allowed."
    )


def _overlap(trigger: Trigger, votes: Votes) -> str:
    dice = generalised_dice(votes)
    if trigger.dice is None or math.isnan(dice) or dice >= trigger.dice:
        return ""
    return f"The readings' Dice is {dice:.2f}; {trigger.dice:g} is asked for."


def _responses(trigger: Trigger, found: list[Outcome]) -> str:
    categories = sorted({one.response for one in found if one.response is not None})
    if not trigger.response or len(categories) < 2:
        return ""
    return f"Readings come to different responses: {', '.join(categories)}."
