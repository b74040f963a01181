"""Random tampering with everything that a verdict depends on, and what becomes of it.

The case is a whole project in memory: people, a log, three signed records with their receipts, and
a mask of three lesions on a grid of 28 x 32 x 24 voxels.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from medseg.model import (
    ORIENTATIONS,
    Authorship,
    Edit,
    Segment,
    Segmentation,
    Verification,
)
from medseg.signoff import (
    Claim,
    Exhibits,
    SignedContent,
    build_statement,
    image_identity,
    judge_exhibits,
    read_mask,
    seal,
)
from medseg.signoff.provenance import provenance_digest
from tests.phantoms import ellipsoid, oblique_geometry, ramp_volume
from tests.signoff.cases import CYST, key_of, turned
from tests.signoff.verdicts.stories import NAMES, Story

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
        needed: the code that must be among them, where others may only follow from it.
    """

    mutate: Mutation
    names: frozenset[str]
    is_refused: bool = True
    needed: str = ""


class DrawnStory(Story):
    """A story whose records vouch for the mask's provenance besides."""

    def envelope(self, person: int, claim: Claim, *, at: str | None = None) -> dict[str, Any]:
        key = replace(key_of(person, NAMES[person]), person_id=f"p-{person}")
        mask = read_mask(self.mask)
        origins = provenance_digest(self.mask, mask.orientation)
        identity = image_identity(self.volume)
        content = SignedContent(mask, identity, ".nii.gz", None, origins)
        return seal(build_statement(claim, content, key, signed_at=at or self.at), key)


def lesions() -> Segmentation:
    """Two lesions and a cyst."""
    geometry = oblique_geometry(SHAPE)
    array = np.zeros(SHAPE, np.uint8)
    for number, (center, radii) in enumerate(_LESIONS, start=1):
        array[ellipsoid(geometry, center, radii)] = number
    return Segmentation(
        array,
        geometry,
        (
            Segment(1, "Nodule", "2.25.101"),
            Segment(2, "Metastasis", "2.25.102"),
            Segment(3, "Cyst", "2.25.103", type=CYST),
        ),
    )


def drawn_lesions() -> Segmentation:
    """The same, with provenance: each slice drawn by Ada."""
    mask = Segmentation.empty(oblique_geometry(SHAPE), lesions().segments)
    by = Authorship("Ada Reader", "outline", "2026-05-01T09:00:00.000+02:00")
    Edit.from_patch(mask, (0, 0, 0), lesions().array, by).apply(mask)
    return mask


@functools.cache
def story() -> Story:
    """Reviewed, signed and locked."""
    return _locked(Story.signed(mask=lesions(), volume=ramp_volume(oblique_geometry(SHAPE))))


@functools.cache
def drawn_story() -> Story:
    """The same, and the records vouch for the provenance."""
    volume = ramp_volume(oblique_geometry(SHAPE))
    return _locked(DrawnStory.signed(mask=drawn_lesions(), volume=volume))


def _locked(case: Story) -> Story:
    case.say(3, "lock", "lead")
    return case


def judged(case: Story, parts: Mapping[str, Any]) -> Verification:
    """The verdict on the case with parts exchanged; `lines` are those of the file."""
    changed = dict(parts)
    lines = changed.pop("lines", case.lines)
    return judge_exhibits(b"\n".join(lines), replace(_exhibits(case), **changed))


_HELD: dict[int, Exhibits] = {}


def _exhibits(case: Story) -> Exhibits:
    """What the case is held against, gathered once for all rounds."""
    if id(case) not in _HELD:
        _HELD[id(case)] = case.exhibits()
    return _HELD[id(case)]


def told(verification: Verification) -> frozenset[str]:
    """The codes of all verdicts but those that an untouched case has too."""
    return frozenset(
        one.code for one in verification.verdicts if one.severity != "note" and one.code != "VALID"
    )


def attack(
    case: Story, kind: Attack, rounds: int, *, seed: int = 0, also: Parts | None = None
) -> Counter[str]:
    """How often tampering was accepted, got a wrong verdict, or a right one.

    Args:
        case: the true one.
        kind: of tampering.
        rounds: how often.
        seed: of the mutations.
        also: parts that the judge is given, or not given, besides.
    """
    rng = np.random.default_rng([seed, *kind.mutate.__name__.encode()])
    outcomes: Counter[str] = Counter()
    for _ in range(rounds):
        parts = kind.mutate(case, rng)
        if "segmentation" in parts and rng.random() < 0.5:
            orientation = ORIENTATIONS[int(rng.integers(48))]
            parts["segmentation"] = turned(parts["segmentation"], orientation)
        outcomes[_outcome(judged(case, {**(also or {}), **parts}), kind)] += 1
    return outcomes


def _outcome(verification: Verification, kind: Attack) -> str:
    found = told(verification)
    is_accepted = bool(verification) if kind.is_refused else not found
    if is_accepted:
        return "accepted"
    is_named = kind.needed in found or not kind.needed
    if found <= kind.names and is_named and (kind.is_refused or verification.exit_code == 10):
        return "right"
    return f"wrong: {sorted(found)}"
