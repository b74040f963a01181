"""The registry of people: a noun that cannot contradict itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from medseg.errors import SignoffError
from medseg.model import Person, PersonKey
from medseg.signoff.keys import key_id


@dataclass(frozen=True)
class RootKey:
    """A key whose word makes a registry.

    Args:
        keyid: SHA-256 of the raw public key, hexadecimal.
        public_key: raw Ed25519 public key, 32 bytes.
        printed_name: whose it is.
    """

    keyid: str
    public_key: bytes
    printed_name: str


@dataclass(frozen=True)
class Registry:
    """Who takes part in a project, as its root keys say.

    Nobody is ever taken out: who left has no roles any more, and their keys no longer sign. So
    neither an id of a person nor a key can be given to another one later.

    Args:
        version: counts the versions from 1.
        issued: ISO 8601 with an offset: when this version was made.
        expires: ISO 8601 with an offset: from when on it proves nothing any more.
        roots: the keys whose word it is.
        threshold: how many distinct ones of them have to sign.
        people: all who take or took part.
        self_attested: whether one person does everything and vouches for themselves with the
            same key; otherwise no root key belongs to a person of the list.

    Raises:
        SignoffError: it contradicts itself.
    """

    version: int
    issued: str
    expires: str
    roots: tuple[RootKey, ...]
    threshold: int = 1
    people: tuple[Person, ...] = ()
    self_attested: bool = False

    def __post_init__(self) -> None:
        _check_times(self)
        _check_roots(self)
        _check_people(self)

    def person(self, person_id: str | None) -> Person | None:
        """The person of that id, or None."""
        return next((one for one in self.people if one.person_id == person_id), None)

    def owner(self, keyid: str) -> Person | None:
        """Whose key it is, or None."""
        mine = (one for one in self.people if any(key.keyid == keyid for key in one.keys))
        return next(mine, None)

    def key(self, keyid: str) -> PersonKey | None:
        """The key of that id, or None; root keys are not among them."""
        return next((key for one in self.people for key in one.keys if key.keyid == keyid), None)

    @property
    def root_ids(self) -> frozenset[str]:
        """The ids of the root keys."""
        return frozenset(root.keyid for root in self.roots)

    @property
    def public_keys(self) -> dict[str, bytes]:
        """Key id -> raw public key of all people's keys, revoked ones too."""
        return {key.keyid: key.public_key for one in self.people for key in one.keys}

    def is_expired(self, now: datetime) -> bool:
        """Whether it no longer proves anything."""
        return now >= datetime.fromisoformat(self.expires)


def moment(text: str) -> datetime:
    """The moment that a text names.

    Raises:
        SignoffError: it is not ISO 8601 with an offset.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise SignoffError(f"A time is ISO 8601; found {text[:40]!r}.") from error
    if found.utcoffset() is None:
        raise SignoffError(f"A time has an offset from UTC; found {text[:40]!r}.")
    return found


def _check_times(registry: Registry) -> None:
    if registry.version < 1 or moment(registry.issued) >= moment(registry.expires):
        raise SignoffError(
            "A registry has a version from 1 on, and ends after it was issued; found version "
            f"{registry.version}, {registry.issued} to {registry.expires}."
        )
    for key in (key for one in registry.people for key in one.keys):
        if moment(key.not_before) >= moment(key.not_after):
            raise SignoffError(f"A key's time ends after it begins; not key {key.keyid[:16]}...")
        if (key.status == "active") != (key.revoked_from is None):
            raise SignoffError(
                f"A key is active, or revoked from an entry of the log on; key "
                f"{key.keyid[:16]}... is {key.status} from {key.revoked_from}."
            )


def _check_roots(registry: Registry) -> None:
    if not 1 <= registry.threshold <= len(registry.root_ids) or len(registry.root_ids) != len(
        registry.roots
    ):
        raise SignoffError(
            "Of a registry's distinct root keys some number has to sign; found "
            f"{registry.threshold} of {len(registry.root_ids)}."
        )
    keys: list[RootKey | PersonKey] = [*registry.roots]
    keys += [key for one in registry.people for key in one.keys]
    for key in keys:
        if len(key.public_key) != 32 or key_id(key.public_key) != key.keyid:
            raise SignoffError(f"A key id is the SHA-256 of its key; {key.keyid[:16]}... is not.")


def _check_people(registry: Registry) -> None:
    ids = Counter(one.person_id for one in registry.people)
    keyids = Counter(key.keyid for one in registry.people for key in one.keys)
    twice = [one for one, count in (ids + keyids).items() if count > 1]
    if twice:
        raise SignoffError(f"An id is one person's or one key's for ever; {twice[0]!r} is twice.")
    unnamed = [one.person_id for one in registry.people if not one.printed_name.strip()]
    if unnamed:
        raise SignoffError(f"A person has a printed name; {unnamed[0]} has none.")
    shared = registry.root_ids & keyids.keys()
    if registry.self_attested and len(registry.people) != 1:
        raise SignoffError(
            "A self-attested registry has one person; found "
            f"{len(registry.people)}. Name another root key to make it a team's."
        )
    if shared and not registry.self_attested:
        raise SignoffError(
            "Who vouches for people does not work on cases with the same key; key "
            f"{sorted(shared)[0][:16]}... does both. Make a key of its own for the registry."
        )
