"""Changes to a registry: each gives its next version, to be signed by the root keys.

Nothing here touches the version it is given. Whoever makes a change says when the new version
is issued and until when it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from medseg.errors import SignoffError
from medseg.model import KeyStatus, Person, PersonKey, Role
from medseg.signoff.people.registry import Registry, RootKey


def new_registry(
    roots: Iterable[RootKey],
    *,
    issued: str,
    expires: str,
    threshold: int = 1,
    people: Iterable[Person] = (),
    self_attested: bool = False,
) -> Registry:
    """The first version.

    Raises:
        SignoffError: it contradicts itself.
    """
    return Registry(1, issued, expires, tuple(roots), threshold, tuple(people), self_attested)


def renew(registry: Registry, *, issued: str, expires: str) -> Registry:
    """The next version, saying the same."""
    return replace(registry, version=registry.version + 1, issued=issued, expires=expires)


def enrol(
    registry: Registry,
    person: Person,
    *,
    issued: str,
    expires: str,
    from_seq: int | None = None,
) -> Registry:
    """The next version, with one person more.

    Args:
        registry: the version before.
        person: who they are.
        issued: when the new version is made.
        expires: until when it holds.
        from_seq: the first sequence number of the log at which they may sign in their roles;
            None where there is no log yet.

    Raises:
        SignoffError: the id or a key is or was another's.
    """
    if from_seq is not None:
        begun = tuple((role, from_seq) for role in sorted(person.roles))
        person = replace(person, later_roles=begun)
    people = (*registry.people, person)
    return replace(renew(registry, issued=issued, expires=expires), people=people)


def add_key(
    registry: Registry, person_id: str, key: PersonKey, *, issued: str, expires: str
) -> Registry:
    """The next version, where the person has one more key; the newest stands last.

    Raises:
        SignoffError: nobody has that id, or the key is or was somebody's.
    """
    return _with(
        renew(registry, issued=issued, expires=expires),
        person_id,
        lambda person: replace(person, keys=(*person.keys, key)),
    )


def revoke(
    registry: Registry,
    keyid: str,
    status: KeyStatus,
    *,
    from_seq: int,
    issued: str,
    expires: str,
) -> Registry:
    """The next version, where the key no longer signs from an entry of the log on.

    Args:
        registry: the version before.
        keyid: which key.
        status: "compromised": what it signed before is warned about too; "rotated" or "left":
            what it signed before stands.
        from_seq: the first sequence number at which it no longer signs.
        issued: when the new version is made.
        expires: until when it holds.

    Raises:
        SignoffError: nobody has that key, the status is "active", or the key would sign longer
            than was said before.
    """
    key = registry.key(keyid)
    owner = registry.owner(keyid)
    if key is None or owner is None:
        raise SignoffError(f"A key of the registry is revoked; it has no key {keyid[:16]}...")
    if status == "active" or from_seq < 0:
        raise SignoffError("A key is revoked as compromised, rotated or left, from an entry on.")
    later = key.revoked_from is not None and from_seq > key.revoked_from
    if later or (key.status == "compromised" and status != "compromised"):
        raise SignoffError(
            f"A revocation is never taken back; key {keyid[:16]}... is {key.status} from entry "
            f"{key.revoked_from} on. Give its owner a new key instead."
        )
    changed = replace(key, status=status, revoked_from=from_seq)
    return _with(
        renew(registry, issued=issued, expires=expires),
        owner.person_id,
        lambda person: replace(
            person, keys=tuple(changed if one.keyid == keyid else one for one in person.keys)
        ),
    )


def rotate(
    registry: Registry, keyid: str, key: PersonKey, *, from_seq: int, issued: str, expires: str
) -> Registry:
    """The next version, where a new key takes the place of one that signs no longer.

    Raises:
        SignoffError: as `revoke` and `add_key`.
    """
    gone = revoke(registry, keyid, "rotated", from_seq=from_seq, issued=issued, expires=expires)
    owner = gone.owner(keyid)
    added = _with(
        gone,
        owner.person_id if owner else "",
        lambda person: replace(person, keys=(*person.keys, key)),
    )
    return replace(added, version=registry.version + 1)


def set_roles(
    registry: Registry,
    person_id: str,
    roles: Iterable[Role],
    *,
    from_seq: int,
    issued: str,
    expires: str,
) -> Registry:
    """The next version, where the person has these roles; what was signed in others stands.

    A role that is new to them holds from that entry of the log on, and not for what was before.

    Raises:
        SignoffError: nobody has that id.
    """
    wanted = frozenset(roles)

    def change(person: Person) -> Person:
        ended = tuple((role, from_seq) for role in sorted(person.roles - wanted))
        begun = tuple((role, from_seq) for role in sorted(wanted - person.roles))
        return replace(
            person,
            roles=wanted,
            former_roles=person.former_roles + ended,
            later_roles=person.later_roles + begun,
        )

    return _with(renew(registry, issued=issued, expires=expires), person_id, change)


def leave(
    registry: Registry, person_id: str, *, from_seq: int, issued: str, expires: str
) -> Registry:
    """The next version, where the person has no roles, and their keys sign no longer.

    Raises:
        SignoffError: nobody has that id.
    """
    changed = set_roles(registry, person_id, (), from_seq=from_seq, issued=issued, expires=expires)

    def change(person: Person) -> Person:
        keys = (
            replace(key, status="left", revoked_from=from_seq) if key.status == "active" else key
            for key in person.keys
        )
        return replace(person, keys=tuple(keys))

    return _with(changed, person_id, change)


def set_roots(
    registry: Registry,
    roots: Iterable[RootKey],
    *,
    threshold: int,
    issued: str,
    expires: str,
) -> Registry:
    """The next version under other root keys; sign it with enough of the old and the new ones.

    A registry that was one person's own is a team's from here on.

    Raises:
        SignoffError: it contradicts itself.
    """
    new = renew(registry, issued=issued, expires=expires)
    return replace(new, roots=tuple(roots), threshold=threshold, self_attested=False)


def _with(registry: Registry, person_id: str, change: Callable[[Person], Person]) -> Registry:
    if registry.person(person_id) is None:
        raise SignoffError(f"A change is about a person of the registry; it has no {person_id!r}.")
    people = (change(one) if one.person_id == person_id else one for one in registry.people)
    return replace(registry, people=tuple(people))
