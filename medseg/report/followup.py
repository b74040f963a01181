"""The page of `medseg followup`: one patient at several times."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from numpy.typing import ArrayLike

from medseg.errors import MedsegError
from medseg.measure import (
    CONFIRM,
    LesionChange,
    Response,
    follow_over_time,
    response_from_contours,
)
from medseg.model import Segmentation, Volume
from medseg.report.over_time import changes_table, response_table, targets_table
from medseg.report.page import Page, Picture, Progress, silent
from medseg.report.plots import change_bars, pair_bars, sums_plot
from medseg.report.side_by_side import change_strips

_ByExamination = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Targets:
    """Which lesions the response is computed from; nothing given takes all at baseline.

    Args:
        labels: of the targets at baseline.
        nodes: labels at baseline of lymph nodes.
        too_small: by examination, targets seen but too small to measure.
        not_evaluated: by examination, targets that could not be judged.
        disappeared: by examination, targets that are gone, for masks that list only what is drawn.
    """

    labels: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    too_small: _ByExamination = field(default_factory=dict)
    not_evaluated: _ByExamination = field(default_factory=dict)
    disappeared: _ByExamination = field(default_factory=dict)

    @property
    def are_given(self) -> bool:
        """Whether anything was said about them."""
        by_examination = (self.too_small, self.not_evaluated, self.disappeared)
        return bool(self.labels or self.nodes or any(by_examination))


def followup_page(
    examinations: Mapping[str, Segmentation],
    *,
    targets: Targets | None = None,
    transform: ArrayLike | None = None,
    stable_within: float = 0.25,
    volumes: Mapping[str, Volume] | None = None,
    pictures: bool = False,
    progress: Progress = silent,
) -> Page:
    """What became of each lesion from one examination to the next, and the targets' response.

    Args:
        examinations: masks by a date or word for each, in order of time.
        targets: of the response; None takes every lesion at baseline.
        transform: (4, 4), from each examination's LPS mm to the next one's.
        stable_within: the change of volume up to which a lesion is stable.
        volumes: the examinations' images, for the pictures.
        pictures: whether plots and pictures are drawn.
        progress: told of the part done.

    Raises:
        GeometryError: lesions cannot be matched by their place.
        MedsegError: there are fewer than two examinations, or targets are named that allow no
            assessment.
    """
    progress(0.0, "following every lesion")
    changes = follow_over_time(examinations, transform=transform, stable_within=stable_within)
    progress(0.5, "measuring the targets")
    responses, notes = _responses(examinations, targets or Targets(), transform)
    if transform is None:
        notes += _without_frame(examinations, changes)
    tables = [changes_table(changes)]
    tables += [response_table(responses), targets_table(responses)] if responses else []
    drawn: list[Picture] = []
    if pictures:
        drawn += [sums_plot(responses)] if responses else []
        for times, found in changes.items():
            drawn += _plots(times, found, stable_within)
            strips, more = change_strips(examinations, volumes or {}, times, found)
            drawn += strips
            notes += more
    title = f"Follow-up over {len(examinations)} examinations"
    return Page("followup", title, tuple(tables), tuple(notes), tuple(drawn))


def _responses(
    examinations: Mapping[str, Segmentation], targets: Targets, transform: ArrayLike | None
) -> tuple[tuple[Response, ...], list[str]]:
    """The responses, and words: who is to confirm them, or why there are none."""
    try:
        found = response_from_contours(
            examinations,
            targets=targets.labels or None,
            nodes=targets.nodes,
            too_small=targets.too_small,
            not_evaluated=targets.not_evaluated,
            disappeared=targets.disappeared,
            transform=transform,
        )
    except MedsegError as error:
        if targets.are_given:
            raise
        return (), [f"No response of targets: {error}"]
    which = "the targets named" if targets.labels else "every lesion that the baseline shows"
    notes = [f"Status and response are {CONFIRM}. Targets: {which}."]
    return found, notes + [f"{one.name}: {note}." for one in found for note in one.notes]


def _without_frame(
    examinations: Mapping[str, Segmentation],
    changes: Mapping[tuple[str, str], Sequence[LesionChange]],
) -> list[str]:
    """Words about examinations that were laid over each other on trust."""
    bare = [name for name, mask in examinations.items() if not mask.geometry.frame_of_reference]
    ways = {how for found in changes.values() for one in found for how in one.matched_by or ("",)}
    if not bare or ways <= {"tracking UID", "label"}:
        return []
    return [
        f"No frame of reference in {', '.join(bare)}: lesions were looked for at the same place. "
        "If the patient lay otherwise, give --transform."
    ]


def _plots(
    times: tuple[str, str], found: Sequence[LesionChange], stable_within: float
) -> list[Picture]:
    """Volumes before and after, and the change of what was there both times."""
    if not found:
        return []
    names = [", ".join(one.labels) for one in found]
    between = f"{times[0]} to {times[1]}"
    bars = pair_bars(
        names,
        [one.volumes_ml for one in found],
        [one.status for one in found],
        title=f"Volume of each lesion, {between}",
        of=times,
        axis="volume [ml]",
    )
    both = [at for at, one in enumerate(found) if math.isfinite(one.volume_change) and one.second]
    if not both:
        return [bars]
    changes = change_bars(
        [names[at] for at in both],
        [100 * found[at].volume_change for at in both],
        title=f"Change of volume, {between}",
        stable=100 * stable_within,
    )
    return [bars, changes]
