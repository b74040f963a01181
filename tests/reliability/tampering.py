"""Random tampering with everything that a verdict depends on, and what becomes of it.

The case is a whole project in memory: people, a log, three signed records with their receipts, and
a mask of three lesions on a grid of 28 x 32 x 24 voxels.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from medseg.model import (
    ORIENTATIONS,
    Authorship,
    Edit,
    Geometry,
    Segment,
    Segmentation,
    Verification,
    Volume,
)
from medseg.signoff import LogExhibit
from tests.phantoms import ellipsoid, oblique_geometry, ramp_volume
from tests.signoff.cases import CYST, turned
from tests.signoff.verdicts.stories import Story

Random = np.random.Generator
#: What a mutation hands to the judge in place of the true parts.
Parts = dict[str, Any]
Mutation = Callable[[Story, Random], Parts]
SHAPE = (28, 32, 24)
_LESIONS = (
    ((8.0, 10.0, 9.0), (9.0, 4.0, 3.5)),
    ((20.0, 22.0, 14.0), (6.0, 3.0, 4.0)),
    ((14.0, 26.0, 5.0), (4.0, 2.0, 2.0)),
)


@dataclass(frozen=True)
class Attack:
    """A kind of tampering and the verdicts it may lead to; at least one of them must be there.

    Args:
        mutate: what is changed.
        names: codes of the right verdicts.
        is_refused: whether the mask is refused; else the change is told beside a valid sign-off.
    """

    mutate: Mutation
    names: frozenset[str]
    is_refused: bool = True


def lesions() -> Segmentation:
    """Two lesions and a cyst, drawn by Ada, so that there is provenance to tamper with."""
    geometry = oblique_geometry(SHAPE)
    segments = (
        Segment(1, "Nodule", "2.25.101"),
        Segment(2, "Metastasis", "2.25.102"),
        Segment(3, "Cyst", "2.25.103", type=CYST),
    )
    mask = Segmentation(np.zeros(SHAPE, np.uint8), geometry, segments)
    by = Authorship("Ada Reader", "outline", at="2026-05-01T09:00:00.000+02:00")
    for number, (center, radii) in enumerate(_LESIONS, start=1):
        array = mask.array.copy()
        array[ellipsoid(geometry, center, radii)] = number
        Edit.from_patch(mask, (0, 0, 0), array, by).apply(mask)
    return mask


def image() -> Volume:
    """A ramp on the same grid."""
    return ramp_volume(oblique_geometry(SHAPE))


@functools.cache
def story() -> Story:
    """Reviewed, signed and locked."""
    told = Story.signed(mask=lesions(), volume=image())
    told.say(3, "lock", "lead")
    return told


def judged(case: Story, parts: Mapping[str, Any]) -> Verification:
    """The verdict on the case with parts exchanged; `lines` are those of the file."""
    changed = dict(parts)
    lines = changed.pop("lines", None)
    return case.judged(lines, **{"logs": (_log(case),), **changed})


@functools.cache
def _checked_log(raws: tuple[bytes, ...]) -> LogExhibit:
    return LogExhibit(raws)


def _log(case: Story) -> LogExhibit:
    """The log as it is, checked once for all rounds."""
    return _checked_log(tuple(entry.raw for entry in case.entries))


def told(verification: Verification) -> frozenset[str]:
    """The codes of all verdicts but those that an untouched case has too."""
    quiet = {"VALID"} | {
        one.code for one in verification.verdicts if (one.code, one.severity) in _NOTES
    }
    loud = {one.code for one in verification.verdicts if (one.code, one.severity) not in _NOTES}
    return frozenset(loud | (quiet & loud)) - {"VALID"}


_NOTES = {("SUPERSEDED", "note"), ("REGISTRY_NAMED", "note"), ("LOG_ABSENT", "note")}


def attack(case: Story, kind: Attack, rounds: int, *, seed: int = 0) -> Counter[str]:
    """How often tampering was accepted, got a wrong verdict, or a right one."""
    rng = np.random.default_rng([seed, *kind.mutate.__name__.encode()])
    outcomes: Counter[str] = Counter()
    for _ in range(rounds):
        parts = kind.mutate(case, rng)
        if "segmentation" in parts and rng.random() < 0.5:
            orientation = ORIENTATIONS[int(rng.integers(48))]
            parts["segmentation"] = turned(parts["segmentation"], orientation)
        outcomes[_outcome(judged(case, parts), kind)] += 1
    return outcomes


def _outcome(verification: Verification, kind: Attack) -> str:
    found = told(verification)
    is_accepted = bool(verification) if kind.is_refused else not found
    if is_accepted:
        return "accepted"
    if found <= kind.names and (kind.is_refused or verification.exit_code == 10):
        return "right"
    return f"wrong: {sorted(found)}"


def with_geometry(mask: Segmentation, affine: np.ndarray) -> Segmentation:
    """The same voxels, segments and provenance at another place."""
    geometry = Geometry(mask.geometry.shape, affine)
    return Segmentation(mask.array, geometry, mask.segments, mask.provenance)
