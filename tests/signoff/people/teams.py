"""A small team for the tests of this room."""

from __future__ import annotations

from typing import Any

from medseg.model import Person, PersonKey, Role
from medseg.signoff.keys import SigningKey
from medseg.signoff.people.changes import new_registry
from medseg.signoff.people.registry import Registry, RootKey
from tests.signoff.cases import key_of

ROOT = key_of(100, "Keeper One")
ROOTS = (ROOT, key_of(101, "Keeper Two"), key_of(102, "Keeper Three"))
ISSUED, EXPIRES = "2026-01-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"
TIMES: dict[str, Any] = {"issued": ISSUED, "expires": EXPIRES}


def root_key(key: SigningKey) -> RootKey:
    return RootKey(key.keyid, key.public_key, key.printed_name)


def person_key(seed: int, **changes: Any) -> PersonKey:
    key = key_of(seed)
    times = {"not_before": "2025-01-01T00:00:00+00:00", "not_after": "2030-01-01T00:00:00+00:00"}
    return PersonKey(key.keyid, key.public_key, **{**times, **changes})


def person(number: int, name: str, *roles: Role, **changes: Any) -> Person:
    """The person "p-<number>" whose key is `key_of(number)`."""
    keys = changes.pop("keys", (person_key(number),))
    return Person(f"p-{number}", name, frozenset(roles), keys, **changes)


ADA = person(1, "Ada Reader", Role.ANNOTATOR)
BEN = person(2, "Ben Reviewer", Role.REVIEWER, Role.ADJUDICATOR)
CHO = person(3, "Cho Signer", Role.SIGNER, Role.LEAD)


def team(*people: Person, roots: tuple[SigningKey, ...] = (ROOT,), threshold: int = 1) -> Registry:
    listed = people or (ADA, BEN, CHO)
    return new_registry(map(root_key, roots), threshold=threshold, people=listed, **TIMES)
