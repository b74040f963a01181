"""Histories of a case as chance tells them: hand-ins, rules, disputes, in anybody's name."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from medseg.errors import SignoffError
from medseg.model import Role
from medseg.signoff import SigningKey, read_mask
from medseg.signoff.people import changes
from medseg.signoff.people.registry import Registry
from tests.conformance.story import (
    CASE,
    EVE,
    KEYS,
    LONG,
    OTHER_READING,
    READING,
    ROOT,
    Story,
    registry,
)

READINGS = (READING, OTHER_READING, "r-4D")
NAMED = (*READINGS, "r-9")  # the last was never assigned, nor handed in
LEAD = KEYS["lea"].person_id
_LAST = {"review": "rob", "sign": "sue", "lock": "lea", "adjudicate": "ada"}


def random_story(chance: random.Random) -> Story:
    """Up to a last record that is judged; much of it could never have happened in medseg."""
    tables: dict[str, Any] = {
        "double": {
            "readings": chance.choice((1, 2)),
            "adjudication": chance.choice(("select", "edit")),
        },
        "proven": chance.random() < 0.7,
    }
    if chance.random() < 0.7:
        tables["stages"] = {"adjudicate": {}}
    story = Story(_people(chance), **tables).begin(chance.choice((ROOT, ROOT, ROOT, None, EVE)))
    for _ in range(chance.randint(2, 9)):
        chance.choice(_STEPS)(story, chance)
    _judge(story, chance, chance.choice(tuple(_LAST)), reading=READING, listed=True)
    return story


def _people(chance: random.Random) -> Registry:
    people = registry()
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        key, at = KEYS[chance.choice(("ann", "ben", "rob", "lea", "sue"))], chance.randint(0, 14)
        try:
            if chance.random() < 0.6:
                status: Any = chance.choice(("left", "compromised"))
                people = changes.revoke(people, key.keyid, status, from_seq=at, **LONG)
            else:
                roles = [chance.choice(tuple(Role))]
                people = changes.set_roles(people, key.person_id or "", roles, from_seq=at, **LONG)
        except SignoffError:
            continue  # revoked already
    return replace(people, version=1)


def _key(chance: random.Random, own: SigningKey) -> SigningKey | None:
    """Mostly one's own; or another's, a root key, none."""
    others = (None, KEYS["ann"], KEYS["rob"], EVE, ROOT)
    return own if chance.random() < 0.75 else chance.choice(others)


def _submit(story: Story, chance: random.Random) -> None:
    who = chance.choice(("ann", "ann", "ben", "rob", "ada"))
    said: dict[str, Any] = {"mask": "ab" * 32} if chance.random() < 0.1 else {}
    key = _key(chance, KEYS[who])
    if chance.random() < 0.08:
        key, size = None, len(story.entries)
        odd = {"keyid": chance.choice((KEYS[who], EVE)).keyid, "size": size, "sig": "AAAA"}
        proofs = ({}, [], "x", 5, None, odd, odd | {"size": 1}, odd | {"sig": "A"})
        said["proof"] = chance.choice(proofs)
    drew = (who, "rob") if chance.random() < 0.2 else (who,)
    story.version = chance.choice((1, 1, 1, 2))
    story.submit(*drew, reading=chance.choice((READING, *READINGS)), by=who, key=key, **said)
    story.version = 1


def _rule(story: Story, chance: random.Random) -> None:
    double = {"readings": chance.choice((1, 2)), "show_priors": chance.random() < 0.5}
    actor = chance.choice((None, LEAD, LEAD, KEYS["rob"].person_id))
    key = _key(chance, KEYS["lea"])
    story.rule(key, actor, proven=chance.random() < 0.5, double=double)


def _disagree(story: Story, chance: random.Random) -> None:
    between = chance.choices(NAMED, k=chance.randint(0, 3))
    case = chance.choice((CASE, CASE, CASE, "c-2"))
    story.note("disagree", {"between": between, "why": ["one lesion more"]}, case=case)


def _agree(story: Story, chance: random.Random) -> None:
    sources = chance.choices(NAMED, k=chance.randint(0, 3))
    told: dict[str, Any] = {"method": "majority", "from": sources, "version": 1}
    if chance.random() < 0.7:
        told["mask"] = chance.choice((read_mask(story.segmentation).hexdigest, 5))
    story.note("consensus", told, case=CASE, reading=chance.choice(READINGS))


def _assign(story: Story, chance: random.Random) -> None:
    told: dict[str, Any] = {"reader": KEYS["ada"].person_id, "round": 1, "order": None, "note": ""}
    if chance.random() < 0.8:
        odd: tuple[Any, ...] = (5, "x", [5], [{}], None, [])
        told["from"] = chance.choice((list(READINGS), list(READINGS[1:]), [READING], *odd))
    story.note("assign", told, **story.about("lea", reading=chance.choice(READINGS)))


def _say(story: Story, chance: random.Random) -> None:
    reading = chance.choice((READING, *READINGS))
    listed = reading == READING and chance.random() < 0.8
    _judge(story, chance, chance.choice(tuple(_LAST)), reading=reading, listed=listed)


def _judge(story: Story, chance: random.Random, kind: str, *, reading: str, listed: bool) -> None:
    """One signed act, mostly by whoever may and in their role."""
    who = _LAST[kind] if chance.random() < 0.8 else chance.choice(("rex", "ann", "lea"))
    told: dict[str, Any] = {"reading": reading, "listed": listed}
    if chance.random() < 0.15:
        told["role"] = "lead"
    if chance.random() < 0.1:
        told["policy_digest"] = None
    decision = {"lock": "lock", "adjudicate": "adjudicate"}.get(kind, "approve")
    if kind == "review" and chance.random() < 0.3:
        decision, told["reason"] = "reject", "a lesion was missed"
    if kind == "adjudicate":
        chosen = chance.choice((reading, reading, OTHER_READING, None))
        said = {"decision": "adjudicate", "chosen": chosen, "from": [], "reason": "clearer"}
        told["data"] = said
    story.act(who, kind, decision, **told)


_STEPS: tuple[Callable[[Story, random.Random], None], ...] = (
    _submit,
    _submit,
    _submit,
    _rule,
    _disagree,
    _disagree,
    _agree,
    _assign,
    _say,
    _say,
)
