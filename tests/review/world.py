"""A small team and its log, in memory: acts are decided, numbered and folded, as a store does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from medseg.model import Case, Ending, EndingKind, Person, Policy, Role, Source, Volume
from medseg.review import (
    Adjudicate,
    Assign,
    HandedIn,
    ImportCase,
    Lock,
    Request,
    Review,
    Sign,
    Signed,
    Submit,
    Unlock,
    decide,
    fold,
)
from medseg.signoff import image_identity
from medseg.signoff.log.kinds import KINDS
from medseg.strict_json import check
from tests.phantoms import oblique_geometry


def person(name: str, *roles: Role, specialties: tuple[str, ...] = ()) -> Person:
    return Person(f"p-{name}", name.title(), frozenset(roles), specialties=frozenset(specialties))


TEAM = {
    one.person_id: one
    for one in (
        person("ann", Role.ANNOTATOR),
        person("ben", Role.ANNOTATOR),
        person("cat", Role.ANNOTATOR, Role.REVIEWER, Role.SIGNER, Role.ADJUDICATOR),
        person("rae", Role.REVIEWER),
        person("ron", Role.REVIEWER),
        person("ada", Role.ADJUDICATOR),
        person("sue", Role.SIGNER),
        person("sam", Role.SIGNER),
        person("lea", Role.LEAD),
        person("imp", Role.IMPORTER),
        person("gone"),
    )
}
SOLO = {"p-me": person("me", *Role)}
DONE = Ending(EndingKind.LESIONS)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def work(*annotators: str, mask: str = "m1", **more: Any) -> HandedIn:
    return HandedIn(more.pop("ending", DONE), digest(mask), frozenset(annotators), **more)


def signed(number: int = 0) -> Signed:
    signature = {"keyid": digest("key"), "sig": "c2ln"}
    envelope = {"payload": "e30=", "payloadType": "x", "signatures": [signature]}
    return Signed(digest(f"record-{number}"), envelope)


@cache
def identity() -> dict[str, Any]:
    geometry = oblique_geometry((2, 3, 4))
    voxels = np.zeros(geometry.shape, np.int16)
    return image_identity(Volume(voxels, geometry, "HU", Source("nifti", Path("x.nii"), "")))


@dataclass
class World:
    """One case, its policy, its people, and all entries about it."""

    policy: Policy
    people: dict[str, Person] = field(default_factory=lambda: dict(TEAM))
    case: Case | None = None
    entries: list[dict[str, Any]] = field(default_factory=list)
    signed: int = 0

    def act(self, request: Request, **more: Any) -> Case:
        for draft in decide(self.policy, self.people, self.case, request, **more):
            seq = len(self.entries)
            check(draft.data, KINDS[draft.kind], draft.kind)  # as the log will have it
            entry = draft.entry(seq, f"2026-11-22T12:00:{seq % 60:02d}.000+01:00")
            self.case = fold(self.case, entry)
            self.entries.append(entry)
        assert self.case is not None
        return self.case

    def record(self) -> Signed:
        self.signed += 1
        return signed(self.signed)

    def imported(self, actor: str = "p-imp", **more: Any) -> Case:
        return self.act(ImportCase(actor=actor, case="c-1", image=identity(), **more))

    def assigned(self, reader: str, reading: str = "r-1", by: str = "p-lea", **more: Any) -> Case:
        return self.act(Assign(actor=by, reading=reading, reader=reader, **more))

    def submitted(self, reader: str, reading: str = "r-1", **more: Any) -> Case:
        return self.act(Submit(actor=reader, reading=reading, work=work(reader, **more)))

    def reviewed(self, who: str, decision: str = "approve", reading: str = "r-1") -> Case:
        reason = "the lower border is missed" if decision == "reject" else None
        return self.act(
            Review(
                actor=who,
                reading=reading,
                version=self.version(reading),
                decision=decision,  # type: ignore[arg-type]
                reason=reason,
                signed=self.record(),
            )
        )

    def adjudicated(self, who: str, chosen: str, *between: str) -> Case:
        return self.act(
            Adjudicate(
                actor=who,
                chosen=chosen,
                between=between,
                version=self.version(chosen),
                signed=self.record(),
            )
        )

    def signed_by(self, who: str, reading: str = "r-1") -> Case:
        version = self.version(reading)
        return self.act(Sign(actor=who, reading=reading, version=version, signed=self.record()))

    def locked_by(self, who: str = "p-lea", reading: str = "r-1") -> Case:
        version = self.version(reading)
        return self.act(Lock(actor=who, reading=reading, version=version, signed=self.record()))

    def unlocked_by(self, who: str = "p-lea", reading: str = "r-1", reason: str = "new") -> Case:
        return self.act(
            Unlock(
                actor=who,
                reading=reading,
                version=self.version(reading),
                reason=reason,
                signed=self.record(),
            )
        )

    def version(self, reading: str) -> int:
        found = self.case.reading(reading) if self.case else None
        return found.newest.version if found and found.newest else 0
