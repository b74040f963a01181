"""Whether a key might sign: whose it is, in which role, at which place of the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from medseg.model import Finding, Person, PersonKey
from medseg.signoff.people.registry import Registry, moment


@dataclass(frozen=True)
class Signature:
    """What a record says of its signing.

    Args:
        keyid: the key that signed.
        role: in which role; None where that is not asked.
        at: when, as the signer's machine claimed.
        person_id: who, as the record says; None says nothing.
        printed_name: their name, as the record says.
        seq: the log's sequence number of the record's entry; None if that cannot be known.
        anchored: how long the signer says the log was; None where they name none.
    """

    keyid: str
    role: str | None
    at: datetime
    person_id: str | None = None
    printed_name: str | None = None
    seq: int | None = None
    anchored: int | None = None


def judge_signer(registry: Registry, signature: Signature) -> list[Finding]:
    """What speaks against the signer; nothing where the registry vouches for all of it.

    UNKNOWN_KEY: no such key, or another person's. KEY_REVOKED: an error from the given entry
    on; a warning for what a compromised key signed before; undecided where the entry is not
    known. KEY_EXPIRED: signed outside the key's time. ROLE_NOT_AUTHORISED: not a role of
    theirs at that entry; undecided where the entry is not known and it matters.
    SIGNER_NAME_DIFFERS, a warning: printed otherwise than registered.
    """
    person, key = registry.owner(signature.keyid), registry.key(signature.keyid)
    if person is None or key is None:
        text = (
            f"The registry of people (version {registry.version}) has no key "
            f"{signature.keyid[:16]}...: whoever signed is nobody of this project. If you know "
            f"the key to be theirs, verify with: --trust {signature.keyid}"
        )
        return [Finding("UNKNOWN_KEY", "error", text)]
    if signature.person_id not in (None, person.person_id):
        text = (
            f"The record says {signature.printed_name} ({signature.person_id}) signed; the key is "
            f"{person.printed_name}'s ({person.person_id})."
        )
        return [Finding("UNKNOWN_KEY", "error", text)]
    return [
        *_named(person, signature),
        *_revoked(person, key, signature.seq),
        *_expired(person, key, signature.at),
        *_role(person, signature),
    ]


def _named(person: Person, signature: Signature) -> list[Finding]:
    if signature.printed_name in (None, person.printed_name):
        return []
    text = (
        f"The record prints the signer as {signature.printed_name}; the registry knows the owner "
        f"of that key as {person.printed_name}."
    )
    return [Finding("SIGNER_NAME_DIFFERS", "warning", text)]


def _revoked(person: Person, key: PersonKey, seq: int | None) -> list[Finding]:
    if key.revoked_from is None:
        return []
    what = f"The key of {person.printed_name} is revoked ({key.status}) from entry "
    what += f"{key.revoked_from} of the log on"
    if seq is None:
        text = f"{what}; whether this was signed before cannot be told without the log."
        return [Finding("KEY_REVOKED", "undecided", text)]
    if seq >= key.revoked_from:
        text = f"{what}; this was signed as entry {seq}. Have it signed with a key that holds."
        return [Finding("KEY_REVOKED", "error", text)]
    if key.status == "compromised":
        text = f"{what}; this was signed before, as entry {seq}, but look whether they did it."
        return [Finding("KEY_REVOKED", "warning", text)]
    return []


def _expired(person: Person, key: PersonKey, at: datetime) -> list[Finding]:
    if moment(key.not_before) <= at <= moment(key.not_after):
        return []
    text = (
        f"The key of {person.printed_name} signs from {key.not_before} to {key.not_after}; this "
        f"was signed at {at.isoformat()}. Have it signed with a key that holds."
    )
    return [Finding("KEY_EXPIRED", "error", text)]


def _role(person: Person, signature: Signature) -> list[Finding]:
    role, seq = signature.role, signature.seq
    if role is None or (seq is not None and person.had_role(role, seq)):
        return []
    begun = max((since for one, since in person.later_roles if one == role), default=0)
    ends = [until for one, until in person.former_roles if one == role]
    if role in person.roles:
        if seq is None and (signature.anchored is None or signature.anchored >= begun):
            return []
        when = f"are from entry {begun} of the log on"
    elif ends:
        when = f"were until entry {max(ends)} of the log"
        when += f", and not before entry {begun}" if begun else ""
    else:
        text = f"{person.printed_name} signed as {role}, which they are not in this project."
        return [Finding("ROLE_NOT_AUTHORISED", "error", text)]
    text = f"{person.printed_name} signed as {role}, which they {when}"
    if seq is None:
        text += "; at which entry this was signed cannot be told without the log."
        return [Finding("ROLE_NOT_AUTHORISED", "undecided", text)]
    return [Finding("ROLE_NOT_AUTHORISED", "error", f"{text}; this was signed as entry {seq}.")]
