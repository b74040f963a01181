"""A person who works on cases, and the keys that are known to be theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """What a person may be asked to do."""

    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    ADJUDICATOR = "adjudicator"
    SIGNER = "signer"
    LEAD = "lead"
    IMPORTER = "importer"


KeyStatus = Literal["active", "rotated", "left", "compromised"]


@dataclass(frozen=True)
class PersonKey:
    """A key in the registry of people.

    Args:
        keyid: SHA-256 of the raw public key, hexadecimal.
        public_key: raw Ed25519 public key, 32 bytes.
        not_before: ISO 8601 with an offset from UTC: the first moment it may sign.
        not_after: ISO 8601 with an offset: the last one.
        status: "active"; "rotated" and "left" keep what was signed before; after "compromised"
            nothing from `revoked_from` on holds, and what came before is warned about.
        revoked_from: the log's sequence number from which the key no longer signs.
    """

    keyid: str
    public_key: bytes
    not_before: str
    not_after: str
    status: KeyStatus = "active"
    revoked_from: int | None = None


@dataclass(frozen=True)
class Person:
    """One person; an id is never given to another one.

    Args:
        person_id: opaque, as "p-7f3a2k".
        printed_name: the name as printed beside a signature.
        roles: what they may be asked to do; empty for one who left.
        keys: theirs, the newest last.
        specialties: as "chest", for the assignment of cases.
        credentials: what the registry's keeper vouches for, as (("type", "board"), ("id", ...)).
        trained_on: ISO 8601 date of the training in this project's procedure, if any.
        former_roles: roles given up, each with the log's sequence number from which it no
            longer holds: what was signed in it before stands.
        later_roles: roles given while the log went on, each with the log's sequence number from
            which it holds: it is no excuse for what was signed before.
    """

    person_id: str
    printed_name: str
    roles: frozenset[Role]
    keys: tuple[PersonKey, ...] = ()
    specialties: frozenset[str] = frozenset()
    credentials: tuple[tuple[tuple[str, str], ...], ...] = ()
    trained_on: str | None = None
    former_roles: tuple[tuple[Role, int], ...] = ()
    later_roles: tuple[tuple[Role, int], ...] = ()

    def had_role(self, role: str, seq: int) -> bool:
        """Whether the role was theirs at a sequence number of the log."""
        begun = [since for one, since in self.later_roles if one == role]
        if role in self.roles and seq >= max(begun, default=seq):
            return True
        ends = [until for one, until in self.former_roles if one == role and until > seq]
        return bool(ends) and not any(seq < since <= min(ends) for since in begun)

    def may_act_as(self, roles: Iterable[str]) -> bool:
        """Whether the person has one of the roles."""
        return bool(self.roles & set(roles))
