"""The lesions of more than two examinations: what became of each from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medseg.errors import GeometryError, MedsegError
from medseg.measure.over_time.followup import CONFIRM, LesionChange, follow_up
from medseg.measure.over_time.placing import transform_between
from medseg.measure.over_time.tracing import Examined, Traced
from medseg.model import Segmentation

Changes = dict[tuple[str, str], tuple[LesionChange, ...]]


def follow_over_time(
    examinations: Mapping[str, Segmentation],
    *,
    transform: ArrayLike | None = None,
    stable_within: float = 0.25,
) -> Changes:
    """By the names of each two examinations that follow each other, what became of each lesion.

    As `follow_up`; but a lesion that is new since the examination before, and was there at an
    earlier one, is not new: it is "seen again".

    Args:
        examinations: masks by a date or a word for each, in order of time.
        transform: (4, 4), from each examination's LPS mm to the next one's; None stands for the
            identity within one frame of reference.
        stable_within: the change of volume up to which a lesion is stable: 0.25 is a quarter.

    Raises:
        GeometryError: lesions cannot be matched by their place.
        MedsegError: there are fewer than two examinations, or a limit is out of range.
    """
    if len(examinations) < 2:
        raise MedsegError(
            f"A lesion is followed over two examinations at least; found {len(examinations)}. "
            "Give the masks in order of time."
        )
    changes: Changes = {}
    names = list(examinations)
    for place, (one, other) in enumerate(pairwise(names)):
        found = follow_up(
            examinations[one], examinations[other], transform=transform, stable_within=stable_within
        )
        earlier = {name: examinations[name] for name in names[:place]}
        changes[one, other] = _with_returns(found, one, examinations[other], earlier, transform)
    return changes


def _with_returns(
    found: tuple[LesionChange, ...],
    before: str,
    later: Segmentation,
    earlier: Mapping[str, Segmentation],
    transform: ArrayLike | None,
) -> tuple[LesionChange, ...]:
    """The changes, each new lesion looked for at the earlier examinations, the latest first."""
    known = list(found)
    if all(one.status != "new" for one in found):
        return found
    for steps, name in enumerate(reversed(list(earlier)), start=2):
        traced = _traced(earlier[name], later, transform, steps)
        for place, one in enumerate(known):
            labels, hows = traced.earlier_of(one.second[0]) if traced and one.second else ((), ())
            if one.status == "new" and labels:
                rule = f"it was there at {name} as {', '.join(labels)}, and is not at {before}"
                known[place] = replace(
                    one,
                    status="seen again",
                    rule=f"{rule}; {CONFIRM}",
                    labels=tuple(dict.fromkeys([*labels, *one.labels])),
                    matched_by=hows,
                )
    return tuple(known)


def _traced(
    earlier: Segmentation, later: Segmentation, transform: ArrayLike | None, steps: int
) -> Traced | None:
    """The lesions that two examinations share; None where their places cannot be compared."""
    matrix: NDArray[np.float64] | None = None
    if transform is not None:
        step = transform_between(earlier.geometry, later.geometry, transform)
        matrix = np.linalg.matrix_power(step, steps)
    try:
        return Traced(Examined.of(earlier), Examined.of(later), matrix)
    except GeometryError:
        return None
